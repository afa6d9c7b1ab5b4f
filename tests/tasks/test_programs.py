import contextlib
import io
import random

from hypothesis import given
from hypothesis import strategies as st
from solvers import traced

from ponder.tasks import FAMILIES


@given(st.integers(0, 10**9), st.integers(1, 8))
def test_the_program_prints_the_gold_answer(seed: int, depth: int) -> None:
    problem = FAMILIES["programs"].draw(random.Random(seed), depth)
    assert str(sum(traced(problem.question))) == problem.answer
    program = problem.question.partition("\n")[2]
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(program, {})  # ours, straight-line, and checked by the tracer just before
    assert printed.getvalue().strip() == problem.answer
