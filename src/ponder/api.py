"""The package in four calls: `load` a model, `generate` from it, `solve` a question, `verify_math` it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ponder.protocols import Budget, Sampler
from ponder.records import Attempt, Problem
from ponder.scaling import make_strategy
from ponder.scaling.drive import solve as solve_problem

if TYPE_CHECKING:
    from ponder.engine.engine import Engine


def load(model: str, *, adapter: str | Path | None = None, **engine_options: Any) -> Engine:
    """A model ready to sample: a catalog name, a Hugging Face folder or a .gguf file.

    `adapter` is the folder of a LoRA adapter in PEFT's format, made for that model.
    `engine_options`: `dtype` ("auto", "float32", "bfloat16", "int8"), `device`, `slots`, `max_context`,
    `cache_mb` and `kernels` ("auto", "native", "torch", "compiled").
    """
    from ponder.engine.load import load_engine  # torch

    return load_engine(model, adapter=adapter, **engine_options)


def connect(url: str, **options: Any) -> Sampler:
    """An OpenAI-style endpoint as a sampler: `http://localhost:8000/v1`."""
    from ponder.engine.remote import RemoteSampler

    return RemoteSampler(url, **options)


def solve(
    question: str,
    model: Sampler,
    *,
    strategy: str = "chain-of-thought",
    samples: int = 8,
    max_tokens: int = 256,
    seed: int = 0,
) -> Attempt:
    """Put one question to a model with a named strategy; `samples` completions of `max_tokens` at most."""
    budget = Budget(tokens=max_tokens * samples, per_completion=max_tokens, seed=seed)
    problem = Problem(id="question", question=question, answer="", task="ask")
    return solve_problem(make_strategy(strategy), problem, model, budget)
