"""What counts as the expected value, and what does not."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ponder.verify.program_answers import agree, same_output
from ponder.verify.sandbox.inside.messages import DEEPEST, NotPlain, decode, encode, pack, unpack

plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.tuples(inner, inner),
    max_leaves=12,
)
hashable = st.integers() | st.text() | st.booleans()
typed = st.recursive(
    plain | st.binary() | st.complex_numbers() | st.sets(hashable) | st.frozensets(hashable),
    lambda inner: st.lists(inner) | st.dictionaries(hashable, inner) | st.tuples(inner),
    max_leaves=8,
)


@given(typed)
def test_a_value_crosses_with_its_types(value: Any) -> None:
    crossed = unpack(pack(encode(value))[4:])
    assert crossed == encode(value)
    assert typed_repr(decode(crossed)) == typed_repr(value)


def typed_repr(value: Any) -> str:
    """With the types, and the members of a set in an order of their own."""
    if isinstance(value, (set, frozenset)):
        return f"{type(value).__name__}{sorted(map(typed_repr, value))}"
    if isinstance(value, (list, tuple)):
        return f"{type(value).__name__}{list(map(typed_repr, value))}"
    if isinstance(value, dict):
        return f"dict{[(typed_repr(key), typed_repr(held)) for key, held in value.items()]}"
    return repr(value)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(
            st.sampled_from(["tuple", "set", "frozenset", "dict", "bytes", "complex", "float", "int"]), inner
        )
    ),
)


@given(json_values)
def test_whatever_comes_back_is_decoded_or_refused(data: Any) -> None:
    with contextlib.suppress(NotPlain):
        decode(data)


class AlwaysEqual(int):
    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = int.__hash__


@pytest.mark.parametrize(
    "value", [AlwaysEqual(3), object(), [object()], {1: {2: AlwaysEqual(0)}}, range(3), open]
)
def test_nothing_but_plain_types_crosses(value: object) -> None:
    with pytest.raises(NotPlain):
        encode(value)


def test_a_value_nested_without_end_is_refused() -> None:
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(NotPlain):
        encode(endless)


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"a": 1, "b": 2},
        {"tuple": 3},
        {"set": [[1]]},
        {"int": "zz"},
        {"float": "1"},
        {"list": []},
        math.nan,
    ],
)
def test_what_encode_does_not_write_is_refused(data: Any) -> None:
    with pytest.raises(NotPlain):
        decode(data)


@pytest.mark.parametrize(
    ("given_value", "wanted", "same"),
    [
        (1, 1, True),
        (1, 1.0, True),
        (2.0, 2, True),
        (True, 1, False),
        (1, True, False),
        (True, True, True),
        (0, False, False),
        (0, None, False),
        ("1", 1, False),
        (1, "1", False),
        ((1, 2), [1, 2], True),
        ([1, 2], [1, 2], True),
        ([1], [1, 2], False),
        ([], None, False),
        ({1, 2}, [1, 2], False),
        ("ab", ["a", "b"], False),
        ({"a": (1,)}, {"a": [1]}, True),
        ({1: 2}, {"1": 2}, True),
        ({1: 2, "1": 3}, {"1": 3}, False),
        ({"a": 1}, {"a": 1, "b": 2}, False),
        ({}, [], False),
        (0.1 + 0.2, 0.3, False),
        (math.nan, math.nan, False),
        (math.inf, 1e308, False),
        (10**400, 10**400, True),
        (10**400, 1.0, False),
        (b"a", "a", False),
    ],
)
def test_json_values(given_value: Any, wanted: Any, same: bool) -> None:
    assert agree(given_value, wanted) is same


def test_a_tolerance_is_for_numbers_and_only_when_stated() -> None:
    assert agree([0.1 + 0.2], [0.3], 1e-9)
    assert not agree([0.31], [0.3], 1e-9)
    assert not agree(math.nan, math.nan, 1.0)
    assert not agree(10**400, 1.0, 1e-6)
    assert not agree(True, 1, 10.0)


def test_python_values_tell_a_tuple_from_a_list() -> None:
    assert agree((1, [2]), (1, [2]), python=True)
    assert not agree([1, 2], (1, 2), python=True)
    assert not agree((1, 2), [1, 2], python=True)
    assert agree({1: "a"}, {1: "a"}, python=True)
    assert not agree({"1": "a"}, {1: "a"}, python=True)
    assert agree({1, 2}, {2, 1}, python=True)
    assert not agree({True}, {1}, python=True)
    assert not agree({True: 0}, {1: 0}, python=True)
    assert not agree({(1, True)}, {(1, 1)}, python=True)
    assert not agree(frozenset({1}), {1}, python=True)
    assert agree({1.0: "a"}, {1: "a"}, python=True)


@given(plain)
def test_every_value_but_nan_agrees_with_itself(value: Any) -> None:
    assert agree(value, value, python=True) is (
        "nan" not in repr(value).lower() or "nan" in str_leaves(value)
    )


def str_leaves(value: Any) -> str:
    """The text in a value, empty if it holds a float that is not a number."""
    if isinstance(value, float):
        return "" if math.isnan(value) else "nan"
    if isinstance(value, (list, tuple)):
        parts = [str_leaves(item) for item in value]
        return "" if not all(parts) and parts else "nan"
    if isinstance(value, dict):
        return str_leaves(list(value.values()))
    return "nan"


@pytest.mark.parametrize(
    ("printed", "wanted", "same"),
    [
        ("1\n2\n", "1\n2", True),
        ("1 \n2\n\n", "1\n2\n", True),
        ("1\r\n2\r\n", "1\n2\n", True),
        ("1\n", "1\n2\n", False),
        ("", "1\n", False),
        ("", "", True),
        ("1\n2\n3\n", "1\n2\n", False),
        ("1\n\n2\n", "1\n2\n", False),
        (" 1\n", "1\n", False),
        ("1 2\n", "1  2\n", False),
        ("1.0\n", "1\n", False),
        ("yes\n", "YES\n", False),
        ("\n1\n", "1\n", False),
    ],
)
def test_output_is_compared_whole(printed: str, wanted: str, same: bool) -> None:
    assert same_output(printed, wanted) is same


def test_output_with_a_tolerance_is_compared_word_by_word() -> None:
    assert same_output("0.3333333 a\n", "0.33333334  a\n", 1e-6)
    assert not same_output("0.3333333\n", "0.33333334 a\n", 1e-6)
    assert not same_output("0.34\n", "0.33333334\n", 1e-6)
    assert not same_output("nan\n", "1\n", 1e-6)
    assert not same_output("1\n2\n", "1\n", 1e-6)
    assert not same_output("1\n", "1\n\n2\n", 1e-6)


@pytest.mark.parametrize("wrap", [lambda inner: [inner], lambda inner: {"tuple": [inner]}])
def test_what_can_be_received_can_be_sent_on(wrap: Callable[[Any], Any]) -> None:
    data: Any = 1
    for depth in range(1, 130):
        data = wrap(data)
        try:
            value = decode(data)
        except NotPlain:
            assert depth == DEEPEST + 1
            return
        assert encode(value) == data
    pytest.fail("there is no end to the depth")
