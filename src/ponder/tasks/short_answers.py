r"""Problems whose answer is short: GSM8K, MATH and MATH-500, AIME, and any pair of a question and an answer.

    layout                 keys                                          gold
    GSM8K                  question, answer                              behind the answer's last `####`
    MATH, MATH-500         problem, solution, level[, answer]            `answer`, else the last box
    AIME                   Problem, Answer[, ID, Solution]               `Answer`, an integer from 0 to 999
    question and answer    question|problem|prompt, answer|target|…      what it states, else all of it

Copies of AIME with `problem` and `answer`, or `question` and `answer`, are read as the last. Golds keep their
published form, `033` included: the judge compares numbers. What leads to the gold of GSM8K and MATH is kept
as `meta["worked"]`, for few-shot prompts. Does not know whether a gold is right.
"""

from __future__ import annotations

import re

from ponder.jsonl import Row
from ponder.tasks.layout import Draft, Fields, Layout, brief
from ponder.verify.extract import MAX_ANSWER_CHARS, boxed, extract_answer

QUESTION_KEYS = ("question", "problem", "prompt")
ANSWER_KEYS = ("answer", "target", "solution")
_MARK = re.compile(r"^####", re.MULTILINE)
_AIME_ANSWER = re.compile(r"\d{1,3}")
_CALCULATOR = re.compile(r"<<[^<>\n]*>>")
_BARE_BOX = re.compile(r"\\boxed\s+([^\s$]+)")


def _gsm8k(fields: Fields) -> Draft:
    steps, mark, gold = fields.text("answer").rpartition("####")
    if not mark:
        raise fields.fault("`answer` has no last line `#### N`, as those before it have")
    worked = _CALCULATOR.sub("", steps).strip()
    return Draft(question=fields.text("question"), answer=_short(gold, fields), meta=_filled(worked=worked))


def _math(fields: Fields) -> Draft:
    gold = fields.optional_text("answer") or _boxed_gold(fields)
    meta = {key: fields.optional_text(*names) for key, names in _MATH_META.items()}
    return Draft(question=fields.text("problem"), answer=_short(gold, fields), meta=_filled(**meta))


_MATH_META = {"level": ("level",), "subject": ("subject", "type"), "worked": ("solution",)}


def _filled(**meta: str) -> dict[str, str]:
    return {key: value for key, value in meta.items() if value}


def _boxed_gold(fields: Fields) -> str:
    r"""MATH's solutions end in a box, a few of them in `\fbox{…}` or `\boxed 2`."""
    solution = fields.text("solution").replace("\\fbox{", "\\boxed{")
    if any(box.strip() for box in boxed(solution[-4 * MAX_ANSWER_CHARS :])):
        return extract_answer(solution) or ""
    if bare := _BARE_BOX.findall(solution):
        return bare[-1].rstrip(".")
    raise fields.fault("`solution` has no answer in \\boxed{}, and there is no `answer`")


def _aime(fields: Fields) -> Draft:
    gold = fields.text_or_number("Answer").strip()
    if not _AIME_ANSWER.fullmatch(gold):
        raise fields.fault(f"`Answer` should be an integer from 0 to 999, not {brief(gold)}")
    return Draft(question=fields.text("Problem"), answer=gold)


def _any_pair(fields: Fields) -> Draft:
    question = fields.text(*QUESTION_KEYS)
    gold = fields.text_or_number(*ANSWER_KEYS)
    return Draft(question=question, answer=_short(extract_answer(gold) or gold, fields))


def _short(gold: str, fields: Fields) -> str:
    gold = gold.strip()
    if not gold:
        raise fields.fault("the answer is empty")
    if len(gold) > MAX_ANSWER_CHARS:
        raise fields.fault(f"the answer has {len(gold)} characters, at most {MAX_ANSWER_CHARS} can be judged")
    return gold


def _ends_marked(row: Row) -> bool:
    answer = row["answer"]
    return isinstance(answer, str) and bool(_MARK.search(answer))


GSM8K = Layout(name="GSM8K", keys=(("question",), ("answer",)), form="box", read=_gsm8k, tells=_ends_marked)
MATH = Layout(name="MATH", keys=(("problem",), ("solution",), ("level",)), form="box", read=_math)
AIME = Layout(name="AIME", keys=(("Problem",), ("Answer",)), form="box", read=_aime)
ANY_PAIR = Layout(name="question and answer", keys=(QUESTION_KEYS, ANSWER_KEYS), form="box", read=_any_pair)
