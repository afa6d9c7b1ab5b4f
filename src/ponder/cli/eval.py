"""`ponder eval`: one model, one task, one strategy; accuracy with its interval and its cost."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from ponder.cli.output import Common, flops_text, interval_text
from ponder.errors import ConfigError

if TYPE_CHECKING:
    from ponder.evaluation.arm import ArmResult

AUTO = "auto"
"""The strategy of a router."""


def evaluate_model(
    *,
    model: Annotated[str, Parameter(alias="-m")] = "tiny",
    adapter: Path | None = None,
    task: Annotated[str, Parameter(alias="-t")] = "mixed",
    data: Path | None = None,
    examples: Path | None = None,
    strategy: str = "chain-of-thought",
    router: Path | None = None,
    worth: float | None = None,
    samples: int = 8,
    limit: int = 100,
    max_tokens: int = 256,
    seed: int = 0,
    out: Path | None = None,
    common: Common = Common(),  # noqa: B008 - frozen
) -> None:
    """Measure a model on a task.

    ponder eval --model smollm2-135m --task gsm8k --data gsm8k_test.jsonl --limit 100

    Parameters
    ----------
    model
        A name from `ponder models list`, a Hugging Face folder, a .gguf file, or an http(s)://…/v1 endpoint.
    adapter
        The folder of a LoRA adapter for that model, as `ponder train` and PEFT write it.
    task
        mixed, arithmetic, word-problems, deduction, ordering, programs, gym:NAME; or any name for --data.
    data
        A file of problems, JSONL or Parquet, as GSM8K, MATH, AIME, HumanEval, MBPP, MMLU, ARC and GPQA are
        published.
    examples
        Another file like it, which few-shot takes its worked examples from; by default they come from the
        part of --data that is not measured.
    strategy
        direct, chain-of-thought, few-shot, plan-first, program-aided, self-consistency,
        adaptive-consistency, best-of-n, beam-search, diverse-tree-search, tree-search, self-refine or
        budget-forcing; auto lets --router decide.
    router
        What `ponder route calibrate` wrote for this model.
    worth
        What a right answer may cost in tokens, instead of the router's own.
    samples
        The budget of those that sample several completions, in completions of --max-tokens.
    limit
        Problems at most.
    max_tokens
        Generated tokens per completion.
    seed
        Decides which generated problems are drawn and what is sampled.
    out
        The run folder; runs/eval-DATE-TIME when not given. Holds manifest.json, prompts.json, items.jsonl and
        eval.json.
    """
    from ponder.cli.sampler import open_sampler, routed
    from ponder.evaluation.arm import ArmResult
    from ponder.evaluation.item_files import item_lines
    from ponder.evaluation.prompt_manifest import Overheard
    from ponder.evaluation.runner import evaluate
    from ponder.evaluation.worked_examples import with_examples
    from ponder.protocols import Budget
    from ponder.runlog import RunLog, make_manifest, new_run_folder
    from ponder.scaling import SINGLE, make_strategy
    from ponder.storage import write_text
    from ponder.tasks import load_task

    if min(limit, samples, max_tokens) < 1:
        raise ConfigError("--limit, --samples and --max-tokens must be at least 1")
    if (strategy == AUTO) != (router is not None):
        raise ConfigError("--strategy auto and --router go together")
    source = load_task(task, data, training=examples)
    problems = source.problems(split="test", count=limit, seed=seed)
    if router is None:
        with_examples(make_strategy(strategy), source, problems, seed=seed)  # mistakes show before anything
    sampler = open_sampler(model, adapter=adapter)
    chosen = routed(router, sampler, model, worth=worth) if router else make_strategy(strategy)
    folder = new_run_folder(out, "eval")
    votes = 1 if strategy in {*SINGLE, AUTO} else samples
    settings = {
        "model": model, "adapter": None if adapter is None else str(adapter), "task": task, "data": data,
        "examples": examples, "strategy": strategy, "router": None if router is None else str(router),
        "worth": worth, "samples": votes, "limit": limit,
    }  # fmt: skip
    log = RunLog(folder, make_manifest(config={**settings, "max_tokens": max_tokens}, origins={}, seed=seed))
    budget = Budget(tokens=max_tokens * votes, per_completion=max_tokens, seed=seed)
    with common.progress.stage(f"{strategy} on {task}", len(problems) * votes) as advance:
        heard = Overheard(sampler, sampler)
        items = evaluate(chosen, source, problems, heard, budget, on_progress=advance)
    arm = ArmResult(name=strategy, title=strategy, items=items, run=str(folder))
    result = {**arm.to_json(), "model": model, "adapter": settings["adapter"], "task": task, "seed": seed}
    write_text(log.folder / "items.jsonl", item_lines(items))
    prompts = json.dumps({strategy: heard.rendered}, indent=2, ensure_ascii=False)
    write_text(log.folder / "prompts.json", prompts + "\n")
    write_text(log.folder / "eval.json", json.dumps(result, indent=2) + "\n")
    common.show(result, _text(arm, model, task))


def _text(arm: ArmResult, model: str, task: str) -> str:
    verdicts = ", ".join(f"{verdict.value} {count}" for verdict, count in arm.verdicts.items() if count)
    cost = arm.cost_per_problem
    return "\n".join(
        (
            f"{model} on {task}, {arm.name}: {interval_text(arm.accuracy, arm.interval)} of {arm.n_judged}",
            f"  {verdicts}",
            f"  per problem {arm.tokens:.1f} tokens, {flops_text(cost['flops'])}, {cost['seconds']:.3f} s",
            f"  {arm.run}/items.jsonl has every answer",
        )
    )
