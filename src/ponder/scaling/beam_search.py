"""Step-level beam search: several partial solutions grow a step at a time, and the best are kept
(Snell et al., arXiv:2408.03314). With `subtrees` above 1 the beam is split into parts that do not compete, so
that one early favourite cannot crowd out the rest: diverse verifier tree search (Beeching et al., "Scaling
test-time compute with open models", 2024).

Width follows from the budget: `budget.completions` partial solutions at a time, of which one in `expand` is
kept and continued in `expand` ways. Without a scorer the policy's own rollouts are the value; they cost
tokens, so the beam is a quarter as wide, and all of them vote at the end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ponder.protocols import Budget, Plan
from ponder.records import Problem
from ponder.scaling.asking import Asking, Growing, Purse
from ponder.scaling.chains import Chain, find_chain
from ponder.scaling.scorers import Scorer, find_scorer
from ponder.scaling.single import stated_answer
from ponder.scaling.step_values import Finished, StepValues
from ponder.scaling.voting import hold_vote

ROLLOUT_SHARE = 4
"""How many times narrower the beam is when rollouts are the value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BeamSearch:
    temperature: float = 1.0
    chain: str | Chain = "think"
    scorer: str | Scorer | None = None
    expand: int = 4
    subtrees: int = 1
    rollouts: int = 1
    """Of each partial solution, where there is no scorer."""
    step: str = "\n"
    """What ends a step."""
    deepest: int = 32
    """Steps at most."""
    name: str = "beam-search"

    def solve(self, problem: Problem, budget: Budget) -> Plan:
        chain, purse, finished = find_chain(self.chain), Purse(budget), Finished()
        values = StepValues(
            problem=problem, chain=chain, purse=purse, finished=finished, scorer=self.scorer,
            rollouts=self.rollouts, temperature=self.temperature,
        )  # fmt: skip
        width = max(self.expand, budget.completions // (1 if self.scorer else ROLLOUT_SHARE))
        each = max(self.expand, width // self.subtrees)
        trees = [[Growing(chain.prompt(problem))] for _ in range(self.subtrees)]
        steps: list[str] = []
        for depth in range(self.deepest):
            if all(partial.ended for tree in trees for partial in tree) or purse.left <= 0:
                break
            grown = yield from self._grow(trees, each, purse)
            scores = iter((yield from values.of([partial for tree in grown for partial in tree])))
            trees = [_best(tree, [next(scores) for _ in tree], max(1, each // self.expand)) for tree in grown]
            steps.append(f"step {depth + 1}: kept {sum(map(len, trees))} of {sum(map(len, grown))}")
        if self.scorer is not None or not finished.completions:
            yield from values.finish([partial for tree in trees for partial in tree], 1)
        completions = finished.completions
        vote = hold_vote(completions)
        if self.scorer is None or vote.chosen is None:
            return purse.attempt(completions, vote.chosen, vote.answer, *steps, str(vote))
        score = find_scorer(self.scorer)
        chosen = max(range(len(completions)), key=lambda index: score(problem, completions[index]))
        return purse.attempt(completions, chosen, stated_answer(completions[chosen]), *steps)

    def _grow(
        self, trees: Sequence[Sequence[Growing]], width: int, purse: Purse
    ) -> Asking[list[list[Growing]]]:
        """Every open partial solution in several ways, so that each tree has `width` of them."""
        places = [(tree, partial) for tree, partials in enumerate(trees) for partial in partials]
        growing = [(tree, partial) for tree, partial in places if not partial.ended]
        asks = [
            partial.ask(
                purse.sampling(
                    # Equal openings of different subtrees must not be the same samples.
                    n=(ways := max(1, width // len(trees[tree]))),
                    first=0 if partial.so_far else tree * ways,
                    temperature=self.temperature,
                    pause=(self.step,),
                    max_tokens=purse.room(partial.tokens, among=len(growing) * ways),
                )
            )
            for tree, partial in growing
        ]
        groups = yield from purse.ask(asks)
        grown: list[list[Growing]] = [[] for _ in trees]
        for tree, partial in places:
            if partial.ended:
                grown[tree].append(partial)
        for (tree, partial), more in zip(growing, groups, strict=True):
            grown[tree] += [partial.grown(each) for each in more]
        return grown


def _best(partials: Sequence[Growing], scores: Sequence[float], count: int) -> list[Growing]:
    """The highest, those sampled first in a tie; of equal texts only one."""
    best: dict[str, Growing] = {}
    for index in sorted(range(len(partials)), key=lambda index: -scores[index]):
        best.setdefault(partials[index].text, partials[index])
    return list(best.values())[:count]
