"""Monte-Carlo tree search over steps: where to think next is chosen by upper confidence bounds (UCT, Kocsis
and Szepesvári 2006), the solution is carried on from there to its end, and the first step of what was new
becomes a node of the tree. Equal steps are one node.

A rollout is worth what the scorer says, or, without one, whether it reaches the answer that leads so far.
Search visits promising places more often, so counting rollouts as votes would let the first answer elect
itself. Votes are therefore weighted as the policy would have sampled them: a node's opinion is the mean over
the rollouts begun at it, each of which counts as the opinion of the node that its first step led to.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from ponder.protocols import Begun, Budget, Plan
from ponder.records import Completion, Message, Problem
from ponder.scaling.asking import Purse
from ponder.scaling.chains import Chain, find_chain
from ponder.scaling.scorers import Scorer, find_scorer
from ponder.scaling.step_values import Finished
from ponder.scaling.voting import hold_vote


@dataclass(slots=True)
class Node:
    """A partial solution."""

    text: str = ""
    tokens: int = 0
    children: dict[str, Node] = field(default_factory=dict[str, "Node"])
    begun: list[tuple[str, int]] = field(default_factory=list[tuple[str, int]])
    """Of each rollout begun here: its first step, and its number."""
    passed: list[int] = field(default_factory=list[int])
    """The numbers of all rollouts that went through here."""

    def weights(self, whole: float = 1.0) -> Iterator[tuple[int, float]]:
        """Rollouts, some several times, with their shares of this node's opinion; they add up to `whole`."""
        if not self.begun:
            yield from ((number, whole / len(self.passed)) for number in self.passed)
        for step, number in self.begun:
            part = whole / len(self.begun)
            if step in self.children:
                yield from self.children[step].weights(part)
            else:
                yield number, part


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeSearch:
    temperature: float = 1.0
    chain: str | Chain = "think"
    scorer: str | Scorer | None = None
    widening: float = 1.5
    """A partial solution is carried on this times the square root of its rollouts in new ways (progressive
    widening, Coulom 2007); the others go deeper."""
    exploration: float = 0.7
    step: str = "\n"
    name: str = "tree-search"

    def solve(self, problem: Problem, budget: Budget) -> Plan:
        chain, purse, finished = find_chain(self.chain), Purse(budget), Finished()
        prompt, root, values = chain.prompt(problem), Node(), list[float]()
        dearest = 0
        while purse.left > dearest:
            path = list(self._descend(root, finished, values))
            node = path[-1]
            sampling = purse.sampling(
                first=len(node.begun), temperature=self.temperature, max_tokens=purse.room(node.tokens)
            )
            before = purse.cost.generated_tokens
            (more,) = yield from purse.sample(_from(prompt, node), sampling)
            dearest = max(dearest, purse.cost.generated_tokens - before, 1)
            (whole,) = chain.read([_whole(node, more)])
            number = len(finished.completions)
            finished.completions.append(whole)
            if self.scorer is not None:
                values.append(find_scorer(self.scorer)(problem, whole))
            path += self._take_first_step(node, more, number)
            for each in path:
                each.passed.append(number)
        completions = finished.completions
        shares = [0.0] * len(completions)
        for number, share in root.weights():
            shares[number] += share
        vote = hold_vote(completions, shares)
        depth = max(_depths(root))
        trace = f"{len(completions)} rollouts, {depth} steps deep"
        return purse.attempt(completions, vote.chosen, vote.answer, trace, str(vote))

    def _descend(self, node: Node, finished: Finished, values: list[float]) -> Iterator[Node]:
        """From the root to where the next rollout begins."""
        yield node
        while node.children and len(node.begun) > self.widening * math.sqrt(len(node.passed)):
            total = len(node.passed)
            children = list(node.children.values())
            node = max(children, key=lambda child: self._bound(child, total, finished, values))
            yield node

    def _bound(self, node: Node, total: int, finished: Finished, values: list[float]) -> float:
        visits = len(node.passed)
        if self.scorer is None:
            worth = finished.agreement([finished.completions[number] for number in node.passed])
        else:
            worth = sum(values[number] for number in node.passed) / visits
        return worth + self.exploration * math.sqrt(math.log(total) / visits)

    def _take_first_step(self, node: Node, more: Completion, number: int) -> list[Node]:
        """The node that the rollout's first step leads to, unless the rollout ends with that step."""
        first, mark, rest = more.text.lstrip(self.step).partition(self.step)
        lead = more.text[: len(more.text) - len(more.text.lstrip(self.step))]
        step = lead + first + mark
        node.begun.append((step, number))
        if not rest.strip():
            return []
        tokens = node.tokens + round(more.cost.generated_tokens * len(step) / max(1, len(more.text)))
        return [node.children.setdefault(step, Node(node.text + step, tokens))]


def _from(prompt: tuple[Message, ...], node: Node) -> Begun | tuple[Message, ...]:
    return Begun(prompt, node.text, spent=node.tokens) if node.text else prompt


def _whole(node: Node, more: Completion) -> Completion:
    """The rollout with the text it went on from; its tokens and logprobs are those of what is new."""
    if not node.text:
        return more
    return replace(more, text=node.text + more.text)


def _depths(node: Node, depth: int = 0) -> Iterator[int]:
    yield depth
    for child in node.children.values():
        yield from _depths(child, depth + 1)
