"""One self-contained HTML page for a ladder: verdict, chart, numbers, learning curves, traces, origin.

It opens from a disk without a network: no script, no external font, style sheet or image. Light and
dark follow the reader's system. Knows nothing of how the numbers were made; `meta` says that in words.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from importlib.resources import files

from ponder.evaluation import formatting
from ponder.evaluation.ladder import Curves, Ladder
from ponder.report.charts import Size, curve_chart, ladder_chart, page_style
from ponder.report.markup import element, escape
from ponder.report.table import ladder_table
from ponder.report.traces import Trace, traces_section

WIDE, NARROW, CURVE = Size(1000, 480), Size(380, 440), Size(420, 236)

READING = (
    "Each mark is one way to answer the same problems, with its 95% Wilson interval. Higher is better, "
    "further left is cheaper. Filled marks joined by dots are the Pareto front: no other arm is as accurate "
    "for fewer tokens. Diamonds are trained weights, circles the weights as they came; training is not part "
    "of the horizontal axis."
)
COUNTING = (
    "Correct is the share of the problems that were judged. A truncated answer ran out of tokens and is not "
    "a wrong one; both lower the share, each under its own name. Where the verifier itself failed, the "
    "problem is counted as not judged and left out of the share."
)


def render_report(ladder: Ladder, curves: Curves, traces: Sequence[Trace], meta: Mapping[str, str]) -> str:
    """The whole page. `meta` is shown as it is, in order: command, seed, versions, hardware, date."""
    style = files("ponder.report").joinpath("page.css").read_text(encoding="utf-8")
    head = (
        element("meta", charset="utf-8")
        + element("meta", name="viewport", content="width=device-width, initial-scale=1")
        + element("meta", name="color-scheme", content="light dark")
        + element("title", f"Does the thinking pay? {escape(ladder.task)} with {escape(ladder.model)}")
        + element("style", style + page_style())
    )
    body = (
        _opening(ladder)
        + element("main", _chart(ladder) + _numbers(ladder) + _learning(ladder, curves)
                  + _side_by_side(ladder, traces) + _origin(ladder, meta))
    )  # fmt: skip
    return f"<!doctype html>\n{element('html', element('head', head) + element('body', body), lang='en')}\n"


def _opening(ladder: Ladder) -> str:
    """The verdict, before anything else."""
    headline, *rest = (escape(sentence) for sentence in ladder.verdict_sentences)
    facts = [
        f"{max(arm.n for arm in ladder.arms)} problems",
        f"{len(ladder.arms)} arm{'s' if len(ladder.arms) > 1 else ''}",
        f"seed {ladder.seed}",
        formatting.duration(ladder.seconds),
    ]
    banner = element(
        "p", "<b>Stopped early.</b> This ladder is not complete: arms or problems may be missing.",
        class_="banner", role="status",
    )  # fmt: skip
    parts = [
        element("p", f"{escape(ladder.task)} with {escape(ladder.model)}", class_="eyebrow"),
        element("h1", headline),
        *(element("p", sentence, class_="lede") for sentence in rest),
        element("p", " · ".join(facts), class_="facts"),
        "" if ladder.complete else banner,
    ]
    return element("header", "".join(parts))


def _section(title: str, *content: str) -> str:
    return element("section", element("h2", escape(title)) + "".join(content))


def _chart(ladder: Ladder) -> str:
    # Two drawings, one shown: text in a scaled-down chart would be too small to read on a phone.
    charts = element("div", ladder_chart(ladder, WIDE), class_="wide") + element(
        "div", ladder_chart(ladder, NARROW), class_="narrow"
    )
    return _section("Accuracy against cost", element("figure", charts + element("figcaption", READING)))


def _numbers(ladder: Ladder) -> str:
    scroller = element("div", ladder_table(ladder), class_="scroll")
    return _section("The numbers", scroller, element("p", COUNTING, class_="note"))


def _learning(ladder: Ladder, curves: Curves) -> str:
    """Reward and held-out accuracy of each training run that has any."""
    titles = {arm.name: arm.title for arm in ladder.arms}
    figures: list[str] = []
    for name, run in curves.items():
        title = titles.get(name, name)
        for steps_key, values_key, label, share in (
            ("step", "reward", "mean reward of the training rollouts", False),
            ("heldout_step", "heldout_accuracy", "accuracy on held-out problems", True),
        ):
            pairs = zip(run.get(steps_key, ()), run.get(values_key, ()), strict=False)
            finite = [(step, value) for step, value in pairs if math.isfinite(value)]
            if finite:
                steps, values = [step for step, _ in finite], [value for _, value in finite]
                chart = curve_chart(steps, values, CURVE, label=f"{title}, {label}", share=share)
                smooth = " Pale: each step; strong: running mean." if len(finite) > 30 else ""
                caption = element("figcaption", f"<b>{escape(title)}</b>, {label}.{smooth}")
                figures.append(element("figure", chart + caption))
    return _section("How it learned", element("div", "".join(figures), class_="pair")) if figures else ""


def _side_by_side(ladder: Ladder, traces: Sequence[Trace]) -> str:
    if not traces:
        return ""
    note = element(
        "p", "Open a column's reasoning to read what the model wrote, word for word.", class_="note"
    )
    return _section("The same problem, side by side", note, traces_section(traces, ladder.arms))


def _origin(ladder: Ladder, meta: Mapping[str, str]) -> str:
    """Where the numbers came from, and where each arm's run lies."""
    facts = [*meta.items(), *((f"run of {arm.title}", arm.run) for arm in ladder.arms if arm.run)]
    rows = "".join(
        element("div", element("dt", escape(key)) + element("dd", escape(value))) for key, value in facts
    )
    return _section("How this was made", element("dl", rows)) if rows else ""
