r"""What counts as the stated answer, and what a completion without one is called."""

from __future__ import annotations

import time

import pytest
from fakes import completion
from hypothesis import given
from hypothesis import strategies as st

from ponder.records import FinishReason, Verdict
from ponder.verify.extract import MAX_ANSWER_CHARS, boxed, extract_answer, judge_completion
from ponder.verify.math import verify_math

STOP, LENGTH, BUDGET, CANCELLED = (
    FinishReason.STOP,
    FinishReason.LENGTH,
    FinishReason.BUDGET,
    FinishReason.CANCELLED,
)
CORRECT, WRONG, NO_ANSWER, TRUNCATED = Verdict.CORRECT, Verdict.WRONG, Verdict.NO_ANSWER, Verdict.TRUNCATED


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (r"so \boxed{42}.", "42"),
        (r"\boxed{ 42 }", "42"),
        (r"\boxed{\frac{1}{2}}", r"\frac{1}{2}"),
        (r"\boxed{\text{a {b} c}} and so on", r"\text{a {b} c}"),
        (r"\boxed{1}, no: \boxed{2}", "2"),
        (r"\boxed{1} then \boxed{2", "1"),
        (r"\boxed{1}, \boxed{2} or $\boxed{3}$", "1, 2, 3"),
        (r"\boxed{1} \boxed{1}", "1"),
        (r"either \boxed{1}$ \text{ and } $\boxed{2}.", "1, 2"),
        (r"\boxed{4} was a step. Then \boxed{1}; \boxed{2}", "1, 2"),
        (r"\boxed{}", None),
        (r"\boxed{2", None),
        (r"boxed{2}", None),
        ("some steps\n#### 1,200", "1,200"),
        ("#### 1\n#### 2", "1, 2"),
        ("#### 1\nno, wait:\n#### 2", "2"),
        ("####\n7", "7"),
        (r"#### 3" + "\n" + r"\boxed{4}", "4"),
        ("The answer is 42.", "42"),
        ("The final answer is: $42$", "42"),
        ("Answer: 42", "42"),
        ("**Answer:** 42", "42"),
        ("**Answer: 42**", "42"),
        ("The answer is:\n\n42", "42"),
        ("The answer is 3. No, the answer is 4.", "4"),
        ("The answer is 1/2", "1/2"),
        ("The answer is .5", ".5"),
        ("Final Answer: **73**", "73"),
        ("#### 18\n\nQuestion: and now?\n#### 5", "5"),
        ("- \\boxed{1}\n- \\boxed{2}", "1, 2"),
        ("1. \\boxed{7}\n2. \\boxed{8}", "7, 8"),
        ("(a) \\boxed{7} (b) \\boxed{8}", "7, 8"),
        (r"**\boxed{1}** or maybe **\boxed{2}**", "1, 2"),
        (r"\boxed{1}\\\boxed{2}", "1, 2"),
        (r"\boxed{1/2} or \boxed{0.5}", "0.5"),
        (r"\boxed{1,234} \boxed{1234}", "1234"),
        (r"\boxed{x} and \boxed{y} and \boxed{x}", "x, y"),
        (r"\boxed{1}, so that gives \boxed{2}", "2"),
        (r"\boxed{1} = \boxed{2}", "2"),
        ("42", None),
        ("I would answer if I knew", None),
        ("", None),
    ],
)
def test_where_the_answer_stands(text: str, answer: str | None) -> None:
    assert extract_answer(text) == answer


@pytest.mark.parametrize(
    ("text", "finish", "verdict"),
    [
        ("<think>\n1+1=2\n</think>\n\\boxed{2}", STOP, CORRECT),
        ("<think>\n1+1=2\n</think>\n\\boxed{2}", BUDGET, CORRECT),
        ("\\boxed{2}", STOP, CORRECT),
        ("\\boxed{3}", STOP, WRONG),
        ("\\boxed{2%}", STOP, Verdict.UNPARSABLE),
        ("<think>\nmaybe \\boxed{2}\n</think>\n", STOP, NO_ANSWER),
        ("<think>\nmaybe \\boxed{2}\n</think>\n\\boxed{3}", STOP, WRONG),
        ("<think>\n\\boxed{2}", STOP, TRUNCATED),
        ("<think>\n\\boxed{2}", LENGTH, TRUNCATED),
        ("<think>\n1+1", CANCELLED, TRUNCATED),
        ("<think>\n1+1=2\n</think>\n\\box", LENGTH, TRUNCATED),
        ("<think>\n1+1=2\n</think>\n\\boxed{2}", LENGTH, CORRECT),
        ("\\boxed{2} and then some", LENGTH, CORRECT),
        ("\\boxed{2} or \\boxed{3", LENGTH, TRUNCATED),
        ("<think>\n1\n</think>\n\\boxed{3}</think>\\boxed{2}", STOP, CORRECT),
        ("<think>\n1\n</think>\n\\boxed{2}</think>\\boxed{3}", STOP, WRONG),
        ("<think>\n1\n</think>\n\\boxed{3}\n<answer>2</answer>", STOP, WRONG),
        ("<think>\n\\boxed{2}\n</think>\n<answer>2</answer>", STOP, NO_ANSWER),
        ("The answer is 2", STOP, CORRECT),
        ("The answer is 2", LENGTH, TRUNCATED),
        ("#### 2", LENGTH, TRUNCATED),
        ("", STOP, NO_ANSWER),
        ("", LENGTH, TRUNCATED),
    ],
)
def test_verdicts(text: str, finish: FinishReason, verdict: Verdict) -> None:
    assert judge_completion(completion(text, finish=finish), "2", verify_math).verdict is verdict


@given(st.text(), st.integers(-(10**12), 10**12))
def test_golds_in_the_shape_of_gsm8k(steps: str, number: int) -> None:
    assert extract_answer(f"{steps.replace(chr(92), '')}\n#### {number:,}") == f"{number:,}"


@given(st.text(), st.sampled_from(FinishReason))
def test_no_text_crashes(text: str, finish: FinishReason) -> None:
    extract_answer(text)
    assert judge_completion(completion(text, finish=finish), "2", verify_math).verdict in Verdict


@given(
    st.recursive(
        st.text("ab \\", max_size=4), lambda inner: st.lists(inner).map(lambda p: "{" + "".join(p) + "}")
    )
)
def test_a_box_keeps_its_braces(inside: str) -> None:
    assert boxed(f"x \\boxed{{{inside}}} }} y")[-1] == inside


@pytest.mark.parametrize(
    "text",
    [
        "answer is" + "\n" * 8000,
        "answer is x" + " " * 8000 + "y",
        "answer " * 1200,
        "#### x" + " " * 8000 + "y",
        "\\boxed{" * 20_000,
        "\\boxed{7}" * 900,
        "\\boxed{7}" + " or " * 400 + "\\boxed{8}",
        "\\boxed{7}" + "1" * 39 + "\\boxed{8}",
        "\\boxed{" * 20_000 + "}" * 20_000,
    ],
)
def test_no_text_takes_long(text: str) -> None:
    began = time.process_time()
    extract_answer(text)
    judge_completion(completion(text, finish=LENGTH), "2", verify_math)
    assert time.process_time() - began < 0.3


def test_an_answer_far_longer_than_any_is_not_read() -> None:
    text = "\\boxed{" + "1" * (MAX_ANSWER_CHARS + 1) + "}"
    assert judge_completion(completion(text), "1", verify_math).verdict is Verdict.UNPARSABLE
