"""Episodes of several turns: the model writes, an environment replies, the model goes on.

Token in, token out: the model goes on from exactly the ids it wrote and those of the reply, which is encoded
once, so that what is learned is what was sampled. Tokens of a reply are marked as not the model's own. All
episodes that are still going on take their next turn together. One whose environment fails ends there and
says why: it is nobody's fault that can be learned from. Knows nothing of rewards or gradients.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from os import sched_getaffinity
from typing import cast

from ponder.engine.engine import Engine
from ponder.errors import ContextError, UserError, in_a_line
from ponder.protocols import Begun, Environment, Sampler, Task
from ponder.records import Completion, FinishReason, Message, Problem, Sampling
from ponder.scaling.prompts import THINK_FIRST, ask_for


@dataclass(frozen=True, slots=True)
class Turns:
    """How episodes go on after a pause."""

    environment: Environment
    encode: Callable[[str], Sequence[int]]
    """The sampler's own tokenizer."""
    most: int = 4
    """Turns of the model in an episode."""
    context: int | None = None
    """Tokens of prompt and completion together that the sampler can take."""


@dataclass(frozen=True, slots=True)
class Episode:
    """A whole completion, replies included, and which of its tokens are the model's own (empty: all)."""

    completion: Completion
    own: tuple[bool, ...] = ()
    turns: int = 1
    failed: str = ""
    """Why the environment could not reply, where it could not."""

    @property
    def own_tokens(self) -> int:
        return sum(self.own) if self.own else len(self.completion.token_ids)


def ask(problem: Problem, turns: Turns | None) -> tuple[Message, ...]:
    """The prompt, with what the environment says of itself."""
    instruction = turns.environment.instruction if turns is not None else ""
    return ask_for(problem, f"{instruction} {THINK_FIRST}".strip())


def play(
    problems: Sequence[Problem],
    sampler: Sampler,
    sampling: Sampling,
    prompt_ids: Mapping[str, tuple[int, ...]],
    turns: Turns | None = None,
) -> list[list[Episode]]:
    """`sampling.n` episodes per problem; without `turns` each is one completion.

    `sampling.max_tokens` bounds an episode, its replies included: a reply that would leave no room for
    another token is not given, and the episode counts as cut off. One that has used up its turns is left as
    it is.
    """
    prompts = [prompt_ids[problem.id] for problem in problems]
    if turns is None:
        groups = sampler.generate(prompts, sampling)
        return [[Episode(completion) for completion in group] for group in groups]
    sampling = replace(sampling, pause=turns.environment.pause)
    table = [
        [_Running(problem, prompt, completion) for completion in group]
        for problem, prompt, group in zip(problems, prompts, sampler.generate(prompts, sampling), strict=True)
    ]
    running = [episode for group in table for episode in group]
    with ThreadPoolExecutor(len(sched_getaffinity(0)) + 1) as threads:
        for _ in range(turns.most - 1):
            paused = [episode for episode in running if episode.last.finish_reason is FinishReason.PAUSED]
            replies = threads.map(
                partial(_reply, turns), [e.problem for e in paused], [e.last.text for e in paused]
            )
            for episode, reply in zip(paused, replies, strict=True):
                episode.hear(reply, turns, sampling.max_tokens)
            _go_on([e for e in paused if e.last.finish_reason is FinishReason.PAUSED], sampler, sampling)
    return [[episode.ended() for episode in group] for group in table]


def solved(
    task: Task, problems: Sequence[Problem], sampler: Engine, turns: Turns, max_tokens: int
) -> list[bool]:
    """Which problems are answered rightly with the environment's help, greedily."""
    prompts = {problem.id: sampler.prompt_ids(ask(problem, turns)) for problem in problems}
    greedy = Sampling(max_tokens=max_tokens, temperature=0.0)
    groups = play(problems, sampler, greedy, prompts, turns)
    return [
        task.judge(problem, episode.completion).correct
        for problem, (episode,) in zip(problems, groups, strict=True)
    ]


@dataclass(frozen=True, slots=True)
class _Reply:
    """What an environment said; without a text it said nothing more, or failed."""

    text: str | None = None
    ids: tuple[int, ...] = ()
    failed: str = ""


def _reply(turns: Turns, problem: Problem, text: str) -> _Reply:
    try:
        reply = cast(object, turns.environment.respond(problem, text))
    except UserError:  # no sandbox holds, a key is missing: the next reply would fare no better
        raise
    except Exception as error:  # anybody's code may raise anything
        return _Reply(failed=in_a_line(error))
    if reply is None:
        return _Reply()
    if not isinstance(reply, str):
        return _Reply(failed=f"it replied with {type(reply).__name__}, not with a text")
    try:
        return _Reply(reply, tuple(turns.encode(reply)))
    except ContextError as error:
        return _Reply(failed=in_a_line(error))


class _Running:
    """An episode in the making; `last` is its completion so far, as if it had been sampled at once."""

    def __init__(self, problem: Problem, prompt: tuple[int, ...], first: Completion) -> None:
        self.problem, self.prompt, self.last = problem, prompt, first
        self.own = [True] * len(first.token_ids)
        self.turns, self.failed = 1, ""

    def hear(self, reply: _Reply, turns: Turns, max_tokens: int) -> None:
        """Take a reply, or end here."""
        length = len(self.last.token_ids) + len(reply.ids)
        room = max_tokens if turns.context is None else min(max_tokens, turns.context - len(self.prompt))
        if reply.text is None:
            self.last, self.failed = replace(self.last, finish_reason=FinishReason.STOP), reply.failed
        elif length >= room:
            self.last = replace(self.last, finish_reason=FinishReason.LENGTH)
        else:
            self.last = replace(
                self.last,
                token_ids=(*self.last.token_ids, *reply.ids),
                logprobs=(*self.last.logprobs, *[0.0] * len(reply.ids)),
                text=self.last.text + reply.text,
            )
            self.own += [False] * len(reply.ids)

    def begun(self) -> Begun:
        return Begun(self.prompt, self.last.text, self.last.token_ids, spent=len(self.last.token_ids))

    def say(self, turn: Completion) -> None:
        """Take the model's next turn. The sampler has parsed reasoning and answer of the whole text."""
        before = self.last
        self.last = replace(
            turn,
            token_ids=(*before.token_ids, *turn.token_ids),
            logprobs=(*before.logprobs, *turn.logprobs),
            text=before.text + turn.text,
            certainties=(),
            cost=before.cost + turn.cost,
        )
        self.own += [True] * len(turn.token_ids)
        self.turns += 1

    def ended(self) -> Episode:
        return Episode(self.last, () if all(self.own) else tuple(self.own), self.turns, self.failed)


def _go_on(episodes: Sequence[_Running], sampler: Sampler, sampling: Sampling) -> None:
    """The next turn of each. Mostly one call; samples of a problem that have written the very same until now
    would be given the same again, so the second of them goes on as the second sample of that text."""
    for number, wave in enumerate(_waves(episodes)):
        turns = sampler.generate([each.begun() for each in wave], replace(sampling, n=1, first=number))
        for episode, (turn,) in zip(wave, turns, strict=True):
            episode.say(turn)


def _waves(episodes: Sequence[_Running]) -> Iterator[list[_Running]]:
    """The first of those that are equal, then the second of each, and so on."""
    seen, waves = Counter[tuple[str, tuple[int, ...]]](), list[list[_Running]]()
    for episode in episodes:
        key = episode.problem.id, episode.last.token_ids
        if seen[key] == len(waves):
            waves.append([])
        waves[seen[key]].append(episode)
        seen[key] += 1
    yield from waves
