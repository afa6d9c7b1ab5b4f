import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ponder.tasks.gym_process import MATHEMATICS, calls_a_function


@pytest.mark.parametrize(
    "answer",
    [
        "open('x')",
        "open ('x')",
        "open\\\n('x')",
        "[open #\n('x')]",
        "(open)('x')",
        "[open][0]('x')",
        "(lambda: 0)()",
        "x.mro()",
        "().__class__.__subclasses__()",
        "[f() for f in (quit,)]",
        "1 if exit() else 2",
        "1 + 3! + exit()",
        "exit() if 1 != 2 else 0",
        "sqrt(\"open('x')\")",
        "'x' + sqrt(2)",
        "exp(exec)(1)",
        "  exit()  ",
        "\uff45\uff58\uff49\uff54()",
        "{print()}",
        "f'{exit()}'",
    ],
)
def test_what_would_run_something_is_seen(answer: str) -> None:
    assert calls_a_function(answer)


@pytest.mark.parametrize(
    "answer",
    [
        "", "42", "(83+94)*2", "x**2/2 + C", "sin(x)*exp(2*x) + log(x)", "3! + 4", "['a', 'b']", "[[1, 2]]",
        "Zoey is a knight (and Riley a knave).", "f(x", "A -> B -> C", "0.2[1]", "a != b", "Move disk 1",
        "{\"a\": 1}", "\0", "\ud800",
    ],
)  # fmt: skip
def test_answers_that_run_nothing_are_let_through(answer: str) -> None:
    assert not calls_a_function(answer)


@given(st.text("abex()[]{}'\"!=.,:#\\ \n1+-*", max_size=30) | st.text(max_size=30))
def test_what_is_let_through_calls_nothing_when_evaluated(answer: str) -> None:
    """Evaluated with names that tell when they are called."""
    called = list[str]()
    space = {name: lambda *_, name=name, **__: called.append(name) for name in ("a", "b", "e", "x", "abe")}
    if calls_a_function(answer) or any(name in answer for name in MATHEMATICS):
        return
    with contextlib.suppress(Exception):
        eval(answer, {"__builtins__": {}, **space})
    assert not called
