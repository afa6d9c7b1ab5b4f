"""Tests of programs in every layout the field uses, and what is said about a broken one."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ponder.errors import DataError
from ponder.verify.program_asserts import Call
from ponder.verify.program_tests import Examination, FunctionTests, Stream, StreamTests, read_tests

DEEP = json.loads("[" * 120 + "]" * 120)
CHECK = "def check(candidate):\n    assert candidate({}) == {}\n"


def test_own_cases() -> None:
    row = {
        "entry_point": "f",
        "cases": [{"args": [1, [2]], "expected": {"a": 1}}, {"kwargs": {"x": 1}, "expected": None}],
    }
    assert read_tests(json.dumps(row)) == FunctionTests(
        "f", (Call((1, [2]), {"a": 1}), Call((), None, {"x": 1}))
    )
    assert read_tests(row | {"tolerance": 1e-6}) == FunctionTests(
        "f", (Call((1, [2]), {"a": 1}), Call((), None, {"x": 1})), 1e-6
    )
    assert read_tests({"cases": [{"stdin": "1", "stdout": "2"}, {"stdout": "3"}]}) == StreamTests(
        (Stream("1", "2"), Stream("", "3"))
    )


def test_human_eval_asserts_that_are_data_become_cases() -> None:
    row = {
        "entry_point": "f",
        "test": CHECK.format("(1, 2), 'a'", "[3]"),
        "prompt": "from typing import List\n",
    }
    found = read_tests(row)
    assert found == FunctionTests("f", (Call(((1, 2), "a"), [3]),), prompt=row["prompt"], python=True)


@pytest.mark.parametrize(
    "body",
    [
        "assert abs(candidate(1) - 2) < 1e-6",
        "for i in range(3):\n        assert candidate(i) == i",
        "assert candidate(1) == f2(1)",
        "assert candidate(candidate(1)) == 1",
        "assert candidate(1) != 2",
        "assert candidate(1) < 2 < 3",
        "assert candidate(**{'a': 1}) == 2",
        "x = candidate(1)\n    assert x == 1",
        "assert candidate(1) == 1\n    assert candidate(2)",
        "assert f(1) == 1",
    ],
)
def test_anything_else_has_to_be_run(body: str) -> None:
    found = read_tests({"entry_point": "f", "test": f"def check(candidate):\n    {body}\n"})
    assert isinstance(found, Examination)
    assert found.names[0] == "f"


def test_the_program_has_to_define_what_the_tests_use_and_nobody_defines() -> None:
    test = "import math\ndef check(candidate):\n    for i in [1]: assert poly(i) < math.e * candidate(i)"
    without = read_tests({"entry_point": "f", "test": test})
    within = read_tests({"entry_point": "f", "test": test, "prompt": "def poly(x):\n    return x\n"})
    assert isinstance(without, Examination) and without.names == ("f", "poly")
    assert isinstance(within, Examination) and within.names == ("f",)


def test_mbpp() -> None:
    data = read_tests({"test_list": ["assert g(1) == (2, 3)", "assert g(x=2) == 'a'"]})
    assert data == FunctionTests("g", (Call((1,), (2, 3)), Call((), "a", {"x": 2})), python=True)
    code = read_tests({"test_list": ["assert math.isclose(g(1), 2)"], "test_imports": ["import math"]})
    assert isinstance(code, Examination) and code.names == ("g",) and code.entry_point is None


def test_live_code_bench_and_apps() -> None:
    case = {"input": "1\n2\n", "output": "3\n", "testtype": "stdin"}
    row: dict[str, Any] = {
        "public_test_cases": json.dumps([case]),
        "private_test_cases": "[]",
        "metadata": "{}",
    }
    assert read_tests(row) == StreamTests((Stream("1\n2\n", "3\n"),))
    call = {"input": '[1, 2]\n"a"', "output": "3", "testtype": "functional"}
    row = {
        "public_test_cases": [call],
        "private_test_cases": [call],
        "metadata": json.dumps({"func_name": "f"}),
    }
    assert read_tests(row) == FunctionTests("f", (Call(([1, 2], "a"), 3),) * 2)
    apps = {"inputs": [[[1, 2], "a"]], "outputs": [3], "fn_name": "f"}
    assert read_tests({"input_output": json.dumps(apps)}) == FunctionTests("f", (Call(([1, 2], "a"), 3),))
    assert read_tests({"input_output": {"inputs": ["1\n"], "outputs": ["2\n"]}}) == StreamTests(
        (Stream("1\n", "2\n"),)
    )


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("{", "not JSON"),
        ("[1]", "one JSON object"),
        ("[" * 100_000, "not JSON"),
        ({}, "no tests found"),
        ({"cases": []}, "not empty"),
        ({"cases": [3]}, "objects"),
        ({"cases": [{"args": [1], "expected": 1}]}, "entry_point"),
        ({"entry_point": "os.system(1)", "cases": [{"args": [1], "expected": 1}]}, "entry_point"),
        ({"entry_point": "f", "cases": [{"args": 1, "expected": 1}]}, "case 1"),
        ({"entry_point": "f", "cases": [{"args": [1]}]}, "case 1"),
        ({"entry_point": "f", "cases": [{"args": [], "expected": 1}], "tolerance": -1}, "tolerance"),
        ({"entry_point": "f", "cases": [{"args": [], "expected": 1}], "tolerance": True}, "tolerance"),
        ({"cases": [{"stdin": 3, "stdout": ""}]}, "stdin"),
        ({"entry_point": "f", "test": "def check(:"}, "not Python"),
        ({"entry_point": "f", "test": "x = 1"}, "check"),
        ({"test_list": []}, "test_list"),
        ({"test_list": ["assert True"]}, "call no function"),
        ({"public_test_cases": "eJyr"}, "not JSON"),
        ({"input_output": {"inputs": ["1"], "outputs": []}}, "as many"),
        ({"input_output": {"inputs": "1", "outputs": ["1"]}}, "lists"),
        (
            {"input_output": {"inputs": [[1], 5], "outputs": [1, 2], "fn_name": "f"}},
            "inputs, item 2: .* list",
        ),
        ({"input_output": {"inputs": [{"x": 1}], "outputs": [1], "fn_name": "f"}}, "inputs, item 1: .* list"),
        ({"input_output": {"inputs": [[1]], "outputs": [1], "fn_name": 5}}, "fn_name .* not 5"),
        ({"test_list": ["assert f(1) == 2"], "test_imports": 5}, "test_imports should be a list of lines"),
        ({"test_list": ["assert f(1) == 2"], "test_imports": "import re"}, "test_imports"),
        ({"test_list": ["assert f(1) == 2"], "test_imports": [5]}, "test_imports"),
        ({"test_list": ["assert f(1) == 2", 5]}, "test_list should be a list of lines"),
        ({"test_list": ["assert f(1) == 2"], "test_setup_code": 5}, "test_setup_code"),
        ({"entry_point": "f", "cases": [{"args": [DEEP], "expected": 1}]}, "case 1: an argument .* deeper"),
        ({"entry_point": "f", "cases": [{"kwargs": {"x": DEEP}, "expected": 1}]}, "a named argument"),
        ({"entry_point": "f", "cases": [{"args": [], "expected": DEEP}]}, "case 1: the expected value"),
        ({"entry_point": "f", "test": CHECK.format(DEEP, 1)}, "case 1: an argument"),
        ({"entry_point": "f", "test": CHECK.format(1, 1), "prompt": "# \udc00"}, "`prompt` holds half"),
        (
            {"entry_point": "f", "test": "def check(candidate):\n    assert candidate('\ud800')\n"},
            "not Python",
        ),
        ({"cases": [{"stdin": "", "stdout": ""}, {"stdin": "\ud800", "stdout": ""}]}, "case 2: the input"),
        ({"cases": [{"stdin": "", "stdout": "\udfff"}]}, "case 1: the output holds half"),
        ({"inputs": ["\ud800"], "outputs": ["1"]}, "case 1: the input"),
    ],
)
def test_broken_tests_say_what_is_wrong(row: Any, said: str) -> None:
    with pytest.raises(DataError, match=said):
        read_tests(row)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(
                st.sampled_from(
                    [
                        "cases",
                        "test",
                        "entry_point",
                        "test_list",
                        "inputs",
                        "outputs",
                        "args",
                        "expected",
                        "x",
                    ]
                ),
                inner,
            )
        ),
    )
)
def test_any_json_is_read_or_refused(data: Any) -> None:
    with contextlib.suppress(DataError):
        read_tests(json.dumps(data))
