"""A model whose thinking is known beforehand: how much of it each problem needs, and where it goes wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from ponder.protocols import Begun, Prompt
from ponder.records import Completion, Cost, FinishReason, Judgement, Message, Problem, Sampling
from ponder.text.chat_format import parse_completion
from ponder.verify.extract import judge_completion
from ponder.verify.math import verify_math

END, OPEN, CLOSE, LINE, WORD, RIGHT, WRONG = range(7)
PIECES = ("", "<think>\n", "</think>", "\n", "so ", "\\boxed{1}", "\\boxed{0}")


@dataclass
class PlantedThinker:
    """Every token of thinking is a word. An answer is right from `sufficient` words on, and wrong again from
    `breaks_at` on; one that is in neither table is never right. A thought ends by itself after `length` words
    where that is known. Samples past the first think `longer` words more each. Generated tokens are counted
    in `made`, prompts are kept in `asked`."""

    problems: Sequence[Problem]
    sufficient: Mapping[str, int] = field(default_factory=dict[str, int])
    breaks_at: Mapping[str, int] = field(default_factory=dict[str, int])
    length: Mapping[str, int] = field(default_factory=dict[str, int])
    longer: int = 0
    breaks_off: frozenset[str] = frozenset()
    """Problems on which the completion ends where the thought does, without its end marker."""
    thinks: bool = True
    knows: frozenset[str] = frozenset()
    """Problems that it answers rightly when asked to answer at once."""
    opened_by_prompt: bool = False
    asked: list[tuple[Prompt, Sampling]] = field(default_factory=list[tuple[Prompt, Sampling]])
    made: int = 0

    def generate(
        self,
        prompts: Sequence[Prompt],
        sampling: Sampling,
        *,
        on_progress: Callable[[int], None] | None = None,
    ) -> list[list[Completion]]:
        self.asked += [(prompt, sampling) for prompt in prompts]
        numbers = range(sampling.first, sampling.first + sampling.n)
        groups = [[self._one(prompt, sampling, number) for number in numbers] for prompt in prompts]
        self.made += sum(len(each.token_ids) for group in groups for each in group)
        if on_progress:
            on_progress(sum(map(len, groups)))
        return groups

    def rendered(self, prompt: Prompt) -> str:
        """Token ids as text; a chat as what was said, with the marker where its prompt opens the thinking."""
        if isinstance(prompt, Begun):
            return self.rendered(prompt.prompt) + prompt.text
        if isinstance(prompt, str):
            return prompt
        text = "".join(each.content if isinstance(each, Message) else PIECES[each] for each in prompt)
        chat = any(isinstance(each, Message) for each in prompt)
        return f"{text}\n<think>\n" if chat and self.opened_by_prompt and "Think" in text else text

    def _one(self, prompt: Prompt, sampling: Sampling, number: int) -> Completion:
        begun = prompt.text if isinstance(prompt, Begun) else ""
        before = list(prompt.token_ids) if isinstance(prompt, Begun) else []
        asked = self.rendered(prompt.prompt if isinstance(prompt, Begun) else prompt)
        problem = next(each for each in self.problems if each.question in asked)
        if not self.thinks or not (before or "Think" in asked):
            right = not self.thinks or problem.id in self.knows
            return self._completion([RIGHT if right else WRONG, END], begun, closed_at=0)
        ids = before.copy()
        opened = asked.endswith("<think>\n")
        if not opened and not ids:
            ids.append(OPEN)
        thought, budget = ids.count(WORD), sampling.thinking_budget
        length = self.length.get(problem.id, 10**9) + number * self.longer
        limit = thought + budget if before and budget is not None else 10**9 if budget is None else budget
        closed = CLOSE in ids
        while not closed and thought < min(length, limit):
            ids.append(WORD)
            thought += 1
        by_itself = thought >= length and thought < limit
        if by_itself and problem.id in self.breaks_off:
            return self._completion([*ids[len(before) :], END], begun, closed_at=0)
        if not closed:
            ids += [CLOSE] if by_itself else [LINE, CLOSE, LINE]
        closed_at = ids.index(CLOSE) + 1 - len(before)
        paused = bool(sampling.pause) and ids[-1] == CLOSE
        if not paused:
            ids += [RIGHT if self.right(problem.id, thought) else WRONG, END]
        return self._completion(ids[len(before) :], begun, closed_at=max(0, closed_at), opened=opened)

    def right(self, name: str, words: int) -> bool:
        start, stop = self.sufficient.get(name), self.breaks_at.get(name, 10**9)
        return start is not None and start <= words < stop

    def _completion(
        self, ids: Sequence[int], begun: str, *, closed_at: int, opened: bool = False
    ) -> Completion:
        text = "".join(PIECES[each] for each in ids)
        parsed = parse_completion(begun + text, opened=opened)
        return Completion(
            token_ids=tuple(ids),
            text=text,
            logprobs=(0.0,) * len(ids),
            finish_reason=FinishReason.PAUSED if ids[-1] != END else FinishReason.STOP,
            reasoning=parsed.reasoning,
            answer=parsed.answer,
            reasoning_closed=parsed.closed,
            cost=Cost(reasoning_tokens=closed_at, answer_tokens=len(ids) - closed_at),
        )


@dataclass(frozen=True)
class PlantedTask:
    """Problems named by the caller; the right answer is 1."""

    names: Sequence[str]
    name: str = "planted"
    depths: Mapping[str, int] = field(default_factory=dict[str, int])

    def problems(self, *, split: str = "test", count: int = 10**9, seed: int = 0) -> list[Problem]:
        return [
            Problem(
                id=name,
                question=f"Question {name}?",
                answer="1",
                task=self.name,
                meta={"depth": self.depths[name]} if name in self.depths else {},
            )
            for name in self.names[:count]
        ]

    def judge(self, problem: Problem, completion: Completion) -> Judgement:
        return judge_completion(completion, problem.answer, verify_math)
