from dataclasses import replace

import pytest
from fakes import ScriptedSampler, completion

from ponder.errors import ConfigError
from ponder.protocols import Budget
from ponder.records import Problem
from ponder.scaling import make_strategy
from ponder.scaling.chain_of_thought import ChainOfThought
from ponder.scaling.chains import CHAINS, FewShot, find_chain, shots_of
from ponder.scaling.drive import solve

PROBLEM = Problem(id="1", question="What is 1+1?", answer="2", task="t")
EXAMPLES = tuple(
    Problem(id=f"e{n}", question=f"{n}+1?", answer=str(n + 1), task="t", meta={"worked": f"{n}+1={n + 1}"})
    for n in range(5)
)


@pytest.mark.parametrize("name", CHAINS)
def test_every_chain_puts_the_question_first(name: str) -> None:
    *_, message = find_chain(name).prompt(replace(PROBLEM, meta={"examples": EXAMPLES}))
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


def test_a_problem_brings_its_examples_and_the_chain_says_how_many() -> None:
    problem = replace(PROBLEM, meta={"examples": EXAMPLES})
    for name, shots in (("few-shot", 3), ("few-shot:1", 1), ("few-shot:5", 5)):
        turns = find_chain(name).prompt(problem)
        assert [turn.content for turn in turns[1:-1:2]] == [
            f"{n}+1={n + 1}\n\\boxed{{{n + 1}}}" for n in range(shots)
        ]
        assert shots_of(make_strategy("self-consistency", chain=name)) == shots
    assert shots_of(make_strategy("few-shot", shots=2)) == 2
    assert shots_of(make_strategy("direct")) == shots_of(make_strategy("self-refine")) == 0
    assert shots_of(ChainOfThought(chain=FewShot(EXAMPLES))) == 0  # it has its own


def test_a_problem_is_no_example_for_itself_whatever_its_id() -> None:
    same = Problem(id="a-7", question="What is 1+1?", answer="2", task="t", key="k1", meta={"worked": "2"})
    other = Problem(id="1", question="1+2?", answer="3", task="t", key="k2", meta={"worked": "1+2=3"})
    turns = FewShot((same, other)).prompt(replace(PROBLEM, key="k1"))
    assert [turn.content for turn in turns[1:-1]] == ["1+2=3\n\\boxed{3}"]


def test_a_solution_that_ends_in_a_box_gets_no_second_one() -> None:
    boxed = replace(EXAMPLES[0], meta={"worked": "It is $\\boxed{1}$."})
    assert FewShot((boxed,)).prompt(PROBLEM)[1].content == "It is $\\boxed{1}$."


def test_mistakes_about_examples_are_named() -> None:
    with pytest.raises(ConfigError, match="this problem comes with none"):
        find_chain("few-shot").prompt(PROBLEM)
    for wrong in ("few-shot:", "few-shot:x", "few-shot:-1"):
        with pytest.raises(ConfigError, match="should look like few-shot or few-shot:5"):
            find_chain(wrong)
    for make in (lambda: find_chain("few-shot:0"), lambda: make_strategy("few-shot", shots=0)):
        with pytest.raises(ConfigError, match="shots must be at least 1"):
            make()
    with pytest.raises(ConfigError, match="unknown chain 'plan:3'"):
        find_chain("plan:3")
    with pytest.raises(ConfigError, match="few-shot has no option 'chain'"):
        make_strategy("few-shot", chain="plan")


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
