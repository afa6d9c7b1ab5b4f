"""One arm, problem by problem and sample by sample: what was written, what was extracted, what it was worth.

Problems stand in groups by verdict, failures first, and keep the numbers of the order in which they ran.
Texts share a limit, so that a page stays light: where they are too many and too long, the longest are
cut to the same length, and the page says how much is missing and where it is. The page depends on the arm
and the first arm alone, so it need not be written again when others join.
Knows nothing of charts, nor of how an answer was extracted or judged.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ponder.evaluation import formatting
from ponder.evaluation.arm import ArmResult, ItemResult, JudgedSample
from ponder.evaluation.ladder import Ladder
from ponder.records import Judgement, Verdict
from ponder.report.links import problem_anchor, row_link
from ponder.report.markup import clipped, element, escape
from ponder.report.page import page
from ponder.report.traces import MARKS

MOST_BYTES = 4_500_000
LEAST_TEXT_BYTES = 200_000
"""For all texts of a page, however much the rest of it takes."""
LONGEST_TEXT = 12_000
MOST_SAMPLES = 16_000
"""Problems whose samples would go beyond it are named as left out."""
ORDER = (
    Verdict.WRONG,
    Verdict.TRUNCATED,
    Verdict.NO_ANSWER,
    Verdict.UNPARSABLE,
    Verdict.TIMED_OUT,
    Verdict.ERROR,
    Verdict.CORRECT,
)


@dataclass(frozen=True, slots=True)
class Draft:
    """One problem before it is known how much of its texts there is room for."""

    number: int
    item: ItemResult
    head: str
    facts: str
    samples: tuple[tuple[str, str], ...]
    """The line of each, and its text."""


def render_arm(ladder: Ladder, arm: ArmResult, *, whole_texts: str = "") -> str:
    """The page of one of the ladder's arms. `whole_texts` names the file that has them uncut."""
    first = ladder.arms[0]
    by_first = {item.problem_id: item for item in first.items} if arm is not first else {}
    drafts, shown = list[Draft](), 0
    for number, item in enumerate(arm.items, start=1):
        shown += max(1, len(item.samples))
        if shown > MOST_SAMPLES:
            break
        drafts.append(_draft(number, item, first.name, by_first.get(item.problem_id)))
    fixed = sum(len(part.encode()) for draft in drafts for part in (draft.head, draft.facts))
    fixed += sum(len(line.encode()) + 60 for draft in drafts for line, _ in draft.samples)
    texts = [text for draft in drafts for text in _texts(draft)]
    limit = common_limit(texts, max(MOST_BYTES - fixed, LEAST_TEXT_BYTES))
    groups = [
        _group(
            verdict,
            [draft for draft in drafts if draft.item.judgement.verdict is verdict],
            limit,
            whole_texts,
        )
        for verdict in ORDER
    ]
    left = arm.n - len(drafts)
    note = f"{left:,} further problems have no room here{_where(whole_texts)}." if left else ""
    body = _opening(ladder, arm) + element(
        "main", "".join(groups) + element("p", escape(note), class_="note")
    )
    return page(f"{arm.title}: {ladder.task} with {ladder.model}", body)


def common_limit(texts: Sequence[str], budget: int) -> int:
    """Bytes that each text may have so that all together stay within the budget, short ones giving way."""
    sizes = sorted(len(clipped(text, LONGEST_TEXT)[0].encode()) for text in texts)
    for index, size in enumerate(sizes):
        share = budget // (len(sizes) - index)
        if size > share:
            return share
        budget -= size
    return LONGEST_TEXT


def _texts(draft: Draft) -> tuple[str, ...]:
    return (draft.item.question, *(text for _, text in draft.samples))


def _opening(ladder: Ladder, arm: ArmResult) -> str:
    """What the report's row says, and the way back to it."""
    share = f"{formatting.percent(arm.accuracy)} correct ({formatting.percent_interval(arm.interval)})"
    facts = [share, f"{arm.n} problems", f"{formatting.count(arm.tokens)} tokens a problem"]
    if flops := arm.cost_per_problem["flops"]:
        facts.append(f"{formatting.si(flops, 'FLOP')} a problem")
    facts.append(f"{formatting.duration(arm.cost_per_problem['seconds'])} a problem")
    groups = [
        element(
            "a", _mark(verdict) + f" {MARKS[verdict][1]} {arm.verdicts[verdict]}", href=f"#{verdict.value}"
        )
        for verdict in ORDER
        if arm.verdicts[verdict]
    ]
    back = element("a", "← The whole ladder", href=row_link(arm.name))
    return element("nav", back + "".join(groups), class_="way") + element(
        "header",
        element("p", escape(f"{ladder.task} with {ladder.model}"), class_="eyebrow")
        + element("h1", element("bdi", escape(arm.title)))
        + element("p", escape(" · ".join(facts)), class_="facts"),
    )


def _group(verdict: Verdict, drafts: Sequence[Draft], limit: int, whole_texts: str) -> str:
    those = [draft for draft in drafts if draft.item.judgement.verdict is verdict]
    if not those:
        return ""
    heading = element("h2", f"{_mark(verdict)} {MARKS[verdict][1].capitalize()} · {len(those)}")
    problems = "".join(_problem(draft, limit, whole_texts) for draft in those)
    return element("section", heading + problems, id=verdict.value, class_="verdict")


def _problem(draft: Draft, limit: int, whole_texts: str) -> str:
    question = element("p", _text(draft.item.question, limit, whole_texts), class_="question")
    samples = "".join(
        element("details", line + element("pre", _text(text, limit, whole_texts), tabindex="0"))
        for line, text in draft.samples
    )
    # The anchor lies inside, because a browser unfolds what holds the target of a link.
    inside = element(
        "div", question + draft.facts + samples, id=problem_anchor(draft.number), class_="inside"
    )
    return element("details", draft.head + inside, class_="problem")


def _draft(number: int, item: ItemResult, first: str, by_first: ItemResult | None) -> Draft:
    judgement = item.judgement
    answered = item.answer if item.answer is not None else judgement.extracted
    right = sum(sample.judgement.correct for sample in item.samples)
    of_samples = f"{right} of {len(item.samples)} right · " if len(item.samples) > 1 else ""
    notes = f"{of_samples}{item.cost.generated_tokens:,} tokens"
    if by_first is not None and by_first.judgement.correct != judgement.correct:
        notes += f" · {first[:40]} was {MARKS[by_first.judgement.verdict][1]}"
    head = element(
        "summary",
        element("b", str(number))
        + _mark(judgement.verdict)
        + element("bdi", _short(" ".join(item.question[:400].split()), 150), class_="asked")
        + element("code", element("bdi", _short(answered or formatting.DASH, 60)))
        + element("small", escape(notes)),
    )
    return Draft(number, item, head, _facts(item, answered), tuple(_samples(item)))


def _facts(item: ItemResult, answered: str | None) -> str:
    cost = item.cost
    spent = f"{cost.reasoning_tokens:,} tokens of reasoning, {cost.answer_tokens:,} of answer, "
    spent += f"{cost.prompt_tokens:,} of prompt"
    spent += f"; {formatting.si(cost.flops, 'FLOP')}" if cost.flops else ""
    rows = (
        ("right answer", element("code", element("bdi", _short(item.gold, 400)))),
        ("answer", element("code", element("bdi", _short(answered or formatting.DASH, 400)))),
        ("verdict", element("bdi", _said(item.judgement))),
        ("spent", f"{spent}; {formatting.duration(item.cost.seconds)}"),
    )
    cells = (element("dt", name) + element("dd", value) for name, value in rows)
    return element("dl", "".join(element("div", cell) for cell in cells))


def _samples(item: ItemResult) -> list[tuple[str, str]]:
    """Line and text of each sample; of an arm without samples the one text it stands by."""
    samples = item.samples or (JudgedSample(text=item.text, judgement=item.judgement, cost=item.cost),)
    texts = [sample.text for sample in samples]
    chosen = texts.index(item.text) if len(samples) > 1 and item.text in texts else None
    return [
        (_line(index, sample, chosen=index == chosen), sample.text) for index, sample in enumerate(samples)
    ]


def _line(index: int, sample: JudgedSample, *, chosen: bool) -> str:
    judgement = sample.judgement
    extracted = element("code", element("bdi", _short(judgement.extracted or formatting.DASH, 60)))
    reason = "" if judgement.correct else f"{_said(judgement)} · "
    tokens = f"{reason}{sample.cost.generated_tokens:,} tokens{' · chosen' if chosen else ''}"
    return element("summary", element("b", str(index + 1)) + _mark(judgement.verdict) + extracted
                   + element("small", tokens))  # fmt: skip


def _said(judgement: Judgement) -> str:
    """The verdict in words, with the verifier's reason and its own finer word, as markup."""
    more = [_short(text, 90) for text in (judgement.reason, judgement.outcome) if text]
    return ": ".join([MARKS[judgement.verdict][1], *more[:1]]) + "".join(f" ({word})" for word in more[1:])


def _mark(verdict: Verdict) -> str:
    return element("i", MARKS[verdict][0], class_=f"mark {verdict.value}")


def _text(text: str, limit: int, whole_texts: str) -> str:
    shown, left = clipped(text, limit)
    cut = element("em", escape(f"… {left:,} more characters{_where(whole_texts)}"))
    return f"{shown}\n{cut}" if left else shown or element("em", "nothing was written")


def _where(whole_texts: str) -> str:
    return f" in {whole_texts}" if whole_texts else ""


def _short(text: str, most_bytes: int) -> str:
    shown, left = clipped(text, most_bytes)
    return f"{shown}…" if left else shown
