"""What a partial solution is worth: the value that step-level searches steer by.

With a scorer it is the scorer's opinion of the text so far. Without one, rollouts of the policy itself are
the value: the partial solution is finished once or more, and its worth is the share of its rollouts that
reach the answer most rollouts of the whole search have reached so far (self-consistency as reward, as in
rStar, Qi et al., arXiv:2408.06195). The rollouts are solutions too, and vote at the end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from ponder.records import Completion, Problem
from ponder.scaling.asking import Asking, Growing, Purse
from ponder.scaling.chains import Chain
from ponder.scaling.scorers import Scorer, find_scorer
from ponder.scaling.single import stated_answer
from ponder.scaling.voting import hold_vote
from ponder.verify.math import answer_key


@dataclass(slots=True)
class Finished:
    """Whole solutions that a search has seen."""

    completions: list[Completion] = field(default_factory=list[Completion])

    @property
    def leader(self) -> str | None:
        return hold_vote(self.completions).winner

    def agreement(self, completions: Sequence[Completion]) -> float:
        """The share of them that reach the leading answer."""
        leader = self.leader
        reached = [answer_key(answer) for each in completions if (answer := stated_answer(each)) is not None]
        return reached.count(leader) / len(completions) if leader is not None and completions else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class StepValues:
    """Values partial solutions of one problem."""

    problem: Problem
    chain: Chain
    purse: Purse
    finished: Finished
    scorer: str | Scorer | None
    rollouts: int
    temperature: float

    def of(self, partials: Sequence[Growing]) -> Asking[list[float]]:
        """One value each; those that have ended are their own rollout."""
        if self.scorer is not None:
            score = find_scorer(self.scorer)
            return [score(self.problem, each.so_far) for each in partials if each.so_far is not None]
        groups = yield from self.finish(partials, self.rollouts)
        return [self.finished.agreement(group) for group in groups]

    def finish(self, partials: Sequence[Growing], times: int) -> Asking[list[list[Completion]]]:
        """Each carried on to its end, `times` times; what has ended already counts once."""
        open_ones = [each for each in partials if not each.ended]
        asks = [
            each.ask(
                self.purse.sampling(
                    n=times,
                    temperature=self.temperature,
                    max_tokens=self.purse.room(each.tokens, among=len(open_ones) * times),
                )
            )
            for each in open_ones
        ]
        replies = iter((yield from self.purse.ask(asks)) if asks else ())
        groups: list[list[Completion]] = []
        for each in partials:
            whole = [each.grown(more).so_far for more in next(replies)] if not each.ended else [each.so_far]
            read = self.chain.read([completion for completion in whole if completion is not None])
            self.finished.completions += read
            groups.append(read)
        return groups
