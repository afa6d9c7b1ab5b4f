import json

import pytest

from ponder.cli.main import run

pytestmark = pytest.mark.slow

KEYS = {"answer", "reasoning", "text", "finish_reason", "strategy", "seed", "cost"}


def ask(*argv: str, capsys: pytest.CaptureFixture[str]) -> dict:
    assert run(["ask", "Compute 12+7.", "--json", *argv]) == 0
    return json.loads(capsys.readouterr().out)


def test_thinking_on_and_off(capsys: pytest.CaptureFixture[str]) -> None:
    on, off = ask("--think", "on", capsys=capsys), ask("--think", "off", capsys=capsys)
    assert set(on) == set(off) == KEYS
    assert on["cost"]["reasoning_tokens"] > 0 and on["reasoning"]
    assert off["cost"]["reasoning_tokens"] == 0 and not off["reasoning"]


def test_the_budget_closes_the_thinking(capsys: pytest.CaptureFixture[str]) -> None:
    result = ask("--budget", "3", capsys=capsys)
    assert result["cost"]["reasoning_tokens"] <= 3 + 8
    assert result["finish_reason"] in ("budget", "length")


def test_the_same_seed_gives_the_same_answer(capsys: pytest.CaptureFixture[str]) -> None:
    first, second = (ask("--strategy", "self-consistency", "--seed", "5", capsys=capsys) for _ in range(2))
    assert first["text"] == second["text"]
    assert first["cost"]["flops"] == second["cost"]["flops"]


def test_a_question_longer_than_the_context_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["ask", "12+" * 400]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1 and "context of 512" in captured.err
