"""`ponder compare`: two runs on the same problems, pair by pair."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ponder.cli.output import Common, interval_text
from ponder.errors import DataError

if TYPE_CHECKING:
    from ponder.evaluation.arm import ArmResult


def compare(
    run_a: str,
    run_b: str,
    *,
    seed: int = 0,
    common: Common = Common(),  # noqa: B008 - frozen
) -> None:
    """Is one run better than another, on the problems both were judged on?

    ponder compare runs/mine:direct runs/mine:self-consistency-8

    Parameters
    ----------
    run_a
        The folder of an `eval`, or of a `ladder` with the arm's name behind a colon.
    run_b
        Likewise; differences are B minus A.
    seed
        Of the bootstrap.
    """
    from ponder.evaluation import comparison

    a, b = read_run(run_a), read_run(run_b)
    result = comparison.compare(a, b, seed=seed)
    if not result.n:
        raise DataError(f"{run_a} and {run_b} have no judged problem in common")
    lines = [
        f"{run_a}: {interval_text(a.accuracy, a.interval)} of {a.n_judged}",
        f"{run_b}: {interval_text(b.accuracy, b.interval)} of {b.n_judged}",
        f"only A right {result.only_a}, only B right {result.only_b}, exact McNemar p = {result.p_value:.3g}",
        result.verdict,
    ]
    if result.tied and result.n_needed is not None and result.n_needed > result.n:
        lines.append(f"{result.n_needed - result.n:,} more problems would separate the two with 80% power.")
    common.show(result.to_json(), "\n".join(lines))


def read_run(text: str) -> ArmResult:
    """The results in `FOLDER` or `FOLDER:ARM`."""
    from ponder.evaluation.arm import ArmResult
    from ponder.evaluation.item_files import read_items

    folder, colon, arm = text.rpartition(":") if not Path(text).exists() else (text, "", "")
    path = Path(folder) / "items" / f"{arm}.jsonl" if colon else Path(text) / "items.jsonl"
    if not path.is_file():
        raise DataError(f"there are no results of {text}: {_known(Path(folder if colon else text))}")
    return ArmResult(name=text, title=text, items=read_items(path))


def _known(folder: Path) -> str:
    arms = sorted(path.stem for path in (folder / "items").glob("*.jsonl"))
    if arms:
        return f"name one of its arms, as {folder}:{arms[0]}; known: {', '.join(arms)}"
    return f"{folder} is not the folder of an eval or a ladder"
