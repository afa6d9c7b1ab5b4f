"""The page of a ladder: verdict, charts, what to buy, numbers, replays, learning curves, traces, origin.

Its links lead to the pages of the arms beside it; it says all it has to say without them. Knows nothing of
how the numbers were made; `meta` says that in words.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from ponder.evaluation import formatting
from ponder.evaluation.ladder import Curves, Ladder
from ponder.report.charts import Size, curve_chart
from ponder.report.cost_chart import CHART_AXES, Axis, cost_chart
from ponder.report.markup import element, escape
from ponder.report.page import page, section
from ponder.report.replay_chart import replay_figures
from ponder.report.strip import crossover_strips
from ponder.report.table import ladder_table, revised_table
from ponder.report.traces import Trace, traces_section

WIDE, NARROW, CURVE = Size(1000, 480), Size(380, 480), Size(420, 236)
MOST_ARMS_IN_WORDS = 6

READING = (
    "Each mark is one way to answer the same problems, with its 95% Wilson interval. Higher is better, "
    "further left is cheaper. Filled marks joined by dots are the Pareto front: no other arm is as accurate "
    "for fewer tokens. Diamonds are trained weights, circles the weights as they came; training is not part "
    "of the horizontal axis."
)
BUYING = (
    "With so much to spend on a problem, this is the arm to buy: the cheapest one that the paired test finds "
    "no better arm for within the price. Arms that it cannot tell from this one are named as tied, with "
    "their price where it is higher. Tied is neither equal nor passed on: each is tested against this one."
)
REPLAYING = (
    "Means over every draw of k from the stored samples, so they are what k fresh samples would reach, and "
    "cost no new token. Filled: the majority vote was right. Hollow: at least one sample was right, which is "
    "what a perfect choice among them would reach. Bands are 95% intervals by problem."
)
COUNTING = (
    "Correct is the share of the problems that were judged. A truncated answer ran out of tokens and is not "
    "a wrong one; both lower the share, each under its own name. Where the verifier itself failed, the "
    "problem is counted as not judged and left out of the share."
)


def render_report(ladder: Ladder, curves: Curves, traces: Sequence[Trace], meta: Mapping[str, str]) -> str:
    """The whole page. `meta` is shown as it is, in order: command, seed, versions, hardware, date."""
    main = (
        _chart(ladder) + _buying(ladder) + _numbers(ladder) + _replays(ladder) + _learning(ladder, curves)
        + _side_by_side(ladder, traces) + _origin(ladder, meta)
    )  # fmt: skip
    title = f"Does the thinking pay? {ladder.task} with {ladder.model}"
    return page(title, _opening(ladder) + element("main", main))


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
        _ledes(ladder, rest),
        element("p", " · ".join(facts), class_="facts"),
        "" if ladder.complete else banner,
    ]
    return element("header", "".join(parts))


def _ledes(ladder: Ladder, sentences: Sequence[str]) -> str:
    """What each arm bought; folded away where that is too much to read before the chart."""
    ledes = "".join(element("p", sentence, class_="lede") for sentence in sentences)
    if len(ladder.arms) <= MOST_ARMS_IN_WORDS or not ledes:
        return ledes
    heading = f"Each arm against {escape(ladder.arms[0].title)}, in words"
    return element("details", element("summary", heading) + ledes, class_="words")


def _chart(ladder: Ladder) -> str:
    """Tokens at full width, what else was counted below it."""
    tokens, *others = (CHART_AXES[axis] for axis in ladder.axes)
    figures = [element("figure", _drawings(ladder, tokens) + element("figcaption", READING))]
    for axis in others:
        caption = element("figcaption", f"The same arms by <b>{axis.title}</b>, with the front of that axis.")
        figures.append(element("figure", _drawings(ladder, axis) + caption, class_="more"))
    return section("Accuracy against cost", *figures)


def _drawings(ladder: Ladder, axis: Axis) -> str:
    # Two drawings, one shown: text in a scaled-down chart would be too small to read on a phone.
    wide = element("div", cost_chart(ladder, WIDE, axis), class_="wide")
    return wide + element("div", cost_chart(ladder, NARROW, axis), class_="narrow")


def _buying(ladder: Ladder) -> str:
    strips = crossover_strips(ladder) if len(ladder.arms) > 1 else ""
    return section("Which arm to buy", strips, element("p", BUYING, class_="note")) if strips else ""


def _numbers(ladder: Ladder) -> str:
    scroller = element("div", ladder_table(ladder), class_="scroll")
    revised = revised_table(ladder)
    return section("The numbers", scroller, element("p", COUNTING, class_="note"), revised)


def _replays(ladder: Ladder) -> str:
    figures = replay_figures(ladder.arms)
    if not figures:
        return ""
    grid = element("div", "".join(figures), class_="pair")
    return section("Fewer samples", grid, element("p", REPLAYING, class_="note"))


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
    return section("How it learned", element("div", "".join(figures), class_="pair")) if figures else ""


def _side_by_side(ladder: Ladder, traces: Sequence[Trace]) -> str:
    if not traces:
        return ""
    note = element(
        "p", "Open a column's reasoning to read what the model wrote, word for word.", class_="note"
    )
    return section("The same problem, side by side", note, traces_section(traces, ladder.arms))


def _origin(ladder: Ladder, meta: Mapping[str, str]) -> str:
    """Where the numbers came from, and where each arm's run lies."""
    facts = [*meta.items(), *((f"run of {arm.title}", arm.run) for arm in ladder.arms if arm.run)]
    rows = "".join(
        element("div", element("dt", escape(key)) + element("dd", escape(value))) for key, value in facts
    )
    return section("How this was made", element("dl", rows)) if rows else ""
