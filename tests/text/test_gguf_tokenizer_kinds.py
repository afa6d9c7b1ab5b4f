"""Tokenizers of every family's kind give the ids that `transformers` gives with the same tables."""

from __future__ import annotations

import functools
import random
from itertools import pairwise

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import pre_tokenizers
from transformers import GemmaTokenizer, LlamaTokenizer, Qwen2Tokenizer
from transformers.tokenization_utils_base import generate_merges

from ponder.text.gguf_tokenizer import build_tokenizer
from ponder.text.tokenizer import Tokenizer

BYTES = sorted(pre_tokenizers.ByteLevel.alphabet())
NORMAL, UNKNOWN, CONTROL, USER_DEFINED, BYTE = 1, 2, 3, 4, 6
TEXTS = st.text(
    st.sampled_from("abc AB'sStT12345 \n\r\t.,!?éa\u0301漢字🙂▁½Ⅷ_-") | st.characters(codec="utf-8"),
    max_size=30,
)


@functools.cache
def byte_level_tables() -> tuple[list[str], list[str]]:
    """Random merges, each of two tokens that are there."""
    generator = random.Random(0)
    common = [*"abcABstST'.,!12345", "Ġ", "Ċ"]
    tokens, merges = list(BYTES), []
    while len(merges) < 200:
        left, right = generator.choice(common), generator.choice(common)
        if left + right not in tokens and len(left + right) < 8:
            tokens.append(left + right)
            merges.append(f"{left} {right}")
            common.append(left + right)
    return [*tokens, "<|end|>"], merges


@functools.cache
def byte_level(pre_tokenizer: str) -> Tokenizer:
    tokens, merges = byte_level_tables()
    kinds = [NORMAL] * (len(tokens) - 1) + [CONTROL]
    return build_tokenizer(
        tokens=tokens, merges=merges, token_types=kinds, pre_tokenizer=pre_tokenizer, eos_ids=[0]
    )  # fmt: skip


@functools.cache
def their_qwen() -> Qwen2Tokenizer:
    tokens, merges = byte_level_tables()
    pairs = [tuple(merge.split(" ")) for merge in merges]
    vocabulary = {token: index for index, token in enumerate(tokens)}
    return Qwen2Tokenizer(vocab=vocabulary, merges=pairs, unk_token=None, eos_token="<|end|>", pad_token=None)


@given(TEXTS)
@pytest.mark.parametrize("name", ["qwen2", "deepseek-r1-qwen"])
def test_qwen_splits_as_transformers_does(name: str, text: str) -> None:
    ids = byte_level(name).encode(text)
    assert ids == their_qwen().encode(text, add_special_tokens=False)


LLAMA_3 = (  # as Meta published it
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|"
    r"\s*[\r\n]+|\s+(?!\S)|\s+"
)


def spelled(word: str) -> str:
    """A word as byte-level BPE spells it."""
    ((text, _),) = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False).pre_tokenize_str(word)
    return text


def merged(pieces: list[str], ranks: dict[tuple[str, str], int]) -> list[str]:
    """Byte-pair encoding word by word, the plain way: the pair of the best rank, leftmost first."""
    while pairs := [(ranks[pair], i) for i, pair in enumerate(pairwise(pieces)) if pair in ranks]:
        _, at = min(pairs)
        pieces = [*pieces[:at], pieces[at] + pieces[at + 1], *pieces[at + 2 :]]
    return pieces


@given(TEXTS.filter(lambda text: "<|end|>" not in text))
def test_llama_3_splits_as_published(text: str) -> None:
    tokens, merges = byte_level_tables()
    ranks = {tuple(merge.split(" ")): rank for rank, merge in enumerate(merges)}
    expected: list[str] = []
    for word in map(spelled, regex.findall(LLAMA_3, text)):
        expected += [word] if word in tokens else merged(list(word), ranks)
    assert [tokens[index] for index in byte_level("llama-bpe").encode(text)] == expected


def test_llama_3_keeps_three_digits_together() -> None:
    tokens = [*BYTES, "12", "123", "45"]
    ours = build_tokenizer(
        tokens=tokens, merges=["1 2", "12 3", "4 5"], pre_tokenizer="llama-bpe", eos_ids=[0]
    )
    assert [tokens[index] for index in ours.encode("12345")] == ["123", "45"]


def test_a_whole_word_of_llama_3_needs_no_merges() -> None:
    """Here the merges would make `ca` first, and never reach it."""
    tokens = [*BYTES, "ca", "ab", "cab"]
    ours = {
        name: build_tokenizer(tokens=tokens, merges=["c a", "a b"], pre_tokenizer=name, eos_ids=[0])
        for name in ("llama-bpe", "qwen2")
    }
    assert [tokens[index] for index in ours["llama-bpe"].encode("cab")] == ["cab"]
    assert [tokens[index] for index in ours["qwen2"].encode("cab")] == ["ca", "b"]


@functools.cache
def sentencepiece_tables() -> tuple[list[str], list[float], list[int]]:
    """As Gemma and Llama 2 have them: specials, bytes, then letters and words with scores."""
    generator = random.Random(1)
    specials = ["<unk>", "<s>", "</s>", "<turn>"]
    kinds = [UNKNOWN, CONTROL, CONTROL, USER_DEFINED]
    words: list[str] = list("▁abcABst12.,!é\n<0xE>")
    while len(words) < 150:
        word = generator.choice(words) + generator.choice(words)
        if word not in words and len(word) < 7:
            words.append(word)
    tokens = [*specials, *(f"<0x{value:02X}>" for value in range(256)), *words]
    scores = [0.0] * 260 + [-float(score) for score in generator.sample(range(1000), len(words))]
    return tokens, scores, kinds + [BYTE] * 256 + [NORMAL] * len(words)


@functools.cache
def sentencepiece(space_prefix: bool) -> Tokenizer:
    tokens, scores, kinds = sentencepiece_tables()
    return build_tokenizer(
        tokens=tokens, scores=scores, token_types=kinds, tokenizer_model="llama", pre_tokenizer="default",
        space_prefix=space_prefix, eos_ids=[2], bos_id=1,
    )  # fmt: skip


@functools.cache
def their_sentencepiece(space_prefix: bool) -> GemmaTokenizer | LlamaTokenizer:
    tokens, scores, _ = sentencepiece_tables()
    vocabulary = {token: index for index, token in enumerate(tokens)}
    scored = dict(zip(tokens, scores, strict=True))
    merges = generate_merges(vocabulary, scored, skip_tokens=tokens[:260])
    if space_prefix:
        theirs = LlamaTokenizer(vocab=vocabulary, merges=merges, unk_token="<unk>")
    else:
        theirs = GemmaTokenizer(
            vocab=vocabulary,
            merges=merges,
            bos_token="<s>",
            eos_token="</s>",
            pad_token="</s>",
            mask_token=None,
        )
    theirs.add_tokens(["<turn>"])
    return theirs


@given(TEXTS, st.booleans())
def test_sentencepiece_joins_as_transformers_does(text: str, space_prefix: bool) -> None:
    ours = sentencepiece(space_prefix).encode(text)
    assert ours == their_sentencepiece(space_prefix).encode(text, add_special_tokens=False)


@given(st.text(st.sampled_from("abcABst12.,! \n"), max_size=20))
def test_sentencepiece_joins_the_best_pair_first(text: str) -> None:
    """The rule itself, without merges: of all neighbours the pair whose token has the highest score."""
    tokens, scores, _ = sentencepiece_tables()
    score = dict(zip(tokens[260:], scores[260:], strict=True))
    pieces = list(text.replace(" ", "▁"))
    while pairs := [
        (-score[left + right], i) for i, (left, right) in enumerate(pairwise(pieces)) if left + right in score
    ]:
        _, at = min(pairs)
        pieces = [*pieces[:at], pieces[at] + pieces[at + 1], *pieces[at + 2 :]]
    assert [tokens[index] for index in sentencepiece(False).encode(text)] == pieces


@given(TEXTS.filter(lambda text: "▁" not in text), st.booleans())
def test_decode_undoes_encode(text: str, space_prefix: bool) -> None:
    """Characters that are no tokens come back from their bytes; ▁ itself is read as a space, and a text's
    first space is one with the prefix."""
    ours = sentencepiece(space_prefix)
    assert ours.decode(ours.encode(text)) == (text.removeprefix(" ") if space_prefix else text)


def test_unknown_characters_become_bytes_and_specials_stay_whole() -> None:
    tokens, _, _ = sentencepiece_tables()
    ids = sentencepiece(False).encode("<turn>漢</s>")
    assert [tokens[index] for index in ids] == ["<turn>", "<0xE6>", "<0xBC>", "<0xA2>", "</s>"]
