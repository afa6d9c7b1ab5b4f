import itertools
import json

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import ponder
from ponder.errors import DataError
from ponder.model.architecture import Architecture
from ponder.model.transformer import Transformer, initialise
from ponder.records import Message
from ponder.training.batch import Example, mean_cross_entropy, pad
from ponder.training.loop import LoopConfig
from ponder.training.sft import SFTBatches, SFTConfig, chat_example, sft_loss, train_sft

LOOP = LoopConfig(steps=30, learning_rate=1e-3, warmup_steps=2)


def numbered(lengths: list[int]) -> list[Example]:
    return [Example((number + 1,), (1,) * length) for number, length in enumerate(lengths)]


@given(st.lists(st.integers(1, 9), min_size=1, max_size=40), st.integers(1, 7))
def test_every_epoch_holds_every_example_once(lengths: list[int], batch_size: int) -> None:
    batches = SFTBatches(numbered(lengths), SFTConfig(loop=LOOP, batch_size=batch_size))
    window = batch_size * 16
    per_epoch = sum(
        -(-min(window, len(lengths) - begin) // batch_size) for begin in range(0, len(lengths), window)
    )
    for _ in range(2):
        an_epoch = itertools.islice(batches, per_epoch)
        seen = [example.prompt_ids[0] for batch in an_epoch for example in batch]
        assert sorted(seen) == list(range(1, len(lengths) + 1))


@given(st.lists(st.integers(1, 9), min_size=1, max_size=40), st.integers(1, 7), st.integers(0, 30))
def test_batches_go_on_where_they_were(lengths: list[int], batch_size: int, taken: int) -> None:
    config = SFTConfig(loop=LOOP, batch_size=batch_size)
    first, second = (SFTBatches(numbered(lengths), config) for _ in range(2))
    for _ in range(taken):
        next(first)
    second.load_state_dict(json.loads(json.dumps(first.state_dict())))
    assert list(itertools.islice(first, 9)) == list(itertools.islice(second, 9))


def test_other_examples_cannot_be_gone_on_with() -> None:
    config = SFTConfig(loop=LOOP)
    state = SFTBatches(numbered([1, 2]), config).state_dict()
    with pytest.raises(DataError, match="not those the run began with"):
        SFTBatches(numbered([2, 1]), config).load_state_dict(state)


def test_nothing_to_learn_from_is_an_error() -> None:
    with pytest.raises(DataError, match="nothing to learn"):
        SFTBatches([], SFTConfig(loop=LOOP))


def test_the_mean_is_over_all_tokens_whatever_the_pieces() -> None:
    arch = Architecture(
        family="llama", vocab_size=16, width=16, layers=1, heads=2, kv_heads=1, head_size=8, mlp_width=24,
        context=32,
    )  # fmt: skip
    examples = [Example((1, 2), (3,) * length) for length in (1, 9, 4, 2, 7)]
    gradients, losses = list[torch.Tensor](), list[float]()
    for limit in (10_000, 20):
        model = Transformer(arch)
        initialise(model, seed=0)
        loss = sft_loss(SFTConfig(loop=LOOP, tokens_per_piece=limit))(model, examples)
        losses.append(loss.figures["loss"])
        gradients.append(model.embed_tokens.weight.grad.clone())  # type: ignore[union-attr]
    with torch.no_grad():
        assert losses[0] == pytest.approx(float(mean_cross_entropy(model, pad(examples))), rel=1e-5)
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)
    assert torch.allclose(*gradients, atol=1e-6)


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
