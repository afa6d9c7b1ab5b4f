"""The page that lies beside a saved adapter: whose it is, what made it, what it measured, how to use it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ponder.model.peft_format import AdapterInfo, is_adapter, read_adapter_info
from ponder.storage import write_text

ADAPTER = "adapter"
"""The adapter's folder in a run's, beside that of the model."""


def write_card(run: Path, *, kind: str, command: str, figures: Mapping[str, Any]) -> None:
    """README.md of the adapter in a run's folder, if it has one, with the head that model hubs read."""
    if is_adapter(folder := run / ADAPTER):
        write_text(folder / "README.md", card(read_adapter_info(folder), kind, command, figures))


def card(info: AdapterInfo, kind: str, command: str, figures: Mapping[str, Any]) -> str:
    base = info.base or "its base model"
    numbers = {name: value for name, value in figures.items() if isinstance(value, int | float)}
    events = [f"- guard, {event}" for event in figures.get("events", ())]
    head = [
        "---",
        f"base_model: {json.dumps(info.base)}",
        "library_name: peft",
        f"tags: [lora, {kind}]",
        "---",
    ]
    return "\n".join(
        [
            *head,
            "",
            f"# An adapter for {base}",
            "",
            f"This is {info}. It was made by",
            "",
            f"    {command}",
            "",
            "and works with `ponder ask`, `eval` and `ladder` (`--adapter` and this folder) and with PEFT's",
            "`PeftModel.from_pretrained`.",
            "",
            "| figure of the run | value |",
            "| --- | --- |",
            *(f"| {name} | {value:.6g} |" for name, value in numbers.items()),
            *(["", *events] if events else []),
            "",
        ]
    )
