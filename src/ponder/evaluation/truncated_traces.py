"""One trace a problem at the largest budget, cut at every smaller one, and the answer to each piece.

The pieces are pieces of the same trace, by its own token ids: a budget of b keeps the first b tokens of
thinking, the sampler closes the thinking with its own marker (the budget forcing of s1, Muennighoff et al.,
arXiv:2501.19393) and answers greedily. A budget of 0 is closed at once. A trace that ends its thinking
within the budget is not cut: it costs what it took. So accuracy by budget differs in nothing but how much of
the thought there is.

Everything is asked for in large batches, and only once where pieces are equal: through a completion store
it goes on where it was stopped. Needs a sampler that gives token ids, can close the thinking and shows ids
as text. Does not know what the outcomes mean.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from ponder.config import at_least
from ponder.errors import ModelError
from ponder.evaluation.budget_outcomes import BudgetOutcome, ProblemOutcomes
from ponder.protocols import Begun, Prompt, RenderingSampler, Sampler, Task
from ponder.records import Completion, Cost, FinishReason, Message, Problem, Sampling
from ponder.scaling.chains import CHAINS
from ponder.text.chat_format import THINK_CLOSE, THINK_OPEN, opens_thinking

MARKERS = 16
"""Room for the tokens of both markers."""
Advance = Callable[[int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceConfig:
    largest: int = 1024
    """Thinking tokens of a trace at most."""
    answer_tokens: int = 64
    """Of an answer, the marker before it included."""
    samples: int = 1
    """Traces of each problem."""
    temperature: float = 0.0
    """Of the traces; answers are greedy."""
    seed: int = 0

    def __post_init__(self) -> None:
        at_least(1, largest=self.largest, answer_tokens=self.answer_tokens, samples=self.samples)
        at_least(0, temperature=self.temperature)

    @property
    def traces(self) -> Sampling:
        """Up to the end of the thinking; where the answer would begin, a trace has served."""
        return Sampling(
            n=self.samples,
            max_tokens=self.largest + MARKERS,
            temperature=self.temperature,
            seed=self.seed,
            pause=(THINK_CLOSE,),
            thinking_budget=self.largest,
        )

    @property
    def answers(self) -> Sampling:
        return Sampling(max_tokens=self.answer_tokens, temperature=0.0, seed=self.seed, thinking_budget=0)


@dataclass(frozen=True, slots=True)
class Trace:
    """One thought: `ids[:opened]` is the opening marker, then come `thought` tokens, then the marker that
    ended it, if it `ended` by itself."""

    problem: Problem
    sample: int
    prompt: tuple[Message, ...]
    ids: tuple[int, ...]
    opened: int = 0
    thought: int = 0
    ended: bool = True
    began: bool = True
    """False where the model answered without any thinking."""

    def cut(self, budget: int) -> tuple[int, ...]:
        """The tokens that a budget leaves of it; all of them, end marker included, where it was enough."""
        whole = self.ended and self.thought <= budget
        return self.ids if whole else self.ids[: self.opened + min(budget, self.thought)]


class TruncatedTraces:
    """Draws traces and answers from their pieces. `model` is who shows ids as text; `sampler` may be a store
    in front of it. What both sampled adds up in `cost`."""

    def __init__(self, sampler: Sampler, model: RenderingSampler, config: TraceConfig) -> None:
        self.sampler, self.model, self.config = sampler, model, config
        self.cost = Cost()

    def draw(self, problems: Sequence[Problem], advance: Advance | None = None) -> list[Trace]:
        """`samples` traces of each problem, problem by problem."""
        prompts = [CHAINS["think"].prompt(problem) for problem in problems]
        groups = self._sample(prompts, self.config.traces, advance)
        return [
            self._read(problem, sample, prompt, completion)
            for problem, prompt, group in zip(problems, prompts, groups, strict=True)
            for sample, completion in enumerate(group)
        ]

    def answer(
        self, task: Task, traces: Sequence[Trace], budgets: Sequence[int], advance: Advance | None = None
    ) -> list[ProblemOutcomes]:
        """Every trace at every budget, and the same problems answered at once in the words for that."""
        problems = {trace.problem.id: trace.problem for trace in traces}
        pieces = {
            (trace.problem.id, ids): self._begun(trace, ids)
            for trace in traces
            for ids in dict.fromkeys(trace.cut(budget) for budget in budgets)
        }
        at_once = [CHAINS["direct"].prompt(problem) for problem in problems.values()]
        asked: list[Prompt] = [*pieces.values(), *at_once]
        replies = [group[0] for group in self._sample(asked, self.config.answers, advance)]
        made = {
            (name, ids): self._outcome(task, problems[name], reply, len(ids))
            for (name, ids), reply in zip(pieces, replies, strict=False)
        }
        direct = {
            name: self._outcome(task, problem, reply, 0)
            for (name, problem), reply in zip(problems.items(), replies[len(pieces) :], strict=True)
        }
        return [self._row(trace, budgets, made, direct[trace.problem.id]) for trace in traces]

    def calls(self, traces: Sequence[Trace], budgets: Sequence[int]) -> int:
        """How many answers `answer` asks for."""
        pieces = {(trace.problem.id, trace.cut(budget)) for trace in traces for budget in budgets}
        return len(pieces) + len({trace.problem.id for trace in traces})

    def _sample(
        self, prompts: Sequence[Prompt], sampling: Sampling, advance: Advance | None
    ) -> list[list[Completion]]:
        groups = self.sampler.generate(prompts, sampling, on_progress=advance)
        self.cost = sum((each.cost for group in groups for each in group), self.cost)
        return groups

    def _read(
        self, problem: Problem, sample: int, prompt: tuple[Message, ...], completion: Completion
    ) -> Trace:
        """Where the thinking began and ended, in tokens."""
        ids, most = completion.token_ids, self.config.largest
        if not ids:
            raise ModelError("a trace without token ids cannot be cut: give a model of this machine")
        opened = 0 if opens_thinking(self.model.rendered(prompt)) else self._opening(ids)
        if opened is None:
            return Trace(problem, sample, prompt, (), began=False)
        if completion.reasoning_closed:
            ids = ids[: completion.cost.reasoning_tokens]
            thought = self._before_close(ids, opened) - opened
            if thought < most:  # at that many the sampler began to close it
                return Trace(problem, sample, prompt, ids, opened=opened, thought=thought)
        else:
            # Where the model broke off inside its thinking, the end token is no part of the thought.
            thought = len(ids) - opened - (completion.finish_reason is FinishReason.STOP)
        thought = min(thought, most)
        kept = ids[: opened + thought]
        return Trace(problem, sample, prompt, kept, opened=opened, thought=thought, ended=False)

    def _opening(self, ids: Sequence[int]) -> int | None:
        """Tokens up to and including the opening marker; None where it does not stand first."""
        for count in range(1, min(len(ids), MARKERS) + 1):
            text = self.model.rendered(ids[:count]).lstrip()
            if text.startswith(THINK_OPEN):
                return count
            if not THINK_OPEN.startswith(text):
                return None
        return None

    def _before_close(self, ids: Sequence[int], opened: int) -> int:
        """Tokens that end before the closing marker begins."""
        before = len(self.model.rendered(ids).partition(THINK_CLOSE)[0])
        count = len(ids)
        while count > opened and len(self.model.rendered(ids[:count])) > before:
            count -= 1
        return count

    def _begun(self, trace: Trace, ids: tuple[int, ...]) -> Prompt:
        """What to go on from; without any token the prompt, which may have opened the thinking itself."""
        return Begun(trace.prompt, self.model.rendered(ids), ids) if ids else trace.prompt

    def _outcome(self, task: Task, problem: Problem, reply: Completion, before: int) -> BudgetOutcome:
        judgement = task.judge(problem, reply)
        return BudgetOutcome(
            budget=0,
            correct=judgement.correct,
            tokens=before + reply.cost.generated_tokens,
            answer=judgement.extracted or "",
        )

    def _row(
        self,
        trace: Trace,
        budgets: Sequence[int],
        made: Mapping[tuple[str, tuple[int, ...]], BudgetOutcome],
        direct: BudgetOutcome,
    ) -> ProblemOutcomes:
        problem, thought = trace.problem, trace.ids[trace.opened : trace.opened + trace.thought]
        return ProblemOutcomes(
            id=problem.id,
            task=problem.task,
            question=problem.question,
            outcomes=tuple(
                replace(
                    made[problem.id, trace.cut(budget)],
                    budget=budget,
                    thinking=min(budget, trace.thought),
                    seen=len(self.model.rendered(thought[:budget])),
                )
                for budget in budgets
            ),
            depth=depth_of(problem),
            gold=problem.answer,
            sample=trace.sample,
            natural=trace.thought if trace.ended and trace.thought <= budgets[-1] else None,
            thought=self.model.rendered(thought),
            direct=direct,
        )


def depth_of(problem: Problem) -> int | None:
    """How hard a problem says it is: its number of steps, or the digits of its level."""
    depth = problem.meta.get("depth")
    if isinstance(depth, int):
        return depth
    digits = "".join(filter(str.isdigit, str(problem.meta.get("level", ""))))
    return int(digits) if 0 < len(digits) < 4 else None
