"""The only loop: it learns, it follows its schedule, it stops, and it says so when it breaks."""

from __future__ import annotations

import itertools
from collections.abc import Mapping

import pytest
import torch

from ponder.errors import PonderError
from ponder.model.architecture import Architecture
from ponder.model.transformer import Transformer, initialise
from ponder.training.batch import Example, TokenBatch, mean_cross_entropy, pad
from ponder.training.loop import LoopConfig, Loss, train
from ponder.training.schedule import learning_rate

ARCH = Architecture(
    family="llama",
    vocab_size=16,
    width=16,
    layers=1,
    heads=2,
    kv_heads=1,
    head_size=8,
    mlp_width=24,
    context=16,
)
BATCH = pad([Example((1, 2), (3, 4, 5)), Example((6,), (7, 8, 9, 10))])


class Record:
    """A log that remembers."""

    def __init__(self) -> None:
        self.steps: list[int] = []
        self.figures: list[Mapping[str, float]] = []

    def __call__(self, step: int, figures: Mapping[str, float]) -> None:
        self.steps.append(step)
        self.figures.append(figures)


def tiny() -> Transformer:
    model = Transformer(ARCH)
    initialise(model, seed=0)
    return model


def loss_fn(model: Transformer, batch: TokenBatch) -> Loss:
    value = mean_cross_entropy(model, batch)
    return Loss(value, {"loss": float(value.detach()), "flops": 7.0})


def config(**options: object) -> LoopConfig:
    return LoopConfig(**{"steps": 40, "learning_rate": 0.02, "warmup_steps": 2, **options})  # type: ignore[arg-type]


@pytest.mark.parametrize("optimizer", ["adamw", "muon"])
def test_the_loss_of_a_toy_batch_goes_down(optimizer: str) -> None:
    record = Record()
    model = tiny()
    cost = train(model, itertools.repeat(BATCH), loss_fn, config(optimizer=optimizer), log=record)
    assert record.steps == list(range(1, 41))
    assert record.figures[-1]["loss"] < 0.3 * record.figures[0]["loss"]
    assert not model.training
    assert cost.flops == 7.0 * 40
    assert cost.seconds == pytest.approx(sum(figures["step_seconds"] for figures in record.figures))
    assert [figures["learning_rate"] for figures in record.figures] == [
        learning_rate(s, steps=40, peak=0.02, warmup_steps=2, decay_share=0.0, schedule="linear")
        for s in record.steps
    ]


def test_the_same_start_gives_the_same_weights() -> None:
    first, second = tiny(), tiny()
    for model in (first, second):
        train(model, [BATCH] * 3, loss_fn, config(), log=Record())
    for a, b in zip(first.parameters(), second.parameters(), strict=True):
        assert torch.equal(a, b)


def test_it_stops_when_the_batches_end() -> None:
    record = Record()
    train(tiny(), [BATCH] * 3, loss_fn, config(), log=record)
    assert record.steps == [1, 2, 3]


def test_it_evaluates_on_the_way_and_after_the_last_step() -> None:
    seen = list[int]()
    train(
        tiny(),
        itertools.repeat(BATCH),
        loss_fn,
        config(steps=7, evaluate_every=3),
        log=Record(),
        evaluate=seen.append,
    )
    assert seen == [3, 6, 7]


def test_a_loss_function_may_do_its_own_backward() -> None:
    def in_pieces(model: Transformer, batch: TokenBatch) -> Loss:
        (mean_cross_entropy(model, batch)).backward()
        return Loss(None)

    whole, pieces = tiny(), tiny()
    train(whole, [BATCH] * 2, loss_fn, config(), log=Record())
    train(pieces, [BATCH] * 2, in_pieces, config(), log=Record())
    assert torch.equal(whole.embed_tokens.weight, pieces.embed_tokens.weight)


def test_a_batch_without_a_gradient_moves_nothing() -> None:
    model = tiny()
    before = model.embed_tokens.weight.detach().clone()
    train(model, [BATCH] * 2, lambda model, batch: Loss(None), config(weight_decay=0.1), log=Record())
    assert torch.equal(model.embed_tokens.weight, before)


@pytest.mark.parametrize("factor", [float("nan"), float("inf")])
def test_a_gradient_that_is_not_finite_is_an_error_and_leaves_the_weights(factor: float) -> None:
    model = tiny()
    before = model.embed_tokens.weight.detach().clone()

    def broken(model: Transformer, batch: TokenBatch) -> Loss:
        return Loss(mean_cross_entropy(model, batch) * factor)

    with pytest.raises(PonderError, match="not finite at step 1: lower the learning rate"):
        train(model, [BATCH], broken, config(), log=Record())
    assert torch.equal(model.embed_tokens.weight, before)


@pytest.mark.parametrize("option", [{"recompute": True}, {"precision": "bf16"}], ids=["recompute", "bf16"])
def test_less_memory_gives_the_same_weights_or_nearly(option: dict[str, object]) -> None:
    plain, other = tiny(), tiny()
    for model, options in ((plain, {}), (other, option)):
        train(model, [BATCH] * 4, loss_fn, config(**options), log=Record())
    moved = (plain.embed_tokens.weight - tiny().embed_tokens.weight).abs().max()
    apart = (plain.embed_tokens.weight - other.embed_tokens.weight).abs().max()
    assert apart < (0.2 * moved if "precision" in option else 1e-6)
    assert all(layer.forward.__func__ is type(layer).forward for layer in other.layers)  # type: ignore[attr-defined]


def test_recomputing_keeps_less_for_the_backward_pass() -> None:
    def kept(*, recompute: bool) -> int:
        sizes = dict[int, int]()

        def pack(tensor: torch.Tensor) -> torch.Tensor:
            sizes[tensor.data_ptr()] = tensor.numel()
            return tensor

        def measured(model: Transformer, batch: TokenBatch) -> Loss:
            with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
                return loss_fn(model, batch)

        train(tiny(), [BATCH], measured, config(recompute=recompute), log=Record())
        return sum(sizes.values())

    assert kept(recompute=True) < 0.7 * kept(recompute=False)
