"""Engines over small random models and the byte tokenizer, and a task that they always solve."""

from __future__ import annotations

from fakes import byte_tokenizer

from ponder.engine.engine import Engine
from ponder.model.architecture import Architecture
from ponder.model.transformer import Transformer, initialise
from ponder.records import Completion, Judgement, Problem, Verdict
from ponder.text.chat_format import CHATML, ChatTemplate

ARCH = Architecture(
    family="llama", vocab_size=260, width=16, layers=2, heads=2, kv_heads=1, head_size=8, mlp_width=24,
    context=256,
)  # fmt: skip


def small_engine(seed: int = 0, name: str = "small") -> Engine:
    model = Transformer(ARCH).eval()
    initialise(model, seed=seed)
    return Engine(model, byte_tokenizer(), ChatTemplate(CHATML), name=name, slots=8)


class AnythingGoes:
    """Every completion is right; problems of a split have the split's name."""

    name = "anything"

    def problems(self, *, split: str, count: int, seed: int) -> list[Problem]:
        return [
            Problem(id=f"{split}-{i}", question=f"{split} {i}?", answer="1", task=self.name)
            for i in range(count)
        ]

    def judge(self, problem: Problem, completion: Completion) -> Judgement:
        return Judgement(Verdict.CORRECT)
