"""What watches over a run: checkpoints after the loop's steps, the guard's policy, the log cut to fit.

A resumed run goes on from the newest whole checkpoint as if nothing had happened; `metrics.jsonl` is cut to
its length of that moment, so no step is missing or there twice. On trouble the policy is carried out: back
to the best held-out checkpoint at half the learning rate, or stop, or warn. Steps count on after a
roll-back: the budget is spent and the data is fresh. Knows nothing of losses or tasks.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ponder.training.checkpoint import KEPT, Checkpoint, CheckpointStore, TrainingState
from ponder.training.guard import Event, Guard, GuardConfig, Trouble

HALF = 0.5
"""What a roll-back leaves of the learning rate."""


@dataclass(slots=True, eq=False)
class Keeper:
    """Handed to the loop, which calls it after every step and every evaluation."""

    store: CheckpointStore
    guard: Guard
    log_file: Path | None = None
    """Cut on resume to what it held when the checkpoint was written."""
    resume: bool = False
    on_event: Callable[[Event], None] = lambda event: None
    events: list[Event] = field(default_factory=list[Event])
    heldout: dict[int, float] = field(default_factory=dict[int, float])
    """Accuracy at every step that was evaluated."""
    final_step: int = 0
    """The step whose weights the run ended with."""
    _bests: dict[int, int | None] = field(default_factory=dict[int, int | None])

    @classmethod
    def of(
        cls,
        folder: Path,
        guard: GuardConfig,
        *,
        say: Callable[[str], None],
        log_file: Path | None = None,
        resume: bool = False,
        on_event: Callable[[Event], None] = lambda event: None,
    ) -> Keeper:
        """Checkpoints under `folder`."""
        return cls(CheckpointStore(folder, say=say), Guard(guard), log_file, resume, on_event)

    def begin(self, state: TrainingState) -> None:
        """Go on from the newest checkpoint if asked to, else write the first."""
        checkpoint = self.store.latest() if self.resume else None
        if checkpoint is None:
            self.store.clear()
            self.save(state)
            return
        self._restore(state, checkpoint)
        self._cut_log(checkpoint.numbers["log_bytes"])
        self.store.say(f"going on after step {state.step}")

    def save(self, state: TrainingState) -> None:
        """Write a checkpoint, if this step has none, and let go of those that are not needed any more.

        Never twice: replacing a folder has a moment without one. What an evaluation adds after the step was
        saved is found again by evaluating again.
        """
        if state.step in self.store.steps():
            return
        best = self.guard.best_step
        more = {
            "guard": self.guard.state_dict(),
            "events": [asdict(event) for event in self.events],
            "heldout": list(self.heldout.items()),
            "log_bytes": self._log_bytes(),
        }
        self.store.save(state, more)
        self._bests[state.step] = best
        # Should the newest be damaged, the one before must still find the best of its own time.
        newest = self.store.steps()[-KEPT:]
        self.store.prune({b for step in newest if (b := self._bests.get(step)) is not None})

    def judge(self, state: TrainingState, figures: Mapping[str, float]) -> bool:
        """Whether the guard found something wrong with a step; what the policy asks is then done."""
        return self._handle(state, self.guard.see(state.step, figures))

    def look(self, state: TrainingState, right: Sequence[bool]) -> bool:
        """The same of a held-out evaluation. A new best is saved at once."""
        self.heldout[state.step] = sum(right) / len(right)
        trouble = self.guard.see_heldout(state.step, right)
        if self.guard.best_step == state.step:
            self.save(state)
        return self._handle(state, trouble)

    def finish(self, state: TrainingState) -> None:
        """The last checkpoint; then the weights of the best one, if that is the policy."""
        self.save(state)
        self.final_step = state.step
        if state.stopped or (self.guard.config.keep == "best" and self.guard.best_step is not None):
            self.final_step = self._refuge()
            if self.final_step != state.step:
                state.load_weights(self.store.load(self.final_step).weights)

    def _handle(self, state: TrainingState, trouble: Trouble | None) -> bool:
        if trouble is None:
            return False
        action = self._act(state, trouble)
        event = Event(trouble.step, trouble.cause, trouble.detail, action)
        self.events.append(event)
        self.on_event(event)
        return True

    def _act(self, state: TrainingState, trouble: Trouble) -> str:
        config = self.guard.config
        if config.on_trouble == "warn":
            return "going on, as on_trouble says"
        refuge = self._refuge()
        # Where nothing can be learned from, another try cannot either.
        hopeless = trouble.cause == "no learning signal" or state.roll_backs >= config.max_roll_backs
        if config.on_trouble == "stop" or hopeless:
            state.stopped = True
            return f"stopped with the weights of step {refuge}"
        checkpoint = self.store.load(refuge)
        state.load_weights(checkpoint.weights)
        state.load_optimizers(checkpoint.optimizer, random_too=False)
        state.rate_scale *= HALF
        state.roll_backs += 1
        return f"back to the weights of step {refuge} at {state.rate_scale:g} of the learning rate"

    def _refuge(self) -> int:
        """The best step, or the oldest checkpoint there is when nothing says which is best."""
        best = self.guard.best_step
        return self.store.steps()[0] if best is None else best

    def _restore(self, state: TrainingState, checkpoint: Checkpoint) -> None:
        numbers: Mapping[str, Any] = checkpoint.numbers
        state.load_weights(checkpoint.weights)
        state.load_optimizers(checkpoint.optimizer, random_too=True)
        state.load_numbers(numbers)
        self.guard.load_state_dict(numbers["guard"])
        self.events[:] = [Event(**event) for event in numbers["events"]]
        self.heldout.update({step: accuracy for step, accuracy in numbers["heldout"]})
        for step in self.store.steps():
            self._bests[step] = self.guard.best_step

    def _log_bytes(self) -> int:
        if self.log_file is None or not self.log_file.is_file():
            return 0
        with self.log_file.open("rb") as file:
            os.fsync(file.fileno())
            return file.seek(0, os.SEEK_END)

    def _cut_log(self, size: int) -> None:
        if self.log_file is not None and self.log_file.is_file():
            os.truncate(self.log_file, min(size, self.log_file.stat().st_size))
