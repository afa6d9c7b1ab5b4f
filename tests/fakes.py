"""Fakes that are real objects with names, shared by all tests."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from tokenizers import Tokenizer as Backend
from tokenizers import decoders, models, pre_tokenizers

from ponder.environments.exact_arithmetic import NotArithmetic, evaluate, written
from ponder.protocols import Begun, Prompt
from ponder.records import Completion, Cost, FinishReason, Problem, Sampling
from ponder.text.chat_format import parse_completion
from ponder.text.tokenizer import Tokenizer


def completion(
    text: str, *, finish: FinishReason = FinishReason.STOP, logprob: float = -0.5, begun: str = ""
) -> Completion:
    """A completion as an engine would return it, one token per character; `begun` was there before."""
    parsed = parse_completion(begun + text)
    return Completion(
        token_ids=tuple(range(len(text))),
        text=text,
        logprobs=(logprob,) * len(text),
        finish_reason=finish,
        reasoning=parsed.reasoning,
        answer=parsed.answer,
        reasoning_closed=parsed.closed,
        cost=Cost(answer_tokens=len(text), forward_passes=len(text), flops=float(len(text))),
    )


class ScriptedSampler:
    """Answers from a script: the i-th sample of every prompt is the i-th text, round and round. A text that
    has begun goes on as one of those that begin so; a pause string ends it for now."""

    def __init__(self, texts: Sequence[str]) -> None:
        self.texts = texts
        self.calls: list[tuple[list[Prompt], Sampling]] = []

    def generate(
        self,
        prompts: Sequence[Prompt],
        sampling: Sampling,
        *,
        on_progress: Callable[[int], None] | None = None,
    ) -> list[list[Completion]]:
        self.calls.append((list(prompts), sampling))
        numbers = range(sampling.first, sampling.first + sampling.n)
        groups = [[self._one(prompt, number, sampling) for number in numbers] for prompt in prompts]
        if on_progress:
            on_progress(sum(map(len, groups)))
        return groups

    def _one(self, prompt: Prompt, number: int, sampling: Sampling) -> Completion:
        begun, spent = (prompt.text, prompt.spent) if isinstance(prompt, Begun) else ("", 0)
        texts = [text for text in self.texts if text.startswith(begun)] or [begun]
        rest = texts[number % len(texts)][len(begun) :]
        ends = [place + len(pause) for pause in sampling.pause if (place := rest.find(pause)) >= 0]
        end = min([*ends, max(1, sampling.max_tokens - spent), len(rest)])
        finish = FinishReason.STOP if end == len(rest) else FinishReason.LENGTH
        if ends and end == min(ends):
            finish = FinishReason.PAUSED
        return completion(rest[:end], finish=finish, begun=begun)


@dataclass(frozen=True)
class SumCompleter:
    """An environment that completes a line at every `=`."""

    pause: tuple[str, ...] = ("=",)
    instruction: str = ""

    def respond(self, problem: Problem, text: str) -> str | None:
        try:
            return written(evaluate(text.rpartition("\n")[2].rstrip("="))) + "\n"
        except NotArithmetic:
            return "0\n"


def byte_tokenizer() -> Tokenizer:
    """A real tokenizer without merges: one token per byte, then the chat and thinking markers."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    backend = Backend(models.BPE({character: index for index, character in enumerate(alphabet)}, []))
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    backend.decoder = decoders.ByteLevel()
    backend.add_special_tokens(["<|im_start|>", "<|im_end|>"])
    backend.add_tokens(["<think>", "</think>"])
    return Tokenizer(backend, eos_ids=[backend.token_to_id("<|im_end|>")])


@functools.cache
def random_model(family: str) -> tuple[Any, Any]:
    """A small random model of `transformers` and the same weights in ours. Two query heads share each key."""
    import torch
    import transformers

    from ponder.model.architecture import Architecture
    from ponder.model.transformer import Transformer

    config = transformers.AutoConfig.for_model(
        family,
        vocab_size=260,
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        head_dim=8,
        intermediate_size=48,
        max_position_embeddings=128,
        tie_word_embeddings=False,
        pad_token_id=None,
        bos_token_id=None,
        eos_token_id=None,
    )
    theirs = transformers.AutoModelForCausalLM.from_config(config, attn_implementation="eager").eval().float()
    generator = torch.Generator().manual_seed(0)
    for name, parameter in theirs.named_parameters():
        centre = 1.0 if "norm" in name else 0.0
        parameter.data.normal_(centre, 0.2, generator=generator)
    ours = Transformer(Architecture.from_hf(config.to_dict())).eval()
    weights = {name.removeprefix("model."): tensor for name, tensor in theirs.state_dict().items()}
    ours.load_state_dict(weights)
    return theirs, ours


def random_engine(family: str = "qwen3", **options: Any) -> Any:
    """Our engine over a random model and the byte tokenizer."""
    from ponder.engine.engine import Engine
    from ponder.text.chat_format import CHATML, ChatTemplate

    return Engine(random_model(family)[1], byte_tokenizer(), ChatTemplate(CHATML), **options)
