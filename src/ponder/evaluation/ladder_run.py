"""Runs a ladder: every arm on the same problems, from one store of completions.

Arms that ask alike share completions, and a ladder that was stopped goes on where it was: its arms are
worked out again from what is stored, which gives the same results, and only what is missing is sampled.
Does not know what a sampler is made of, nor how a ladder is shown.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from ponder.config import at_least, parse_value
from ponder.errors import ConfigError
from ponder.evaluation import formatting
from ponder.evaluation.arm import ArmResult
from ponder.evaluation.ladder import Ladder
from ponder.evaluation.prompt_manifest import Overheard
from ponder.evaluation.runner import evaluate
from ponder.progress import Progress
from ponder.protocols import Budget, Sampler, Strategy, Task
from ponder.records import Problem
from ponder.scaling import make_strategy

MOST_NAME_BYTES = 120
FORBIDDEN = r"""/ \ : * ? " < > |"""
"""What one file system or another, or `ponder compare RUN:ARM`, would take for something else."""
NOT_IN_A_NAME = re.compile(r"""[/\\:*?"<>|\t\n]""")


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmConfig:
    """One way to answer."""

    strategy: str
    samples: int = 1
    """The budget, in completions of `max_tokens`."""
    name: str = ""
    """By default the strategy, with the samples if there are several and the values of its options. The arm's
    file is called so too."""
    options: dict[str, Any] = field(default_factory=dict[str, Any])
    """Fields of the strategy."""

    def __post_init__(self) -> None:
        at_least(1, samples=self.samples)
        name = self.title
        if (
            len(name.encode("utf-8", "replace")) > MOST_NAME_BYTES
            or NOT_IN_A_NAME.search(name)
            or formatting.visible(name) != name
            or name[:1] in " .-"
            or name[-1:] in " ."
        ):
            raise ConfigError(
                f"an arm cannot be called {formatting.visible(name)[:80]!r}, because its file is called so: "
                f"leave out {FORBIDDEN} and control characters, begin with a letter or a digit, and keep to "
                f"{MOST_NAME_BYTES} bytes"
            )

    @classmethod
    def parse(cls, text: str) -> ArmConfig:
        """`self-consistency:8:weighting=confidence`: a strategy, its samples if not one, and any options."""
        strategy, *rest = text.strip().split(":")
        samples = rest.pop(0) if rest and "=" not in rest[0] else "1"
        pairs = [each.partition("=") for each in _joined(rest)]
        if not (samples.isascii() and samples.isdigit()) or not all(
            key and equals for key, equals, _ in pairs
        ):
            raise ConfigError(
                f"the arm {text!r} should look like self-consistency, self-consistency:8 or "
                "self-consistency:8:weighting=confidence"
            )
        options = {key: parse_value(value) for key, _, value in pairs}
        return cls(strategy=strategy, samples=int(samples), options=options)

    @property
    def title(self) -> str:
        samples = (str(self.samples),) if self.samples > 1 else ()
        by_default = "-".join([self.strategy, *samples, *map(str, self.options.values())])
        return self.name or NOT_IN_A_NAME.sub("-", by_default)

    def make(self) -> Strategy:
        return make_strategy(self.strategy, **self.options)


def _joined(parts: Sequence[str]) -> list[str]:
    """A part without an equals sign belongs to the value before it: `scorer=package.module:function`."""
    joined: list[str] = []
    for part in parts:
        if "=" in part or not joined:
            joined.append(part)
        else:
            joined[-1] += f":{part}"
    return joined


INDEPENDENT = frozenset({"self-consistency", "best-of-n"})
"""Strategies whose samples are drawn without looking at each other."""
DEFAULT_ARMS = tuple(
    ArmConfig.parse(text)
    for text in (
        "direct", "chain-of-thought", "plan-first", "self-refine:3", "budget-forcing:2",
        "self-consistency:4", "self-consistency:16", "adaptive-consistency:8:weighting=confidence",
        "best-of-n:4", "best-of-n:16", "beam-search:16:scorer=bottom-window", "tree-search:4",
    )
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class LadderConfig:
    model: str = "tiny"
    adapter: str | None = None
    """The folder of a LoRA adapter for the model."""
    task: str = "mixed"
    data: str | None = None
    """A file of problems."""
    examples: str | None = None
    """Another file, which few-shot arms take their worked examples from."""
    limit: int = 400
    """Problems at most."""
    max_tokens: int = 112
    """Of one completion."""
    seed: int = 0
    arms: tuple[ArmConfig, ...] = DEFAULT_ARMS

    def __post_init__(self) -> None:
        at_least(1, limit=self.limit, max_tokens=self.max_tokens, arms=len(self.arms))
        names = [arm.title for arm in self.arms]
        folded = [name.casefold() for name in names]  # as some file systems do
        if twice := {name for name in names if folded.count(name.casefold()) > 1}:
            raise ConfigError(f"two arms are called {min(twice)}: give one a name of its own")

    @property
    def policy(self) -> str:
        """What is measured, by name."""
        return self.model if self.adapter is None else f"{self.model} with {self.adapter}"


@dataclass(slots=True)
class LadderRun:
    """One ladder under way. `write` is called after every arm with what there is."""

    config: LadderConfig
    task: Task
    problems: Sequence[Problem]
    sampler: Sampler
    """What arms ask: the model, or a store in front of it."""
    source: Sampler
    """The model itself, which knows how prompts are rendered."""
    model: str
    progress: Progress
    write: Callable[[Ladder], None]
    prompts: dict[str, str | None] = field(default_factory=dict[str, "str | None"])
    """Each arm's first prompt as the model saw it."""
    arms: list[ArmResult] = field(default_factory=list[ArmResult])
    began: float = field(default_factory=time.monotonic)

    def run(self) -> Ladder:
        """All arms. On Ctrl-C those that are done have been written."""
        strategies = [arm.make() for arm in self.config.arms]  # a mistake in the last shows before the first
        for arm, strategy in zip(self.config.arms, strategies, strict=True):
            self.arms.append(self._run_arm(arm, strategy))
            ladder = self.ladder(complete=len(self.arms) == len(strategies))
            self.write(ladder)
        return self.ladder(complete=True)

    def _run_arm(self, arm: ArmConfig, strategy: Strategy) -> ArmResult:
        limit = self.config.max_tokens
        budget = Budget(tokens=limit * arm.samples, per_completion=limit, seed=self.config.seed)
        with self.progress.stage(arm.title, len(self.problems) * arm.samples) as advance:
            heard = Overheard(self.sampler, self.source)
            items = evaluate(strategy, self.task, self.problems, heard, budget, on_progress=advance)
        self.prompts[arm.title] = heard.rendered
        result = ArmResult(
            name=arm.title,
            title=arm.title,
            items=items,
            independent=arm.strategy in INDEPENDENT and not arm.options.get("early"),
        )
        self.progress.say(f"  {arm.title}: {result.accuracy:.1%} at {result.tokens:.0f} tokens a problem")
        return result

    def ladder(self, *, complete: bool) -> Ladder:
        return Ladder(
            arms=tuple(self.arms),
            seed=self.config.seed,
            seconds=time.monotonic() - self.began,
            task=self.config.task,
            model=self.model,
            complete=complete,
        )


def without_timings(ladder: Mapping[str, Any]) -> dict[str, Any]:
    """The object of a ladder.json without its seconds: what must be equal for equal seeds."""

    def cleaned(value: Any) -> Any:
        if isinstance(value, Mapping):
            pairs = cast(Mapping[str, Any], value).items()
            return {key: cleaned(inner) for key, inner in pairs if key != "seconds"}
        return [cleaned(inner) for inner in cast(list[Any], value)] if isinstance(value, list) else value

    return cleaned(ladder)
