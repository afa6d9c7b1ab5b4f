"""Checkpoints: a folder per step that is either whole or not there, and all that a run needs to go on.

    step-000040/model.safetensors       trained weights by name: with LoRA, the adapter alone
    step-000040/optimizer.safetensors   optimiser state as `NUMBER/PARAMETER/KEY`, random generators
    step-000040/state.json              step, data position, guard, and size and CRC-32 of the two others

Written aside, synced, renamed; nothing is ever pickled. Damage is noticed by size and checksum, and the
checkpoint before is taken. Knows nothing of losses or tasks; the data position is whatever the batches say.
"""

from __future__ import annotations

import json
import random
import re
import shutil
import zlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol, cast, runtime_checkable

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file  # pyright: ignore[reportUnknownVariableType]
from torch import Tensor

from ponder.errors import DataError, StorageError
from ponder.model.lora import refresh_merged
from ponder.model.transformer import Transformer
from ponder.records import Cost
from ponder.storage import replacing_folder

WEIGHTS, OPTIMIZER, STATE = "model.safetensors", "optimizer.safetensors", "state.json"
CPU_RANDOM, CUDA_RANDOM = "random/cpu", "random/cuda"
KEPT = 2
"""The newest ones that stay, besides the best."""


@runtime_checkable
class Resumable(Protocol):
    """Batches that know their place: loading a state gives the batch that would have come next."""

    def state_dict(self) -> dict[str, Any]: ...

    def load_state_dict(self, state: Mapping[str, Any]) -> None: ...


@dataclass(slots=True, eq=False)
class TrainingState:
    """All that changes while a run goes on."""

    model: Transformer
    optimizers: Sequence[torch.optim.Optimizer]
    batches: object
    step: int = 0
    """Steps taken; it never goes back, whatever the weights do."""
    cost: Cost = field(default_factory=Cost)
    rate_scale: float = 1.0
    """What is left of the learning rate after roll-backs."""
    roll_backs: int = 0
    stopped: bool = False
    evaluated: int = -1
    """The last step that was evaluated."""

    def numbers(self) -> dict[str, Any]:
        """Everything but tensors, as plain JSON."""
        if not isinstance(self.batches, Resumable):
            raise TypeError(f"{type(self.batches).__name__} cannot say its place in the data")
        return {
            "step": self.step,
            "cost": asdict(self.cost),
            "rate_scale": self.rate_scale,
            "roll_backs": self.roll_backs,
            "stopped": self.stopped,
            "evaluated": self.evaluated,
            "data": self.batches.state_dict(),
            "random": random.getstate(),
        }

    def load_numbers(self, numbers: Mapping[str, Any]) -> None:
        self.step, self.cost = numbers["step"], Cost(**numbers["cost"])
        self.rate_scale, self.roll_backs = numbers["rate_scale"], numbers["roll_backs"]
        self.stopped, self.evaluated = numbers["stopped"], numbers["evaluated"]
        cast(Resumable, self.batches).load_state_dict(numbers["data"])
        load_random(random.setstate, numbers["random"])

    def weights(self) -> dict[str, Tensor]:
        """Those that are trained; the others are still what the run began with. Shared weights once."""
        return {name: tensor.detach().cpu().contiguous() for name, tensor in self._trained().items()}

    def _trained(self) -> dict[str, Tensor]:
        return {name: each for name, each in self.model.named_parameters() if each.requires_grad}

    def optimizer_tensors(self) -> dict[str, Tensor]:
        tensors = {CPU_RANDOM: torch.get_rng_state()}
        if self.model.device.type == "cuda":
            tensors[CUDA_RANDOM] = torch.cuda.get_rng_state(self.model.device)
        for number, name, parameter, optimizer in self._owned():
            for key, value in optimizer.state[parameter].items():
                tensors[f"{number}/{name}/{key}"] = value.detach().cpu().contiguous()
        return tensors

    @torch.no_grad()
    def load_weights(self, tensors: Mapping[str, Tensor]) -> None:
        """Copied in place, so that samplers which hold these weights see them change."""
        own = self._trained()
        theirs = {name: tensor.shape for name, tensor in tensors.items()}
        if theirs != {name: tensor.shape for name, tensor in own.items()}:
            raise DataError("the checkpoint is of another model: choose another --out")
        for name, tensor in own.items():
            tensor.copy_(tensors[name])
        refresh_merged(self.model)

    def load_optimizers(self, tensors: Mapping[str, Tensor], *, random_too: bool) -> None:
        if random_too:
            torch.set_rng_state(tensors[CPU_RANDOM])
            if CUDA_RANDOM in tensors and self.model.device.type == "cuda":
                torch.cuda.set_rng_state(tensors[CUDA_RANDOM], self.model.device)
        by_place = dict[str, dict[str, Tensor]]()
        for name, tensor in tensors.items():
            place, _, key = name.rpartition("/")
            by_place.setdefault(place, {})[key] = tensor
        for number, name, parameter, optimizer in self._owned():
            found = by_place.get(f"{number}/{name}", {})
            # A step counter stays on the CPU; whatever has the weight's shape goes where the weight is.
            optimizer.state[parameter] = {
                key: value.to(parameter.device) if value.shape == parameter.shape else value
                for key, value in found.items()
            }

    def _owned(self) -> Iterator[tuple[int, str, Tensor, torch.optim.Optimizer]]:
        """Every trained parameter with its name and the optimiser that moves it."""
        names = {id(parameter): name for name, parameter in self.model.named_parameters()}
        for number, optimizer in enumerate(self.optimizers):
            for group in optimizer.param_groups:
                for parameter in group["params"]:
                    yield number, names[id(parameter)], parameter, optimizer


def load_random(setter: Callable[[Any], None], state: Sequence[Any]) -> None:
    """The state of a `random.Random` after a round trip through JSON, which knows no tuples."""
    version, words, gauss = state
    setter((version, tuple(words), gauss))


@dataclass(frozen=True, slots=True)
class Checkpoint:
    numbers: Mapping[str, Any]
    weights: Mapping[str, Tensor]
    optimizer: Mapping[str, Tensor]


class CheckpointStore:
    """The checkpoints of one run, in one folder."""

    def __init__(self, folder: Path, *, say: Callable[[str], None]) -> None:
        self.folder, self.say = folder, say

    def steps(self) -> list[int]:
        """Of those there, the oldest first."""
        found = [re.fullmatch(r"step-(\d+)", path.name) for path in self.folder.glob("step-*")]
        return sorted(int(match[1]) for match in found if match)

    def path(self, step: int) -> Path:
        return self.folder / f"step-{step:06}"

    def save(self, state: TrainingState, more: Mapping[str, Any]) -> None:
        """`more` goes into the numbers."""
        with replacing_folder(self.path(state.step)) as folder:
            files = {
                WEIGHTS: _write(folder / WEIGHTS, state.weights()),
                OPTIMIZER: _write(folder / OPTIMIZER, state.optimizer_tensors()),
            }
            text = json.dumps({**state.numbers(), **more, "files": files})
            (folder / STATE).write_text(text + "\n", encoding="utf-8")

    def load(self, step: int) -> Checkpoint:
        """A checkpoint that is not whole is an error that says what is wrong with it."""
        folder = self.path(step)
        try:
            numbers: Any = json.loads((folder / STATE).read_text(encoding="utf-8"))
            files = numbers["files"]
            return Checkpoint(numbers, *(_read(folder / name, files[name]) for name in (WEIGHTS, OPTIMIZER)))
        except FileNotFoundError as error:
            raise DataError(f"the checkpoint {folder} lacks {Path(error.filename).name}") from error
        except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
            raise DataError(f"the checkpoint {folder} has a damaged {STATE}") from error

    def latest(self) -> Checkpoint | None:
        """The newest whole one. Damaged ones are told of and removed; None if there never was one."""
        self._sweep()
        steps = self.steps()
        for step in reversed(steps):
            try:
                return self.load(step)
            except DataError as error:
                self.say(f"{error}; taking the one before")
                shutil.rmtree(self.path(step), ignore_errors=True)
        if steps:
            raise DataError(f"no checkpoint in {self.folder} is whole: start again with another --out")
        return None

    def prune(self, bests: Collection[int]) -> None:
        """Keep the newest few and `bests`; the others are renamed first, so that none is left by halves."""
        for step in set(self.steps()[:-KEPT]) - set(bests):
            aside = self.folder / f".{self.path(step).name}.old.tmp"
            self.path(step).rename(aside)
            shutil.rmtree(aside, ignore_errors=True)

    def clear(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)

    def _sweep(self) -> None:
        """What a kill left of a checkpoint being written or removed."""
        for path in self.folder.glob(".step-*.tmp"):
            shutil.rmtree(path, ignore_errors=True)


def _write(path: Path, tensors: dict[str, Tensor]) -> dict[str, int]:
    try:
        save_file(tensors, path)
    except SafetensorError as error:  # the library wraps a full disk in its own
        raise StorageError(f"{path.parent} could not be written: {error}") from error
    return _fingerprint(path)


def _read(path: Path, known: Mapping[str, int]) -> dict[str, Tensor]:
    if _fingerprint(path) != known:
        raise DataError(f"the checkpoint {path.parent} has a damaged {path.name}")
    try:
        return load_file(path)
    except SafetensorError as error:
        raise DataError(f"the checkpoint {path.parent} has a damaged {path.name}") from error


def _fingerprint(path: Path) -> dict[str, int]:
    crc = 0
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            crc = zlib.crc32(block, crc)
    return {"bytes": path.stat().st_size, "crc32": crc}
