import json
from pathlib import Path

import pytest
import torch
from transformers import AutoModelForCausalLM

import ponder
from ponder.cli.main import run
from ponder.training.distill import read_traces

pytestmark = pytest.mark.slow

RECIPES = Path(__file__).parents[2] / "recipes"
SHORT_GRPO = (
    "grpo.loop.steps=2", "grpo.loop.evaluate_every=1", "grpo.problems_per_step=4", "grpo.group_size=4",
    "problems=40", "heldout=8",
)  # fmt: skip
SHORT_DISTILL = ("distill.problems=12", "distill.chunk=4", "distill.sft.loop.steps=2")
SHORT_PRETRAIN = (
    "pretrain.steps=2", "instruct.steps=2", "tokenizer_documents=200", "size.vocab_size=400", "size.layers=2",
    "rows=2", "compile=false",
)  # fmt: skip


def train(kind: str, recipe: Path, out: Path, *overrides: str, resume: bool = False) -> int:
    settings = [part for override in overrides for part in ("--set", override)]
    more = ["--resume"] if resume else []
    return run(["train", kind, str(recipe), *settings, "--out", str(out), "--json", "--quiet", *more])


def loads_everywhere(folder: Path) -> None:
    """What was saved gives the same logits here and in transformers."""
    ours = ponder.load(str(folder)).transformer
    theirs = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    ids = torch.arange(3, 23)[None]
    with torch.no_grad():
        assert (ours(ids) - theirs(ids).logits).abs().max() < 1e-4


def test_pretraining_makes_a_model_from_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert train("pretrain", RECIPES / "tiny.toml", tmp_path / "run", *SHORT_PRETRAIN) == 0
    result = json.loads(capsys.readouterr().out)
    loads_everywhere(Path(result["model"]))
    stages = [
        json.loads(line)["stage"] for line in (tmp_path / "run" / "metrics.jsonl").read_text().splitlines()
    ]
    assert stages == ["pretrain"] * 2 + ["instruct"] * 2


def test_grpo_saves_a_model_and_says_what_it_gained(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert train("grpo", RECIPES / "grpo.toml", tmp_path / "run", *SHORT_GRPO) == 0
    result = json.loads(capsys.readouterr().out)
    assert {"accuracy_before", "accuracy_after", "flops", "seconds"} <= set(result)
    loads_everywhere(Path(result["model"]))
    manifest = json.loads((tmp_path / "run" / "manifest.json").read_text())
    assert manifest["config"]["grpo"]["loop"]["steps"] == 2
    assert manifest["origins"]["grpo.loop.steps"] == "--set"
    assert manifest["origins"]["grpo.loop.clip_norm"] == "default"


def test_distillation_resumes_without_asking_twice(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "run"
    assert train("distill", RECIPES / "distill.toml", out, *SHORT_DISTILL) == 0
    first = json.loads(capsys.readouterr().out)
    traces = list(read_traces(out / "traces.jsonl"))
    assert len(traces) == 12
    assert train("distill", RECIPES / "distill.toml", out, *SHORT_DISTILL, resume=True) == 0
    second = json.loads(capsys.readouterr().out)
    assert list(read_traces(out / "traces.jsonl")) == traces
    assert second["traces"] == first["traces"]
    assert second["flops"] < first["flops"]
    loads_everywhere(Path(second["model"]))


def test_sft_learns_pairs_from_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pairs = tmp_path / "pairs.jsonl"
    chat = [{"role": "user", "content": "Compute 2+2."}]
    rows = [
        {"prompt": "Compute 1+1.", "completion": "\\boxed{2}"},
        {"prompt": chat, "completion": "\\boxed{4}"},
    ]
    pairs.write_text("\n".join(map(json.dumps, rows)))
    assert train("sft", RECIPES / "sft.toml", tmp_path / "run", f"data={pairs}", "sft.loop.steps=2") == 0
    loads_everywhere(Path(json.loads(capsys.readouterr().out)["model"]))


@pytest.mark.parametrize("line", ["{broken", "[]", '{"prompt": "q"}', '{"prompt": [{}], "completion": "c"}'])
def test_a_broken_pair_is_named(tmp_path: Path, line: str, capsys: pytest.CaptureFixture[str]) -> None:
    pairs = tmp_path / "pairs.jsonl"
    pairs.write_text('{"prompt": "q", "completion": "c"}\n' + line)
    assert train("sft", RECIPES / "sft.toml", tmp_path / "run", f"data={pairs}") == 2
    err = capsys.readouterr().err
    assert "line 2" in err and err.count("\n") == 1
