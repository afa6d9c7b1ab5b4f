"""Trains the byte-level BPE of the embedded model: digits one by one, chat and thinking markers whole.

Splitting digits lets a small model see place value (Singh and Strouse, arXiv:2402.14903).
"""

from __future__ import annotations

from collections.abc import Iterable

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers

from ponder.text.chat_format import THINK_CLOSE, THINK_OPEN

END_OF_TEXT = "<|endoftext|>"
TURN_OPEN = "<|im_start|>"
TURN_CLOSE = "<|im_end|>"


def train_tokenizer(texts: Iterable[str], *, vocab_size: int) -> Tokenizer:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size - 2,
        special_tokens=[END_OF_TEXT, TURN_OPEN, TURN_CLOSE],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    markers = [AddedToken(text, special=False, normalized=False) for text in (THINK_OPEN, THINK_CLOSE)]
    tokenizer.add_tokens(markers)
    return tokenizer
