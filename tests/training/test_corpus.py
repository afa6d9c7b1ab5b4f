"""The corpus holds what its config says: its shares, and solutions that are right unless they slip."""

from __future__ import annotations

import itertools
import re

import pytest
from fakes import completion
from solvers import solution

from ponder.records import Verdict
from ponder.text.chat_format import THINK_CLOSE, THINK_OPEN
from ponder.training.corpus import ANSWER_AT_ONCE, THINK_FIRST, CorpusConfig, Document, documents, plain
from ponder.verify.extract import judge_completion
from ponder.verify.math import verify_math


def some(
    count: int = 400, *, seed: int = 0, think: float = 0.7, hasty: float = 0.6, slip: float = 0.15
) -> list[Document]:
    config = CorpusConfig(seed=seed, think_share=think, hasty_share=hasty, slip_share=slip)
    return list(itertools.islice(documents(config), count))


def question(document: Document) -> str:
    return document.prompt[0].content.rpartition("\n")[0]


def verdict(document: Document) -> Verdict:
    return judge_completion(
        completion(document.completion), solution(question(document)), verify_math
    ).verdict


def thinks(document: Document) -> bool:
    return document.completion.startswith(THINK_OPEN)


def test_a_seed_decides_the_corpus() -> None:
    assert some(100) == some(100)
    assert some(100) != some(100, seed=1)


@pytest.mark.parametrize("hasty", [0.0, 1.0])
def test_without_slips_every_document_is_right(hasty: float) -> None:
    assert {verdict(document) for document in some(slip=0.0, hasty=hasty)} == {Verdict.CORRECT}


def test_with_a_slip_in_each_trace_all_are_wrong_and_well_formed() -> None:
    found = {verdict(document) for document in some(think=1.0, slip=1.0)}
    assert found == {Verdict.WRONG}


def test_shares_are_kept() -> None:
    corpus = some(3000)
    traces = [document for document in corpus if thinks(document)]
    assert len(traces) / len(corpus) == pytest.approx(0.7, abs=0.04)
    assert sum(verdict(d) is Verdict.WRONG for d in traces) / len(traces) == pytest.approx(0.15, abs=0.03)


def test_the_instruction_says_whether_to_think() -> None:
    for document in some():
        instruction = document.prompt[0].content.rpartition("\n")[2]
        assert instruction in (THINK_FIRST if thinks(document) else ANSWER_AT_ONCE)
        assert [message.role for message in document.prompt] == ["user"]


def test_answers_at_once_are_a_box_and_nothing_else() -> None:
    for document in some(think=0.0, count=100):
        assert re.fullmatch(r"\\boxed\{[^{}]+\}", document.completion)


def test_careful_traces_take_more_lines_than_hasty_ones() -> None:
    careful, hasty = (some(think=1.0, slip=0.0, hasty=share) for share in (0.0, 1.0))
    assert sum(d.completion.count("\n") for d in careful) > 1.3 * sum(d.completion.count("\n") for d in hasty)


def test_told_plainly_there_is_no_markup() -> None:
    for document in some(200):
        text = plain(document)
        assert text.startswith(question(document) + "\n")
        assert THINK_OPEN not in text
        assert THINK_CLOSE not in text
        assert text.endswith(document.completion.rpartition("\n")[2])
