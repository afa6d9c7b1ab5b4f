import itertools

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import ponder
from ponder.errors import DataError
from ponder.records import Message
from ponder.training.batch import Example
from ponder.training.loop import LoopConfig
from ponder.training.sft import SFTConfig, chat_example, sft_batches, train_sft

LOOP = LoopConfig(steps=30, learning_rate=1e-3, warmup_steps=2)


@given(st.lists(st.integers(1, 9), min_size=1, max_size=40), st.integers(1, 7))
def test_every_epoch_holds_every_example_once(lengths: list[int], size: int) -> None:
    examples = [Example((number + 1,), (1,) * length) for number, length in enumerate(lengths)]
    batches = sft_batches(examples, SFTConfig(loop=LOOP, batch_size=size))
    an_epoch = itertools.islice(batches, -(-len(examples) // size))
    seen = [number for batch in an_epoch for number in batch.ids_BT[:, 0].tolist()]
    assert sorted(seen) == [number + 1 for number in range(len(examples))]


def test_nothing_to_learn_from_is_an_error() -> None:
    with pytest.raises(DataError, match="nothing to learn"):
        next(sft_batches([], SFTConfig(loop=LOOP)))


@pytest.mark.slow
def test_a_model_learns_what_it_is_shown() -> None:
    engine = ponder.load("tiny")
    prompt = [Message("user", "Who are you?")]
    example = chat_example(engine, prompt, "\\boxed{99}")
    assert example.completion_ids[-1] in engine.tokenizer.eos_ids
    train_sft(engine, [example], SFTConfig(loop=LOOP, batch_size=1), log=lambda step, figures: None)
    ((completion,),) = engine.generate([prompt], ponder.Sampling(temperature=0.0, max_tokens=16))
    assert completion.text == "\\boxed{99}"
    assert torch.isfinite(engine.transformer.lm_head.weight).all()
