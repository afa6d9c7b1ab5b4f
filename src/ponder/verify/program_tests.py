"""The tests of a program, read from the layouts the field uses.

- ours: `{"entry_point": "f", "cases": [{"args": [...], "kwargs": {}, "expected": ...}], "tolerance": 1e-6}`
  or `{"cases": [{"stdin": "...", "stdout": "..."}]}`; without a tolerance numbers are exact
- HumanEval: `{"entry_point": "f", "test": "def check(candidate): ...", "prompt": "..."}`
- MBPP: `{"test_list": ["assert f(1) == 2", ...], "test_setup_code" or "test_imports": ...}`
- LiveCodeBench: `{"public_test_cases": [...], "private_test_cases": [...], "metadata": {"func_name": ...}}`,
  lists or JSON text
- APPS and TACO: `{"input_output": {"inputs": [...], "outputs": [...], "fn_name": ...}}`

Cases become data that the supervisor compares by itself, and so do asserts that are one call and a literal.
Other test code becomes an `Examination`: it runs in a process of its own, never in the program's. Tests that
cannot be put to a program are refused here, by the name of the field, and never blamed on a program. Does not
unpickle: LiveCodeBench's packed private tests have to be turned into JSON first.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeGuard, cast

from ponder.errors import DataError
from ponder.verify.program_asserts import Call, bound_names, free_names, literal_calls, parse
from ponder.verify.sandbox.inside.messages import NotPlain, encode

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Stream:
    """Standard input, and the whole standard output that should follow."""

    stdin: str
    stdout: str


@dataclass(frozen=True, slots=True)
class FunctionTests:
    entry_point: str
    cases: tuple[Call, ...]
    tolerance: float | None = None
    prompt: str = ""
    """What the program goes on from, HumanEval's way."""
    python: bool = False
    """The expected values are Python's, where a tuple is not a list; JSON does not know the difference."""

    def __post_init__(self) -> None:
        _check_text(self.prompt, "`prompt`")
        for number, case in enumerate(self.cases, 1):
            _check_plain(case.arguments, f"case {number}: an argument")
            _check_plain(dict(case.named), f"case {number}: a named argument")
            _check_plain(case.expected, f"case {number}: the expected value")


@dataclass(frozen=True, slots=True)
class StreamTests:
    cases: tuple[Stream, ...]
    tolerance: float | None = None

    def __post_init__(self) -> None:
        for number, case in enumerate(self.cases, 1):
            _check_text(case.stdin, f"case {number}: the input")
            _check_text(case.stdout, f"case {number}: the output")


@dataclass(frozen=True, slots=True)
class Examination:
    """Trusted test code that calls the program's functions through stand-ins."""

    source: str
    prelude: str
    """Runs before the tests, in their process: HumanEval's prompt, MBPP's set-up."""
    names: tuple[str, ...]
    """What the tests call and do not define: the program has to."""
    entry_point: str | None
    """What `check` is called with; None where the tests are bare asserts."""

    def __post_init__(self) -> None:
        _check_text(self.source, "the test code")
        _check_text(self.prelude, "the code before the tests")


ProgramTests = FunctionTests | StreamTests | Examination


def read_tests(data: Row | str) -> ProgramTests:
    """Tests in any of the layouts, as an object or as its JSON. Raises `DataError`."""
    row = _json(data, "the tests") if isinstance(data, str) else data
    if not isinstance(row, Mapping):
        raise DataError("the tests should be one JSON object")
    row = cast(Row, row)
    if "cases" in row:
        return _own_cases(row)
    if "test" in row:
        return _human_eval(row)
    if "test_list" in row:
        return _mbpp(row)
    if "public_test_cases" in row or "private_test_cases" in row:
        return _live_code_bench(row)
    if "input_output" in row or "inputs" in row:
        return _apps(row)
    raise DataError(f"no tests found: none of cases, test, test_list or input_output in {sorted(row)[:8]}")


def _own_cases(row: Row) -> ProgramTests:
    cases = _filled(row["cases"], "cases")
    tolerance = row.get("tolerance")
    if tolerance is not None and (type(tolerance) not in (int, float) or not tolerance >= 0):
        raise DataError("tolerance should be a number that is not negative")
    if all("stdin" in case or "stdout" in case for case in cases):
        return StreamTests(
            tuple(Stream(_text(case, "stdin", ""), _text(case, "stdout")) for case in cases), tolerance
        )
    entry_point, calls = _entry_point(row), list[Call]()
    for number, case in enumerate(cases, 1):
        arguments, named = case.get("args", []), case.get("kwargs", {})
        if not isinstance(arguments, list) or not isinstance(named, Mapping) or "expected" not in case:
            raise DataError(f"case {number} needs a list `args` and a value `expected`")
        calls.append(Call(tuple(cast(list[Any], arguments)), case["expected"], cast(Row, named)))
    return FunctionTests(entry_point, tuple(calls), tolerance)


def _human_eval(row: Row) -> ProgramTests:
    source, prelude, entry_point = _text(row, "test"), _text(row, "prompt", ""), _entry_point(row)
    tree = parse(source)
    if "check" not in bound_names(tree):
        raise DataError("the test code defines no function check(candidate)")
    if (calls := literal_calls(tree, within="check")) is not None:
        return FunctionTests(entry_point, calls, prompt=prelude, python=True)
    names = (entry_point, *(name for name in free_names(tree, parse(prelude)) if name != entry_point))
    return Examination(source, prelude, names, entry_point)


def _mbpp(row: Row) -> ProgramTests:
    lines, imports = _lines(row, "test_list"), _lines(row, "test_imports")
    if not lines:
        raise DataError("test_list should be a list of assert statements")
    setup = _text(row, "test_setup_code") if row.get("test_setup_code") is not None else ""
    prelude, source = "\n".join([*imports, setup]), "\n".join(lines)
    tree = parse(source)
    names = free_names(tree, parse(prelude))
    if not names:
        raise DataError("the asserts in test_list call no function of the program")
    if len(names) == 1 and (calls := literal_calls(tree, name=names[0])) is not None:
        return FunctionTests(names[0], calls, python=True)
    return Examination(source, prelude, names, None)


def _live_code_bench(row: Row) -> ProgramTests:
    cases = list[Row]()
    for key in ("public_test_cases", "private_test_cases"):
        held = cast(Any, row.get(key) or [])
        cases += _filled(_json(held, key) if isinstance(held, str) else held, key, may_be_empty=True)
    metadata = cast(Any, row.get("metadata") or {})
    metadata = _json(metadata, "metadata") if isinstance(metadata, str) else metadata
    name = cast(Row, metadata).get("func_name") if isinstance(metadata, Mapping) else None
    return _in_out(
        [_text(case, "input") for case in cases],
        [_text(case, "output") for case in cases],
        name or row.get("fn_name"),
    )


def _apps(row: Row) -> ProgramTests:
    held = row.get("input_output", row)
    held = _json(held, "input_output") if isinstance(held, str) else held
    if not isinstance(held, Mapping):
        raise DataError("input_output should be an object with inputs and outputs")
    pairs = cast(Row, held)
    return _in_out(pairs.get("inputs"), pairs.get("outputs"), pairs.get("fn_name"))


def _in_out(inputs: Any, outputs: Any, name: Any) -> ProgramTests:
    """Paired lists: texts for a program; arguments (a list, or a JSON a line) and results for a function."""
    if not isinstance(inputs, list) or not isinstance(outputs, list) or not inputs:
        raise DataError("inputs and outputs should be lists that are not empty")
    pairs = list(zip(cast(list[Any], inputs), cast(list[Any], outputs), strict=False))
    if len(inputs) != len(outputs):  # pyright: ignore[reportUnknownArgumentType]
        raise DataError("there are not as many outputs as inputs")
    if not name:
        return StreamTests(tuple(Stream(_joined(given), _joined(wanted)) for given, wanted in pairs))
    if not _names_function(name):
        raise DataError(f"fn_name or func_name should name the function to call, not {name!r:.40}")
    calls = list[Call]()
    for number, (given, wanted) in enumerate(pairs, 1):
        arguments = (
            [_json(line, "an input") for line in given.splitlines()] if isinstance(given, str) else given
        )
        if not isinstance(arguments, list):
            raise DataError(f"inputs, item {number}: should be the list of arguments of {name}")
        expected = _json(wanted, "an output") if isinstance(wanted, str) else wanted
        calls.append(Call(tuple(cast(list[Any], arguments)), expected))
    return FunctionTests(name, tuple(calls))


def _json(text: str, what: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise DataError(f"{what}: not JSON ({error})") from error


def _filled(held: Any, what: str, may_be_empty: bool = False) -> list[Row]:
    if not isinstance(held, list) or not (held or may_be_empty):
        raise DataError(f"{what} should be a list that is not empty")
    if not all(isinstance(case, Mapping) for case in cast(list[Any], held)):
        raise DataError(f"{what} should hold objects")
    return cast(list[Row], held)


def _text(row: Row, key: str, default: str | None = None) -> str:
    value = row.get(key, default)
    if not isinstance(value, str):
        raise DataError(f"`{key}` should be text")
    return value


def _entry_point(row: Row) -> str:
    name = _text(row, "entry_point", "")
    if not _names_function(name):
        raise DataError("entry_point should name the function to call")
    return name


def _names_function(name: Any) -> TypeGuard[str]:
    return isinstance(name, str) and all(part.isidentifier() for part in name.split("."))


def _lines(row: Row, key: str) -> list[str]:
    """Lines of Python; none where the key holds nothing."""
    held = cast(Any, row.get(key))
    if held is None:
        return []
    if not isinstance(held, list) or not all(isinstance(line, str) for line in cast(list[Any], held)):
        raise DataError(f"{key} should be a list of lines of Python")
    return cast(list[str], held)


def _check_plain(value: Any, what: str) -> None:
    """Whether it can be sent to a process."""
    try:
        encode(value)
    except NotPlain as error:
        raise DataError(f"{what} cannot be given to a program: {error}") from error


def _check_text(text: str, what: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise DataError(f"{what} holds half of a character (a lone surrogate)") from error


def _joined(text: Any) -> str:
    return "\n".join(map(str, cast(list[Any], text))) if isinstance(text, list) else str(text)
