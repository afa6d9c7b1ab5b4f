"""Figures reach what was asked for; a package that is missing is one line that says how to get it."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest

from ponder.errors import ConfigError
from ponder.training.trackers import TrackerName, open_tracker

DASHBOARD = """
calls = []

def init(**options):
    calls.append(("init", options))

def log(figures, step):
    calls.append(("log", figures, step))

def finish():
    calls.append(("finish",))
"""


@pytest.fixture
def dashboard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest):
    """A package with the three functions of trackio and wandb that writes down what it is told."""
    name = request.param
    (tmp_path / f"{name}.py").write_text(DASHBOARD)
    monkeypatch.syspath_prepend(tmp_path)
    yield importlib.import_module(name)
    del sys.modules[name]


@pytest.mark.parametrize("dashboard", ["trackio", "wandb"], indirect=True)
def test_a_dashboard_is_told_every_step(dashboard, tmp_path: Path) -> None:
    tracker = open_tracker(dashboard.__name__, tmp_path / "grpo-1", {"seed": 3})
    tracker.log(1, {"loss": 0.5})
    tracker.close()
    assert dashboard.calls == [
        ("init", {"project": "ponder", "name": "grpo-1", "config": {"seed": 3}}),
        ("log", {"loss": 0.5}, 1),
        ("finish",),
    ]


@pytest.mark.parametrize("name", ["tensorboard", "trackio", "wandb"])
def test_a_missing_package_is_named(
    name: TrackerName, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("torch.utils.tensorboard", "tensorboard", "trackio", "wandb"):
        monkeypatch.setitem(sys.modules, module, None)  # as if it were not installed
    with pytest.raises(ConfigError, match=f"pip install {name}"):
        open_tracker(name, tmp_path, {})


def test_nothing_is_imported_unless_asked_for(tmp_path: Path) -> None:
    tracker = open_tracker("jsonl", tmp_path, {})
    tracker.log(1, {"loss": 0.5})
    tracker.close()
    assert not {"tensorboard", "trackio", "wandb"} & set(sys.modules)
    assert not list(tmp_path.iterdir())


def test_tensorboard_gets_a_scalar_per_figure(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    tracker = open_tracker("tensorboard", tmp_path, {})
    tracker.log(1, {"loss": 0.5})
    tracker.close()
    assert list((tmp_path / "tensorboard").glob("events.*"))
