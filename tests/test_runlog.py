"""A run's folder is its own, its figures are JSON, and only the same run may go on in it."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from ponder.errors import StorageError
from ponder.runlog import RunLog, check_same_config, new_run_folder


def test_a_figure_that_is_not_finite_is_null(tmp_path: Path) -> None:
    log = RunLog(tmp_path / "run", {})
    log.metrics(step=1, loss=math.nan, norm=math.inf, reward=0.5)

    def refuse(word: str) -> float:
        raise AssertionError(word)

    line = (tmp_path / "run" / "metrics.jsonl").read_text()
    assert json.loads(line, parse_constant=refuse) == {"step": 1, "loss": None, "norm": None, "reward": 0.5}


def test_runs_of_the_same_second_do_not_share_a_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    folders = [new_run_folder(None, "grpo") for _ in range(5)]
    assert len(set(folders)) == 5
    assert all(folder.is_dir() for folder in folders)


def test_the_first_key_that_differs_is_named(tmp_path: Path) -> None:
    RunLog(tmp_path, {"config": {"a": 1, "b": {"c": [1, 2], "d": None}, "log": "jsonl"}})
    check_same_config(
        tmp_path, {"config": {"a": 1, "b": {"c": (1, 2), "d": None}, "log": "x"}}, free=("log",)
    )
    with pytest.raises(StorageError, match=r"b.d = None, not 3"):
        check_same_config(tmp_path, {"config": {"a": 1, "b": {"c": [1, 2], "d": 3}, "log": "jsonl"}})
    with pytest.raises(StorageError, match=r"a = 1, not None"):
        check_same_config(tmp_path, {"config": {"b": {"c": [1, 2]}, "log": "jsonl"}})


@pytest.mark.parametrize("text", [None, "", "[]", '{"config": 3}'])
def test_a_folder_without_a_manifest_holds_no_run(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(StorageError):
        check_same_config(tmp_path, {"config": {}})
