"""Accuracy over the thinking budget, drawn."""

from __future__ import annotations

import itertools
import re
from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st
from outcome_rows import row, tables

from ponder.evaluation.budget_outcomes import ProblemOutcomes
from ponder.evaluation.overthinking import measure
from ponder.evaluation.overthinking_result import OverthinkingResult
from ponder.records import Cost
from ponder.report.budget_chart import LABEL_GAP, apart, budget_chart, overthinking_svg, spoken

ROWS = [row(str(n), "--+++", length=6 if n % 2 else None, direct=n < 3) for n in range(10)]


def test_the_panel_says_in_words_what_it_shows() -> None:
    found = measure("sums", ROWS)
    assert spoken(found) == (
        "sums: right by thinking budget 0.0% at 0, 0.0% at 2, 100.0% at 4, 100.0% at 8, 100.0% at 16; "
        "30.0% answering at once; the oracle 100.0%."
    )
    drawn = budget_chart(found)
    assert spoken(found) in drawn
    for words in ("half end by 6", "100.0% oracle", "100.0% whole", "30.0% at once", "tokens of thinking"):
        assert words in drawn
    assert drawn.count('class="point best"') == 1 and drawn.count('class="end"') == 4


@given(tables())
def test_any_outcomes_are_drawn_well_formed_and_inside(rows: list[ProblemOutcomes]) -> None:
    drawn = budget_chart(measure("t", rows))
    picture = ElementTree.fromstring(drawn)
    assert "nan" not in drawn and "inf" not in drawn
    _, _, width, height = map(float, picture.attrib["viewBox"].split())
    for each in picture.iter("text"):
        assert 0 <= float(each.attrib["x"]) <= width and 0 <= float(each.attrib["y"]) <= height


def test_a_file_of_its_own_holds_a_panel_a_task() -> None:
    rows = [*ROWS, *(row(f"u{n}", "+++++", task="u & v") for n in range(4))]
    text = overthinking_svg(OverthinkingResult.of(rows, model="tiny", cost=Cost()))
    picture = ElementTree.fromstring(text)
    assert picture.tag == "{http://www.w3.org/2000/svg}svg"
    assert text.count('class="curve"') == 2
    assert "Should I think here?" in text and "u &amp; v" in text
    assert not re.search(r"var\(--", text), "a file of its own brings its colours"


@given(st.lists(st.floats(0, 200), max_size=6))
def test_labels_keep_apart_and_inside(places: list[float]) -> None:
    moved = apart(sorted(places), LABEL_GAP, low=0, high=200)
    assert all(0 - 1e-6 <= place <= 200 + 1e-6 for place in moved)
    assert all(b - a >= LABEL_GAP - 1e-6 for a, b in itertools.pairwise(moved))
