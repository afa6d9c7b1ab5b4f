"""Which problems a step draws: any, or rather those that are neither always nor never solved.

A group in which every sample earned the same teaches nothing, and the variance of a right-or-wrong reward is
p(1 - p) for a share p of right samples. So `Difficulty` remembers the share of right samples of each
problem's last visits and draws by p(1 - p) (difficulty as the policy itself shows it, cf. Bae et al.,
arXiv:2504.03380). What was never tried counts as half solved, and nothing falls below a floor, since a
policy that learns changes every p. Knows neither policies nor how rewards are computed.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from ponder.records import Problem

VISITS = 4
"""How many of a problem's last visits count: older ones tell of another policy."""
FLOOR = 0.05
"""The least weight, relative to that of a problem solved half of the time."""


class Curriculum(Protocol):
    """Draws problems, and is told what their samples earned."""

    def draw(self, count: int, rng: random.Random) -> list[Problem]:
        """Different problems, as many as are asked for."""
        ...

    def see(self, problem: Problem, rewards: Sequence[float | None]) -> None:
        """Rewards of one visit; None is a reward that could not be computed."""
        ...

    def state_dict(self) -> dict[str, Any]: ...

    def load_state_dict(self, state: Mapping[str, Any]) -> None: ...


class Uniform:
    """Every problem alike."""

    def __init__(self, problems: Sequence[Problem], right_from: float = 0.5) -> None:
        self.problems = problems

    def draw(self, count: int, rng: random.Random) -> list[Problem]:
        return rng.sample(self.problems, count)

    def see(self, problem: Problem, rewards: Sequence[float | None]) -> None:
        """It remembers nothing."""

    def state_dict(self) -> dict[str, Any]:
        return {}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """There is nothing to take up."""


class Difficulty:
    """By p(1 - p), where a sample is right whose reward is `right_from` or more."""

    def __init__(
        self,
        problems: Sequence[Problem],
        right_from: float = 0.5,
        *,
        visits: int = VISITS,
        floor: float = FLOOR,
    ) -> None:
        self.problems, self.right_from, self.visits, self.floor = problems, right_from, visits, floor
        self._seen: dict[str, list[tuple[int, int]]] = {}
        """Of each problem's last visits the right samples and all that were judged."""

    def share(self, problem: Problem) -> float | None:
        """The share of right samples in the last visits; None where there were none."""
        visits = self._seen.get(_name(problem))
        return sum(right for right, _ in visits) / sum(judged for _, judged in visits) if visits else None

    def weight(self, problem: Problem) -> float:
        """How likely the problem is drawn next to one that is solved half of the time, whose weight is 1."""
        share = self.share(problem)
        p = 0.5 if share is None else share
        return self.floor + (1 - self.floor) * 4 * p * (1 - p)

    def draw(self, count: int, rng: random.Random) -> list[Problem]:
        """Without replacement: exponential clocks at these rates, and the first that ring (Efraimidis and
        Spirakis, Information Processing Letters 97, 2006)."""
        if not 0 <= count <= len(self.problems):
            raise ValueError(f"cannot draw {count} of {len(self.problems)} problems")
        rings = [rng.expovariate(self.weight(problem)) for problem in self.problems]
        first = sorted(range(len(rings)), key=rings.__getitem__)[:count]
        return [self.problems[place] for place in first]

    def see(self, problem: Problem, rewards: Sequence[float | None]) -> None:
        judged = [reward for reward in rewards if reward is not None]
        if judged:
            visit = sum(reward >= self.right_from for reward in judged), len(judged)
            name = _name(problem)
            self._seen[name] = [*self._seen.get(name, []), visit][-self.visits :]

    def state_dict(self) -> dict[str, Any]:
        return {name: [list(visit) for visit in visits] for name, visits in self._seen.items()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self._seen = {name: [(right, judged) for right, judged in visits] for name, visits in state.items()}


def _name(problem: Problem) -> str:
    """The same for two problems that are the same question."""
    return problem.key or problem.id


CURRICULA: dict[str, Callable[[Sequence[Problem], float], Curriculum]] = {
    "uniform": Uniform,
    "difficulty": Difficulty,
}
