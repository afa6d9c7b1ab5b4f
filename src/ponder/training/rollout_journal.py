"""`rollouts.jsonl`: every completion that a run sampled and what it was paid, a line each.

Written as soon as a batch is judged, or when judging fails, so that what was sampled is never lost. Knows
nothing of advantages or gradients.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ponder.jsonl import read_rows
from ponder.records import Completion, Problem
from ponder.storage import append_text, write_text
from ponder.verify.reward import Reward


@dataclass(frozen=True, slots=True)
class RolloutJournal:
    file: Path

    def keep(
        self,
        step: int,
        problems: Sequence[Problem],
        completions: Sequence[Completion],
        rewards: Sequence[Reward],
    ) -> None:
        """One problem for each completion; `rewards` is empty where they could not be had."""
        paid = rewards or [Reward(total=None)] * len(completions)
        lines = (
            json.dumps(
                {
                    "step": step,
                    "problem": problem.id,
                    "text": completion.text,
                    "tokens": len(completion.token_ids),
                    "finish": completion.finish_reason.value,
                    "reward": reward.total,
                    "parts": dict(reward.parts),
                    "failed": dict(reward.failed),
                }
            )
            for problem, completion, reward in zip(problems, completions, paid, strict=True)
        )
        append_text(self.file, "".join(line + "\n" for line in lines))

    def cut(self, step: int) -> None:
        """Forget what was sampled in this step and later: a resumed run samples it again."""
        if self.file.is_file():
            rows = [row for _, row in read_rows(self.file, torn_end=True) if row["step"] < step]
            write_text(self.file, "".join(json.dumps(row) + "\n" for row in rows))
