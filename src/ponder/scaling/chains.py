"""Ways to put a problem and to read what comes back: at once, step by step, with a plan first, after worked
examples, or by a program that the sandbox runs.

Every strategy that samples whole solutions takes one of these by name, so that `self-consistency` over
`program` is a vote among the outputs of programs. Zero-shot chain of thought: Kojima et al.,
arXiv:2205.11916; few-shot: Wei et al., arXiv:2201.11903; plan first: Wang et al., arXiv:2305.04091;
programs: Gao et al., arXiv:2211.10435.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from ponder.errors import ConfigError
from ponder.records import Completion, Message, Problem
from ponder.scaling.prompts import (
    ANSWER_AT_ONCE,
    PLAN_FIRST,
    THINK_FIRST,
    WRITE_A_PROGRAM,
    ask_for,
    worded,
)
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

    examples: tuple[Problem, ...]
    words: str = THINK_FIRST

    def prompt(self, problem: Problem) -> tuple[Message, ...]:
        shown = [each for each in self.examples if each.id != problem.id]
        turns = [turn for each in shown for turn in self._turns(each)]
        return (*turns, Message("user", worded(problem, self.words)))

    def read(self, completions: Sequence[Completion]) -> list[Completion]:
        return list(completions)

    def _turns(self, problem: Problem) -> tuple[Message, Message]:
        solution = f"{problem.meta.get('worked', '')}\n\\boxed{{{problem.answer}}}".strip()
        return Message("user", worded(problem, self.words)), Message("assistant", solution)


CHAINS: dict[str, Chain] = {
    "direct": Instruction(ANSWER_AT_ONCE),
    "think": Instruction(THINK_FIRST),
    "plan": Instruction(PLAN_FIRST),
    "program": Program(),
}


def find_chain(chain: str | Chain) -> Chain:
    """One by its name, or a chain of your own."""
    if not isinstance(chain, str):
        return chain
    if chain not in CHAINS:
        raise ConfigError(f"unknown chain {chain!r}; known: {', '.join(CHAINS)}")
    return CHAINS[chain]
