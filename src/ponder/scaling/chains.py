"""Ways to put a problem and to read what comes back: at once, step by step, with a plan first, after worked
examples, or by a program that the sandbox runs.

Every strategy that samples whole solutions takes one of these by name, so that `self-consistency` over
`program` is a vote among the outputs of programs. Zero-shot chain of thought: Kojima et al.,
arXiv:2205.11916; few-shot: Wei et al., arXiv:2201.11903; plan first: Wang et al., arXiv:2305.04091;
programs: Gao et al., arXiv:2211.10435. Does not know where worked examples come from.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from ponder.config import at_least
from ponder.errors import ConfigError
from ponder.protocols import Strategy
from ponder.records import Completion, Message, Problem
from ponder.scaling.prompts import (
    ANSWER_AT_ONCE,
    PLAN_FIRST,
    THINK_FIRST,
    WRITE_A_PROGRAM,
    ask_for,
    worded,
)
from ponder.verify.extract import boxed
from ponder.verify.fenced import last_block
from ponder.verify.program_output import run_all_for_output


class Chain(Protocol):
    """How a problem is put, and how completions answer it."""

    def prompt(self, problem: Problem) -> tuple[Message, ...]: ...

    def read(self, completions: Sequence[Completion]) -> list[Completion]:
        """The same completions, with what they answer in `answer`."""
        ...


@dataclass(frozen=True, slots=True)
class Instruction:
    """The question, then what to do; the answer is what the completion states."""

    words: str

    def prompt(self, problem: Problem) -> tuple[Message, ...]:
        return ask_for(problem, self.words)

    def read(self, completions: Sequence[Completion]) -> list[Completion]:
        return list(completions)


@dataclass(frozen=True, slots=True)
class Program(Instruction):
    """The answer is the last line that the completion's program prints."""

    words: str = WRITE_A_PROGRAM

    def read(self, completions: Sequence[Completion]) -> list[Completion]:
        """A program that fails or prints nothing answers nothing."""
        outputs = run_all_for_output([last_block(completion.answer) for completion in completions])
        return [
            replace(completion, answer="" if output is None else f"\\boxed{{{output}}}")
            for completion, output in zip(completions, outputs, strict=True)
        ]


@dataclass(frozen=True, slots=True)
class FewShot:
    """Worked examples as earlier turns: problems with `meta["worked"]`, a solution in steps."""

    examples: tuple[Problem, ...] = ()
    """By default the first `shots` of the problem's own `meta["examples"]`."""
    words: str = THINK_FIRST
    shots: int = 3

    def __post_init__(self) -> None:
        at_least(1, shots=self.shots)

    def prompt(self, problem: Problem) -> tuple[Message, ...]:
        examples = self.examples or problem.meta.get("examples", ())[: self.shots]
        if not examples:
            raise ConfigError("few-shot shows worked examples of a task, and this problem comes with none")
        turns = [turn for each in examples if not _same(each, problem) for turn in self._turns(each)]
        return (*turns, Message("user", worded(problem, self.words)))

    def read(self, completions: Sequence[Completion]) -> list[Completion]:
        return list(completions)

    def _turns(self, problem: Problem) -> tuple[Message, Message]:
        solution: str = problem.meta.get("worked", "")
        if not boxed(solution):
            solution = f"{solution}\n\\boxed{{{problem.answer}}}".strip()
        return Message("user", worded(problem, self.words)), Message("assistant", solution)


def _same(a: Problem, b: Problem) -> bool:
    """By the canonical key; ids of two files may meet."""
    return a.key == b.key if a.key and b.key else a.id == b.id


CHAINS: dict[str, Chain] = {
    "direct": Instruction(ANSWER_AT_ONCE),
    "think": Instruction(THINK_FIRST),
    "plan": Instruction(PLAN_FIRST),
    "program": Program(),
    "few-shot": FewShot(),
}


def find_chain(chain: str | Chain) -> Chain:
    """One by its name, `few-shot:5` with its number of examples, or a chain of your own."""
    if not isinstance(chain, str):
        return chain
    name, colon, shots = chain.partition(":")
    if name not in CHAINS or (colon and name != "few-shot"):
        raise ConfigError(f"unknown chain {chain!r}; known: {', '.join(CHAINS)}")
    if not colon:
        return CHAINS[name]
    if not (shots.isascii() and shots.isdigit()):
        raise ConfigError(f"the chain {chain!r} should look like few-shot or few-shot:5")
    return FewShot(shots=int(shots[:6]))


def shots_of(strategy: Strategy) -> int:
    """How many worked examples a strategy asks of the problems it is given; most ask for none."""
    named: object = getattr(strategy, "chain", None)
    chain = find_chain(named) if isinstance(named, str) else named
    return chain.shots if isinstance(chain, FewShot) and not chain.examples else 0
