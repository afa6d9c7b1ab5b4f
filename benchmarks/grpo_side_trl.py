"""TRL's GRPOTrainer as a worker of `grpo_sides.py`. Runs with TRL's Python; ponder's verifier is used only
where it is the reward."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from datasets import Dataset
from grpo_sides import Worker, odd_lengths, read_spec
from transformers import AutoTokenizer, TrainerCallback
from trl import GRPOConfig, GRPOTrainer


class Accuracy:
    """Ponder's reward of the same name, from the tokens, since TRL's texts lack the marks of thinking."""

    __name__ = "accuracy"

    def __init__(self, tokenizer: Any, ends: Sequence[int]) -> None:
        self.tokenizer, self.ends = tokenizer, ends

    def __call__(
        self, *, completion_ids: Sequence[Sequence[int]], answer: Sequence[str], **_: Any
    ) -> list[float | None]:
        from ponder.verify.reward_functions import REWARDS

        return list(REWARDS["accuracy"](records=[self._record(ids) for ids in completion_ids], answer=answer))

    def _record(self, ids: Sequence[int]) -> Any:
        from ponder.records import Completion, FinishReason
        from ponder.text.chat_format import parse_completion

        ended = ids[-1] in self.ends
        text = self.tokenizer.decode(ids[:-1] if ended else ids)
        parsed = parse_completion(text)
        return Completion(
            token_ids=tuple(ids), text=text, logprobs=(), reasoning=parsed.reasoning, answer=parsed.answer,
            finish_reason=FinishReason.STOP if ended else FinishReason.LENGTH,
            reasoning_closed=parsed.closed,
        )  # fmt: skip


class TimedTrainer(GRPOTrainer):
    """Says how long its rollouts took; changes nothing else."""

    worker: Worker
    tokens = 0

    def _generate_and_score_completions(self, inputs: Any) -> Any:
        began = time.perf_counter()
        batch = super()._generate_and_score_completions(inputs)
        self.worker.spent("rollouts", time.perf_counter() - began)
        self.tokens = int(batch["completion_mask"].sum())
        return batch


class StepByStep(TrainerCallback):
    def __init__(self, trainer: TimedTrainer) -> None:
        self.trainer = trainer

    def on_step_begin(self, *_: Any, **__: Any) -> None:
        self.trainer.worker.wait()

    def on_step_end(self, *_: Any, **__: Any) -> None:
        rewards = self.trainer._metrics["train"]["reward"]
        self.trainer.worker.done(reward=rewards[-1], tokens=self.trainer.tokens)


def read_ends(source: Path) -> list[int]:
    """The ids that end a turn."""
    ends = json.loads((source / "generation_config.json").read_text())["eos_token_id"]
    return ends if isinstance(ends, list) else [ends]


def main() -> None:
    spec = read_spec()
    source = Path(spec["model"])
    tokenizer, ends = AutoTokenizer.from_pretrained(source), read_ends(source)
    if tokenizer.eos_token is None:  # TRL pads with it
        tokenizer.eos_token = tokenizer.convert_ids_to_tokens(max(ends))
    always = {
        "output_dir": spec["scratch"], "use_cpu": True, "report_to": "none", "save_strategy": "no",
        "disable_tqdm": True, "logging_steps": 1, "shuffle_dataset": False,
        "model_init_kwargs": {"dtype": "float32"},
    }  # fmt: skip
    config = GRPOConfig(**{**always, **spec["config"]})
    trainer = TimedTrainer(
        model=str(source),
        args=config,
        processing_class=tokenizer,
        reward_funcs=Accuracy(tokenizer, ends) if spec["reward"] == "accuracy" else odd_lengths,
        train_dataset=Dataset.from_list(spec["rows"]),
    )

    def save(folder: Path) -> None:
        shutil.copytree(source, folder)
        trainer.model.save_pretrained(folder)

    trainer.worker = Worker(save)
    trainer.add_callback(StepByStep(trainer))
    prompts = [row["prompt"] for row in spec["rows"][:8]]
    ids = [tokenizer.apply_chat_template(p, add_generation_prompt=True, tokenize=False) for p in prompts]
    versions = {name: version(name) for name in ("torch", "transformers", "trl")}
    trainer.worker.ready(versions=versions, prompts=[len(tokenizer(text)["input_ids"]) for text in ids])
    trainer.train()
    trainer.worker.wait()  # the last weights may still be wanted


if __name__ == "__main__":
    main()
