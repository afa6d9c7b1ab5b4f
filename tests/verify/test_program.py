"""Programs against tests: what passes, what fails and how, in every layout and at both levels."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sandboxes import level as level

from ponder.errors import ConfigError
from ponder.records import Verdict
from ponder.verify.program import ProgramVerifier, verify_program
from ponder.verify.sandbox import Limits

DOUBLE = {"entry_point": "f", "cases": [{"args": [1], "expected": 2}, {"args": [3], "expected": 6}]}
SUM = {"cases": [{"stdin": "1 2\n", "stdout": "3\n"}, {"stdin": "10 -4\n", "stdout": "6\n"}]}
QUICK = Limits(seconds=1.0, memory_mb=256, output_bytes=10_000)
POLY = """
def poly(xs: list, x: float):
    return sum(c * x ** i for i, c in enumerate(xs))


def find_zero(xs: list):
    \"\"\"A zero of a polynomial.\"\"\"
"""
POLY_TESTS = """
def check(candidate):
    import random
    draw = random.Random(3)
    for _ in range(5):
        coefficients = [draw.randint(-9, 9), draw.randint(1, 9)]
        assert abs(poly(coefficients, candidate(list(coefficients)))) < 1e-6
"""


@pytest.mark.parametrize(
    ("source", "outcome", "verdict"),
    [
        ("def f(x): return 2 * x", "passed", Verdict.CORRECT),
        ("f = lambda x: 2 * x", "passed", Verdict.CORRECT),
        ("class Solution:\n    def f(self, x): return 2 * x", "passed", Verdict.CORRECT),
        ("import math, heapq\ndef f(x):\n    print('noise')\n    return x + x", "passed", Verdict.CORRECT),
        ("def f(x): return 2 * x + 1", "wrong", Verdict.WRONG),
        ("def f(x): return str(2 * x)", "wrong", Verdict.WRONG),
        ("def f(x): pass", "wrong", Verdict.WRONG),
        ("def f(x): return object()", "wrong", Verdict.WRONG),
        ("def f(x): return [1] * 100_000", "output_limit", Verdict.WRONG),
        ("def f(x): raise ValueError('no')", "error", Verdict.WRONG),
        ("def f(x, y): return 2", "error", Verdict.WRONG),
        ("def g(x): return 2 * x", "error", Verdict.WRONG),
        ("def f(x) return", "error", Verdict.WRONG),
        ("raise SystemExit(0)", "error", Verdict.WRONG),
        ("def f(x): raise SystemExit(0)", "error", Verdict.WRONG),
        ("import os\ndef f(x): os._exit(0)", "error", Verdict.WRONG),
        ("def f(x):\n    while True: pass", "timeout", Verdict.TIMED_OUT),
        ("while True: pass", "timeout", Verdict.TIMED_OUT),
        ("def f(x): return bytearray(1 << 30)", "memory", Verdict.WRONG),
        ("def f(x): print('x' * 20_000); return 2 * x", "output_limit", Verdict.WRONG),
        ("import os\ndef f(x): return os.listdir('/')", "blocked", Verdict.WRONG),
        ("import os\ndef f(x): return os.fork()", "blocked", Verdict.WRONG),
        ("import ctypes\ndef f(x): return ctypes.string_at(0)", "error", Verdict.WRONG),
    ],
)  # fmt: skip
def test_functions(level: str, source: str, outcome: str, verdict: Verdict) -> None:
    judged = verify_program(source, DOUBLE, level=level, limits=QUICK)
    assert (judged.outcome, judged.verdict, judged.level) == (outcome, verdict, level), judged.reason


@pytest.mark.parametrize(
    ("source", "outcome"),
    [
        ("print(sum(map(int, input().split())))", "passed"),
        ("import sys\nprint(sum(map(int, sys.stdin.read().split())))", "passed"),
        ("import sys\nfor line in sys.stdin: print(sum(map(int, line.split())), end='  \\n\\n')", "passed"),
        ("if __name__ == '__main__':\n    a, b = map(int, input().split())\n    print(a + b)", "passed"),
        ("print(sum(map(int, input().split())))\nimport sys\nsys.exit(0)", "passed"),
        ("print(sum(map(int, input().split())))\nimport sys\nsys.exit(1)", "error"),
        ("print(sum(map(int, input().split())))\nraise ValueError", "error"),
        ("print(sum(map(int, input().split())))\nprint('more')", "wrong"),
        ("print(3)", "wrong"),
        ("pass", "wrong"),
        ("input(); input()", "error"),
        ("import sys\nsys.stdout.buffer.write(b'\\xff')", "wrong"),
        ("while True: print('x' * 1000)", "output_limit"),
        ("while True: pass", "timeout"),
        ("x = [0] * (1 << 30)", "memory"),
        ("import os; os.listdir('/')", "blocked"),
        ("print(", "error"),
    ],
)
def test_programs_that_read_standard_input(level: str, source: str, outcome: str) -> None:
    judged = verify_program(source, SUM, level=level, limits=QUICK)
    assert judged.outcome == outcome, judged.reason


def test_test_code_runs_in_a_process_of_its_own(level: str) -> None:
    right = "def find_zero(xs):\n    return -xs[0] / xs[1]\n"
    tests = {"entry_point": "find_zero", "test": POLY_TESTS, "prompt": POLY}
    assert verify_program(right, tests, level=level).correct
    assert verify_program("    return -xs[0] / xs[1]\n", tests, level=level).correct
    assert verify_program(POLY + "    return -xs[0] / xs[1]\n", tests, level=level).correct
    assert verify_program(right.replace("-xs", "xs"), tests, level=level).outcome == "wrong"
    assert verify_program("def find_zero(xs):\n    return 'x'\n", tests, level=level).outcome == "wrong"
    assert (
        verify_program("def find_zero(xs):\n    while True: pass\n", tests, level=level, limits=QUICK).outcome
        == "timeout"
    )


def test_a_program_cannot_lend_the_tests_its_own_helper() -> None:
    tests = {"entry_point": "find_zero", "test": POLY_TESTS, "prompt": POLY}
    cheat = "def poly(xs, x):\n    return 0.0\n\n\ndef find_zero(xs):\n    return 1.0\n"
    assert verify_program(cheat, tests).outcome == "wrong"


def test_a_program_that_looks_at_its_surroundings_finds_no_expected_value(level: str) -> None:
    source = """
import gc, sys
def f(x):
    seen = [repr(value) for value in gc.get_objects()[:20000]]
    seen += [repr(vars(m)) for m in sys.modules.values()]
    frame = sys._getframe()
    while frame:
        seen.append(repr(frame.f_locals))
        frame = frame.f_back
    return any("".join(["8675", "309"]) in text for text in seen) or "not found"
"""
    tests = {"entry_point": "f", "cases": [{"args": [1], "expected": 8675309}]}
    judged = verify_program(source, tests, level=level)
    assert judged.outcome == "wrong" and "'not found'" in judged.reason


def test_a_state_kept_between_calls_does_not_tell_which_call_it_is() -> None:
    source = "calls = []\ndef f(x):\n    calls.append(x)\n    return len(calls)"
    cases = [{"args": [number], "expected": number + 1} for number in range(12)]
    assert verify_program(source, {"entry_point": "f", "cases": cases}).outcome == "wrong"


def test_a_right_answer_after_an_unasked_one_is_wrong() -> None:
    source = "import os\ndef f(x):\n    os.write(4, b'\\0\\0\\0\\x02{}')\n    return 2 * x"
    assert verify_program(source, DOUBLE).outcome == "wrong"


def test_programs_come_fenced_or_bare() -> None:
    assert verify_program("Here:\n```python\ndef f(x):\n    return 2 * x\n```\nDone.", DOUBLE).correct


@pytest.mark.parametrize("answer", ["", "   \n", "```python\n```"])
def test_no_program_is_no_answer(answer: str) -> None:
    assert verify_program(answer, DOUBLE).verdict is Verdict.NO_ANSWER


def test_a_program_longer_than_any_program_is_not_run() -> None:
    assert verify_program("#" * 300_000, DOUBLE).verdict is Verdict.UNPARSABLE


@pytest.mark.parametrize("source", ["def f(x): return '\ud800'", "\0", "x = '" + "(" * 50_000, "(" * 5_000])
def test_text_that_is_hardly_a_program_is_judged_all_the_same(source: str) -> None:
    assert verify_program(source, DOUBLE, limits=QUICK).verdict is Verdict.WRONG


RAISES_BEFORE = "def check(candidate):\n    assert nothing.at_all + candidate(1)\n    1/0"
DEEP = json.loads("[" * 120 + "]" * 120)
BROKEN: list[dict[str, Any]] = [
    {"entry_point": "f", "cases": [{"args": [DEEP], "expected": 1}]},
    {"cases": [{"stdin": "\ud800", "stdout": ""}]},
    {"test_list": ["assert f(1) == 2"], "test_imports": 5},
    {"input_output": {"inputs": [5], "outputs": [1], "fn_name": "f"}},
]
IMPORTS_NOTHING = "import absent_module\ndef check(candidate):\n    assert candidate(1) > 1"


@pytest.mark.parametrize(
    "tests",
    [
        "{",
        "{}",
        *(json.dumps({"entry_point": "f", "test": test}) for test in (RAISES_BEFORE, IMPORTS_NOTHING)),
        *map(json.dumps, BROKEN),
        *BROKEN,
    ],
)
def test_broken_tests_are_never_the_programs_fault(tests: str | dict[str, Any]) -> None:
    judged = verify_program("def f(x): return 2 * x\nnothing = 1", tests)
    assert (judged.verdict, judged.outcome) == (Verdict.ERROR, "infrastructure_error")


def test_a_value_that_only_just_crosses_is_judged_and_one_that_does_not_is_the_programs_fault() -> None:
    grow = "def f(n):\n    value = []\n    for _ in range(n - 1): value = [value]\n    return value\n"
    took = "def f(value): return 1"
    for depth, verdict in ((98, Verdict.CORRECT), (300, Verdict.WRONG)):
        code = f"def check(candidate):\n    value = candidate({depth})\n    while value: value = value[0]\n"
        assert verify_program(grow, {"entry_point": "f", "test": code}).verdict is verdict
    deep = json.loads("[" * 98 + "]" * 98)
    assert verify_program(took, {"entry_point": "f", "cases": [{"args": [deep], "expected": 1}]}).correct
    half = {"entry_point": "f", "cases": [{"args": ["\ud800"], "expected": "\ud800"}]}
    assert verify_program("def f(x): return x", half).correct


def test_an_unknown_level_is_refused_by_name() -> None:
    with pytest.raises(ConfigError, match="'open'; known: auto, guard, jail"):
        verify_program("def f(x): return 2 * x", DOUBLE, level="open")


def test_many_programs_keep_their_order() -> None:
    tests = json.dumps(DOUBLE)
    pairs = [(f"def f(x): return {factor} * x", tests) for factor in (1, 2, 3, 2, 1, 2)]
    outcomes = [judged.outcome for judged in ProgramVerifier().many(pairs)]
    assert outcomes == ["wrong", "passed", "wrong", "passed", "wrong", "passed"]
    assert ProgramVerifier().many([]) == []


def test_arguments_and_results_keep_their_types() -> None:
    source = "def f(*args, **named): return [type(a).__name__ for a in args] + sorted(named)"
    values: list[Any] = [1, 1.5, "x", True, None, [1], {"a": 1}]
    names = ["int", "float", "str", "bool", "NoneType", "list", "dict", "k"]
    cases = [{"args": values, "kwargs": {"k": 1}, "expected": names}]
    assert verify_program(source, {"entry_point": "f", "cases": cases}).correct
