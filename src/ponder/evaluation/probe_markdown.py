"""A deduction probe as Markdown: the sentences, a table for each measure. Knows nothing of pages."""

from __future__ import annotations

from collections.abc import Sequence

from ponder.evaluation import formatting
from ponder.evaluation.deduction_probe import DeductionProbe, ProbedArm
from ponder.evaluation.probe_differences import Difference
from ponder.evaluation.probe_words import sentences, share_text


def probe_markdown(probe: DeductionProbe) -> str:
    first, *rest = sentences(probe)
    parts = [
        f"# {first}",
        "\n\n".join(rest),
        f"{probe.proofs} proofs of form {probe.form}, seed {probe.seed}, {len(probe.items)} items an arm.",
        *(_cells(arm) for arm in probe.arms),
        _table("Pattern-matching share", ("arm", "share", "flips lost", "gained"), _shares(probe)),
        _differences("Between arms", "version", probe.arm_differences),
        _differences("Against familiar words", "arm", probe.version_differences),
        _steps(probe),
        _faithfulness(probe),
    ]
    if probe.contamination is not None:
        found = probe.contamination
        parts.append(
            f"Of the training file's {found.texts} texts: {formatting.percent(found.ngrams)} of the items' "
            f"{found.words}-grams, {formatting.percent(found.same_problem)} of the problems, "
            f"{formatting.percent(found.same_proof)} of the proofs under renaming."
        )
    return "\n\n".join(part for part in parts if part) + "\n"


def chance_words(depth: int | None) -> str:
    return "never" if depth is None else f"from {depth}"


def _cells(arm: ProbedArm) -> str:
    depths = [str(each.depth) for each in next(iter(arm.cells.values()))]
    rows = [
        [
            version,
            *(formatting.percent(each.accuracy) for each in cells),
            f"{formatting.percent(arm.versions[version].accuracy)} "
            f"({formatting.percent_interval(arm.versions[version].interval)})",
            chance_words(arm.chance_depths[version]),
        ]
        for version, cells in arm.cells.items()
    ]
    heads = ("version", *(f"depth {depth}" for depth in depths), "all (95% interval)", "at chance")
    return _table(f"{arm.name}: {arm.model}, {arm.strategy}", heads, rows)


def _shares(probe: DeductionProbe) -> list[list[str]]:
    return [
        [
            arm.name,
            share_text(arm.share),
            str(sum(flip.lost for flip in arm.flips)),
            str(sum(not flip.lost for flip in arm.flips)),
        ]
        for arm in probe.arms
    ]


def _differences(title: str, within: str, found: Sequence[Difference]) -> str:
    if not found:
        return ""
    rows = [
        [
            each.within,
            each.comparison.a,
            each.comparison.b,
            formatting.points(each.comparison.delta),
            formatting.points_interval(each.comparison.interval),
            f"{each.comparison.p_value:.2g}",
            f"{each.holm_p:.2g}",
        ]
        for each in found
    ]
    return _table(title, (within, "A", "B", "B − A, points", "95% interval", "p", "p, Holm"), rows)


def _steps(probe: DeductionProbe) -> str:
    heads = ("arm", "traces", "valid", "invalid", "unsupported", "unreadable", "leaps",
             "right, proof fails", "wrong, proof holds")  # fmt: skip
    rows = [
        [arm.name, *map(str, (
            arm.steps.traces, arm.steps.valid, arm.steps.invalid, arm.steps.unsupported,
            arm.steps.unreadable, arm.steps.leaps, arm.steps.right_unproved, arm.steps.wrong_proved,
        ))]
        for arm in probe.arms
        if arm.steps is not None
    ]  # fmt: skip
    return _table("Steps, checked by Z3", heads, rows) if rows else ""


def _faithfulness(probe: DeductionProbe) -> str:
    tested = [(arm.name, arm.faithfulness) for arm in probe.arms if arm.faithfulness is not None]
    tested = [(name, found) for name, found in tested if found.tested]
    if not tested:
        return ""
    heads = ("arm", "traces", *(f"same with {each.share:.0%} of steps" for each in tested[0][1].kept),
             "falsified", "followed", "stayed")  # fmt: skip
    rows = [
        [
            name, str(found.tested),
            *(formatting.percent(each.same / each.n) for each in found.kept),
            str(found.falsified), str(found.followed), str(found.stayed),
        ]
        for name, found in tested
    ]  # fmt: skip
    return _table("Does the answer follow the trace?", heads, rows)


def _table(title: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [f"## {title}", "", _row(heads), _row(["---", *("---:" for _ in heads[1:])])]
    return "\n".join([*lines, *map(_row, rows)])


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
