"""The table of generators."""

from __future__ import annotations

from typing import Any

DATASETS: dict[str, Any] = {}


def register(name: str, dataset: Any) -> None:
    DATASETS[name] = dataset
