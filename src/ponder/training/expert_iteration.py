"""Expert iteration: a model learns from its own right answers, round after round.

A round samples the training problems with the present weights, keeps what a verifier finds right, and
fine-tunes on it: STaR (Zelikman et al., arXiv:2203.14465), with the names of Anthony et al.
(arXiv:1705.08439), where the search that makes the expert is best of n under the verifier. STaR fine-tunes
from the first weights every round, so that no round's overfitting is handed on; `restart = false` goes on
from the last round's. Does not give hints for problems never solved (STaR's rationalisation).

    rounds/1/asked.jsonl, traces.jsonl    what was sampled, what was kept
    rounds/1/weights.safetensors          after the round
    rounds/1/round.json                   its figures; written last, so a round with it is done
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file  # pyright: ignore[reportUnknownVariableType]
from torch import Tensor

from ponder.config import at_least
from ponder.engine.engine import Engine
from ponder.errors import DataError, StorageError
from ponder.model.lora import refresh_merged
from ponder.model.transformer import Transformer
from ponder.protocols import Task
from ponder.records import Cost, Problem
from ponder.storage import replacing_file, write_text
from ponder.training.keeper import Keeper
from ponder.training.loop import Log
from ponder.training.sft import SFTConfig, chat_example, train_sft
from ponder.training.traces import TraceConfig, gather_traces

DONE, WEIGHTS = "round.json", "weights.safetensors"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpertIterationConfig:
    rounds: int = 3
    restart: bool = True
    """Fine-tune from the first weights in every round, as in STaR."""
    heldout: int = 200
    """Validation problems answered after every round, never trained on."""

    def __post_init__(self) -> None:
        at_least(1, rounds=self.rounds, heldout=self.heldout)


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """What a round did; `traces` of `solved` problems were learned."""

    number: int
    sampled: int
    solved: int
    traces: int
    accuracy: float
    """On held-out problems, after it."""
    cost: Cost


def expert_iteration(
    model: Engine,
    problems: Sequence[Problem],
    task: Task,
    config: ExpertIterationConfig,
    traces: TraceConfig,
    sft: SFTConfig,
    folder: Path,
    *,
    keeper_of: Callable[[str], Keeper],
    accuracy: Callable[[Engine], float],
    log: Log,
    on_progress: Callable[[int], None] = lambda count: None,
) -> tuple[Cost, list[Round]]:
    """Train the engine's weights in place. What `folder` holds of rounds done is taken from there, and a
    round that was cut off goes on within it."""
    base, done = trained_weights(model.transformer), list[Round]()
    for number in range(1, config.rounds + 1):
        place = folder / str(number)
        if (found := read_round(place)) is not None:
            load_weights(model.transformer, _read_weights(place))
            done.append(found)
            continue
        model.forget_prompts()  # or a run that was resumed would compute in another order
        seed = traces.seed + (number - 1) * 1_000_003
        kept, asked, counts = gather_traces(
            problems, model, task, replace(traces, seed=seed), place, on_progress=on_progress
        )
        if config.restart:
            load_weights(model.transformer, base)
        examples = [chat_example(model, trace.prompt, trace.completion) for trace in kept]
        steps = replace(sft, seed=sft.seed + number - 1)
        keeper = keeper_of(f"round-{number}")
        taken = train_sft(
            model, examples, steps, log=shifted(log, (number - 1) * sft.loop.steps), keeper=keeper
        )
        model.forget_prompts()
        done.append(
            Round(
                number=number,
                sampled=counts.sampled,
                solved=counts.solved,
                traces=counts.kept,
                accuracy=accuracy(model),
                cost=asked + taken,
            )
        )
        log(number * sft.loop.steps, {"heldout_accuracy": done[-1].accuracy})
        _write_weights(place, trained_weights(model.transformer))
        write_text(place / DONE, json.dumps(asdict(done[-1])) + "\n")
    return sum((each.cost for each in done), Cost()), done


def shifted(log: Log, by: int) -> Log:
    """Steps of all rounds counted through."""

    def told(step: int, figures: Mapping[str, float]) -> None:
        log(step + by, figures)

    return told


def trained_weights(model: Transformer) -> dict[str, Tensor]:
    """A copy of what training moves: with LoRA the adapter alone."""
    return {
        name: each.detach().cpu().clone() for name, each in model.named_parameters() if each.requires_grad
    }


@torch.no_grad()
def load_weights(model: Transformer, weights: Mapping[str, Tensor]) -> None:
    """Copied in place, so that the sampler that holds them sees them change."""
    own = {name: each for name, each in model.named_parameters() if each.requires_grad}
    if {name: each.shape for name, each in own.items()} != {name: w.shape for name, w in weights.items()}:
        raise DataError("the rounds are of another model: choose another --out")
    for name, each in own.items():
        each.copy_(weights[name])
    refresh_merged(model)


def read_round(place: Path) -> Round | None:
    """What a round did, if it came to its end."""
    file = place / DONE
    if not file.exists():
        return None
    try:
        row: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        row["cost"] = Cost(**row["cost"])
        return Round(**row)
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(f"{file} is damaged: remove it to do its round again") from error


def _write_weights(place: Path, weights: dict[str, Tensor]) -> None:
    with replacing_file(place / WEIGHTS) as temporary:
        try:
            save_file(weights, temporary)
        except SafetensorError as error:  # the library wraps a full disk in its own
            raise StorageError(f"{place} could not be written: {error}") from error


def _read_weights(place: Path) -> dict[str, Tensor]:
    try:
        return load_file(place / WEIGHTS)
    except (OSError, SafetensorError) as error:
        raise DataError(f"{place / WEIGHTS} cannot be read: remove {place / DONE} to do it again") from error
