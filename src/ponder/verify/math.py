r"""Judges a short answer against its gold: by the kind of the gold, strictly, and cheaply first.

    gold                          how
    a plain number                exactly, as fractions, through the final-form gate (`final_form.py`)
    a letter of a choice          `choice.py`
    words, a list of plain items  `words.py`
    anything else                 read strictly and proved equal in a worker process that can be killed
                                  (`symbolic.py`): expressions, intervals, sets, tuples, matrices, units, ±

A verdict never depends on how close two numbers are: 0.333 is not 1/3. An answer that cannot be read is
UNPARSABLE, one whose judging runs past its limits TIMED_OUT. Does not know the question.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from ponder.records import Judgement, Verdict
from ponder.verify.choice import is_choice, verify_choice
from ponder.verify.extract import MAX_ANSWER_CHARS, extract_answer
from ponder.verify.final_form import SEVERAL, Quantity, final_quantity
from ponder.verify.number import parse_number, plain_signs
from ponder.verify.words import fold, is_wordy, verify_text

_AND = re.compile(r"\\text\s?\{\s?(?:and|or)\s?\}|\b(?:and|or)\b|,\s(?:and|or)\b|,")
Pairs = Sequence[tuple[str, str]]


def verify_math(answer: str, gold: str) -> Judgement:
    r"""Judge `answer`, bare or inside `\boxed{…}`, against the bare or boxed `gold`.

    >>> verify_math("\\boxed{\\frac12}", gold="0.5").verdict
    <Verdict.CORRECT: 'correct'>
    """
    return verify_math_many([(answer, gold)])[0]


def verify_math_many(pairs: Pairs) -> list[Judgement]:
    """Judge (answer, gold) pairs, order kept; those that need algebra share all workers."""
    settled = [_settle(answer, gold) for answer, gold in pairs]
    hard = [place for place, found in enumerate(settled) if not isinstance(found, Judgement)]
    judgements = [found if isinstance(found, Judgement) else _PENDING for found in settled]
    if hard:
        from ponder.verify.symbolic import equivalent_many  # its workers start only where they are needed

        questions = [found for found in settled if not isinstance(found, Judgement)]
        for place, judgement in zip(hard, equivalent_many(questions), strict=True):
            judgements[place] = judgement
    return judgements


VERIFIERS: dict[str, Callable[[str, str], Judgement]] = {
    "math": verify_math,
    "choice": verify_choice,
    "text": verify_text,
}
"""By the name that a task or a command gives its kind of answer."""

_PENDING = Judgement(Verdict.ERROR, None, "not judged yet")


def answer_key(answer: str) -> str:
    """Equal for two answers that count as the same vote: `1/2` and `0.5`, `Red` and `red`."""
    quantity = final_quantity(answer)
    if isinstance(quantity, str):
        return fold(answer) if len(answer) <= MAX_ANSWER_CHARS else answer
    return f"{quantity.number}%" if quantity.unit == "%" else str(quantity.number)


def _settle(answer: str, gold: str) -> Judgement | tuple[str, str]:
    """A judgement where no algebra is needed, else the answer and the gold to compare."""
    given = (extract_answer(answer) if "\\boxed{" in answer else answer.strip()) or ""
    wanted = (extract_answer(gold) if "\\boxed{" in gold else gold.strip()) or ""
    if not wanted.strip("$. "):
        return Judgement(Verdict.ERROR, given or None, "the gold answer is empty")
    if not given:
        return Judgement(Verdict.NO_ANSWER, None, "empty answer")
    if len(given) > MAX_ANSWER_CHARS:
        return Judgement(Verdict.UNPARSABLE, given[:80], "answer longer than any answer")
    quantity = final_quantity(wanted)
    if isinstance(quantity, Quantity) and not _may_be_product(wanted, quantity):
        judgement = _compare_quantities(given, quantity, plain=parse_number(wanted) is not None)
        if judgement is not None:
            return judgement
    if is_choice(wanted):
        return verify_choice(given, wanted)
    if is_wordy(wanted) and not _is_list_of_numbers(wanted):
        return verify_text(given, wanted)
    if _squeezed(given) == _squeezed(wanted):
        return Judgement(Verdict.CORRECT, given, "same text")
    return given, wanted


def _is_list_of_numbers(wanted: str) -> bool:
    r"""Whether the gold is `6 and 8` or `6 \text{ or } 8`: a list, whose order is free, rather than words."""
    items = _AND.split(wanted)
    return len(items) > 1 and all(parse_number(item) is not None for item in items)


def _may_be_product(wanted: str, quantity: Quantity) -> bool:
    """Whether the gold's unit could as well be a variable: the `m` of `2m`, but not that of `2 m`."""
    bare, unit = wanted.rstrip("$. "), quantity.unit
    return len(unit) == 1 and unit.isalpha() and bare.endswith(unit) and not bare[-2:-1].isspace()


def _compare_quantities(given: str, wanted: Quantity, *, plain: bool) -> Judgement | None:
    """Where the gold is a number, `plain` or with a unit or a name; None where others have to read on.

    An answer without a unit is taken to have the gold's, and any unit will do where the gold has none. A
    percentage is the exception to both. A name that the gold has not, or has and the answer lacks, is fine.
    """
    found = final_quantity(given)
    if isinstance(found, str):
        if not plain:
            return None
        return Judgement(Verdict.WRONG if found == SEVERAL else Verdict.UNPARSABLE, given, found)
    if found.unit == "%" and wanted.unit != "%" and plain:
        return Judgement(Verdict.UNPARSABLE, given, "a percentage")
    percent = "%" in (found.unit, wanted.unit)
    same_unit = found.unit == wanted.unit or (not percent and "" in (found.unit, wanted.unit))
    same_name = found.name == wanted.name or "" in (found.name, wanted.name)
    if not (same_unit and same_name):
        return Judgement(Verdict.WRONG, given, "another unit") if plain else None
    same = found.number == wanted.number
    return Judgement(Verdict.CORRECT if same else Verdict.WRONG, given, "equal" if same else "not equal")


def _squeezed(text: str) -> str:
    return "".join(plain_signs(text).split())
