"""Multiple choice: MMLU and MMLU-Pro, ARC, CommonsenseQA and OpenBookQA, GPQA, HellaSwag.

    layout       keys                                                     gold
    MMLU         question, choices|options, answer                        an index from 0, or a letter
    ARC          question|question_stem, choices {text, label}, answerKey one of the labels
    GPQA         Question, Correct Answer, Incorrect Answer 1 to 3        A to D, by the order of the hashes
    HellaSwag    ctx, endings, label                                      an index from 0

ARC's older form, where `question` holds `stem` and a list of choices, is read too. Choices become A to J in
their published order, whatever their labels were. GPQA's right answer comes first in the file, so its choices
are ordered by the SHA-256 of question and choice: the same order in every run, which says nothing of which is
right. Does not know how a letter is asked for.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, cast

from ponder.tasks.layout import Draft, Fields, Layout, as_list, as_text, brief, checked_text
from ponder.tasks.split import canonical_key

LETTERS = "ABCDEFGHIJ"
GPQA_WRONG = ("Incorrect Answer 1", "Incorrect Answer 2", "Incorrect Answer 3")
ENDING = "Which ending continues this text best?"


def _mmlu(fields: Fields) -> Draft:
    choices = _texts(fields.items("choices", "options"), fields)
    index = _index(fields.value("answer"), "answer", len(choices), fields)
    return _draft(fields.text("question"), choices, index, fields, subject=("subject", "category"))


def _arc(fields: Fields) -> Draft:
    question, choices = fields.value("question", "question_stem"), fields.value("choices")
    if isinstance(question, Mapping):
        inner = cast(Mapping[str, Any], question)
        question, choices = inner.get("stem"), inner.get("choices")
    labels, texts = _labelled(choices, fields)
    key = fields.text_or_number("answerKey").strip()
    if key not in labels:
        raise fields.fault(f"`answerKey` {brief(key)} is none of the labels {', '.join(labels)[:80]!r}")
    return _draft(checked_text(question, "`question`", fields), texts, labels.index(key), fields)


def _labelled(choices: Any, fields: Fields) -> tuple[list[str], list[str]]:
    """Labels and texts of `{text: […], label: […]}` or of `[{text, label}, …]`."""
    if isinstance(choices, Mapping):
        columns = cast(Mapping[str, Any], choices)
        texts, labels = (
            as_list(columns.get(key), f"`{key}` of choices", fields) for key in ("text", "label")
        )
    else:
        items = as_list(choices, "`choices`", fields)
        if not all(isinstance(item, Mapping) for item in items):
            raise fields.fault("`choices` should hold objects with text and label")
        texts, labels = ([item.get(key) for item in items] for key in ("text", "label"))
    told = [as_text(label, "a label of the choices", fields).strip() for label in labels]
    if len(told) != len(texts) or len(set(told)) != len(told):
        raise fields.fault("each choice should have a label of its own")
    return told, _texts(texts, fields)


def _gpqa(fields: Fields) -> Draft:
    question = fields.text("Question")
    written = [fields.text_or_number(key).strip() for key in ("Correct Answer", *GPQA_WRONG)]
    order = sorted(range(len(written)), key=lambda place: _hash(question, written[place]))
    choices = [written[place] for place in order]
    return _draft(question, choices, order.index(0), fields, subject=("High-level domain",))


def _hash(question: str, choice: str) -> str:
    """Of the choice in its exact letters, since `CO` is not `Co`."""
    return hashlib.sha256(f"{canonical_key(question)}\n{choice}".encode()).hexdigest()


def _hella_swag(fields: Fields) -> Draft:
    endings = _texts(fields.items("endings"), fields)
    label = fields.text_or_number("label").strip()
    index = _index(
        int(label) if label.isdecimal() and len(label) == 1 else label, "label", len(endings), fields
    )
    return _draft(f"{ENDING}\n\n{fields.text('ctx')}", endings, index, fields)


def _texts(choices: Sequence[Any], fields: Fields) -> list[str]:
    if not 2 <= len(choices) <= len(LETTERS):
        raise fields.fault(f"there are {len(choices)} choices; 2 to {len(LETTERS)} have letters")
    return [as_text(choice, f"choice {place}", fields).strip() for place, choice in enumerate(choices, 1)]


def _index(answer: Any, key: str, count: int, fields: Fields) -> int:
    """Of the right choice, which is given by its index or its letter."""
    letters = LETTERS[:count]
    if isinstance(answer, str) and len(answer.strip()) == 1 and answer.strip() in letters:
        return letters.index(answer.strip())
    if isinstance(answer, (int, float)) and not isinstance(answer, bool) and answer in range(count):
        return int(answer)
    told = f"0 to {count - 1} or A to {letters[-1]}"
    raise fields.fault(f"`{key}` should be the index or the letter of a choice, {told}, not {brief(answer)}")


def _draft(
    question: str, choices: Sequence[str], right: int, fields: Fields, subject: tuple[str, ...] = ("subject",)
) -> Draft:
    lettered = dict(zip(LETTERS, choices, strict=False))
    listed = "\n".join(f"{letter}. {choice}" for letter, choice in lettered.items())
    about = fields.optional_text(*subject)
    meta = {"choices": lettered, **({"subject": about} if about else {})}
    return Draft(question=f"{question.strip()}\n\n{listed}", answer=LETTERS[right], meta=meta)


MMLU = Layout(
    name="MMLU", keys=(("question",), ("choices", "options"), ("answer",)), form="letter", read=_mmlu
)
ARC = Layout(name="ARC", keys=(("question", "question_stem"), ("answerKey",)), form="letter", read=_arc)
GPQA = Layout(
    name="GPQA",
    keys=(("Question",), ("Correct Answer",), *((key,) for key in GPQA_WRONG)),
    form="letter",
    read=_gpqa,
)
HELLA_SWAG = Layout(
    name="HellaSwag", keys=(("ctx",), ("endings",), ("label",)), form="letter", read=_hella_swag
)
