"""Counts of checked steps over planted traces."""

from __future__ import annotations

from planted_solvers import AnsweringSampler, TheoremProver, question_of, written

from ponder.evaluation.probe_answers import answer_items
from ponder.evaluation.step_audit import audit_answer, audit_steps, trace_of
from ponder.logic.items import draw_items
from ponder.protocols import Budget, Prompt
from ponder.scaling.chain_of_thought import ChainOfThought

ITEMS = draw_items("colours", proofs=9, depths=(2, 3, 4), versions=("familiar", "counterfactual"), seed=5)
BUDGET = Budget(tokens=400, per_completion=400)
PROVER = TheoremProver()


def answers_of(reply: object) -> tuple:
    return answer_items(ChainOfThought(), ITEMS, AnsweringSampler(reply), BUDGET)


def test_a_prover_writes_proofs_that_hold() -> None:
    found = audit_steps(answers_of(PROVER))
    assert found is not None
    assert found.traces == found.right_proved == len(ITEMS) and found.silent == 0
    assert found.invalid == found.unsupported == found.unreadable == 0
    assert found.steps == found.valid == sum(len(item.steps) for item in ITEMS)


def test_right_answers_with_wrong_proofs_are_counted() -> None:
    def lucky(prompt: Prompt) -> str:
        answer = PROVER(prompt).rpartition("{")[2].rstrip("}")
        name = question_of(prompt).rpartition("What colour is ")[2].rstrip("?")
        return written([f"so {name} is not {answer}", f"so {name} is {answer}"], answer)

    found = audit_steps(answers_of(lucky))
    assert found is not None
    assert found.right_unproved == found.right_bad_step == found.invalid == len(ITEMS)
    assert found.right_proved == found.wrong_unproved == 0


def test_wrong_answers_with_right_proofs_are_counted() -> None:
    def slips(prompt: Prompt) -> str:
        return PROVER(prompt).rpartition("\\boxed")[0] + "\\boxed{purple}"

    found = audit_steps(answers_of(slips))
    assert found is not None and found.wrong_proved == len(ITEMS) and found.right_proved == 0


def test_unreadable_and_missing_steps_have_their_own_counts() -> None:
    found = audit_steps(answers_of(lambda _: written(["hmm, let me see"], "purple")))
    assert found is not None
    assert found.unreadable == found.wrong_unproved == len(ITEMS) and found.valid == 0
    silent = audit_steps(answers_of(lambda _: "\\boxed{purple}"))
    assert silent is not None and silent.silent == len(ITEMS) and silent.traces == silent.steps == 0


def test_unmarked_reasoning_is_what_stands_before_the_box() -> None:
    answer = answers_of(lambda _: "Tom is a raven.\nso Tom is black \\boxed{black}")[0]
    assert trace_of(answer) == "Tom is a raven.\nso Tom is black"
    assert audit_answer(answer).traces == 1


def test_stories_are_not_checked() -> None:
    items = draw_items("word-problem", proofs=2, depths=(1,), versions=("familiar",), seed=0)
    sampler = AnsweringSampler(lambda _: written(["1+1=2"], "2"))
    assert audit_steps(answer_items(ChainOfThought(), items, sampler, BUDGET)) is None
