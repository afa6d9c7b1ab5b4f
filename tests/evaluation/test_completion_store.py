"""What is stored is never sampled again, whatever was interrupted."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from fakes import ScriptedSampler, random_engine
from hypothesis import given
from hypothesis import strategies as st

from ponder.errors import DataError
from ponder.evaluation.completion_store import StoredSampler
from ponder.protocols import Begun, Prompt
from ponder.records import Completion, Message, Sampling

TEXTS = ["\\boxed{1}", "<think>so</think>\\boxed{2}", "", "\u202e\x00\\boxed{3}"]


def stored(folder: Path, sampler: ScriptedSampler | None = None, **options: object) -> StoredSampler:
    return StoredSampler(
        sampler or ScriptedSampler(TEXTS), folder / "completions.jsonl", model="m", **options
    )  # type: ignore[arg-type]


def test_the_same_question_is_sampled_once(tmp_path: Path) -> None:
    store = stored(tmp_path)
    once = store.generate(["a", "b"], Sampling(n=3))
    again = store.generate(["b", "a"], Sampling(n=3))
    assert again == once[::-1]
    assert store.sampled == 6
    later = stored(tmp_path)
    assert later.generate(["a"], Sampling(n=2)) == [once[0][:2]]
    assert later.sampled == 0


def test_only_what_is_missing_is_sampled(tmp_path: Path) -> None:
    sampler = ScriptedSampler(TEXTS)
    store = stored(tmp_path, sampler)
    store.generate(["a"], Sampling(n=2, first=2))
    whole = store.generate(["a"], Sampling(n=6))
    assert [(s.first, s.n) for _, s in sampler.calls] == [(2, 2), (0, 2), (4, 2)]
    assert [c.text for c in whole[0]] == [TEXTS[i % 4] for i in range(6)]


@pytest.mark.parametrize(
    "other",
    [
        Sampling(seed=1), Sampling(temperature=0.5), Sampling(max_tokens=9), Sampling(stop=("x",)),
        Sampling(pause=("\n",)), Sampling(top_p=0.5), Sampling(thinking_budget=3),
    ],
)  # fmt: skip
def test_other_parameters_are_other_completions(tmp_path: Path, other: Sampling) -> None:
    store = stored(tmp_path)
    store.generate(["a"], Sampling())
    store.generate(["a"], other)
    assert store.sampled == 2


def test_prompts_are_told_apart(tmp_path: Path) -> None:
    store = stored(tmp_path)
    message = (Message("user", "a"),)
    store.generate(
        ["a", message, [97], Begun("a", "b"), Begun("a", "b", (98,)), Begun(message, "b")], Sampling()
    )
    assert store.sampled == 6


def test_equal_prompts_of_one_call_are_sampled_once(tmp_path: Path) -> None:
    store = stored(tmp_path)
    first, second = store.generate(["a", "a"], Sampling(n=2))
    assert first == second
    assert store.sampled == 2


def test_a_kill_while_writing_loses_only_the_torn_line(tmp_path: Path) -> None:
    stored(tmp_path).generate(["a"], Sampling(n=4))
    path = tmp_path / "completions.jsonl"
    path.write_bytes(path.read_bytes()[:-20])
    store = stored(tmp_path)
    assert [c.text for c in store.generate(["a"], Sampling(n=4))[0]] == TEXTS
    assert store.sampled == 1
    assert len([json.loads(line) for line in path.read_text().splitlines()]) == 4


def test_a_broken_line_is_named(tmp_path: Path) -> None:
    (tmp_path / "completions.jsonl").write_text('{"key": "k", "number": 0}\n')
    with pytest.raises(DataError, match="line 1"):
        stored(tmp_path)


def test_batches_are_bounded_and_progress_counts_all(tmp_path: Path) -> None:
    sampler, seen = ScriptedSampler(TEXTS), list[int]()
    store = stored(tmp_path, sampler, batch=4)
    store.generate(["a"], Sampling(n=2))
    store.generate(["a", "b", "c", "d"], Sampling(n=2), on_progress=seen.append)
    assert [len(prompts) for prompts, _ in sampler.calls] == [1, 2, 1]
    assert sum(seen) == 8


class Dying(ScriptedSampler):
    """Streams its completions and ends after some, as a killed process would."""

    def stream(self, prompts: Sequence[Prompt], sampling: Sampling) -> Iterator[tuple[int, int, Completion]]:
        groups = self.generate(prompts, sampling)
        for place, group in enumerate(groups):
            for number, each in enumerate(group, sampling.first):
                if (place, number) == (1, 1):
                    raise KeyboardInterrupt
                yield place, number, each


def test_what_had_ended_when_a_stream_broke_is_kept(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        stored(tmp_path, Dying(TEXTS)).generate(["a", "b", "c"], Sampling(n=2))
    later = stored(tmp_path)
    assert [each.text for group in later.generate(["a", "b", "c"], Sampling(n=2)) for each in group] == (
        TEXTS[:2] * 3
    )
    assert later.sampled == 3


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(1, 5)), min_size=1, max_size=6))
def test_the_store_equals_its_sampler(
    tmp_path_factory: pytest.TempPathFactory, asks: list[tuple[int, int]]
) -> None:
    store = stored(tmp_path_factory.mktemp("store"))
    for first, n in asks:
        wanted = ScriptedSampler(TEXTS).generate(["a"], Sampling(first=first, n=n))
        assert [c.text for c in store.generate(["a"], Sampling(first=first, n=n))[0]] == [
            c.text for c in wanted[0]
        ]


def test_costs_are_those_of_each_alone(tmp_path: Path) -> None:
    """The same whether the prompt was in the cache, or the samples came in two calls."""

    def flops(name: str, *calls: Sampling) -> list[tuple[float, int, int]]:
        store = StoredSampler(random_engine(), tmp_path / name, model="m")
        store.generate(["x" * 40 + "?"], Sampling(max_tokens=3))
        costs = [c.cost for call in calls for c in store.generate(["x" * 40], call)[0]]
        return [(cost.flops, cost.prompt_tokens, cost.cached_prompt_tokens) for cost in costs]

    whole = flops("whole", Sampling(n=4, max_tokens=5, ignore_eos=True))
    parts = [Sampling(n=2, first=first, max_tokens=5, ignore_eos=True) for first in (0, 2)]
    assert flops("parts", *parts) == whole
    assert [each[1:] for each in whole] == [(40, 0), *[(0, 40)] * 3]
