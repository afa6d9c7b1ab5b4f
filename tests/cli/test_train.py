import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM

import ponder
from ponder.cli.main import run
from ponder.evaluation.runner import heldout_accuracy
from ponder.tasks import load_task

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


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return load_file(folder / "model" / "model.safetensors")


def metrics(folder: Path) -> list[dict]:
    return [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]


def interrupted(kind: str, recipe: Path, out: Path, *overrides: str, after: int) -> tuple[int, str]:
    """The exit code and last words of a run that gets Ctrl-C once it has logged `after` lines."""
    settings = [part for override in overrides for part in ("--set", override)]
    code = "from ponder.cli.main import main; main()"
    process = subprocess.Popen(
        [sys.executable, "-c", code, "train", kind, str(recipe), *settings, "--out", str(out)],
        stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    log, deadline = out / "metrics.jsonl", time.monotonic() + 120
    while time.monotonic() < deadline and process.poll() is None:
        if log.is_file() and log.read_text().count("\n") >= after:
            process.send_signal(signal.SIGINT)
            break
        time.sleep(0.01)
    _, err = process.communicate(timeout=120)
    return process.returncode, err


@pytest.mark.parametrize(
    ("kind", "recipe", "settings", "after"),
    [
        ("grpo", "grpo.toml", (*SHORT_GRPO, "grpo.loop.steps=6"), 4),
        ("pretrain", "tiny.toml", (*SHORT_PRETRAIN, "pretrain.steps=40", "instruct.steps=3"), 3),
        ("pretrain", "tiny.toml", (*SHORT_PRETRAIN, "pretrain.steps=3", "instruct.steps=40"), 5),
    ],
    ids=["grpo", "pretrain", "instruct"],
)
def test_ctrl_c_says_how_to_go_on_and_going_on_loses_nothing(
    tmp_path: Path, kind: str, recipe: str, settings: tuple[str, ...], after: int
) -> None:
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    assert train(kind, RECIPES / recipe, whole, *settings) == 0
    code, err = interrupted(kind, RECIPES / recipe, broken, *settings, after=after)
    assert code == 130
    assert f"go on with: ponder train {kind}" in err and "--resume" in err
    assert train(kind, RECIPES / recipe, broken, *settings, resume=True) == 0
    seconds = {"step_seconds"}
    assert [{key: value for key, value in row.items() if key not in seconds} for row in metrics(broken)] == [
        {key: value for key, value in row.items() if key not in seconds} for row in metrics(whole)
    ]
    assert weights(whole).keys() == weights(broken).keys()
    assert all(torch.equal(tensor, weights(broken)[name]) for name, tensor in weights(whole).items())


def test_a_run_is_only_resumed_with_the_config_it_began_with(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "run"
    assert train("grpo", RECIPES / "grpo.toml", out, *SHORT_GRPO) == 0
    assert train("grpo", RECIPES / "grpo.toml", out, *SHORT_GRPO, "grpo.group_size=2", resume=True) == 2
    err = capsys.readouterr().err
    assert "grpo.group_size = 4, not 2" in err and err.count("\n") == 1


@pytest.mark.parametrize("changed", ["teacher=elsewhere", "task=ordering", "distill.temperature=0.5"])
def test_traces_of_another_teacher_task_or_sampling_are_not_gone_on_with(
    tmp_path: Path, changed: str, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "run"
    assert train("distill", RECIPES / "distill.toml", out, *SHORT_DISTILL) == 0
    assert train("distill", RECIPES / "distill.toml", out, *SHORT_DISTILL, changed, resume=True) == 2
    assert changed.partition("=")[0] in capsys.readouterr().err


def test_the_accuracy_told_is_that_of_the_model_saved(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = (*SHORT_GRPO, "heldout=40", "grpo.loop.learning_rate=1e-3")
    assert train("grpo", RECIPES / "grpo.toml", tmp_path / "run", *settings) == 0
    result = json.loads(capsys.readouterr().out)
    saved = ponder.load(result["model"])
    task = load_task("mixed")
    heldout = task.problems(split="validation", count=40, seed=0)
    assert heldout_accuracy(saved, task, heldout, 112) == result["accuracy_after"]
    assert weights(tmp_path / "run")["model.embed_tokens.weight"].dtype == torch.float32


def test_a_log_whose_package_is_missing_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert train("grpo", RECIPES / "grpo.toml", tmp_path / "run", *SHORT_GRPO, "log=trackio") == 2
    err = capsys.readouterr().err
    assert "pip install trackio" in err and err.count("\n") == 1


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


def pairs_file(folder: Path) -> Path:
    path = folder / "pairs.jsonl"
    rows = [{"prompt": f"Compute {n}+1.", "completion": f"\\boxed{{{n + 1}}}"} for n in range(40)]
    path.write_text("\n".join(map(json.dumps, rows)))
    return path


SHORT_LORA = ("sft.loop.steps=6", "sft.batch_size=8", "lora.rank=4", "lora.alpha=16")


def test_an_adapter_is_saved_beside_the_merged_model(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, data = tmp_path / "run", pairs_file(tmp_path)
    assert train("sft", RECIPES / "sft.toml", out, *SHORT_LORA, f"data={data}") == 0
    result = json.loads(capsys.readouterr().out)
    loads_everywhere(Path(result["model"]))
    merged, apart = (
        ponder.load(result["model"]).transformer,
        ponder.load("tiny", adapter=out / "adapter").transformer,
    )
    assert all(torch.equal(a, b) for a, b in zip(merged.parameters(), apart.parameters(), strict=True))
    plain = ponder.load("tiny").transformer
    assert not torch.equal(plain.layers[0].mlp.up_proj.weight, merged.layers[0].mlp.up_proj.weight)
    card = (out / "adapter" / "README.md").read_text()
    assert 'base_model: "tiny"' in card and "rank 4, alpha 16" in card
    assert f"ponder train sft {RECIPES / 'sft.toml'} --set sft.loop.steps=6" in card and "| flops |" in card


def test_a_run_with_an_adapter_is_resumed_like_any_other(tmp_path: Path) -> None:
    whole, broken, data = tmp_path / "whole", tmp_path / "broken", pairs_file(tmp_path)
    settings = (*SHORT_LORA, f"data={data}", "sft.loop.checkpoint_every=2")
    for out in (whole, broken):
        assert train("sft", RECIPES / "sft.toml", out, *settings) == 0
    shutil.rmtree(max((broken / "checkpoints").glob("step-*")))
    shutil.rmtree(broken / "model")
    shutil.rmtree(broken / "adapter")
    assert train("sft", RECIPES / "sft.toml", broken, *settings, resume=True) == 0
    assert all(torch.equal(tensor, weights(broken)[name]) for name, tensor in weights(whole).items())
    adapters = [load_file(out / "adapter" / "adapter_model.safetensors") for out in (whole, broken)]
    assert all(torch.equal(tensor, adapters[1][name]) for name, tensor in adapters[0].items())


def test_grpo_and_distillation_take_an_adapter_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for kind, settings in (("grpo", SHORT_GRPO), ("distill", SHORT_DISTILL)):
        assert train(kind, RECIPES / f"{kind}.toml", tmp_path / kind, *settings, "lora.rank=4") == 0
        loads_everywhere(Path(json.loads(capsys.readouterr().out)["model"]))
        assert ponder.load("tiny", adapter=tmp_path / kind / "adapter").name == "tiny"


def test_a_base_in_lower_precision(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = (*SHORT_LORA, f"data={pairs_file(tmp_path)}", "lora.precision=bfloat16")
    assert train("sft", RECIPES / "sft.toml", tmp_path / "run", *settings) == 0
    assert json.loads(capsys.readouterr().out)["kind"] == "sft"
    assert weights(tmp_path / "run")["model.embed_tokens.weight"].dtype == torch.bfloat16
    factors = load_file(tmp_path / "run" / "adapter" / "adapter_model.safetensors")
    assert {tensor.dtype for tensor in factors.values()} == {torch.float32}


def test_sft_learns_worked_solutions_of_a_published_file(tmp_path: Path) -> None:
    data = tmp_path / "gsm8k.jsonl"
    rows = [
        {"question": f"{n}+1?", "answer": f"So {n}+1=<<{n}+1={n + 1}>>{n + 1}\n#### {n + 1}"}
        for n in range(9)
    ]
    data.write_text("\n".join(map(json.dumps, rows)))
    assert train("sft", RECIPES / "sft.toml", tmp_path / "run", f"data={data}", "sft.loop.steps=1") == 0


def test_an_unknown_key_of_the_adapter_names_the_nearest(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert train("sft", RECIPES / "sft.toml", tmp_path / "run", "lora.ranks=4") == 2
    assert "did you mean lora.rank?" in capsys.readouterr().err
