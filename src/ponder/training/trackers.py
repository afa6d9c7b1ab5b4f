"""Figures shown elsewhere too: TensorBoard files, trackio or wandb, by one option of a recipe.

`metrics.jsonl` is written in any case. A package is imported only when asked for, and nothing leaves the
machine unless the one asked for sends it (wandb does; trackio and TensorBoard keep files). Knows nothing of
training.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, Protocol

from ponder.errors import ConfigError

TrackerName = Literal["jsonl", "tensorboard", "trackio", "wandb"]
PROJECT = "ponder"


class Tracker(Protocol):
    def log(self, step: int, figures: Mapping[str, float]) -> None: ...

    def close(self) -> None: ...


def open_tracker(name: TrackerName, folder: Path, config: Mapping[str, Any]) -> Tracker:
    """`folder` is the run's; its name is the run's name elsewhere."""
    if name == "jsonl":
        return Silent()
    module = _imported("torch.utils.tensorboard" if name == "tensorboard" else name, package=name)
    if name == "tensorboard":
        return TensorBoard(module.SummaryWriter(log_dir=str(folder / "tensorboard")))
    module.init(project=PROJECT, name=folder.name, config=dict(config))
    return Dashboard(module)


class Silent:
    """For `log = "jsonl"`."""

    def log(self, step: int, figures: Mapping[str, float]) -> None: ...

    def close(self) -> None: ...


class TensorBoard:
    """One scalar per figure, in event files."""

    def __init__(self, writer: Any) -> None:
        self.writer = writer

    def log(self, step: int, figures: Mapping[str, float]) -> None:
        for name, value in figures.items():
            self.writer.add_scalar(name, value, step)

    def close(self) -> None:
        self.writer.close()


class Dashboard:
    """trackio and wandb have the same three functions: init, log, finish."""

    def __init__(self, module: Any) -> None:
        self.module = module

    def log(self, step: int, figures: Mapping[str, float]) -> None:
        self.module.log(dict(figures), step=step)

    def close(self) -> None:
        self.module.finish()


def _imported(module: str, *, package: str) -> Any:
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise ConfigError(f'log = "{package}" needs a package: pip install {package}') from error
