"""The side of reasoning-gym: draws its problems and runs its scorers, in a confined process of its own.

`gym.py` sends this file's text there, so it knows nothing of ponder. Some scorers pass an answer to `eval`,
or to a parser that does the same; they get none that calls anything but a function of mathematics.
"""

from __future__ import annotations

import ast
import importlib
from typing import Any

_FUNCTIONS = """
    Abs abs acos acosh acot asec acsc asin asinh atan atanh binomial ceiling cos cosh cot coth csc erf exp
    factorial floor ln log max Max min Min Mod Rational root sec sign sin sinh sqrt tan tanh
"""
MATHEMATICS = frozenset(_FUNCTIONS.split())


def names() -> list[str]:
    """Every generator that can be drawn from as it comes."""
    return sorted(set(importlib.import_module("reasoning_gym.factory").DATASETS) - {"composite"})


def draw(name: str, seed: int, size: int) -> list[list[str] | None]:
    """Question and published answer of each problem; None for one that the generator fails to make."""
    problems, dataset = list[list[str] | None](), _dataset(name, seed, size)
    for index in range(size):
        try:
            entry = dataset[index]
        except Exception:  # its own search gave up, in whatever way it does
            problems.append(None)
        else:
            problems.append([str(entry["question"]), _published(entry)])
    return problems


def score(name: str, seed: int, size: int, index: int, answer: str) -> list[Any]:
    """The question again, and the score of an answer to it. Raises what the scorer raises."""
    if calls_a_function(answer):
        raise ValueError("the answer calls a function")
    dataset = _dataset(name, seed, size)
    entry = dataset[index]
    return [str(entry["question"]), float(dataset.score_answer(answer, entry))]


def calls_a_function(answer: str) -> bool:
    """Whether the answer, taken as Python, calls what is not mathematics, or calls anything on a text.

    A text would be parsed, and so run, once more. What is not Python cannot be run; `3!` can, by sympy.
    """
    try:
        tree = ast.parse(answer.replace("!=", "==").replace("!", "").strip(), mode="eval")
    except (SyntaxError, ValueError):
        return False
    nodes = list(ast.walk(tree))
    calls = [node for node in nodes if isinstance(node, ast.Call)]
    texts = any(isinstance(node, ast.Constant) and isinstance(node.value, (str, bytes)) for node in nodes)
    known = all(isinstance(call.func, ast.Name) and call.func.id in MATHEMATICS for call in calls)
    return bool(calls) and (texts or not known)


def _dataset(name: str, seed: int, size: int) -> Any:
    return importlib.import_module("reasoning_gym").create_dataset(name, seed=seed, size=size)


def _published(entry: Any) -> str:
    """Empty where a task has no one answer and only its scorer knows."""
    return "" if entry["answer"] is None else str(entry["answer"])
