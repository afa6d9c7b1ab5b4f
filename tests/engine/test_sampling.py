"""The sampler against a slow twin, against the distribution, and against itself in other batches."""

from __future__ import annotations

import math

import pytest
import torch
from fakes import random_model
from hypothesis import given, settings
from hypothesis import strategies as st

from ponder.engine.native_forward import NativeForward
from ponder.engine.padded_forward import PaddedForward
from ponder.engine.sampling import RANKED_FIRST, RowSampling, kept_weights, sample, stream_key, uniforms
from ponder.records import Sampling

CPU = torch.device("cpu")


def rows(*each: Sampling) -> RowSampling:
    return RowSampling.of(each, device=CPU)


def slow_kept(weights: list[float], sampling: Sampling) -> set[int]:
    """The filters as one would explain them."""
    ranked = sorted(range(len(weights)), key=lambda token: -weights[token])
    if sampling.top_k:
        ranked = ranked[: sampling.top_k]
    if sampling.top_p < 1:
        total, spent, kept = sum(weights[token] for token in ranked), 0.0, []
        for token in ranked:
            if spent >= sampling.top_p * total:
                break
            kept.append(token)
            spent += weights[token]
        ranked = kept
    least = torch.tensor(sampling.min_p, dtype=torch.float32).item()
    return {token for token in ranked if weights[token] >= least}


samplings = st.builds(
    Sampling,
    top_k=st.integers(0, 12),
    top_p=st.floats(0.05, 1.0),
    min_p=st.floats(0.0, 1.0),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(samplings, min_size=1, max_size=5), st.integers(0, 2**31))
def test_filters_equal_the_slow_twin(each: list[Sampling], seed: int):
    logits = torch.randn(len(each), 10, generator=torch.Generator().manual_seed(seed)) * 3
    weights = (logits - logits.amax(-1, keepdim=True)).exp()
    kept = kept_weights(weights, rows(*each))
    for row, sampling in enumerate(each):
        found = set(kept[row].nonzero()[:, 0].tolist())
        assert found == slow_kept(weights[row].tolist(), sampling)


def test_a_large_vocabulary_is_filtered_alike():
    logits = torch.randn(3, 5000, generator=torch.Generator().manual_seed(1)) * torch.tensor(
        [[0.1], [3], [6]]
    )
    weights = (logits - logits.amax(-1, keepdim=True)).exp()
    for sampling in (Sampling(top_p=0.9), Sampling(top_k=40), Sampling(top_k=40, top_p=0.5)):
        kept = kept_weights(weights, rows(sampling, sampling, sampling))
        for row in range(3):
            found = set(kept[row].nonzero()[:, 0].tolist())
            # The tail of a wide nucleus hangs on the last digit of a sum.
            assert len(found ^ slow_kept(weights[row].tolist(), sampling)) <= 1


def test_frequencies_match_the_distribution():
    count = 40_000
    logits = torch.tensor([2.0, 1.0, 0.0, -1.0, -3.0])
    keys = torch.tensor([stream_key(7, [1, 2], index) for index in range(count)])
    uniform = uniforms(keys, torch.full((count,), 5))
    drawn = sample(logits.expand(count, -1), rows(*[Sampling(temperature=0.7)] * count), uniform)
    expected = (logits / 0.7).softmax(-1).double() * count
    observed = drawn.tokens_B.bincount(minlength=5).double()
    assert ((observed - expected) ** 2 / expected).sum() < 23.5  # chi-square, 4 degrees, p = 1e-4


def test_uniforms_equal_splitmix64_in_plain_integers():
    def slow(key: int, position: int) -> float:
        mask = (1 << 64) - 1
        state = (key + (position + 1) * 0x9E3779B97F4A7C15) & mask
        state = ((state ^ state >> 30) * 0xBF58476D1CE4E5B9) & mask
        state = ((state ^ state >> 27) * 0x94D049BB133111EB) & mask
        return ((state ^ state >> 31) >> 12) * 2.0**-52

    keys = [stream_key(seed, [seed, 5], seed) for seed in range(-3, 60)]
    for position in (0, 1, 999):
        fast = uniforms(torch.tensor(keys), torch.full((len(keys),), position)).tolist()
        assert fast == [slow(key, position) for key in keys]


def test_a_row_is_the_same_alone_and_in_a_mixed_batch():
    logits = torch.randn(4, 50, generator=torch.Generator().manual_seed(0)) * 2
    each = [Sampling(), Sampling(temperature=0), Sampling(top_k=5), Sampling(top_p=0.8, min_p=0.05)]
    uniform = torch.tensor([0.2, 0.4, 0.6, 0.8], dtype=torch.float64)
    together = sample(logits, rows(*each), uniform)
    for row, sampling in enumerate(each):
        alone = sample(logits[row : row + 1], rows(sampling), uniform[row : row + 1])
        assert alone.tokens_B[0] == together.tokens_B[row]
        assert math.isclose(alone.logprobs_B[0], together.logprobs_B[row], abs_tol=1e-5)


def test_logprobs_are_those_before_the_filters():
    logits = torch.randn(2, 30, generator=torch.Generator().manual_seed(3))
    uniform = torch.tensor([0.5, 0.5], dtype=torch.float64)
    drawn = sample(logits, rows(Sampling(temperature=0.5, top_k=1), Sampling(temperature=0)), uniform)
    assert drawn.tokens_B.tolist() == logits.argmax(-1).tolist()
    wanted = torch.stack([(logits[0] / 0.5).log_softmax(-1).max(), logits[1].log_softmax(-1).max()])
    torch.testing.assert_close(drawn.logprobs_B, wanted)


def test_certainty_is_the_divergence_from_uniform():
    logits = torch.randn(3, 50, generator=torch.Generator().manual_seed(2)) * torch.tensor([[0.0], [1], [5]])
    drawn = sample(logits, rows(*[Sampling(temperature=0.8)] * 3), torch.full((3,), 0.5).double())
    uniform = torch.full((50,), 1 / 50)
    wanted = [
        torch.nn.functional.kl_div((row / 0.8).log_softmax(-1), uniform, reduction="sum") for row in logits
    ]
    torch.testing.assert_close(drawn.certainties_B, torch.stack(wanted), atol=1e-5, rtol=1e-5)
    assert drawn.certainties_B[0] == pytest.approx(0, abs=1e-6)


def test_the_extremes_of_the_stream_never_draw_a_dropped_token():
    logits = torch.tensor([[-200.0, 0.0, 1.0, -200.0]])
    for uniform in (0.0, 1.0 - 2.0**-52):
        drawn = sample(logits, rows(Sampling(min_p=0.01)), torch.tensor([uniform], dtype=torch.float64))
        assert drawn.tokens_B.item() in (1, 2)


def test_a_forced_token_is_taken_with_its_own_logprob():
    logits = torch.randn(2, 9, generator=torch.Generator().manual_seed(0))
    uniform = torch.zeros(2, dtype=torch.float64)
    drawn = sample(logits, rows(Sampling(), Sampling()), uniform, forced_B=torch.tensor([4, -1]))
    assert drawn.tokens_B.tolist() == [4, 0]
    torch.testing.assert_close(drawn.logprobs_B[0], logits[0].log_softmax(-1)[4])


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 6), st.integers(2, 3000), st.floats(0.1, 30.0), st.integers(-(2**63), 2**63 - 1),
    st.lists(st.sampled_from([0.0, 0.3, 1.0, 2.5]), min_size=6, max_size=6),
)  # fmt: skip
def test_the_kernel_draws_what_its_twin_draws(
    count: int, vocabulary: int, spread: float, key: int, temperatures: list[float]
):
    """Tokens, but for a draw that falls on the very edge between two; logprobs; the stream of numbers."""
    model = random_model("llama")[1]
    generator = torch.Generator().manual_seed(key % 1000)
    logits = torch.randn(count, vocabulary, generator=generator) * spread
    each = rows(*(Sampling(temperature=temperature) for temperature in temperatures[:count]))
    keys, positions = torch.full((count,), key), torch.arange(count)
    twin, native = (
        forward.draw(logits, each, keys, positions, None)
        for forward in (PaddedForward(model), NativeForward(model))
    )
    torch.testing.assert_close(twin.logprobs_B, native.logprobs_B, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(twin.certainties_B, native.certainties_B, atol=1e-4, rtol=1e-4)
    edge = uniforms(keys, positions)
    weights = ((logits - logits.amax(-1, keepdim=True)) / each.temperature_B[:, None]).double().exp()
    sums = weights.cumsum(-1) / weights.sum(-1, keepdim=True)
    for row in range(count):
        if twin.tokens_B[row] != native.tokens_B[row]:
            assert not each.greedy_B[row]
            assert float((sums[row] - edge[row]).abs().min()) < 1e-6


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.builds(
            Sampling, top_k=st.integers(0, 60), top_p=st.floats(0.01, 1.0),
            min_p=st.sampled_from([0.0, 0.01, 0.3, 1.0]), temperature=st.sampled_from([0.0, 0.5, 1.0, 3.0]),
        ),
        min_size=1, max_size=4,
    ),
    st.integers(2, 2500), st.floats(0.1, 20.0), st.integers(0, 2**31), st.booleans(),
)  # fmt: skip
def test_the_kernel_filters_as_its_twin_does(
    each: list[Sampling], vocabulary: int, spread: float, seed: int, coarse: bool
):
    """With many equal logits too, where the twin sorts: torch's `topk` leaves their order open. Where tokens
    differ, both are within the filters' edge."""
    model = random_model("llama")[1]
    generator = torch.Generator().manual_seed(seed)
    logits = torch.randn(len(each), vocabulary, generator=generator) * spread
    logits = logits.round() if coarse and vocabulary <= RANKED_FIRST else logits
    keys, positions = torch.arange(len(each)) + seed, torch.zeros(len(each)).long()
    twin, native = (
        forward.draw(logits, rows(*each), keys, positions, None)
        for forward in (PaddedForward(model), NativeForward(model))
    )
    torch.testing.assert_close(
        twin.logprobs_B[twin.tokens_B == native.tokens_B],
        native.logprobs_B[twin.tokens_B == native.tokens_B],
        atol=1e-4,
        rtol=1e-4,
    )
    differ = (twin.tokens_B != native.tokens_B).nonzero()[:, 0].tolist()
    for row in differ:
        assert near_an_edge(logits[row], each[row], float(uniforms(keys, positions)[row]))


def near_an_edge(logits: torch.Tensor, sampling: Sampling, point: float) -> bool:
    """Whether a millionth more or less of anything changes what is kept or drawn."""
    found: set[int] = set()
    for nudge in (-1e-6, 0.0, 1e-6):
        nudged = rows(
            Sampling(
                temperature=sampling.temperature,
                top_k=sampling.top_k,
                top_p=min(1.0, max(1e-9, sampling.top_p + nudge)),
                min_p=min(1.0, max(0.0, sampling.min_p + nudge)),
            )
        )
        for shift in (-1e-6, 0.0, 1e-6):
            at = torch.tensor([min(max(point + shift, 0.0), 1 - 1e-12)], dtype=torch.float64)
            found.add(int(sample(logits[None], nudged, at).tokens_B[0]))
    return len(found) > 1


def test_the_kernel_draws_every_token_as_often_as_it_should():
    logits = torch.tensor([[0.0, 1.0, 2.0, -1.0]]).repeat(4000, 1)
    forward = NativeForward(random_model("llama")[1])
    drawn = forward.draw(
        logits, rows(*[Sampling()] * 4000), torch.arange(4000), torch.zeros(4000).long(), None
    )
    share = torch.bincount(drawn.tokens_B, minlength=4) / 4000
    torch.testing.assert_close(share, logits[0].softmax(-1), atol=0.03, rtol=0)


def test_equal_largest_logits_go_to_the_first():
    forward = NativeForward(random_model("llama")[1])
    logits = torch.tensor([[1.0, 5.0, 5.0, 0.0]])
    drawn = forward.draw(
        logits, rows(Sampling(temperature=0)), torch.zeros(1).long(), torch.zeros(1).long(), None
    )
    assert drawn.tokens_B.tolist() == [1]
