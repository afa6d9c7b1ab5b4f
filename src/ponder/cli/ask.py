"""`ponder ask`: one question, answered with or without thinking."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Parameter

from ponder.cli.output import Common, flops_text
from ponder.cli.reading import read_text
from ponder.errors import ConfigError, DataError
from ponder.records import Attempt, Problem


def ask(
    question: str,
    *,
    model: Annotated[str, Parameter(alias="-m")] = "tiny",
    adapter: Path | None = None,
    think: Literal["auto", "on", "off"] = "auto",
    router: Path | None = None,
    worth: float | None = None,
    budget: int | None = None,
    strategy: str | None = None,
    samples: int = 8,
    max_tokens: int = 256,
    seed: int = 0,
    common: Common = Common(),  # noqa: B008 - frozen
) -> None:
    """Ask a model one question.

    ponder ask "What is 47-19+23?" --model tiny --strategy self-consistency --samples 8

    Parameters
    ----------
    question
        The question; `-` reads it from standard input.
    model
        A name from `ponder models list`, a Hugging Face folder, a .gguf file, or an http(s)://…/v1 endpoint.
    adapter
        The folder of a LoRA adapter for that model, as `ponder train` and PEFT write it.
    think
        off answers at once, on thinks first; auto lets --router decide, and thinks where there is none.
    router
        What `ponder route calibrate` wrote for this model.
    worth
        What a right answer may cost in tokens, instead of the router's own.
    budget
        Close the thinking after this many tokens.
    strategy
        direct, chain-of-thought, plan-first, program-aided, self-consistency, adaptive-consistency,
        best-of-n, beam-search, diverse-tree-search, tree-search, self-refine or budget-forcing; it
        overrides --think.
    samples
        The budget of those that sample several completions, in completions of --max-tokens.
    max_tokens
        Generated tokens per completion.
    seed
        The same seed gives the same answer.
    """
    from ponder.cli.sampler import open_sampler, routed
    from ponder.protocols import Budget
    from ponder.scaling import SINGLE, make_strategy
    from ponder.scaling.chain_of_thought import ChainOfThought
    from ponder.scaling.chains import shots_of
    from ponder.scaling.drive import solve

    if min(samples, max_tokens) < 1 or (budget or 0) < 0:
        raise ConfigError("--samples and --max-tokens must be at least 1, --budget must not be negative")
    text = _read_question(question)
    if router is not None and (think != "auto" or strategy or budget is not None):
        raise ConfigError("--router decides for --think auto: leave out --think, --strategy and --budget")
    chosen = make_strategy(strategy or ("direct" if think == "off" else "chain-of-thought"))
    if shots_of(chosen):
        raise ConfigError("few-shot shows worked examples of a task; a question of your own comes with none")
    if budget is not None and chosen.name != "chain-of-thought":
        raise ConfigError(f"--budget limits one chain of thought; {chosen.name} has none")
    if budget is not None:
        chosen = ChainOfThought(thinking_budget=budget)
    votes = 1 if chosen.name in SINGLE else samples
    sampler = open_sampler(model, adapter=adapter)
    if router is not None:
        chosen = routed(router, sampler, model, worth=worth)
    limits = Budget(tokens=max_tokens * votes, per_completion=max_tokens, seed=seed)
    attempt = solve(chosen, Problem(id="question", question=text, answer="", task="ask"), sampler, limits)
    result = ask_result(attempt, chosen.name, seed)
    if router is not None:
        result["why"] = attempt.trace[0]
    common.show(result, _text(result))


def _read_question(question: str) -> str:
    text = read_text(question).strip()
    if not text:
        raise DataError("the question is empty")
    return text


def ask_result(attempt: Attempt, strategy: str, seed: int) -> dict[str, Any]:
    completion = attempt.completions[attempt.chosen or 0]
    return {
        "answer": attempt.answer,
        "reasoning": completion.reasoning,
        "text": completion.text,
        "finish_reason": completion.finish_reason.value,
        "strategy": strategy,
        "seed": seed,
        "cost": asdict(attempt.cost),
    }


def _text(result: dict[str, Any]) -> str:
    cost = result["cost"]
    tokens = cost["reasoning_tokens"] + cost["answer_tokens"]
    lines = [result["reasoning"], ""] if result["reasoning"] else []
    answer = result["answer"] or f"(no final answer; the model wrote: {result['text'].strip()[:400]!r})"
    said = [result["why"], ""] if "why" in result else []
    return "\n".join(
        [*said, *lines, answer, "", f"{tokens} tokens, {flops_text(cost['flops'])}, {cost['seconds']:.2f} s"]
    )
