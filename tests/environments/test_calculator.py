from hypothesis import given
from hypothesis import strategies as st

from ponder.environments.calculator import Calculator
from ponder.records import Problem

PROBLEM = Problem(id="1", question="q", answer="1", task="t")


def test_the_last_call_is_answered() -> None:
    text = "<calc>1+1</calc><result>2</result> so <calc>2*(3+4)</calc>"
    assert Calculator().respond(PROBLEM, text) == "<result>14</result>"


def test_a_call_without_a_value_is_told_why() -> None:
    assert Calculator().respond(PROBLEM, "<calc>1/0</calc>") == "<result>error: division by zero</result>"
    assert Calculator().respond(PROBLEM, "1+1</calc>") == "<result>error: not arithmetic</result>"


@given(st.text(), st.text())
def test_any_text_is_answered(before: str, call: str) -> None:
    reply = Calculator().respond(PROBLEM, f"{before}<calc>{call}</calc>")
    assert reply.startswith("<result>") and reply.endswith("</result>")
