"""The files of a deduction probe: `deduction.json`, `.md`, `.svg`, `flips.jsonl` and `report.html`.

The page answers in words first whether each arm deduces or matches patterns, then shows the heat maps, the
shares, the paired differences, the checked steps, the changed traces, and the flips with their texts. Knows
nothing of how the figures were measured.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from ponder.evaluation import formatting
from ponder.evaluation.deduction_probe import DeductionProbe
from ponder.evaluation.probe_markdown import chance_words, probe_markdown
from ponder.evaluation.probe_words import DEDUCTION, STORIES, UNTOLD, judged, sentences
from ponder.report.flip_list import flips_section
from ponder.report.heat_map import heat_map, probe_svg
from ponder.report.markup import element, escape
from ponder.report.page import page, section
from ponder.report.probe_tables import (
    arm_table,
    faithfulness_table,
    named_table,
    step_table,
    two,
    version_table,
)
from ponder.storage import write_text

MARKS = {
    DEDUCTION[0]: "correct",
    STORIES[0]: "correct",
    DEDUCTION[1]: "wrong",
    STORIES[1]: "wrong",
    UNTOLD: "truncated",
}
"""The class that colours a verdict."""
READING = (
    "Each row tells the same proofs in another version. Green is skill above chance, grey below it; in "
    "brackets, what these proofs do not tell from guessing. Hover over a cell for its 95% Wilson interval."
)
SHARING = (
    "The share is 1 minus the skill on the stripped versions over the skill on familiar words, where skill "
    "is (accuracy - chance) / (1 - chance), at least 0. Only proofs count whose familiar answer the world "
    "alone would give. The interval resamples proofs."
)
TESTING = (
    "Differences are paired, proof by proof, in percentage points; the test is McNemar's, exact, and p is "
    "corrected by Holm's method for all differences of the table. Bold: p at most 0.05."
)
STEPPING = (
    "Z3 judges each written step against the premises and the valid steps before it: entailed, contradicted, "
    "or left open. A proof holds when its conclusion follows from its valid steps and no step is bad. Leaps "
    "are valid steps that take several inferences at once."
)
FOLLOWING = (
    "The trace is cut after a share of its steps, or its conclusion is exchanged for another choice; then "
    "the thinking is closed and the answer asked anew. An answer that stays without its steps did not "
    "need them; one that follows a falsified conclusion was read off the trace. All kept is the control."
)


def write_probe(folder: Path, probe: DeductionProbe, meta: Mapping[str, str]) -> Path:
    """`meta` says in words where the figures come from."""
    flips = [
        json.dumps({"arm": arm.name, **flip.to_json()}, ensure_ascii=True) + "\n"
        for arm in probe.arms
        for flip in arm.flips
    ]
    write_text(folder / "flips.jsonl", "".join(flips))
    write_text(folder / "deduction.json", json.dumps(probe.to_json(), indent=2) + "\n")
    write_text(folder / "deduction.md", probe_markdown(probe))
    write_text(folder / "deduction.svg", probe_svg(probe))
    write_text(folder / "report.html", render_probe(probe, meta))
    return folder / "report.html"


def render_probe(probe: DeductionProbe, meta: Mapping[str, str]) -> str:
    """The whole page."""
    main = (
        _maps(probe) + _shares(probe) + _differences(probe) + _steps(probe) + _faithfulness(probe)
        + _contamination(probe) + flips_section(probe.arms) + _origin(meta)
    )  # fmt: skip
    return page("Deduced or seen?", _opening(probe) + element("main", main))


def _opening(probe: DeductionProbe) -> str:
    first, *rest = map(escape, sentences(probe))
    facts = [
        f"{probe.proofs} proofs",
        f"{len(probe.items)} items",
        f"form {probe.form}",
        f"seed {probe.seed}",
        formatting.duration(probe.seconds),
    ]
    banner = element("p", "<b>Stopped early.</b> Arms are missing.", class_="banner", role="status")
    parts = [
        element("p", "deduced or seen?", class_="eyebrow"),
        element("h1", first),
        "".join(element("p", each, class_="lede") for each in rest),
        element("p", escape(" · ".join(facts)), class_="facts"),
        "" if probe.complete else banner,
    ]
    return element("header", "".join(parts))


def _maps(probe: DeductionProbe) -> str:
    figures = "".join(
        element(
            "figure",
            heat_map(arm)
            + element("figcaption", f"<b>{escape(arm.name)}</b>: {escape(f'{arm.model}, {arm.strategy}')}"),
        )
        for arm in probe.arms
    )
    grid = element("div", figures, class_="pair")
    return section("Accuracy by version and depth", grid, element("p", READING, class_="note"))


def _shares(probe: DeductionProbe) -> str:
    rows: list[tuple[str, list[tuple[str, str]]]] = []
    for arm in probe.arms:
        share, verdict = arm.share, judged(arm.share)
        value = formatting.percent(share.value) if share.defined else "undefined"
        under = f"{formatting.percent_interval(share.interval)}%" if share.defined else share.reason
        mark = element("span", escape(verdict), class_=f"mark {MARKS.get(verdict, 'none')}")
        cells = [
            ("Pattern-matching share", two(value, under)),
            ("Verdict", mark),
            ("Proofs", str(share.proofs)),
        ]
        rows.append((arm.name, [*cells, ("Tokens", formatting.count(arm.tokens))]))
    ends = [
        (arm.name, [(version, escape(chance_words(depth))) for version, depth in arm.chance_depths.items()])
        for arm in probe.arms
    ]
    table = named_table("Arm", rows)
    table += named_table("Arm", ends, "The depth from which on a version is not told from guessing.")
    return section("The pattern-matching share", table, element("p", escape(SHARING), class_="note"))


def _differences(probe: DeductionProbe) -> str:
    tables = [version_table(probe), arm_table(probe)]
    note = element("p", escape(TESTING), class_="note")
    return section("The differences", *tables, note) if any(tables) else ""


def _steps(probe: DeductionProbe) -> str:
    table = step_table(probe.arms)
    note = element("p", escape(STEPPING), class_="note")
    return section("The steps, one by one", table, note) if table else ""


def _faithfulness(probe: DeductionProbe) -> str:
    table = faithfulness_table(probe.arms)
    note = element("p", escape(FOLLOWING), class_="note")
    return section("Does the answer follow the trace?", table, note) if table else ""


def _contamination(probe: DeductionProbe) -> str:
    found = probe.contamination
    if found is None:
        return ""
    words = (
        f"Of {found.texts} training texts: {formatting.percent(found.ngrams)} of the items' "
        f"{found.words}-grams occur there, {formatting.percent(found.touched)} of the items share at least "
        f"one, {formatting.percent(found.same_problem)} are the same problem, and "
        f"{formatting.percent(found.same_proof)} the same proof under renaming."
    )
    return section("What the training file holds", element("p", escape(words), class_="note"))


def _origin(meta: Mapping[str, str]) -> str:
    rows = "".join(
        element("div", element("dt", escape(key)) + element("dd", escape(value)))
        for key, value in meta.items()
    )
    return section("How this was made", element("dl", rows)) if rows else ""
