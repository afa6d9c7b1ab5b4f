"""Reads test code without running it: asserts that are data, and the names that the rest relies on.

`assert f(1, [2]) == (3, 4)` says which call gives which value, so the supervisor can ask and compare by
itself. Anything else (loops, helpers, tolerances) has to be run as the code that it is.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ponder.errors import DataError


@dataclass(frozen=True, slots=True)
class Call:
    """One call and the value that it should return."""

    arguments: tuple[Any, ...]
    expected: Any
    named: Mapping[str, Any] = field(default_factory=dict[str, Any])


def parse(source: str) -> ast.Module:
    """The code's tree. Raises `DataError` if it is not Python."""
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise DataError(f"the test code is not Python: {error}") from error


def literal_calls(tree: ast.Module, *, within: str = "", name: str = "") -> tuple[Call, ...] | None:
    """The asserts as calls with literal arguments and values, or None if one of them is anything else.

    `within` names a function of one argument that holds them (its argument is what they call), `name` the
    function that bare asserts call.
    """
    body = tree.body
    if within:
        found = [node for node in body if isinstance(node, ast.FunctionDef) and node.name == within]
        if len(found) != 1 or len(found[0].args.args) != 1:
            return None
        body, name = found[0].body, found[0].args.args[0].arg
    calls = list[Call]()
    for statement in body:
        if _says_nothing(statement):
            continue
        call = _literal_call(statement, name)
        if call is None:
            return None
        calls.append(call)
    return tuple(calls) or None


def free_names(tree: ast.Module, prelude: ast.Module) -> tuple[str, ...]:
    """Names that test code uses and neither it, its prelude nor Python defines, in order of use."""
    known = bound_names(tree) | bound_names(prelude) | set(dir(builtins))
    used = [
        node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    ]
    return tuple(dict.fromkeys(name for name in used if name not in known))


def bound_names(tree: ast.Module) -> set[str]:
    """Every name that the code gives a meaning, in whatever scope."""
    bound = set[str]()
    for node in ast.walk(tree):
        match node:
            case ast.Name(ctx=ast.Store() | ast.Del()):
                bound.add(node.id)
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                bound.add(node.name)
            case ast.arg():
                bound.add(node.arg)
            case ast.alias():
                bound.add((node.asname or node.name).partition(".")[0])
            case ast.ExceptHandler(name=str(name)):
                bound.add(name)
            case _:
                pass
    return bound


def _says_nothing(statement: ast.stmt) -> bool:
    """A docstring, `pass`, or `assert True` with a remark."""
    match statement:
        case ast.Pass() | ast.Expr(value=ast.Constant()):
            return True
        case ast.Assert(test=ast.Constant(value=True)):
            return True
        case _:
            return False


def _literal_call(statement: ast.stmt, name: str) -> Call | None:
    match statement:
        case ast.Assert(test=ast.Compare(left=called, ops=[ast.Eq()], comparators=[value])):
            pass
        case _:
            return None
    if isinstance(value, ast.Call):
        called, value = value, called
    match called:
        case ast.Call(func=ast.Name(id=function), args=arguments, keywords=named) if function == name:
            pass
        case _:
            return None
    try:
        keywords = {word.arg: ast.literal_eval(word.value) for word in named if word.arg}
        if len(keywords) != len(named):
            return None
        return Call(tuple(map(ast.literal_eval, arguments)), ast.literal_eval(value), keywords)
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        return None
