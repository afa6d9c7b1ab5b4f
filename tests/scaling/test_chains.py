import pytest
from fakes import ScriptedSampler, completion

from ponder.protocols import Budget
from ponder.records import Problem
from ponder.scaling import make_strategy
from ponder.scaling.chains import CHAINS, FewShot, find_chain
from ponder.scaling.drive import solve

PROBLEM = Problem(id="1", question="What is 1+1?", answer="2", task="t")


@pytest.mark.parametrize("name", CHAINS)
def test_every_chain_puts_the_question_first(name: str) -> None:
    (message,) = find_chain(name).prompt(PROBLEM)
    assert message.content.startswith("What is 1+1?\n")


def test_the_form_of_the_answer_decides_the_words() -> None:
    coded = Problem(id="2", question="Write f.", answer="", task="t", meta={"answer_form": "code"})
    assert "```python" in find_chain("think").prompt(coded)[0].content
    assert "box" not in find_chain("think").prompt(coded)[0].content


def test_worked_examples_are_earlier_turns() -> None:
    shown = Problem(id="9", question="1+2?", answer="3", task="t", meta={"worked": "1+2=3"})
    own = Problem(id="1", question="x", answer="4", task="t", meta={"worked": "x=4"})
    turns = FewShot((shown, own)).prompt(PROBLEM)
    assert [turn.role for turn in turns] == ["user", "assistant", "user"]
    assert turns[1].content == "1+2=3\n\\boxed{3}"
    assert turns[2].content.startswith("What is 1+1?")


@pytest.mark.slow
def test_a_program_computes_the_answer_and_programs_vote() -> None:
    texts = [
        "```python\nprint(1+1)\n```",
        "```python\nprint(3)\n```",
        "```python\nprint(4/2)\n```",
        "```python\n1/0\n```",
    ]
    read = find_chain("program").read([completion(text) for text in texts])
    assert [each.answer for each in read] == ["\\boxed{2}", "\\boxed{3}", "\\boxed{2.0}", ""]
    assert [each.text for each in read] == texts
    voted = make_strategy("self-consistency", chain="program")
    attempt = solve(voted, PROBLEM, ScriptedSampler(texts), Budget(tokens=400, per_completion=100))
    assert attempt.answer == "2"
