"""`--adapter`: a LoRA adapter is sampled from wherever a model is, and named in what comes of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from model.test_lora import move

import ponder
from ponder.cli.main import run
from ponder.errors import ModelError
from ponder.model.lora import LoRAConfig, add_lora
from ponder.model.peft_format import save_adapter

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def adapter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One that leaves little of what the embedded model knows."""
    model, config = ponder.load("tiny").transformer, LoRAConfig(rank=4, alpha=200.0)
    add_lora(model, config)
    move(model, 0)
    save_adapter(model, config, folder := tmp_path_factory.mktemp("runs") / "adapter", base="tiny")
    return folder


def test_asking_with_an_adapter_is_asking_another_model(
    adapter: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    texts = list[str]()
    for more in ((), ("--adapter", str(adapter)), ("--adapter", str(adapter))):
        assert run(["ask", "Compute 12+7.", "--json", *more]) == 0
        texts.append(json.loads(capsys.readouterr().out)["text"])
    assert texts[0] != texts[1] == texts[2]


def test_the_python_way_gives_the_same(adapter: Path) -> None:
    engine = ponder.load("tiny", adapter=str(adapter))
    plain = ponder.load("tiny")
    ids = torch.arange(3, 20)[None]
    assert engine.name == "tiny"
    with torch.no_grad():
        assert not torch.allclose(engine.transformer(ids), plain.transformer(ids))


@pytest.mark.parametrize("dtype", ["bfloat16", "int8"])
def test_an_adapter_goes_with_every_precision(adapter: Path, dtype: str) -> None:
    ids = torch.arange(3, 20)[None]
    with torch.no_grad():
        exact = ponder.load("tiny", adapter=adapter).transformer(ids)
        plain = ponder.load("tiny").transformer(ids)
        rounded = ponder.load("tiny", adapter=adapter, dtype=dtype).transformer(ids).float()
    assert (rounded - exact).norm() < 0.2 * (plain - exact).norm()


def test_eval_and_ladder_name_the_adapter(
    adapter: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    more = ["--limit", "4", "--max-tokens", "24", "--json", "--quiet", "--adapter", str(adapter)]
    assert run(["eval", "--out", str(tmp_path / "eval"), *more]) == 0
    assert json.loads(capsys.readouterr().out)["adapter"] == str(adapter)
    assert run(["ladder", "--arms", "direct", "--out", str(tmp_path / "ladder"), *more]) == 0
    assert json.loads(capsys.readouterr().out)["model"] == f"tiny with {adapter}"
    for kind in ("eval", "ladder"):
        manifest = json.loads((tmp_path / kind / "manifest.json").read_text())
        assert manifest["config"]["adapter"] == str(adapter)
    assert run(["ladder", "--arms", "direct", "--out", str(tmp_path / "ladder"), *more[:-2]]) == 2
    assert "holds a run with another adapter" in capsys.readouterr().err


def test_an_adapter_is_described(adapter: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["models", "info", str(adapter)]) == 0
    said = capsys.readouterr().out
    assert "a LoRA adapter for tiny: rank 4, alpha 200, on q_proj" in said and "--model tiny" in said
    assert run(["models", "info", str(adapter), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["base"] == "tiny"


def test_an_adapter_is_no_model(adapter: Path) -> None:
    with pytest.raises(ModelError, match=r"is a LoRA adapter for tiny: .* name the base as the model"):
        ponder.load(str(adapter))
