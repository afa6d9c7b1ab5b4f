"""What was sampled lies in a file, once, whatever was resumed."""

import json
from pathlib import Path

from fakes import completion

from ponder.records import Problem
from ponder.training.rollout_journal import RolloutJournal
from ponder.verify.reward import Reward

PROBLEM = Problem(id="p", question="q", answer="1", task="t")


def steps(journal: RolloutJournal) -> list[int]:
    return [json.loads(line)["step"] for line in journal.file.read_text().splitlines()]


def test_a_line_says_what_was_written_and_what_it_was_paid(tmp_path: Path) -> None:
    journal = RolloutJournal(tmp_path / "rollouts.jsonl")
    reward = Reward(total=0.5, parts={"accuracy": 1.0, "soft-overlong": -0.5})
    journal.keep(3, [PROBLEM], [completion("\ud800 \\boxed{1}")], [reward])
    assert json.loads(journal.file.read_text()) == {
        "step": 3, "problem": "p", "text": "\ud800 \\boxed{1}", "tokens": 11, "finish": "stop", "reward": 0.5,
        "parts": {"accuracy": 1.0, "soft-overlong": -0.5}, "failed": {},
    }  # fmt: skip


def test_a_resumed_run_forgets_what_it_samples_again(tmp_path: Path) -> None:
    journal = RolloutJournal(tmp_path / "rollouts.jsonl")
    journal.cut(0)  # nothing there yet
    for step in range(4):
        journal.keep(step, [PROBLEM], [completion("x")], [])
    with journal.file.open("a") as file:
        file.write('{"step": 4, "te')  # killed while writing
    journal.cut(2)
    assert steps(journal) == [0, 1]
    journal.keep(2, [PROBLEM], [completion("x")], [])
    assert steps(journal) == [0, 1, 2]
