"""What a model itself shows before a decision: how it would begin its answer, whether two short ones agree.

`first-token` reads the distribution of the answer's first token after the prompt for an answer at once, which
comes with the prefill; one token is generated. `agreement` draws two short answers at temperature 1. Samplers
that give no logprobs cannot show the first. What it takes is counted; whether it pays is for the caller.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from ponder.errors import ConfigError, ModelError
from ponder.protocols import Ask, Begun, Sampler
from ponder.records import Completion, Problem, Sampling
from ponder.routing.outcome_table import RoutedProblem
from ponder.scaling.chains import CHAINS
from ponder.scaling.single import stated_answer

OPENING = "\\boxed{"
"""How an answer begins in all our prompts: the token after it is the first that says something."""
SHORT = 24
"""Tokens of a short answer."""


class Signal(Protocol):
    def ask(self, problem: Problem) -> Ask: ...

    def read(self, completions: Sequence[Completion]) -> dict[str, float]: ...


class FirstToken:
    def ask(self, problem: Problem) -> Ask:
        prompt = CHAINS["direct"].prompt(problem)
        return Ask(Begun(prompt, OPENING), Sampling(max_tokens=1, temperature=0.0))

    def read(self, completions: Sequence[Completion]) -> dict[str, float]:
        (first,) = completions
        if not first.logprobs:
            raise ModelError("this sampler gives no logprobs, so a router cannot read the first token")
        found = {"how likely its first token is": first.logprobs[0]}
        return found | ({"how sure its first token is": first.certainties[0]} if first.certainties else {})


class Agreement:
    def ask(self, problem: Problem) -> Ask:
        return Ask(CHAINS["direct"].prompt(problem), Sampling(n=2, max_tokens=SHORT, temperature=1.0))

    def read(self, completions: Sequence[Completion]) -> dict[str, float]:
        one, other = map(stated_answer, completions)
        return {"two short answers agree": float(one is not None and one == other)}


SIGNALS: Mapping[str, Signal] = {"first-token": FirstToken(), "agreement": Agreement()}


def check_signals(names: Sequence[str]) -> tuple[str, ...]:
    for name in names:
        if name not in SIGNALS:
            raise ConfigError(f"unknown signal {name!r}; known: {', '.join(SIGNALS)}")
    return tuple(dict.fromkeys(names))


def measured(
    rows: Sequence[RoutedProblem], names: Sequence[str], sampler: Sampler
) -> tuple[RoutedProblem, ...]:
    """The rows with their signals, and what those took."""
    for name in names:
        signal = SIGNALS[name]
        asks = [signal.ask(_problem(row)) for row in rows]
        groups = sampler.generate([ask.prompt for ask in asks], asks[0].sampling) if asks else []
        rows = [
            replace(
                row,
                signals={**row.signals, **signal.read(group)},
                asked=row.asked + sum(each.cost.generated_tokens for each in group),
            )
            for row, group in zip(rows, groups, strict=True)
        ]
    return tuple(rows)


def _problem(row: RoutedProblem) -> Problem:
    return Problem(id=row.id, question=row.question, answer="", task=row.task)
