"""How much a backward pass may take at once."""

from ponder.model.architecture import Architecture
from ponder.training.memory import LEAST_TOKENS, tokens_at_once


def arch(width: int, layers: int, mlp_width: int) -> Architecture:
    return Architecture(
        family="llama",
        vocab_size=100,
        width=width,
        layers=layers,
        heads=width // 32,
        kv_heads=1,
        head_size=32,
        mlp_width=mlp_width,
        context=512,
    )


def test_larger_models_are_given_fewer_tokens_at_once() -> None:
    assert tokens_at_once(arch(160, 6, 448)) > 5000
    assert LEAST_TOKENS < tokens_at_once(arch(576, 30, 1536)) < 1000
    assert tokens_at_once(arch(576, 30, 1536), megabytes=1) == LEAST_TOKENS
