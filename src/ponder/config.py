"""TOML recipe plus overrides to a typed, frozen config. An unknown key is an error that names the nearest.

Configs are frozen dataclasses that live beside what they configure; `resolve` fills one from a recipe
and from `a.b=value` overrides, checks every value's type with pydantic, and remembers where each value
came from. Knows none of the configs themselves.
"""

from __future__ import annotations

import dataclasses
import importlib
import sys
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Generic, TypeVar, cast, get_args, get_type_hints

from ponder.errors import ConfigError

Config = TypeVar("Config")


@dataclass(frozen=True, slots=True)
class Resolved(Generic[Config]):
    """A config with the origin of each value: `default`, the recipe's path, or `--set`."""

    config: Config
    origins: Mapping[str, str]

    def as_dict(self) -> dict[str, Any]:
        return dataclasses.asdict(cast(Any, self.config))


def resolve(
    kind: type[Config], recipe: Path | None = None, overrides: Sequence[str] = ()
) -> Resolved[Config]:
    """Fill `kind` from a TOML file and overrides such as `loop.steps=40`."""
    origins = dict[str, str]()
    values = read_toml(recipe) if recipe else dict[str, Any]()
    _note_origins(values, str(recipe), origins)
    for override in overrides:
        key, equals, raw = override.partition("=")
        if not equals or not key.strip():
            raise ConfigError(f"--set {override!r} should look like key=value or section.key=value")
        value = parse_value(raw.strip())
        _assign(values, key.strip(), value)
        _note_origins({key.strip(): value}, "--set", origins)
    _check_keys(kind, values, prefix="")
    config = _build(kind, values, recipe)
    for key in _leaves(dataclasses.asdict(cast(Any, config))):
        origins.setdefault(key, "default")
    return Resolved(config, origins)


def read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(f"there is no recipe {path}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is not valid TOML: {error}") from error
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}") from error


def parse_value(raw: str) -> Any:
    """A TOML value, or the text itself when it is none: `3`, `0.5`, `true`, `[1, 2]`, `adamw`."""
    try:
        return tomllib.loads(f"value = {raw}")["value"]
    except ValueError:  # a TOMLDecodeError, or an integer of thousands of digits
        return raw


def imported_function(name: str, kind: str) -> Callable[..., Any]:
    """The function that a recipe names as `package.module:function`; `kind` says what it is for."""
    module, _, attribute = name.partition(":")
    here = str(Path.cwd())
    if here not in sys.path:  # an installed command does not look there by itself
        sys.path.append(here)
    try:
        found = getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError, ValueError, TypeError) as error:
        raise ConfigError(f"{kind} {name!r} cannot be imported: {error}") from error
    if not callable(found):
        raise ConfigError(f"{kind} {name!r} is not a function")
    return found


def at_least(low: float, **values: float) -> None:
    """The bounds of a config's own fields: one below `low` is an error that names it."""
    for name, value in values.items():
        if not value >= low:
            raise ConfigError(f"{name} must be at least {low:g}, not {value:g}")


def _build(kind: type[Config], values: Mapping[str, Any], recipe: Path | None) -> Config:
    from pydantic import TypeAdapter, ValidationError  # heavy, and `--help` does without

    try:
        return TypeAdapter(kind).validate_python(values)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(map(str, first["loc"]))
        where = f" in {recipe}" if recipe else ""
        raise ConfigError(f"{key or kind.__name__}{where}: {first['msg']}") from error


def _check_keys(kind: type[Any], values: Mapping[str, Any], *, prefix: str) -> None:
    hints = get_type_hints(kind)
    for key, value in values.items():
        if key not in hints:
            near = get_close_matches(key, hints, n=1)
            known = f"did you mean {prefix}{near[0]}?" if near else f"known: {', '.join(hints)}"
            raise ConfigError(f"unknown key {prefix}{key}; {known}")
        inner = next(iter(get_args(hints[key])), None)
        # A section that may be left out is `Config | None`.
        section = inner if type(None) in get_args(hints[key]) else hints[key]
        if dataclasses.is_dataclass(section) and isinstance(value, Mapping):
            _check_keys(cast(type[Any], section), cast(Mapping[str, Any], value), prefix=f"{prefix}{key}.")
        if dataclasses.is_dataclass(inner) and isinstance(value, list):  # TOML's [[key]]
            for number, each in enumerate(cast(list[Any], value), start=1):
                if isinstance(each, Mapping):
                    place = f"{prefix}{key}[{number}]."
                    _check_keys(cast(type[Any], inner), cast(Mapping[str, Any], each), prefix=place)


def _assign(values: dict[str, Any], dotted: str, value: Any) -> None:
    *sections, key = dotted.split(".")
    for section in sections:
        inner = values.setdefault(section, {})
        if not isinstance(inner, dict):
            raise ConfigError(f"{section} is a value, so {dotted} cannot be set in it")
        values = cast(dict[str, Any], inner)
    values[key] = value


def _note_origins(values: Mapping[str, Any], origin: str, origins: dict[str, str]) -> None:
    for key in _leaves(values):
        origins[key] = origin


def _leaves(values: Mapping[str, Any], prefix: str = "") -> list[str]:
    keys = list[str]()
    for key, value in values.items():
        if isinstance(value, Mapping):
            keys += _leaves(cast(Mapping[str, Any], value), f"{prefix}{key}.")
        else:
            keys.append(prefix + key)
    return keys
