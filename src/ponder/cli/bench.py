"""`ponder bench`: what this machine does a second."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from cyclopts import App

from ponder.cli.output import Common
from ponder.errors import ConfigError

if TYPE_CHECKING:
    from ponder.verify.throughput import Rate

app = App(name="bench", help="Measure this machine: the verifiers.", help_format="plaintext")


@app.command
def verify(
    *,
    seconds: float = 2.0,
    common: Common = Common(),  # noqa: B008 - frozen
) -> None:
    """Verdicts a second, by kind of verifier.

    ponder bench verify

    Parameters
    ----------
    seconds
        To spend on each kind.
    """
    from ponder.verify.throughput import KINDS, measure_all

    if not seconds > 0:
        raise ConfigError("--seconds must be above 0")
    rates: list[Rate] = []
    with common.progress.stage("verifiers", len(KINDS)) as advance:
        for rate in measure_all(seconds):
            rates.append(rate)
            advance(1)
    common.show({"rows": [asdict(rate) for rate in rates]}, "\n".join(map(_line, rates)))


def _line(rate: Rate) -> str:
    speed = "-" if rate.verdicts_per_second is None else f"{rate.verdicts_per_second:,.0f}"
    return f"{rate.kind:<20} {speed:>10} verdicts a second  {rate.note}".rstrip()
