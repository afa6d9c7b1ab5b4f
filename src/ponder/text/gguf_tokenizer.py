"""A `Tokenizer` from the tables that a GGUF file carries: tokens, merges, token types.

Only byte-level BPE, with the splits before it that llama.cpp calls `gpt2` and `smollm`. Knows nothing of
GGUF files: it takes plain lists.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from tokenizers import AddedToken, decoders, pre_tokenizers
from tokenizers import Tokenizer as Backend
from tokenizers.models import BPE

from ponder.errors import ModelError
from ponder.text.tokenizer import Tokenizer

CONTROL, USER_DEFINED = 3, 4  # GGUF's token types; the others need no care


def build_tokenizer(
    *,
    tokens: Sequence[str],
    merges: Sequence[str],
    token_types: Sequence[int] = (),
    tokenizer_model: str = "gpt2",
    pre_tokenizer: str,
    eos_ids: Iterable[int],
    bos_id: int | None = None,
) -> Tokenizer:
    """Control tokens become special tokens, user-defined ones plain added tokens."""
    if tokenizer_model != "gpt2":
        raise ModelError(f"the GGUF file's tokenizer {tokenizer_model!r} is not supported; supported: gpt2")
    if pre_tokenizer not in SPLITS:
        known = ", ".join(sorted(SPLITS))
        raise ModelError(
            f"the GGUF file's pre-tokenizer {pre_tokenizer!r} is not supported; supported: {known}"
        )
    if not tokens or (token_types and len(token_types) != len(tokens)):
        raise ModelError(
            "the GGUF file's tokenizer tables are missing or of different lengths: fetch it again"
        )
    vocabulary = {token: index for index, token in enumerate(tokens)}
    try:
        backend = Backend(BPE(vocab=vocabulary, merges=[_pair(merge) for merge in merges]))
    except Exception as error:  # the library raises bare Exception on a merge outside the vocabulary
        raise ModelError(f"the GGUF file's tokenizer tables are damaged: {error}") from error
    backend.pre_tokenizer = SPLITS[pre_tokenizer]()
    backend.decoder = decoders.ByteLevel()
    kinds = list(zip(tokens, token_types, strict=False))
    control = [_added(token, special=True) for token, kind in kinds if kind == CONTROL]
    user = [_added(token, special=False) for token, kind in kinds if kind == USER_DEFINED]
    backend.add_special_tokens(control)  # pyright: ignore[reportUnknownMemberType]
    backend.add_tokens(user)  # pyright: ignore[reportUnknownMemberType]
    return Tokenizer(backend, eos_ids=eos_ids, bos_id=bos_id)


def _pair(merge: str) -> tuple[str, str]:
    left, _, right = merge.partition(" ")
    return left, right


def _added(token: str, *, special: bool) -> AddedToken:
    return AddedToken(token, special=special, normalized=False)


def _gpt2() -> Any:
    return pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)


def _smollm() -> Any:
    return pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), _gpt2()])


SPLITS: dict[str, Callable[[], Any]] = {"gpt2": _gpt2, "smollm": _smollm}
