"""A deduction probe's findings in words: deduced or matched, and what each further arm bought.

An arm `mostly deduces` where the whole interval of its pattern-matching share lies below one half, `mostly
matches patterns` where it lies above. An arm bought deduction over another where it is better on a stripped
version (paired test after Holm's correction), patterns where it is better on familiar words only. Knows
nothing of tables or pages.
"""

from __future__ import annotations

from collections.abc import Sequence

from ponder.evaluation import formatting
from ponder.evaluation.deduction_probe import DeductionProbe, ProbedArm
from ponder.evaluation.pattern_share import FAMILIAR, NUMBERS_STRIPPED, PatternShare
from ponder.evaluation.probe_differences import Difference

HALF = 0.5
GUESSING, UNTOLD = "does no better than guessing", "cannot be told from either"
DEDUCTION = (
    "mostly deduces",
    "mostly matches patterns",
    "more deduction",
    "patterns, not deduction",
)
STORIES = (
    "carries over to other numbers and names",
    "is tied to numbers and names it has seen",
    "more skill that carries over",
    "skill that does not carry over",
)
"""What an arm does, where the share is small and where it is great; what it bought, likewise."""
PLURAL = {
    "does": "do", "deduces": "deduce", "matches": "match", "carries": "carry", "is": "are", "has": "have",
    "it": "they",
}  # fmt: skip
SPOKEN = {
    "counterfactual": "words that contradict the world",
    "invented": "invented words",
    "numbers": "other numbers",
    "names": "other names",
    "shuffled": "sentences in another order",
    "distracted": "sentences that do not matter",
    "reworded": "other wordings",
}
"""Versions as a sentence calls them."""


def sentences(probe: DeductionProbe) -> list[str]:
    """The answer first, then each arm, then what each bought over the one it is measured against."""
    arms = [arm_sentence(arm) for arm in probe.arms if arm.share.defined] + _undefined(probe.arms)
    bought = [bought_sentence(probe, arm) for arm in probe.arms if baseline_of(probe, arm) is not None]
    return [headline(probe), *arms, *bought, *_lost(probe)]


def headline(probe: DeductionProbe) -> str:
    """What the arms do, those that do the same named together; and what breaks the skill there is."""
    groups = dict[str, list[str]]()
    for arm in probe.arms:
        groups.setdefault(judged(arm.share), []).append(arm.name)
    parts = [f"{formatting.listed(names)} {_agree(what, len(names))}" for what, names in groups.items()]
    costly = dearest(probe)
    if costly is not None:
        version = SPOKEN.get(costly.comparison.b, costly.comparison.b)
        lost = formatting.points(abs(costly.comparison.delta)).removeprefix("+")
        parts.append(f"but {version} cost {costly.within} {lost} points")
    return "; ".join(parts) + "."


def dearest(probe: DeductionProbe) -> Difference | None:
    """The greatest loss of an arm that has skill to a version that leaves the proof and its words alone."""
    skilled = {arm.name: arm.share.stripped for arm in probe.arms if arm.share.defined}
    losses = [
        each
        for each in probe.version_differences
        if each.within in skilled and each.comparison.b not in skilled[each.within] and _loss(each)
    ]
    return min(losses, key=lambda each: each.comparison.delta, default=None)


def _lost(probe: DeductionProbe) -> list[str]:
    """One sentence for each version that an arm does worse on than on the familiar one."""
    said = list[str]()
    for version in dict.fromkeys(each.comparison.b for each in probe.version_differences):
        arms = [
            f"{each.within} {formatting.points(each.comparison.delta)}"
            for each in probe.version_differences
            if each.comparison.b == version and _loss(each)
        ]
        if arms:
            words = SPOKEN.get(version, version)
            said.append(f"What {words} cost, in points: {formatting.listed(arms)}.")
    return said


def _loss(each: Difference) -> bool:
    return each.significant and each.comparison.delta < 0


def judged(share: PatternShare) -> str:
    """What an arm does, by the interval of its share."""
    kept, lost, _, _ = _vocabulary(share)
    if not share.defined:
        return GUESSING
    if share.interval.high < HALF:
        return kept
    return lost if share.interval.low > HALF else UNTOLD


def _vocabulary(share: PatternShare) -> tuple[str, str, str, str]:
    """Of stories only what their stripped versions show is claimed."""
    return STORIES if share.stripped.keys() & set(NUMBERS_STRIPPED) else DEDUCTION


def arm_sentence(arm: ProbedArm) -> str:
    """One arm's share, with the accuracies that it comes from."""
    share = arm.share
    stripped = " and ".join(
        f"{formatting.percent(accuracy)} with {SPOKEN.get(version, version)}"
        for version, accuracy in share.stripped.items()
    )
    return (
        f"{arm.name}: {share_text(share)} of its skill is pattern matching. It has "
        f"{formatting.percent(share.familiar)} right in the familiar version, {stripped}, over "
        f"{share.proofs} proofs; guessing has {formatting.percent(share.chance)}."
    )


def _undefined(arms: Sequence[ProbedArm]) -> list[str]:
    """One sentence for each reason why there is no share."""
    reasons = dict[str, list[str]]()
    for arm in arms:
        if not arm.share.defined:
            known = arm.versions.get(FAMILIAR)
            right = f" ({formatting.percent(known.accuracy)} right)" if known else ""
            reasons.setdefault(arm.share.reason, []).append(arm.name + right)
    return [
        f"No pattern-matching share for {formatting.listed(names)}: {reason}."
        for reason, names in reasons.items()
    ]


def share_text(share: PatternShare) -> str:
    """4.1% (95% interval 0.0 to 9.3%)."""
    if not share.defined:
        return "undefined"
    return f"{formatting.percent(share.value)} (95% interval {formatting.percent_interval(share.interval)}%)"


def baseline_of(probe: DeductionProbe, arm: ProbedArm) -> ProbedArm | None:
    """The first arm that is asked in the same way, or the first of all; None for that one itself."""
    alike = [other for other in probe.arms if other.strategy == arm.strategy]
    if alike[0] is not arm:
        return alike[0]
    return None if probe.arms[0] is arm else probe.arms[0]


def bought_sentence(probe: DeductionProbe, arm: ProbedArm) -> str:
    """What an arm has over its baseline, version by version."""
    baseline = baseline_of(probe, arm)
    if baseline is None:
        raise ValueError(f"{arm.name} is measured against nothing")
    found = probe.between(baseline.name, arm.name)
    main = [version for version in (FAMILIAR, *arm.share.stripped) if version in found]
    said = [_change(version, found[version]) for version in main]
    said += [
        _change(version, each) for version, each in found.items() if version not in main and each.significant
    ]
    bought = _bought({version: found[version] for version in main}, arm.share)
    return f"{arm.name} over {baseline.name}: {bought} ({'; '.join(said)})."


def _bought(found: dict[str, Difference], share: PatternShare) -> str:
    """By the familiar and the stripped versions."""
    _, _, more, patterns = _vocabulary(share)
    better = {name for name, each in found.items() if each.significant and each.comparison.delta > 0}
    stripped = found.keys() - {FAMILIAR}
    if stripped & better:
        return more if stripped <= better else more.replace("more", "some")
    if FAMILIAR in better:
        return patterns
    worse = any(each.significant for each in found.values())
    return "a loss" if worse else "nothing that these proofs can tell"


def _change(version: str, each: Difference) -> str:
    size, holm = formatting.points(each.comparison.delta), formatting.p_value(each.holm_p)
    return f"{version} {size} points, Holm {holm}"


def _agree(what: str, count: int) -> str:
    """A verb for several."""
    if count == 1:
        return what
    return " ".join(PLURAL.get(word, word) for word in what.split())
