import random

from hypothesis import given
from hypothesis import strategies as st

from ponder.tasks import ONE_STEP


@given(st.integers(0, 10**9), st.integers(1, 6))
def test_the_answer_is_what_stands_behind_the_colon(seed: int, depth: int) -> None:
    problem = ONE_STEP["copying"].draw(random.Random(seed), depth)
    asked, _, given_text = problem.question.partition(": ")
    assert given_text == f"{problem.answer}."
    items = problem.answer.split()
    assert len(items) == len(set(items)) == depth
    assert asked.split(" ", 1)[1] in {
        f"{this} {what}{plural}"
        for what in ("number", "word")
        for this, plural in ((("this", ""),) if depth == 1 else (("these", "s"),))
    }
    assert asked.endswith(("number", "numbers")) == problem.answer.replace(" ", "").isdigit()


def test_the_key_is_what_is_copied_not_how_it_is_asked_for() -> None:
    drawn = [ONE_STEP["copying"].draw(random.Random(seed), 1) for seed in range(200)]
    openings = {each.question.split()[0] for each in drawn}
    assert openings == {"Copy", "Repeat", "Write"}
    assert all(each.content == f"copy {each.answer}" for each in drawn)
