"""Completions that nobody would write by hand, through the whole way that an evaluation takes: judged as
`docs/verifiers.md` says, written as valid UTF-8, read back equal, and quickly."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from fakes import ScriptedSampler, completion

from ponder.evaluation.arm import ArmResult, ItemResult
from ponder.evaluation.completion_store import StoredSampler
from ponder.evaluation.item_files import item_lines, read_items
from ponder.evaluation.ladder import Ladder
from ponder.evaluation.runner import evaluate
from ponder.protocols import Budget
from ponder.records import Completion, Judgement, Problem, Verdict
from ponder.report.files import write_ladder
from ponder.scaling import make_strategy
from ponder.scaling.voting import hold_vote
from ponder.tasks.files import FileTask
from ponder.verify.fenced import judge_fenced
from ponder.verify.proof import verify_proof

SMALL, LARGE = 100_000, 1_000_000
SECONDS = 2.0
"""For one completion, judged, written and read back: hundreds of times what it takes."""
GROWTH = 30
"""At most, from `SMALL` to `LARGE`; quadratic time would be 100."""
ROOM = 4 * LARGE
LENIENT = FileTask("hostile", (), "question and answer")


class Proofs(FileTask):
    """Judged by the kernel of natural deduction."""

    def judge(self, problem: Problem, completion: Completion) -> Judgement:
        return judge_fenced(completion, problem.answer, verify_proof)


RIGHT = {"math": "42", "expression": "x^2+1", "words": "blue whale", "choice": "B"}
WRONG = {"math": "7", "expression": "x^2-1", "words": "red fox", "choice": "A"}
REFUSED = {"words": Verdict.WRONG}
"""What no number, expression or letter can be read in is unreadable; as words it is other words."""
SEVERAL = dict.fromkeys(("math", "expression", "words"), Verdict.WRONG)
APART = " is what one would think, but then again it is rather "
TESTS = {"entry_point": "f", "cases": [{"args": [1], "expected": 2}]}
GOOD = "def f(x):\n    return x + 1"
PROOF = "1. p -> q premise\n2. p premise\n3. q ->E 1, 2"
RTL, ZERO = "\u200f", "\u200b"
THINK, UNTHINK = "<think>", "</think>"

PROBLEMS = {
    **{kind: Problem(id=kind, question="?", answer=gold, task="t") for kind, gold in RIGHT.items()},
    "program": Problem(
        id="program", question="?", answer=json.dumps(TESTS), task="t", meta={"answer_form": "code"}
    ),
    "proof": Problem(id="proof", question="?", answer="p -> q, p |- q", task="t"),
}
PROBLEMS["choice"] = replace(
    PROBLEMS["choice"], meta={"answer_form": "letter", "choices": {"A": "one", "B": "two"}}
)


def box(text: str) -> str:
    return f"\\boxed{{{text}}}"


def fenced(text: str) -> str:
    return f"```\n{text}\n```"


def wide(text: str) -> str:
    """In fullwidth letters, digits and signs."""
    return "".join(chr(ord(letter) + 0xFEE0) if "!" <= letter <= "~" else letter for letter in text)


def between(text: str, mark: str) -> str:
    """The mark before, after and between the letters."""
    return mark.join(("", *text, ""))


def long(unit: str, size: int) -> str:
    return unit * (size // len(unit))


Expected = Verdict | dict[str, Verdict]
Build = Callable[[str, str, int], str]
SHORT: dict[str, tuple[Build, Expected]] = {
    # right, wrong and size
    "empty": (lambda r, w, n: "", Verdict.NO_ANSWER),
    "blank": (lambda r, w, n: " \t\r\n\v\f\x85\u2028", Verdict.NO_ANSWER),
    "the last box": (lambda r, w, n: f"{box(w)}{APART}{box(r)}", Verdict.CORRECT),
    "not the first box": (lambda r, w, n: f"{box(r)}{APART}{box(w)}", Verdict.WRONG),
    "all candidates": (lambda r, w, n: f"{box(w)} or {box(r)}", SEVERAL),
    "a box in a box": (lambda r, w, n: box(box(r)), Verdict.CORRECT),
    "a box not closed": (lambda r, w, n: f"\\boxed{{{r}", Verdict.NO_ANSWER),
    "a brace not closed": (lambda r, w, n: f"\\boxed{{{{{r}}}", Verdict.NO_ANSWER),
    "braces too many": (lambda r, w, n: box(r) + "}}}", Verdict.CORRECT),
    "in open thinking": (lambda r, w, n: f"{THINK}\n{box(r)}", Verdict.TRUNCATED),
    "in thinking alone": (lambda r, w, n: f"{THINK}{box(r)}{UNTHINK}", Verdict.NO_ANSWER),
    "in thinking and after": (lambda r, w, n: f"{THINK}{box(w)}{UNTHINK}{box(r)}", Verdict.CORRECT),
    "another thought later": (lambda r, w, n: f"{THINK}a{UNTHINK}{box(r)}{THINK} so it is", Verdict.CORRECT),
    "one token": (lambda r, w, n: long("wait ", n), Verdict.NO_ANSWER),
    "one token, then a box": (lambda r, w, n: long("wait ", n) + box(r), Verdict.CORRECT),
    "a box, then one token": (lambda r, w, n: box(r) + long(" wait", n), Verdict.NO_ANSWER),
    "one token in thinking": (lambda r, w, n: f"{THINK}{long('hm ', n)}{UNTHINK}{box(r)}", Verdict.CORRECT),
    "boxes that open": (lambda r, w, n: long("\\boxed{", n), Verdict.NO_ANSWER),
    "the same box": (lambda r, w, n: long(box(r), n), Verdict.CORRECT),
    "marked lines": (lambda r, w, n: long(f"#### {r}\n", n), Verdict.CORRECT),
    "a marked line without end": (lambda r, w, n: "#### " + "4" * n, Verdict.NO_ANSWER),
    "the phrase": (lambda r, w, n: long("the answer is ", n), Verdict.NO_ANSWER),
    "line ends": (lambda r, w, n: "\n" * n, Verdict.NO_ANSWER),
    "a long answer": (lambda r, w, n: box("4" * 2_001), Verdict.UNPARSABLE),
    "an endless answer": (lambda r, w, n: box("4" * n), Verdict.NO_ANSWER),
    "controls around": (lambda r, w, n: f"\x00\x1b[2J{box(r)}\x07\x00", Verdict.CORRECT),
    "NUL within": (lambda r, w, n: box(f"{r}\x00"), REFUSED),
    "a control within": (lambda r, w, n: box(f"\x01{r}"), REFUSED),
    "marks of direction": (lambda r, w, n: f"\u202e{box(between(r, RTL))}\u202c", Verdict.CORRECT),
    "zero-width spaces": (lambda r, w, n: f"\ufeff{box(between(r, ZERO))}\u2060", Verdict.CORRECT),
    "a broken command": (lambda r, w, n: f"\\box\u200bed{{{r}}}", Verdict.NO_ANSWER),
    "surrogates around": (lambda r, w, n: f"\ud800{box(r)}\udfff", Verdict.CORRECT),
    "a surrogate within": (lambda r, w, n: box(f"{r}\ud800"), REFUSED),
    "surrogates alone": (lambda r, w, n: long("\udc80", n), Verdict.NO_ANSWER),
    "fullwidth": (lambda r, w, n: box(wide(r)), Verdict.CORRECT),
    "nested braces": (lambda r, w, n: box("{" * n + r + "}" * n), Verdict.NO_ANSWER),
    "some nested braces": (lambda r, w, n: box("{" * 900 + r + "}" * 900), REFUSED),
    "backslashes": (lambda r, w, n: "\\" * n, Verdict.NO_ANSWER),
    "backslashes in a box": (lambda r, w, n: box("\\" * 1_900), REFUSED),
    "a tower": (lambda r, w, n: box("9^{9^{9^{9^{9}}}}"), REFUSED),
    "nested fractions": (lambda r, w, n: box("\\frac{1}{" * 190 + "1" + "}" * 190), REFUSED),
}  # fmt: skip
LONG: dict[str, dict[str, tuple[Callable[[int], str], Verdict]]] = {
    "program": {
        "empty": (lambda n: "", Verdict.NO_ANSWER),
        "an empty block": (lambda n: "```python\n```", Verdict.NO_ANSWER),
        "in open thinking": (lambda n: f"{THINK}\n{fenced(GOOD)}", Verdict.TRUNCATED),
        "in thinking and after": (lambda n: f"{THINK}{fenced('1')}{UNTHINK}{fenced(GOOD)}", Verdict.CORRECT),
        "the last block": (lambda n: f"{fenced('1/0')}\nor\n{fenced(GOOD)}", Verdict.CORRECT),
        "a block not closed": (lambda n: f"```python\n{GOOD}", Verdict.WRONG),
        "one token": (lambda n: long("wait ", min(n, 200_000)), Verdict.WRONG),
        "longer than any": (lambda n: GOOD + "\n" + "#" * 2 * n, Verdict.UNPARSABLE),
        "one token, then a block": (lambda n: long("wait ", n) + "\n" + fenced(GOOD), Verdict.CORRECT),
        "blocks": (lambda n: long(fenced("1") + "\n", n) + fenced(GOOD), Verdict.CORRECT),
        "fences": (lambda n: long("```\n", n), Verdict.NO_ANSWER),
        "NUL": (lambda n: fenced(f"{GOOD}  # \x00"), Verdict.WRONG),
        "a surrogate": (lambda n: fenced(f"{GOOD}  # \ud800"), Verdict.WRONG),
        "a surrogate beside it": (lambda n: f"\ud800\n{fenced(GOOD)}\n\ud800", Verdict.CORRECT),
        "a surrogate returned": (lambda n: "def f(x):\n    return '\\ud800'", Verdict.WRONG),
        "a direction in a remark": (lambda n: fenced(f"{GOOD}  # \u202e"), Verdict.CORRECT),
        "a zero-width space": (lambda n: fenced(GOOD.replace("x + 1", "x +\u200b 1")), Verdict.WRONG),
        "fullwidth": (lambda n: fenced(GOOD.replace("1", "\uff11")), Verdict.WRONG),
        "nested brackets": (lambda n: fenced(f"f = {'(' * 90_000}{')' * 90_000}"), Verdict.WRONG),
        "backslashes": (lambda n: "\\" * min(n, 200_000), Verdict.WRONG),
    },
    "proof": {
        "empty": (lambda n: "", Verdict.NO_ANSWER),
        "in open thinking": (lambda n: f"{THINK}\n{fenced(PROOF)}", Verdict.TRUNCATED),
        "in thinking and after": (lambda n: f"{THINK}{fenced('1')}{UNTHINK}{fenced(PROOF)}", Verdict.CORRECT),
        "one token": (lambda n: long("wait ", min(n, 100_000)), Verdict.NO_ANSWER),
        "longer than any": (lambda n: long("wait ", 2 * n), Verdict.UNPARSABLE),
        "one token, then a block": (lambda n: long("wait ", n) + "\n" + fenced(PROOF), Verdict.CORRECT),
        "many signs": (lambda n: fenced("1. " + "~" * 90_000 + "p premise"), Verdict.UNPARSABLE),
        "a surrogate": (lambda n: fenced(PROOF.replace("q ->E", "q\ud800 ->E")), Verdict.UNPARSABLE),
        "NUL": (lambda n: fenced(PROOF.replace("q ->E", "q\x00 ->E")), Verdict.UNPARSABLE),
        "backslashes": (lambda n: "\\" * min(n, 100_000), Verdict.NO_ANSWER),
    },
}  # fmt: skip


def text_of(kind: str, name: str, size: int) -> tuple[str, Verdict]:
    if kind in LONG:
        build, verdict = LONG[kind][name]
        return build(size), verdict
    short, expected = SHORT[name]
    verdict = expected if isinstance(expected, Verdict) else expected.get(kind, Verdict.UNPARSABLE)
    return short(RIGHT[kind], WRONG[kind], size), verdict


def measured(kind: str, text: str, strategy: str = "direct") -> ItemResult:
    budget = Budget(tokens=ROOM, per_completion=ROOM)
    task = Proofs("hostile", (), "") if kind == "proof" else LENIENT
    problem = PROBLEMS[kind]
    (item,) = evaluate(make_strategy(strategy), task, [problem], ScriptedSampler([text]), budget)
    return item


KINDS = [*RIGHT, *LONG]
CASES = [(kind, name) for kind in KINDS for name in LONG.get(kind, SHORT)]
each_case = pytest.mark.parametrize(("kind", "name"), CASES)


@pytest.fixture(scope="module", autouse=True)
def _warm() -> None:
    """Starting the workers and the sandbox is not part of judging."""
    for kind, text in (("expression", box("1+x^2")), ("program", GOOD), ("proof", PROOF)):
        assert measured(kind, text).judgement.correct


@each_case
def test_the_verdict_is_the_documented_one_in_time_and_is_read_back(
    tmp_path: Path, kind: str, name: str
) -> None:
    seconds: list[float] = []
    for size in (SMALL, LARGE):
        text, verdict = text_of(kind, name, size)
        if seconds and len(text) <= SMALL:
            break
        began = time.perf_counter()
        item = measured(kind, text)
        (tmp_path / "items.jsonl").write_bytes(item_lines([item]).encode())
        assert read_items(tmp_path / "items.jsonl") == (item,)
        seconds.append(time.perf_counter() - began)
        assert item.judgement.verdict is verdict, item.judgement
        assert item.text == text
    assert max(seconds) < SECONDS
    assert seconds[-1] < GROWTH * max(seconds[0], 0.01)


@cache
def items_of(kind: str) -> tuple[ItemResult, ...]:
    names = [name for each, name in CASES if each == kind]
    return tuple(replace(measured(kind, text_of(kind, name, 4_000)[0]), problem_id=name) for name in names)


@pytest.mark.parametrize("kind", KINDS)
def test_the_files_of_a_ladder_are_valid_and_count_every_case(tmp_path: Path, kind: str) -> None:
    items = items_of(kind)
    arms = tuple(ArmResult(name=name, title=name, items=items, independent=True) for name in ("a", "b"))
    write_ladder(tmp_path, Ladder(arms=arms, seed=0, seconds=1.0, task=kind, model="m"), {})
    texts = {path.name: path.read_bytes().decode("utf-8") for path in tmp_path.rglob("*.*")}
    assert set(texts) == {"ladder.json", "ladder.md", "ladder.svg", "report.html", "a.html", "b.html"}
    (first, _) = json.loads(texts["ladder.json"])["arms"]
    assert first["n"] == len(items) == sum(first["verdicts"].values())
    assert f"| {len(items)} |" in texts["ladder.md"]


def test_the_page_can_show_every_one_of_them(tmp_path: Path) -> None:
    items = items_of("math")
    for start in range(0, len(items), 4):  # as many as a page shows
        arm = ArmResult(name="a", title="a", items=items[start : start + 4])
        write_ladder(tmp_path, Ladder(arms=(arm,), seed=0, seconds=1.0, task="t", model="m"), {})
        page = (tmp_path / "report.html").read_bytes().decode("utf-8")
        assert page.count("<details>") + page.count("answered without reasoning") == len(arm.items)
        assert not any(sign in page for sign in "\x00\x01\x07\x1b")


@pytest.mark.parametrize("kind", RIGHT)
def test_answers_that_look_different_are_one_vote_and_hostile_ones_do_not_win(kind: str) -> None:
    right, wrong = RIGHT[kind], WRONG[kind]
    good = [
        SHORT[name][0](right, wrong, SMALL)
        for name in ("zero-width spaces", "marks of direction", "fullwidth")
    ]
    others = [text_of(kind, name, SMALL)[0] for name in SHORT if isinstance(SHORT[name][1], dict)]
    for bad in others:
        vote = hold_vote([completion(text) for text in (bad, wrong, *good, box(wrong))])
        assert vote.tally[0][1] == 3 and vote.chosen == 2, vote
    votes = hold_vote([completion(text_of(kind, name, SMALL)[0]) for name in SHORT])
    assert votes.answer is not None and str(votes)


@pytest.mark.parametrize("strategy", ["self-consistency", "adaptive-consistency", "best-of-n", "self-refine"])
def test_what_is_stored_is_found_again(tmp_path: Path, strategy: str) -> None:
    texts = [text_of("math", name, 4_000)[0] for name in SHORT]
    budget = Budget(tokens=len(texts) * 20_000, per_completion=20_000)
    problem = PROBLEMS["math"]
    results: list[tuple[ItemResult, ...]] = []
    for sampler in (ScriptedSampler(texts), ScriptedSampler(["never asked"])):
        store = StoredSampler(sampler, tmp_path / "completions.jsonl", model="m")
        results.append(evaluate(make_strategy(strategy), LENIENT, [problem], store, budget))
    assert sampler.calls == []
    assert results[0] == results[1]
