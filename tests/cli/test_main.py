import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ponder.cli.main import run


def ponder(*argv: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    code = run(argv)
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def one_line(text: str) -> bool:
    return text.count("\n") == 1 and text.startswith("ponder: ") and "Traceback" not in text


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["evl"], "eval"),
        (["eval", "--limit", "x"], "--limit"),
        (["eval", "--limit", "0"], "at least 1"),
        (["eval", "--no-such-option"], "no-such-option"),
        (["eval", "--strategy", "majority"], "self-consistency"),
        (["eval", "--task", "gsm8k"], "--data"),
        (["eval", "--task", "gsm8k", "--data", "no-such-file.jsonl"], "no-such-file.jsonl"),
        (["eval", "--model", "no-such-model"], "no-such-model"),
        (["ask", "  "], "empty"),
        (["ask", "1+1?", "--model", "no-such-model"], "no-such-model"),
        (
            ["ask", "1+1?", "--model", "http://127.0.0.1:1/v1", "--adapter", "a"],
            "let the endpoint load its own",
        ),
        (["ask", "1+1?", "--adapter", "no-such-folder"], "no-such-folder has no adapter_config.json"),
        (["tour", "--task", "chess"], "chess"),
        (["tour", "--model", "http://127.0.0.1:1/v1"], "weights"),
        (["train", "grpo", "no-such-recipe.toml"], "no-such-recipe.toml"),
        (["train", "distill", "recipes/distill.toml", "--resume"], "--out"),
        (["models", "pull", "gpt-9"], "gpt-9"),
    ],
)
def test_a_users_mistake_is_one_line_and_exit_code_2(
    argv: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = ponder(*argv, capsys=capsys)
    assert (code, out) == (2, "")
    assert one_line(err)
    assert said in err


def test_a_mistake_writes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = tmp_path / "broken.jsonl"
    data.write_text('{"question": "q", "answer": "1"}\n{"question": \n')
    out = tmp_path / "out"
    code, _, err = ponder("eval", "--task", "t", "--data", str(data), "--out", str(out), capsys=capsys)
    assert code == 2
    assert "line 2" in err
    assert not out.exists()


def test_an_unknown_recipe_key_names_the_nearest(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recipe = Path(__file__).parents[2] / "recipes" / "grpo.toml"
    argv = ("train", "grpo", str(recipe), "--set", "grpo.loop.lerning_rate=1", "--out", str(tmp_path / "o"))
    code, _, err = ponder(*argv, capsys=capsys)
    assert code == 2
    assert "grpo.loop.learning_rate" in err
    assert not (tmp_path / "o").exists()


def test_a_folder_in_use_is_not_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "precious.txt").write_text("x")
    code, _, err = ponder("tour", "--quick", "--out", str(tmp_path), capsys=capsys)
    assert code == 2
    assert "already holds" in err


def test_models_list_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = ponder("models", "list", "--json", capsys=capsys)
    assert code == 0
    assert {"tiny", "smollm2-135m"} <= {model["name"] for model in json.loads(out)["models"]}


@pytest.mark.parametrize("verb", [[], ["tour"], ["ask"], ["eval"], ["train", "grpo"], ["models", "pull"]])
def test_help_needs_no_torch(verb: list[str]) -> None:
    code = (
        "import sys; from ponder.cli.main import run; "
        f"assert run({[*verb, '--help']!r}) == 0; "
        "heavy = {'torch', 'transformers', 'numpy', 'pydantic', 'tokenizers'} & set(sys.modules); "
        "assert not heavy, heavy"
    )
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, timeout=60)
    assert time.perf_counter() - began < 10  # a guard against a hang; speed is measured by a benchmark
