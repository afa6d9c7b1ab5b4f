"""The guard: reads the figures logged after every step and names in words what goes wrong with a run.

A window of recent steps is compared with the run's first window, since what is a normal entropy or length
depends on model and task. Held-out accuracy is compared with its best so far, problem by problem, by the
exact one-sided sign test on the problems whose outcome changed (McNemar, 1947); the level is divided by the
number of pairs of looks (Bonferroni), because the best of many looks was partly luck. Plain numbers in,
words out: knows nothing of models, and does not act itself.

Figures read where they are logged: loss, gradient_norm, reward, uniform_groups, entropy_estimate, clipped,
completion_tokens, truncated, and reward/thinking-format.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, median, variance
from typing import Any, Literal

from ponder.config import at_least
from ponder.errors import ConfigError

Cause = Literal[
    "divergence",
    "entropy collapse",
    "length explosion",
    "format collapse",
    "no learning signal",
    "updates too large",
    "reward hacking",
    "held-out accuracy falling",
]
WATCHED = (
    "reward", "uniform_groups", "entropy_estimate", "clipped", "completion_tokens", "truncated",
    "masked", "reward/thinking-format",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardConfig:
    """When the guard speaks, and what the run then does. Shares and ratios are against the first window."""

    on_trouble: Literal["roll-back", "stop", "warn"] = "roll-back"
    """roll-back: the best checkpoint again at half the learning rate; after `max_roll_backs`, stop."""
    max_roll_backs: int = 2
    """A quarter of the rate is left after two; what fails then is seldom the rate."""
    keep: Literal["best", "last"] = "best"
    """The final model; without a held-out evaluation there is no best. A run that was stopped ends with the
    best in any case."""
    window: int = 10
    """Steps that are averaged: one step of a few hundred samples is too noisy to judge."""
    entropy_share: float = 0.1
    """Samples so alike that groups seldom differ; only counted while the reward no longer rises, since a
    policy that gets surer as it gets better is meant to."""
    length_ratio: float = 2.0
    """Reasoning may grow by half as it learns; twice as long with many cut off is running on."""
    truncated_rise: float = 0.3
    """Cut-off samples earn nothing whatever they say; a third more of them is most of the signal."""
    short_share: float = 0.25
    """A quarter of the length while the reward falls: the form of an answer is lost."""
    format_share: float = 0.5
    """Of the format reward, where one is paid."""
    uniform_share: float = 0.95
    """Groups without variance carry no gradient; the twentieth that is left is noise."""
    clipped_share: float = 0.3
    """Clipping is meant for outliers; usual shares are below a hundredth."""
    gradient_ratio: float = 20.0
    """Against the median of recent norms; policy gradients vary by a few times on their own."""
    gradient_steps: int = 3
    """So many such norms in a row: single spikes are what gradient clipping is for."""
    heldout_level: float = 0.01
    """Of the first test. Simulated with 200 problems, chance accused 3% of steady runs within 50 looks, and a
    fall of 13 points was found within two looks in 84%."""

    def __post_init__(self) -> None:
        at_least(2, window=self.window)
        at_least(1, length_ratio=self.length_ratio, gradient_steps=self.gradient_steps)
        at_least(1, gradient_ratio=self.gradient_ratio)
        at_least(0, max_roll_backs=self.max_roll_backs, entropy_share=self.entropy_share)
        if not 0 < self.heldout_level < 1:
            raise ConfigError(f"heldout_level must be between 0 and 1, not {self.heldout_level:g}")


@dataclass(frozen=True, slots=True)
class Trouble:
    step: int
    cause: Cause
    detail: str
    """The figures that show it, in one clause."""


@dataclass(frozen=True, slots=True)
class Event:
    """A trouble and what was done about it."""

    step: int
    cause: Cause
    detail: str
    action: str

    def __str__(self) -> str:
        return f"step {self.step}: {self.cause}: {self.detail}; {self.action}"


class Guard:
    """Told every step and every held-out evaluation; answers with a trouble or None."""

    def __init__(self, config: GuardConfig) -> None:
        self.config = config
        self.start: dict[str, float] = {}
        """Means of the first window."""
        self.highest_reward = -math.inf
        """Mean of the best window."""
        self.recent: dict[str, list[float]] = {}
        self.norms: list[float] = []
        self.steep = 0
        """Steps in a row with a gradient norm far above the recent ones."""
        self.best_step: int | None = None
        self.best_right: tuple[bool, ...] = ()
        self.best_rewards: list[float] = []
        self.first_rewards: list[float] = []
        """Of the first window: what a best before the first step is compared with."""
        self.looks = 0

    def see(self, step: int, figures: Mapping[str, float]) -> Trouble | None:
        """The first thing that is wrong after a step, by how sure it is."""
        diverged = self._divergence(step, figures)
        for name in WATCHED:
            if name in figures and math.isfinite(figures[name]):
                self.recent[name] = [*self.recent.get(name, ()), figures[name]][-self.config.window :]
        if diverged is not None:
            return self._found(diverged)
        if "reward" in figures and len(self.first_rewards) < self.config.window:
            self.first_rewards.append(figures["reward"])
        now = {n: fmean(v) for n, v in self.recent.items() if len(v) == self.config.window}
        before = self.highest_reward
        self.highest_reward = max(before, now.get("reward", -math.inf))
        if not now.keys() <= self.start.keys():
            self.start |= {name: value for name, value in now.items() if name not in self.start}
            return None
        for cause, detail in _signs(self.config, self.start, now, before):
            return self._found(Trouble(step, cause, detail))
        return None

    def see_heldout(self, step: int, right: Sequence[bool]) -> Trouble | None:
        """Which held-out problems are answered rightly now; always the same problems in the same order."""
        self.looks += 1
        if self.best_step is None or sum(right) > sum(self.best_right):
            self.best_step, self.best_right = step, tuple(right)
            self.best_rewards = list(self.recent.get("reward", ()))
            return None
        lost = sum(was and not now for was, now in zip(self.best_right, right, strict=True))
        won = sum(now and not was for was, now in zip(self.best_right, right, strict=True))
        p_value = sign_test(lost, won)
        if p_value >= self.config.heldout_level / math.comb(self.looks, 2):
            return None
        detail = (
            f"held-out accuracy {sum(right) / len(right):.1%} after {sum(self.best_right) / len(right):.1%} "
            f"at step {self.best_step} (p {p_value:.1g})"
        )
        before, rewards = self.best_rewards or self.first_rewards, self.recent.get("reward", [])
        if rises(before, rewards):
            more = f"the reward rose from {fmean(before):.3g} to {fmean(rewards):.3g}, "
            return self._found(Trouble(step, "reward hacking", more + detail))
        return self._found(Trouble(step, "held-out accuracy falling", detail))

    def _divergence(self, step: int, figures: Mapping[str, float]) -> Trouble | None:
        for name in ("loss", "gradient_norm", "reward"):
            if name in figures and not math.isfinite(figures[name]):
                return Trouble(step, "divergence", f"{name} is {figures[name]}")
        norm = figures.get("gradient_norm", 0.0)
        if norm <= 0:
            return None
        usual = median(self.norms) if len(self.norms) >= self.config.window else math.inf
        if norm > self.config.gradient_ratio * usual:
            self.steep += 1
            if self.steep >= self.config.gradient_steps:
                return Trouble(step, "divergence", f"gradient norm {norm:.3g}, usually {usual:.3g}")
            return None  # not one of the usual ones
        self.steep = 0
        self.norms = [*self.norms, norm][-5 * self.config.window :]
        return None

    def _found(self, trouble: Trouble) -> Trouble:
        """A new window must fill before the next: the old one would say the same again."""
        self.recent, self.steep = {}, 0
        return trouble

    def state_dict(self) -> dict[str, Any]:
        """Plain JSON."""
        state = {name: value for name, value in vars(self).items() if name != "config"}
        return {**state, "highest_reward": _finite(self.highest_reward), "best_right": list(self.best_right)}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        for name, value in state.items():
            setattr(self, name, value)
        self.best_right = tuple(self.best_right)
        if state["highest_reward"] is None:
            self.highest_reward = -math.inf


def _signs(
    config: GuardConfig, start: Mapping[str, float], now: Mapping[str, float], highest_reward: float
) -> list[tuple[Cause, str]]:
    """What the means of a window show against the first; a figure that is not logged shows nothing."""

    def change(name: str) -> str:
        return f"from {start[name]:.3g} to {now[name]:.3g}"

    signs = list[tuple[Cause, str]]()
    reward = now.get("reward", math.inf)
    if now.get("uniform_groups", 0.0) >= config.uniform_share:
        which = "the problems are too easy" if reward > start.get("reward", 0.0) else "too hard or all alike"
        if now.get("masked", 0.0) >= config.uniform_share:
            which = "because rewards could not be computed"
        share = now["uniform_groups"]
        signs.append(("no learning signal", f"{share:.0%} of groups earned one and the same, {which}"))
    length, cut = now.get("completion_tokens", 0.0), now.get("truncated", 0.0)
    if cut > start.get("truncated", 0.0) + config.truncated_rise:
        signs.append(("length explosion", f"share cut off {change('truncated')}"))
    elif length and cut and length > config.length_ratio * start["completion_tokens"]:
        signs.append(("length explosion", f"tokens per completion {change('completion_tokens')}"))
    form = "reward/thinking-format"
    if form in now and now[form] < config.format_share * start[form]:
        signs.append(("format collapse", f"{form} {change(form)}"))
    shorter = length and length < config.short_share * start["completion_tokens"]
    if shorter and reward < start.get("reward", 0.0):
        signs.append(("format collapse", f"tokens per completion {change('completion_tokens')}"))
    entropy = now.get("entropy_estimate", math.inf)
    if entropy < config.entropy_share * start.get("entropy_estimate", 0.0) and reward <= highest_reward:
        signs.append(("entropy collapse", f"entropy {change('entropy_estimate')}, the reward rises no more"))
    if now.get("clipped", 0.0) > config.clipped_share:
        signs.append(("updates too large", f"{now['clipped']:.0%} of tokens clipped"))
    return signs


def sign_test(lost: int, won: int) -> float:
    """Exact one-sided p-value of at least `lost` losses among all changes, were both as likely."""
    changed = lost + won
    return sum(math.comb(changed, k) for k in range(lost, changed + 1)) / 2**changed


def rises(before: Sequence[float], after: Sequence[float]) -> bool:
    """Whether the mean is up by more than twice its standard error."""
    if len(before) < 2 or len(after) < 2:
        return bool(before and after) and fmean(after) > fmean(before)
    error = math.sqrt(variance(before) / len(before) + variance(after) / len(after))
    return fmean(after) - fmean(before) > 2 * error


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
