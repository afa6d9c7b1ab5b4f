"""Unseen characters are spelled out, all others stay."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ponder.evaluation.formatting import listed, visible

DIRECTIONS = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\x1b[31mb", "a\\x1b[31mb"),
        ("x\u202ey\u2066z", "x\\u202ey\\u2066z"),
        ("one\r\ntwo\tthree", "one\\r\ntwo\tthree"),
        ("\ud800", "\\ud800"),
        ("שלום π 数 é", "שלום π 数 é"),
        ("\U000e0041", "\\U000e0041"),
    ],
)
def test_an_escape_stands_for_what_is_not_seen(text: str, shown: str) -> None:
    assert visible(text) == shown


@given(st.text(st.characters(exclude_categories=[])))
def test_no_control_character_no_direction_mark_and_no_half_character_is_left(text: str) -> None:
    shown = visible(text)
    shown.encode("utf-8")
    assert visible(shown) == shown
    for each in shown:
        assert unicodedata.category(each) != "Cc" or each in "\t\n"
        assert unicodedata.bidirectional(each) not in DIRECTIONS


def test_a_list_ends_in_and() -> None:
    assert [listed(list("abc")[:count]) for count in range(4)] == ["", "a", "a and b", "a, b and c"]
