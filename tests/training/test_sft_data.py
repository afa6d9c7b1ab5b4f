"""Examples from pairs and from published problems, in words that the judge understands."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from fakes import byte_tokenizer, completion
from hypothesis import given
from hypothesis import strategies as st

from ponder.engine.engine import Engine
from ponder.errors import DataError
from ponder.model.architecture import Architecture
from ponder.model.transformer import Transformer
from ponder.records import Problem
from ponder.tasks.files import read_problems
from ponder.text.chat_format import CHATML, ChatTemplate, parse_completion
from ponder.training.batch import Example
from ponder.training.sft_data import read_examples, worked_completion

ARCH = Architecture(
    family="llama", vocab_size=260, width=8, layers=1, heads=1, kv_heads=1, head_size=8, mlp_width=8,
    context=1024, tied_embeddings=True,
)  # fmt: skip
ENGINE = Engine(Transformer(ARCH), byte_tokenizer(), ChatTemplate(CHATML), slots=1, kernels="torch")
GSM8K = {
    "question": "Natalia sold 48 clips in April and half as many in May. How many in all?",
    "answer": "In May she sold 48/2 = <<48/2=24>>24 clips.\nIn all she sold 48+24 = <<48+24=72>>72.\n#### 72",
}
MATH = {"problem": "What is $1+1$?", "level": "Level 1", "solution": "It is $\\boxed{2}$.", "type": "Algebra"}


def write(path: Path, *rows: Any) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def told(example: Example) -> tuple[str, str]:
    decode = ENGINE.tokenizer.decode
    return decode(example.prompt_ids), decode(example.completion_ids)


def test_gsm8k_becomes_reasoning_and_a_boxed_answer(tmp_path: Path) -> None:
    (example,) = read_examples(write(tmp_path / "train.jsonl", GSM8K), ENGINE)
    prompt, learned = told(example)
    assert GSM8K["question"] in prompt and "Think step by step" in prompt
    assert "<<" not in learned and "####" not in learned
    parsed = parse_completion(learned)
    assert parsed.reasoning == "In May she sold 48/2 = 24 clips.\nIn all she sold 48+24 = 72."
    assert parsed.answer.startswith("\\boxed{72}") and parsed.closed
    assert example.completion_ids[-1] in ENGINE.tokenizer.eos_ids


def test_what_is_learned_is_judged_right(tmp_path: Path) -> None:
    rows = [GSM8K, GSM8K | {"question": "Other?", "answer": "It is much.\n#### 1,234"}, MATH]
    for row in rows:
        task = read_problems(write(tmp_path / "problems.jsonl", row), task="t")
        (problem,) = task.items
        text = worked_completion(problem)
        assert text is not None and task.judge(problem, completion(text)).correct


@given(st.integers(-(10**6), 10**9))
def test_every_number_survives_the_way_to_the_judge(number: int) -> None:
    problem = Problem(
        id="1", question="?", answer=f"{number:,}", task="t", meta={"answer_form": "box", "worked": "so"}
    )
    text = worked_completion(problem)
    assert text is not None and parse_completion(text).answer == f"\\boxed{{{number:,}}}"


def test_pairs_are_read_as_text_and_as_messages(tmp_path: Path) -> None:
    rows = (
        {"prompt": "hi", "completion": "ho"},
        {
            "prompt": [{"role": "user", "content": "hi"}],
            "completion": [{"role": "assistant", "content": "ho"}],
        },
    )
    first, second = read_examples(write(tmp_path / "pairs.jsonl", *rows), ENGINE)
    assert first == second and told(first)[1].startswith("ho")


@pytest.mark.parametrize(
    ("rows", "complaint"),
    [
        ([], "holds no examples"),
        (
            [{"prompt": "hi", "completion": "ho"}, {"prompt": "hi"}],
            "line 2: expected a prompt and a completion",
        ),
        ([{"prompt": 3, "completion": "ho"}], "line 1: expected a prompt and a completion"),
        ([{"prompt": "hi", "completion": []}], "line 1: expected a prompt and a completion"),
        ([{"prompt": "hi", "completion": "x" * 2000}], "line 1: an example of"),
        ([GSM8K | {"answer": f"{'long ' * 500}\n#### 1"}], "train-1: an example of"),
        ([{"question": "1+1?", "answer": "2"}], "train-1 has no worked solution to imitate"),
        ([GSM8K, {"question": "broken"}], "line 2: no answer in the layout of GSM8K"),
        ([{"text": "hi"}], "fit no layout"),
    ],
)
def test_a_file_that_teaches_nothing_is_refused(tmp_path: Path, rows: list[Any], complaint: str) -> None:
    with pytest.raises(DataError) as caught:
        read_examples(write(tmp_path / "train.jsonl", *rows), ENGINE)
    assert complaint in str(caught.value)
