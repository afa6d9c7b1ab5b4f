"""Batches hold every token once and in order, and the fast log-probabilities equal the slow ones."""

from __future__ import annotations

import itertools
import json

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ponder.model.architecture import Architecture
from ponder.model.flops import forward_flops
from ponder.model.lora import LoRAConfig, add_lora
from ponder.model.transformer import Transformer, initialise
from ponder.training.batch import (
    Example,
    PackedBatches,
    cut,
    mean_cross_entropy,
    pad,
    size,
    sum_cross_entropy,
    token_logprobs,
    training_flops,
)

ARCH = Architecture(
    family="qwen3",
    vocab_size=19,
    width=16,
    layers=2,
    heads=2,
    kv_heads=1,
    head_size=8,
    mlp_width=24,
    context=32,
)
EXAMPLES = [Example((1, 2, 3), (4, 5)), Example((6,), (7, 8, 9, 10, 11)), Example((12, 13), (14,))]
token_lists = st.lists(st.integers(1, 99), max_size=12)
examples = st.lists(st.builds(Example, token_lists, token_lists), max_size=20)


@pytest.fixture(scope="module")
def model() -> Transformer:
    transformer = Transformer(ARCH)
    initialise(transformer, seed=1)
    for parameter in transformer.parameters():  # far from uniform, so that an error would show
        parameter.data *= 4
    return transformer.eval()


@torch.no_grad()
def slow_logprobs(model: Transformer, ids: list[int], temperature: float) -> list[float]:
    """One forward pass per token, over nothing but what stands before it."""
    found = list[float]()
    for position in range(1, len(ids)):
        logits = model(torch.tensor([ids[:position]]))[0, -1] / temperature
        found.append(float(torch.log_softmax(logits, dim=-1)[ids[position]]))
    return found


@pytest.mark.parametrize("temperature", [1.0, 0.6])
def test_token_logprobs_equal_a_slow_loop(model: Transformer, temperature: float) -> None:
    batch = pad(EXAMPLES)
    with torch.no_grad():
        fast = token_logprobs(model, batch.ids_BT, temperature=temperature)
    assert fast.shape == (3, batch.ids_BT.shape[1] - 1)
    for row, example in enumerate(EXAMPLES):
        slow = slow_logprobs(model, [*example.prompt_ids, *example.completion_ids], temperature)
        assert fast[row, : len(slow)].tolist() == pytest.approx(slow, abs=1e-4)


def test_cross_entropy_is_the_mean_over_learned_tokens(model: Transformer) -> None:
    batch = pad(EXAMPLES)
    with torch.no_grad():
        learned = token_logprobs(model, batch.ids_BT)[batch.mask_BT[:, 1:]]
        assert float(mean_cross_entropy(model, batch)) == pytest.approx(-float(learned.mean()), abs=1e-5)
    assert len(learned) == sum(len(example.completion_ids) for example in EXAMPLES)


@given(examples.filter(bool))
def test_pad_marks_completions_and_nothing_else(sequences: list[Example]) -> None:
    batch = pad(sequences)
    assert batch.ids_BT.shape[1] == max(len(s.prompt_ids) + len(s.completion_ids) for s in sequences)
    for ids, mask, s in zip(batch.ids_BT, batch.mask_BT, sequences, strict=True):
        whole = [*s.prompt_ids, *s.completion_ids]
        assert ids.tolist() == whole + [0] * (len(ids) - len(whole))
        assert ids[mask].tolist() == list(s.completion_ids)
        assert ids[: len(s.prompt_ids)].tolist() == list(s.prompt_ids)


@given(examples, st.integers(1, 3), st.integers(1, 8), st.booleans())
def test_pack_keeps_order_and_wastes_less_than_a_batch(
    sequences: list[Example], rows: int, length: int, learn_prompts: bool
) -> None:
    batches = list(PackedBatches(sequences, rows=rows, length=length, learn_prompts=learn_prompts))
    tokens = [t for s in sequences for t in (*s.prompt_ids, *s.completion_ids)]
    learned = [
        m for s in sequences for m in [learn_prompts] * len(s.prompt_ids) + [True] * len(s.completion_ids)
    ]
    packed = list(itertools.chain.from_iterable(batch.ids_BT.flatten().tolist() for batch in batches))
    masks = list(itertools.chain.from_iterable(batch.mask_BT.flatten().tolist() for batch in batches))
    assert all(batch.ids_BT.shape == (rows, length) for batch in batches)
    assert packed == tokens[: len(packed)]
    assert masks == learned[: len(packed)]
    assert 0 <= len(tokens) - len(packed) < rows * length


def test_pack_is_lazy() -> None:
    endless = itertools.repeat(EXAMPLES[0])
    assert next(PackedBatches(endless, rows=2, length=4, learn_prompts=True)).ids_BT.tolist() == [
        [1, 2, 3, 4],
        [5, 1, 2, 3],
    ]


@given(st.lists(st.integers(1, 20), max_size=5), st.booleans())
def test_training_costs_three_forward_passes_or_two_under_an_adapter(
    lengths: list[int], frozen: bool
) -> None:
    model = Transformer(ARCH)
    if frozen:
        add_lora(model, LoRAConfig(rank=1))
    token_by_token = sum(
        forward_flops(ARCH, position, position + 1, logits=1)
        for length in lengths
        for position in range(length)
    )
    assert training_flops(model, lengths) == pytest.approx((2 if frozen else 3) * token_by_token)


@given(st.lists(st.builds(Example, token_lists, token_lists), max_size=30), st.integers(1, 60))
def test_cut_covers_all_sequences_within_the_limit(sequences: list[Example], limit: int) -> None:
    ordered = sorted(sequences, key=size)
    pieces = list(cut(ordered, limit))
    assert [s for piece in pieces for s in piece] == ordered
    assert all(len(piece) == 1 or len(piece) * size(piece[-1]) <= limit for piece in pieces)


def test_sums_of_pieces_are_the_sum_of_the_whole(model: Transformer) -> None:
    with torch.no_grad():
        whole = sum_cross_entropy(model, pad(EXAMPLES))
        pieces = sum(float(sum_cross_entropy(model, pad([example]))) for example in EXAMPLES)
        mean = mean_cross_entropy(model, pad(EXAMPLES))
    assert float(whole) == pytest.approx(pieces, rel=1e-5)
    assert float(whole) / 8 == pytest.approx(float(mean), rel=1e-5)


@given(st.lists(st.builds(Example, token_lists, token_lists), min_size=5, max_size=20), st.integers(0, 3))
def test_packing_goes_on_where_it_was(sequences: list[Example], taken: int) -> None:
    def batches() -> PackedBatches:
        return PackedBatches(sequences, rows=2, length=3, learn_prompts=True)

    first, second = batches(), batches()
    given_before = len(list(itertools.islice(first, taken)))
    second.load_state_dict(json.loads(json.dumps(first.state_dict())))
    rest = [batch.ids_BT.tolist() for batch in second]
    assert rest == [batch.ids_BT.tolist() for batch in batches()][given_before:]
