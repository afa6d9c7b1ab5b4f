"""The table of published methods in docs/training.md names what there is, and all of it."""

import re
from pathlib import Path

from ponder.training.advantages import ADVANTAGES
from ponder.training.grpo import GRPOConfig
from ponder.training.loop import LoopConfig
from ponder.training.losses import LOSSES

TEXT = (Path(__file__).parents[2] / "docs" / "training.md").read_text(encoding="utf-8")
ROWS = [row.split("|")[1:-1] for row in TEXT.splitlines() if re.match(r"\| .*arXiv:\S+ \| `", row)]


def named(cell: str) -> list[str]:
    return re.findall(r"`([^`=]+)`", cell)


def test_every_choice_exists_and_is_shown() -> None:
    assert {name for row in ROWS for name in named(row[1])} == set(ADVANTAGES)
    assert {name for row in ROWS for name in named(row[2])} == set(LOSSES)


def test_every_number_is_a_key_of_the_recipe() -> None:
    settings = [pair for row in ROWS for pair in re.findall(r"`(\w+) = ([\w.-]+)`", row[3])]
    assert len(settings) > 5
    for key, value in settings:
        number = {"true": True}.get(value) or (float(value) if "." in value or "e" in value else int(value))
        assert (
            getattr(GRPOConfig(loop=LoopConfig(steps=1, learning_rate=1e-4), **{key: number}), key) == number
        )
