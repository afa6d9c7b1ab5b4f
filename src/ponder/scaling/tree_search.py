"""Monte-Carlo tree search over steps: where to think next is chosen by upper confidence bounds (UCT, Kocsis
and Szepesvári 2006), a new step is sampled there, and a rollout to the end says what it was worth.

Value is that of `step_values.py`: the scorer's, or agreement with the leading answer. Agreement changes as
answers come in, so values are kept as rollouts and counted anew when they are compared. All rollouts vote.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field

from ponder.protocols import Budget, Plan
from ponder.records import Completion, Problem
from ponder.scaling.asking import Growing, Purse
from ponder.scaling.chains import Chain, find_chain
from ponder.scaling.scorers import Scorer, find_scorer
from ponder.scaling.step_values import Finished, StepValues
from ponder.scaling.voting import hold_vote


@dataclass(slots=True)
class Node:
    """A partial solution, with every rollout that went through it."""

    partial: Growing
    children: list[Node] = field(default_factory=list["Node"])
    rollouts: list[Completion] = field(default_factory=list[Completion])


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeSearch:
    temperature: float = 1.0
    chain: str | Chain = "think"
    scorer: str | Scorer | None = None
    branch: int = 3
    """Steps tried from one partial solution before going deeper."""
    exploration: float = 0.7
    step: str = "\n"
    name: str = "tree-search"

    def solve(self, problem: Problem, budget: Budget) -> Plan:
        chain, purse, finished = find_chain(self.chain), Purse(budget), Finished()
        values = StepValues(
            problem=problem, chain=chain, purse=purse, finished=finished, scorer=None, rollouts=1,
            temperature=self.temperature,
        )  # fmt: skip
        root = Node(Growing(chain.prompt(problem)))
        visits = 0
        longest = 0
        while purse.left > longest and visits < 4 * budget.completions:
            visits += 1
            path = list(self._descend(root, problem, finished))
            node = path[-1]
            if not node.partial.ended:
                sampling = purse.sampling(
                    first=len(node.children),
                    temperature=self.temperature,
                    pause=(self.step,),
                    max_tokens=purse.room(node.partial.tokens),
                )
                ((more,),) = yield from purse.ask([node.partial.ask(sampling)])
                child = Node(node.partial.grown(more))
                node.children.append(child)
                path.append(child)
            ((rollout,),) = yield from values.finish([path[-1].partial], 1)
            longest = max(longest, len(rollout.token_ids) or rollout.cost.generated_tokens)
            for each in path:
                each.rollouts.append(rollout)
        vote = hold_vote(finished.completions)
        depth = max(_depths(root))
        return purse.attempt(
            finished.completions,
            vote.chosen,
            vote.answer,
            f"{visits} rollouts, {depth} steps deep",
            str(vote),
        )

    def _descend(self, node: Node, problem: Problem, finished: Finished) -> Iterator[Node]:
        """From the root to where the next step is tried."""
        yield node
        while len(node.children) >= self.branch and not node.partial.ended:
            total = len(node.rollouts)
            node = max(node.children, key=lambda child: self._bound(child, total, problem, finished))
            yield node

    def _bound(self, node: Node, total: int, problem: Problem, finished: Finished) -> float:
        if self.scorer is None:
            worth = finished.agreement(node.rollouts)
        else:
            score = find_scorer(self.scorer)
            worth = sum(score(problem, each) for each in node.rollouts) / len(node.rollouts)
        return worth + self.exploration * math.sqrt(math.log(total) / len(node.rollouts))


def _depths(node: Node, depth: int = 0) -> Iterator[int]:
    yield depth
    for child in node.children:
        yield from _depths(child, depth + 1)
