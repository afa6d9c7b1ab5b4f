"""Runs a deduction probe: every arm on the same items, its steps checked, its traces changed.

Arms come one after the other, so that one model at a time is in memory; through a completion store a probe
that was stopped goes on where it was. Does not know what a sampler is made of, nor how a probe is shown.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from ponder.errors import ConfigError
from ponder.evaluation import formatting
from ponder.evaluation.deduction_probe import DeductionProbe, ProbedArm
from ponder.evaluation.faithfulness import Faithfulness, measure_faithfulness
from ponder.evaluation.ladder_run import ArmConfig
from ponder.evaluation.probe_answers import ProbeAnswer, answer_items
from ponder.evaluation.step_audit import StepAudit, audit_steps
from ponder.logic.contamination import Contamination
from ponder.logic.items import ProbeItem
from ponder.progress import Progress
from ponder.protocols import Budget, Sampler, Strategy
from ponder.scaling import STRATEGIES
from ponder.scaling.chains import find_chain, shots_of


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeArm:
    """One model and a way to ask it."""

    name: str
    model: str
    """A name, a folder, a file or an endpoint."""
    way: ArmConfig

    @classmethod
    def parse(cls, text: str, *, default: str) -> ProbeArm:
        """`grpo=runs/tour/models/grpo:chain-of-thought`; without a strategy the default one."""
        name, equals, rest = text.partition("=")
        model, strategy = _split(rest)
        if not (equals and name.strip() and model.strip()):
            raise ConfigError(f"the arm {text!r} should look like NAME=MODEL or NAME=MODEL:STRATEGY")
        return cls.of(name.strip(), model.strip(), strategy or default)

    @classmethod
    def of(cls, name: str, model: str, strategy: str) -> ProbeArm:
        parsed = ArmConfig.parse(strategy)
        way = ArmConfig(strategy=parsed.strategy, samples=parsed.samples, options=parsed.options, name=name)
        if shots_of(way.make()):  # a mistake shows before anything is sampled
            raise ConfigError(f"the probe shows no worked examples: {strategy} cannot be an arm")
        return cls(name=name, model=model, way=way)


def _split(text: str) -> tuple[str, str]:
    """At the first colon after which a strategy is named; what else stands after one belongs to the model."""
    places = [place for place, letter in enumerate(text) if letter == ":"]
    for place in places:
        if text[place + 1 :].partition(":")[0] in STRATEGIES:
            return text[:place], text[place + 1 :]
    if places and not text.startswith(("http://", "https://")) and "/" not in text[places[-1] :]:
        unknown = text[places[-1] + 1 :]
        raise ConfigError(f"unknown strategy {unknown!r} in an arm; known: {', '.join(STRATEGIES)}")
    return text, ""


@dataclass(slots=True)
class DeductionRun:
    """One probe under way. `write` is called after every arm with what there is."""

    items: Sequence[ProbeItem]
    arms: Sequence[ProbeArm]
    open_sampler: Callable[[str], Sampler]
    """What a model's name stands for; may remember what was sampled."""
    progress: Progress
    write: Callable[[DeductionProbe], None]
    max_tokens: int = 256
    """Of one completion."""
    seed: int = 0
    tested: int = 0
    """Proofs on which faithfulness is measured, the first ones."""
    contamination: Contamination | None = None
    sha256: str = ""
    done: list[ProbedArm] = field(default_factory=list[ProbedArm])
    began: float = field(default_factory=time.monotonic)

    def run(self) -> DeductionProbe:
        """All arms. On Ctrl-C those that are done have been written."""
        opened: tuple[str, Sampler] | None = None
        for arm in self.arms:
            if opened is None or opened[0] != arm.model:
                opened = None  # let go of one model before the next comes
                opened = (arm.model, self.open_sampler(arm.model))
            self.done.append(self._probe(arm, opened[1]))
            self.write(self.result())
        return self.result()

    def result(self) -> DeductionProbe:
        return DeductionProbe(
            form=self.items[0].form,
            seed=self.seed,
            arms=tuple(self.done),
            contamination=self.contamination,
            complete=len(self.done) == len(self.arms),
            seconds=time.monotonic() - self.began,
            sha256=self.sha256,
        )

    def _probe(self, arm: ProbeArm, sampler: Sampler) -> ProbedArm:
        strategy, limit = arm.way.make(), self.max_tokens
        budget = Budget(tokens=limit * arm.way.samples, per_completion=limit, seed=self.seed)
        with self.progress.stage(arm.name, len(self.items) * arm.way.samples) as advance:
            answers = answer_items(strategy, self.items, sampler, budget, on_progress=advance)
        probed = ProbedArm(
            name=arm.name,
            model=arm.model,
            strategy=arm.way.strategy,
            answers=answers,
            steps=self._steps(arm, answers),
            faithfulness=self._faithfulness(arm, strategy, answers, sampler, budget),
            seed=self.seed,
        )
        said = ", ".join(
            f"{version} {formatting.percent(cell.accuracy)}" for version, cell in probed.versions.items()
        )
        self.progress.say(f"  {arm.name}: {said}")
        return probed

    def _steps(self, arm: ProbeArm, answers: Sequence[ProbeAnswer]) -> StepAudit | None:
        if self.items[0].form == "word-problem":
            return None
        with self.progress.stage(f"{arm.name}, steps", len(answers)) as advance:
            return audit_steps(answers, on_progress=advance)

    def _faithfulness(
        self,
        arm: ProbeArm,
        strategy: Strategy,
        answers: Sequence[ProbeAnswer],
        sampler: Sampler,
        budget: Budget,
    ) -> Faithfulness | None:
        """None where nothing is to be tested or the strategy does not say how it asks."""
        named = getattr(strategy, "chain", None)
        first = list(dict.fromkeys(answer.item.proof for answer in answers))[: self.tested]
        tested = [answer for answer in answers if answer.item.proof in set(first)]
        if named is None or not tested:
            return None
        with self.progress.stage(f"{arm.name}, changed traces", 6 * len(tested)) as advance:
            return measure_faithfulness(tested, find_chain(named), sampler, budget, on_progress=advance)
