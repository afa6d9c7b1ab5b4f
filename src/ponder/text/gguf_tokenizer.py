"""A `Tokenizer` from the tables that a GGUF file carries: tokens, merges or scores, token types.

Two kinds: byte-level BPE (`gpt2`), whose split before it the file only names, and SentencePiece's BPE
(`llama`), which spells spaces as ▁ and unknown characters as bytes. Both give the ids that the model's own
`tokenizer.json` would give. Knows nothing of GGUF files: it takes plain lists.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from tokenizers import AddedToken, Regex, decoders, normalizers, pre_tokenizers
from tokenizers import Tokenizer as Backend
from tokenizers.models import BPE

from ponder.errors import ModelError
from ponder.text.tokenizer import Tokenizer, first_line

NORMAL, UNKNOWN, CONTROL, USER_DEFINED, BYTE = 1, 2, 3, 4, 6  # GGUF's token types
SPACE = "▁"
WORDS = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}%s| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|"
    r"\s+(?!\S)|\s+"
)
"""How Llama 3 and Qwen split; they differ in how many digits stay together."""


def build_tokenizer(
    *,
    tokens: Sequence[str],
    merges: Sequence[str] = (),
    scores: Sequence[float] = (),
    token_types: Sequence[int] = (),
    tokenizer_model: str = "gpt2",
    pre_tokenizer: str,
    space_prefix: bool = True,
    eos_ids: Iterable[int],
    bos_id: int | None = None,
) -> Tokenizer:
    """Control tokens become special tokens, user-defined ones plain added tokens.

    `pre_tokenizer` matters to `gpt2` only; `scores` and `space_prefix` (a space before a text) to `llama`.
    """
    if tokenizer_model not in ("gpt2", "llama"):
        raise ModelError(
            f"the GGUF file's tokenizer {tokenizer_model!r} is not supported; supported: gpt2, llama"
        )
    needed = [tokens, scores] if tokenizer_model == "llama" else [tokens]
    if not all(needed) or any(table and len(table) != len(tokens) for table in (token_types, scores)):
        raise ModelError(
            "the GGUF file's tokenizer tables are missing or of different lengths: fetch it again"
        )
    if any(score != score for score in scores):
        raise ModelError("the GGUF file's tokenizer.ggml.scores are not all numbers: fetch it again")
    try:
        if tokenizer_model == "gpt2":
            _check_merges(tokens, merges, token_types)
            backend = _byte_level(tokens, merges, pre_tokenizer)
        else:
            backend = _sentencepiece(tokens, scores, token_types or [1] * len(tokens), space_prefix)
    except ModelError:
        raise
    except Exception as error:  # the library raises bare Exception on a merge outside the vocabulary
        raise ModelError(f"the GGUF file's tokenizer tables are damaged: {first_line(error)}") from error
    kinds = list(zip(tokens, token_types, strict=False))
    control = [_added(token, special=True) for token, kind in kinds if kind == CONTROL]
    user = [_added(token, special=False) for token, kind in kinds if kind == USER_DEFINED]
    backend.add_special_tokens(control)  # pyright: ignore[reportUnknownMemberType]
    backend.add_tokens(user)  # pyright: ignore[reportUnknownMemberType]
    return Tokenizer(backend, eos_ids=eos_ids, bos_id=bos_id)


def _check_merges(tokens: Sequence[str], merges: Sequence[str], kinds: Sequence[int]) -> None:
    """Without merges every text would come out as single bytes, and the model would seem to be a poor one."""
    kinds = kinds or [NORMAL] * len(tokens)
    if not merges and any(
        len(token) > 1 and kind == NORMAL for token, kind in zip(tokens, kinds, strict=True)
    ):
        raise ModelError("the GGUF file has no tokenizer.ggml.merges: fetch it again")


def _byte_level(tokens: Sequence[str], merges: Sequence[str], pre_tokenizer: str) -> Backend:
    if pre_tokenizer not in SPLITS:
        known = ", ".join(sorted(SPLITS))
        raise ModelError(
            f"the GGUF file's pre-tokenizer {pre_tokenizer!r} is not supported; supported: {known}"
        )
    whole_words = pre_tokenizer in LLAMA3_SPLITS  # a word that is a token needs no merges
    backend = Backend(
        BPE(vocab=_vocabulary(tokens), merges=list(map(_pair, merges)), ignore_merges=whole_words)
    )
    backend.pre_tokenizer = SPLITS[pre_tokenizer]()
    if pre_tokenizer in QWEN_SPLITS:
        backend.normalizer = normalizers.NFC()
    backend.decoder = decoders.ByteLevel()
    return backend


def _sentencepiece(
    tokens: Sequence[str], scores: Sequence[float], kinds: Sequence[int], space_prefix: bool
) -> Backend:
    """Pairs whose token has the highest score are joined first (Kudo and Richardson, arXiv:1808.06226)."""
    rows = list(zip(tokens, scores, kinds, strict=True))
    merges = _merges_of({text: score for text, score, kind in rows if kind not in (UNKNOWN, CONTROL, BYTE)})
    unknown = next((text for text, _, kind in rows if kind == UNKNOWN), None)
    backend = Backend(
        BPE(vocab=_vocabulary(tokens), merges=merges, unk_token=unknown, fuse_unk=True, byte_fallback=True)
    )
    steps: list[Any] = [decoders.Replace(SPACE, " "), decoders.ByteFallback(), decoders.Fuse()]
    if space_prefix:
        backend.pre_tokenizer = pre_tokenizers.Metaspace(
            replacement=SPACE, prepend_scheme="first", split=False
        )
        steps.append(decoders.Strip(content=" ", left=1))
    else:
        backend.normalizer = normalizers.Replace(" ", SPACE)
    backend.decoder = decoders.Sequence(steps)
    return backend


def _merges_of(scores: Mapping[str, float]) -> list[tuple[str, str]]:
    """Every way to make a token of two others, best scores first."""
    lengths = set(map(len, scores))  # of a long token no part is made that is no token's length
    merges = [
        (token[:cut], token[cut:])
        for token in scores
        for cut in range(1, len(token))
        if cut in lengths and len(token) - cut in lengths
        if token[:cut] in scores and token[cut:] in scores
    ]
    return sorted(merges, key=lambda pair: (-scores[pair[0] + pair[1]], -len(pair[0]), -len(pair[1])))


def _vocabulary(tokens: Sequence[str]) -> dict[str, int]:
    return {token: index for index, token in enumerate(tokens)}


def _pair(merge: str) -> tuple[str, str]:
    left, _, right = merge.partition(" ")
    return left, right


def _added(token: str, *, special: bool) -> AddedToken:
    return AddedToken(token, special=special, normalized=False)


def _gpt2() -> Any:
    return pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)


def _smollm() -> Any:
    return pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), _gpt2()])


def _words(digits: str) -> Any:
    split = pre_tokenizers.Split(Regex(WORDS % digits), behavior="isolated")
    return pre_tokenizers.Sequence([split, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])


def _llama3() -> Any:
    return _words("{1,3}")


def _qwen() -> Any:
    return _words("")


LLAMA3_SPLITS = dict.fromkeys(("llama-bpe", "llama3", "llama-v3"), _llama3)
QWEN_SPLITS = dict.fromkeys(("qwen2", "deepseek-r1-qwen"), _qwen)
SPLITS: dict[str, Callable[[], Any]] = {
    "gpt2": _gpt2, "gpt-2": _gpt2, "smollm": _smollm, **LLAMA3_SPLITS, **QWEN_SPLITS
}  # fmt: skip
"""By the names that llama.cpp gives them."""
