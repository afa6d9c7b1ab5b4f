"""Frequencies and rotations are those of `transformers`, whatever the scaling."""

from __future__ import annotations

import json
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from transformers import LlamaConfig
from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS
from transformers.models.llama.modeling_llama import LlamaRotaryEmbedding

from ponder.errors import ModelError
from ponder.model.rope import Factors, Linear, Llama3, Rope, Scaling, Yarn, rotate

CONTEXT = 131_072
bases = st.sampled_from([1e4, 1e5, 5e5, 1e6, 5e6])
factors = st.floats(1.0, 64.0)
originals = st.integers(256, CONTEXT)
magnitudes = st.none() | st.floats(0.1, 2.0)
scalings = st.one_of(
    st.builds(Linear, factor=factors),
    st.builds(
        Llama3, factor=factors, low_freq_factor=st.floats(0.5, 1.5), high_freq_factor=st.floats(2.0, 8.0),
        original_max_position_embeddings=originals,
    ),
    st.builds(
        Yarn, factor=factors, original_max_position_embeddings=originals, beta_fast=st.floats(8.0, 64.0),
        beta_slow=st.floats(0.5, 4.0), attention_factor=magnitudes, mscale=magnitudes,
        mscale_all_dim=magnitudes, truncate=st.booleans(),
    ),
)  # fmt: skip
FIXED: list[Scaling | None] = [
    None,
    Linear(factor=8.0),
    Llama3(factor=32.0, low_freq_factor=1.0, high_freq_factor=4.0, original_max_position_embeddings=8192),
    Yarn(factor=4.0, original_max_position_embeddings=32_768),
    Yarn(factor=4.0, original_max_position_embeddings=4096, mscale=0.7, mscale_all_dim=1.2, truncate=False),
]


def their_config(rope: Rope, head_size: int) -> LlamaConfig:
    return LlamaConfig(
        hidden_size=2 * head_size, num_attention_heads=2, head_dim=head_size,
        max_position_embeddings=CONTEXT, rope_parameters=rope.to_hf(),
    )  # fmt: skip


@given(bases, scalings, st.sampled_from([8, 64, 80, 128, 256]))
def test_frequencies_and_magnitude_equal_those_of_transformers(base: float, scaling: Scaling, head_size: int):
    rope = Rope(base=base, scaling=scaling)
    kind = rope.to_hf()["rope_type"]
    frequencies, magnitude = ROPE_INIT_FUNCTIONS[kind](their_config(rope, head_size), torch.device("cpu"))
    torch.testing.assert_close(rope.inverse_frequencies(head_size), frequencies, rtol=1e-5, atol=0)
    assert rope.attention_factor == pytest.approx(magnitude, rel=1e-12)


@pytest.mark.parametrize("scaling", FIXED, ids=str)
def test_far_positions_turn_as_in_transformers(scaling: Scaling | None):
    """An error in a frequency grows with the position, so the end of a long context shows it."""
    rope = Rope(base=5e5, scaling=scaling)
    positions_BT = torch.tensor([[0, 1, 511, 32_769], [65_536, 99_999, CONTEXT - 2, CONTEXT - 1]])
    their_cos, their_sin = LlamaRotaryEmbedding(their_config(rope, 128))(torch.zeros(1), positions_BT)
    cos, sin = rope.rotation(positions_BT, rope.inverse_frequencies(128))
    assert cos.shape == (2, 4, 1, 128)
    assert cos.dtype is torch.float32
    torch.testing.assert_close(cos[:, :, 0], their_cos, rtol=0, atol=1e-4)
    torch.testing.assert_close(sin[:, :, 0], their_sin, rtol=0, atol=1e-4)


@given(st.integers(0, 500), st.integers(0, 500), st.integers(0, 500))
def test_a_score_depends_on_the_distance_only(query_at: int, key_at: int, shift: int):
    rope = Rope()
    q_D, k_D = torch.randn(2, 16, generator=torch.Generator().manual_seed(0))

    def score(query: int, key: int) -> torch.Tensor:
        rotation = rope.rotation(torch.tensor([[query, key]]), rope.inverse_frequencies(16))
        turned_q, turned_k = rotate(torch.stack([q_D, k_D])[None, :, None], rotation)[0, :, 0]
        return turned_q @ turned_k

    torch.testing.assert_close(
        score(query_at, key_at), score(query_at + shift, key_at + shift), atol=1e-3, rtol=0
    )


def test_rotating_keeps_the_type_of_the_weights():
    rotation = Rope().rotation(torch.arange(3)[None], Rope().inverse_frequencies(8))
    assert rotate(torch.ones(1, 3, 2, 8, dtype=torch.bfloat16), rotation).dtype is torch.bfloat16


@given(bases, st.none() | scalings)
def test_what_is_written_reads_back(base: float, scaling: Scaling | None):
    rope = Rope(base=base, scaling=scaling)
    assert Rope.from_hf(json.loads(json.dumps(rope.to_hf())), base=1.0, context=CONTEXT) == rope


@pytest.mark.parametrize(
    ("given_keys", "scaling"),
    [
        ({"type": "linear", "factor": 2.0}, Linear(factor=2.0)),
        ({"rope_type": "yarn", "factor": 2.0}, Yarn(factor=2.0, original_max_position_embeddings=100)),
        (
            {"type": "yarn", "factor": None, "original_max_position_embeddings": 25},
            Yarn(factor=4.0, original_max_position_embeddings=25),
        ),
        (
            {"type": "yarn", "factor": 2, "beta_fast": None, "beta_slow": None, "mscale": None},
            Yarn(factor=2.0, original_max_position_embeddings=100),
        ),
        ({"rope_type": None}, None),
        ({}, None),
    ],
)  # fmt: skip
def test_keys_that_are_missing_or_null_have_their_defaults(
    given_keys: dict[str, Any], scaling: Scaling | None
):
    assert Rope.from_hf(given_keys, base=7e4, context=100) == Rope(base=7e4, scaling=scaling)


@pytest.mark.parametrize(
    ("given_keys", "named"),
    [
        ({"rope_type": "dynamic", "factor": 2.0}, "'dynamic'"),
        ({"type": "longrope"}, "'longrope'"),
        ({"rope_type": "yarn"}, "lacks the key 'factor'"),
        ({"rope_type": "llama3", "factor": 8.0, "high_freq_factor": 4.0}, "lacks the key 'low_freq_factor'"),
        ({"rope_type": "linear", "factor": 2.0, "partial_rotary_factor": 0.5}, "partial_rotary_factor"),
        ({"full_attention": {"rope_type": "linear", "factor": 2.0}}, "'full_attention'"),
    ],
)  # fmt: skip
def test_what_we_do_not_support_is_named(given_keys: dict[str, Any], named: str):
    with pytest.raises(ModelError, match=named):
        Rope.from_hf(given_keys, base=1e4, context=100)


def test_factors_of_a_gguf_file_divide_and_cannot_be_written():
    rope = Rope(scaling=Factors(factors=(1.0, 2.0, 4.0)))
    torch.testing.assert_close(
        rope.inverse_frequencies(6), Rope().inverse_frequencies(6) / torch.tensor([1.0, 2.0, 4.0])
    )
    with pytest.raises(ModelError, match="3 RoPE factors are given for 4"):
        rope.inverse_frequencies(8)
    with pytest.raises(ModelError, match=r"cannot be written to config\.json"):
        rope.to_hf()
