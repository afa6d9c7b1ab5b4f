"""The files of a calibrated router: `route.json`, `.md`, `.svg` and `report.html`, written whole.

The page answers `should I think here?` with the operating point, then shows accuracy against spend: the
router at all worths, the uniform policies, the oracle. Knows nothing of how a router is fitted.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from ponder.evaluation import formatting
from ponder.report import svg
from ponder.report.charts import CARD_COLOURS, STYLE, Size, canvas, y_axis
from ponder.report.markup import element, escape
from ponder.report.page import page, section
from ponder.report.svg import Box, Scale
from ponder.routing.evaluate import Gain, Judged, Policy
from ponder.routing.router import Router
from ponder.storage import write_text

CHART = Size(620, 360)
HEADS = ("problems", "kept", "spend", "over never", "over random", "over uniform", "regret", "oracle")
READING = (
    "The line is the router at other worths of a right answer, the large mark where it stands. Small dots: "
    "one action for every problem. The other large mark is the oracle, which knows every outcome beforehand. "
    "Kept and spend: accuracy and spend over those of always taking the dearest. Random: a coin that spends "
    "as much. Uniform: the best mixture of two fixed choices for the same spend, chosen on these very "
    "problems. Regret: what the oracle's choices are worth more a problem."
)


def write_route(folder: Path, router: Router, judged: Sequence[Judged], meta: Mapping[str, str]) -> Path:
    """`meta` says in words where the figures come from."""
    write_text(folder / "route.json", json.dumps([each.to_json() for each in judged], indent=2) + "\n")
    write_text(folder / "route.md", _markdown(router, judged))
    write_text(folder / "route.svg", route_svg(judged[0]))
    write_text(folder / "report.html", render_route(router, judged, meta))
    return folder / "report.html"


def render_route(router: Router, judged: Sequence[Judged], meta: Mapping[str, str]) -> str:
    facts = f"{_settings(router)} · learned from {router.problems} problems"
    header = (
        element("p", f"should {escape(router.model)} think here?", class_="eyebrow")
        + element("h1", escape(judged[0].sentence))
        + element("p", escape(facts), class_="facts")
    )
    charts = "".join(
        element("figure", route_chart(each) + element("figcaption", f"<b>{escape(each.name)}</b>"))
        for each in judged
    )
    said = "".join(element("p", escape(each.sentence)) for each in judged[1:])
    rows = "".join(
        element("div", element("dt", escape(key)) + element("dd", escape(value)))
        for key, value in meta.items()
    )
    main = (
        section("Accuracy against spend", charts, said, element("p", READING, class_="note"))
        + section("The numbers", _table(judged))
        + section("How this was made", element("dl", rows))
    )
    return page(f"Should {router.model} think here?", element("header", header) + element("main", main))


def _settings(router: Router) -> str:
    worth = f"a right answer is worth {formatting.count(router.worth)} {router.unit}"
    return f"{worth}, {router.caution:g} standard errors of a gain are not believed"


def _cells(each: Judged) -> tuple[str, ...]:
    never = each.never.mean_spend
    return (
        str(len(each.router.correct)),
        formatting.percent(each.kept),
        formatting.percent(each.spent),
        formatting.times(each.router.mean_spend / never) if never else formatting.DASH,
        _gain(each.over_random),
        _gain(each.over_uniform),
        f"{each.regret:.1f}",
        f"{formatting.percent(each.oracle.accuracy.value)} at {formatting.count(each.oracle.mean_spend)}",
    )


def _gain(gain: Gain) -> str:
    interval = formatting.points_interval(gain.interval)
    return f"{formatting.points(gain.difference)} ({interval}, {formatting.p_value(gain.p_value)})"


def _table(judged: Sequence[Judged]) -> str:
    heads = "".join(element("th", escape(each), scope="col", role="columnheader") for each in ("Set", *HEADS))
    body = "".join(
        element(
            "tr",
            element("th", escape(each.name), scope="row", role="rowheader", data_label="Set")
            + "".join(
                element("td", escape(cell), role="cell", data_label=head)
                for head, cell in zip(HEADS, _cells(each), strict=True)
            ),
            role="row",
        )
        for each in judged
    )
    table = element(
        "table",
        element("thead", element("tr", heads, role="row"), role="rowgroup")
        + element("tbody", body, role="rowgroup"),
        role="table", class_="cards",
    )  # fmt: skip
    return element("div", table, class_="scroll")


def _markdown(router: Router, judged: Sequence[Judged]) -> str:
    rows = [
        ("set", *HEADS),
        ("---", *["---:"] * len(HEADS)),
        *((each.name, *_cells(each)) for each in judged),
    ]
    lines = [f"# Should {router.model} think here?", "", *(f"- {each.sentence}" for each in judged), ""]
    lines += [f"{_settings(router)[0].upper()}{_settings(router)[1:]}.", ""]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)]) + "\n"


def route_chart(judged: Judged) -> str:
    return canvas(
        CHART, _body(judged, Box(44, 14, CHART.width - 150, CHART.height - 66)), label=judged.sentence
    )


def route_svg(judged: Judged) -> str:
    """The same chart as a file of its own, on a card that reads well on white and on dark pages."""
    size = Size(CHART.width + 40, CHART.height + 80)
    body = (
        element("style", STYLE.substitute(CARD_COLOURS))
        + element("rect", x=0.5, y=0.5, width=size.width - 1, height=size.height - 1, rx=12,
                  fill=CARD_COLOURS["card"], stroke=CARD_COLOURS["rule"])
        + svg.text(28, 38, "Should I think here?", class_="title")
        + svg.text(28, 60, f"{judged.name} · {len(judged.router.correct)} problems", class_="value")
        + _body(judged, Box(70, 88, size.width - 210, size.height - 150))
    )  # fmt: skip
    return canvas(size, body, label=judged.sentence, xmlns="http://www.w3.org/2000/svg") + "\n"


def _body(judged: Judged, frame: Box) -> str:
    shown = [*judged.uniform, *judged.curve, judged.oracle, judged.router]
    ticks = svg.linear_ticks(0, max(each.mean_spend for each in shown))
    x = Scale(low=0, high=ticks[-1], start=frame.left, stop=frame.right)
    highest = svg.linear_ticks(0, max(each.accuracy.value for each in shown))
    y = Scale(low=0, high=highest[-1], start=frame.bottom, stop=frame.top)

    def at(policy: Policy) -> tuple[float, float]:
        return x(policy.mean_spend), y(policy.accuracy.value)

    parts = [y_axis(frame, y, highest, [f"{100 * tick:.0f}%" for tick in highest])]
    for tick in ticks:
        label = formatting.count(tick)
        parts.append(svg.text(x(tick), frame.bottom + 20, label, class_="value", anchor="middle"))
    parts.append(
        svg.text(frame.right, frame.bottom + 42, f"{judged.unit} per problem", class_="unit", anchor="end")
    )
    line = sorted((*judged.curve, judged.router), key=lambda each: each.mean_spend)
    parts.append(svg.polyline(map(at, line), class_="curve"))
    parts += [element("circle", cx=at(each)[0], cy=at(each)[1], r=3, class_="end") for each in judged.uniform]
    parts.append(
        element("circle", cx=at(judged.oracle)[0], cy=at(judged.oracle)[1], r=4, class_="point best")
    )
    parts.append(
        element("circle", cx=at(judged.router)[0], cy=at(judged.router)[1], r=6, class_="point best")
    )
    named = (
        (judged.router, "router"),
        (judged.oracle, "oracle"),
        (judged.never, "never"),
        (judged.always, "always"),
    )
    anchors = [at(policy) for policy, _ in named]
    sizes = [(svg.text_width(name, 13), 17.0) for _, name in named]
    obstacles = [Box(px - 6, py - 6, 12, 12) for px, py in map(at, shown)]
    room = Box(frame.left, frame.top, frame.width + 90, frame.height)
    boxes = svg.place_labels(anchors, sizes, obstacles=obstacles, frame=room)
    for (_, name), box in zip(named, boxes, strict=True):
        parts.append(svg.text(box.left, box.top + 13, name, class_="name halo"))
    return "".join(parts)
