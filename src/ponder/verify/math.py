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

from collections.abc import Callable, Sequence
from fractions import Fraction

from ponder.records import Judgement, Verdict
from ponder.verify.choice import is_choice, verify_choice
from ponder.verify.extract import MAX_ANSWER_CHARS, extract_answer
from ponder.verify.final_form import SEVERAL, final_number
from ponder.verify.number import names_currency, parse_number, plain_signs
from ponder.verify.words import fold, is_wordy, verify_text

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
    number = final_number(answer)
    return str(number) if isinstance(number, Fraction) else fold(answer)


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
    wanted_number = parse_number(wanted)
    if wanted_number is not None:
        return _compare_numbers(given, wanted_number)
    dressed = final_number(wanted)
    if isinstance(dressed, Fraction) and parse_number(given) is not None and not names_currency(given):
        return _compare_numbers(given, dressed)  # an answer without a unit is taken to have the gold's
    if is_choice(wanted):
        return verify_choice(given, wanted)
    if is_wordy(wanted):
        return verify_text(given, wanted)
    if _squeezed(given) == _squeezed(wanted):
        return Judgement(Verdict.CORRECT, given, "same text")
    return given, wanted


def _compare_numbers(given: str, wanted: Fraction) -> Judgement:
    number = final_number(given)
    if isinstance(number, str):
        return Judgement(Verdict.WRONG if number == SEVERAL else Verdict.UNPARSABLE, given, number)
    same = number == wanted
    return Judgement(Verdict.CORRECT if same else Verdict.WRONG, given, "equal" if same else "not equal")


def _squeezed(text: str) -> str:
    return "".join(plain_signs(text).split())
