"""The `ponder` command: its verbs, and how errors and Ctrl-C end it.

Exit codes: 0 success, 2 a user's mistake, 1 a failure of ours, 130 interrupted. Verbs are imported when
they are called, and torch only when a verb needs a model.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib.metadata import version

from cyclopts import App, CycloptsError

from ponder.errors import PonderError

INTERRUPTED = 130

app = App(
    name="ponder",
    help="Turn a base language model into a reasoning model, and find out whether the thinking pays.",
    version=lambda: version("ponder"),
    help_format="plaintext",
    suppress_keyboard_interrupt=False,
    result_action="return_value",
    help_epilogue="Start with `ponder tour`. Every verb takes --json and --quiet and has its own --help.",
)
VERBS = {
    "tour": ("ponder.cli.tour:tour", "From a base model to a reasoning model and a report, in ten minutes."),
    "ask": ("ponder.cli.ask:ask", "Ask a model one question, with or without thinking."),
    "eval": ("ponder.cli.eval:evaluate_model", "Measure a model on a task: accuracy, interval, cost."),
    "ladder": ("ponder.cli.ladder:ladder", "Compare ways to spend tokens on the same problems."),
    "compare": ("ponder.cli.compare:compare", "Compare two runs on the same problems, pair by pair."),
    "train": ("ponder.cli.train:app", "Train a model: pretrain, sft, grpo or distill."),
    "route": ("ponder.cli.route:app", "Think or not: learn it from outcomes, and explain it."),
    "probe": ("ponder.cli.probe:app", "Probe a model: where its thinking pays, and where it is wasted."),
    "verify": ("ponder.cli.verify:app", "Judge an answer, a program or a proof, or audit a file."),
    "bench": ("ponder.cli.bench:app", "Measure this machine: the engine, the verifiers."),
    "models": ("ponder.cli.models:app", "List, pull and describe models."),
}
for _name, (_path, _help) in VERBS.items():
    app.command(_path, name=_name, help=_help)


def main(argv: Sequence[str] | None = None) -> None:
    """Run one verb and exit."""
    sys.exit(run(sys.argv[1:] if argv is None else argv))


def run(argv: Sequence[str]) -> int:
    """The exit code of one command line."""
    try:
        app(list(argv), exit_on_error=False, print_error=False)
        sys.stdout.flush()  # a reader that has gone is noticed here, not at the interpreter's end
    except CycloptsError as error:
        return _complain(f"{error} (see ponder --help)", 2)
    except PonderError as error:
        return _complain(str(error), error.exit_code)
    except KeyboardInterrupt:
        return _complain("interrupted", INTERRUPTED)
    except BrokenPipeError:  # the reader has gone; there is nobody to tell
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return 0


def _complain(message: str, code: int) -> int:
    print(f"ponder: {' '.join(message.split())}", file=sys.stderr)
    return code
