"""What answers a model in the middle of its completion, one per file, and the table that names them."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from ponder.config import imported_function
from ponder.environments.calculator import Calculator
from ponder.environments.python_tool import PythonTool
from ponder.errors import ConfigError
from ponder.protocols import Environment

ENVIRONMENTS: dict[str, Callable[[], Environment]] = {"calculator": Calculator, "python": PythonTool}


def load_environment(name: str) -> Environment:
    """One of ours by name, or what anyone's `package.module:function` makes."""
    if name in ENVIRONMENTS:
        return ENVIRONMENTS[name]()
    if ":" not in name:
        raise ConfigError(unknown_environment(name))
    made = imported_function(name, "environment")()
    if missing := [part for part in ("pause", "instruction", "respond") if not hasattr(made, part)]:
        raise ConfigError(f"environment {name!r} has no {missing[0]!r}")
    return cast(Environment, made)


def unknown_environment(name: str) -> str:
    """The words of an error."""
    return f"unknown environment {name!r}; known: {', '.join(ENVIRONMENTS)}, or package.module:function"
