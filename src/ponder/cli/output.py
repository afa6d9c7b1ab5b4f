"""How every verb speaks: the result, as JSON or text, on standard output, all else on standard error."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, cast

from cyclopts import Group, Parameter

from ponder.progress import Progress

COMMON = Group("Common options", sort_key=90)


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class Common:
    """Options of every verb."""

    json: Annotated[bool, Parameter(group=COMMON, negative="")] = False
    """Print one JSON object on standard output and nothing else there."""
    quiet: Annotated[bool, Parameter(group=COMMON, negative="")] = False
    """No progress on standard error."""

    @property
    def progress(self) -> Progress:
        return Progress(quiet=self.quiet)

    def show(self, result: Mapping[str, Any], text: str) -> None:
        """The result as JSON if asked for, as text otherwise."""
        words = json.dumps(_finite(result), ensure_ascii=False, default=_plain) if self.json else text
        # Half a character, which UTF-8 cannot write, as `\ud800`: that is how JSON spells it.
        sys.stdout.write(words.encode("utf-8", "backslashreplace").decode() + "\n")


def interval_text(accuracy: float | None, interval: tuple[float, float] | list[float]) -> str:
    if accuracy is None or math.isnan(accuracy):
        return "not judged"
    return f"{accuracy:.1%} (95% interval {interval[0]:.1%} to {interval[1]:.1%})"


def flops_text(flops: float) -> str:
    return f"{flops:.3g} FLOPs" if flops else "FLOPs not counted"  # an endpoint does not tell


def _finite(value: Any) -> Any:
    """JSON has no NaN: null says the same."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): _finite(inner) for key, inner in cast(Mapping[Any, Any], value).items()}
    if isinstance(value, (list, tuple)):
        return [_finite(inner) for inner in cast(list[Any], value)]
    return value


def _plain(value: Any) -> str:
    return str(value) if isinstance(value, Path) else repr(value)
