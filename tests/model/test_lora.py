"""An adapted projection computes what plain LoRA computes, and is read by everybody through one weight."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from fakes import byte_tokenizer, random_model
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn
from transformers import AutoModelForCausalLM

from ponder.engine.engine import Engine, weights_version
from ponder.engine.quantization import quantize_int8
from ponder.errors import ConfigError, ModelError
from ponder.model.checkpoint import save_transformer
from ponder.model.lora import Factors, LoRAConfig, LoRALinear, adapted, add_lora, refresh_merged
from ponder.model.transformer import Transformer
from ponder.records import Sampling
from ponder.text.chat_format import CHATML, ChatTemplate
from ponder.training.batch import token_logprobs
from ponder.training.memory import mixed_precision, recomputed_activations

IDS = torch.arange(3, 27).view(2, 12)


def twin(x: Tensor, linear: nn.Linear, factors: Factors, scale: float) -> Tensor:
    """The slow one, by the paper: two products beside the frozen one."""
    return F.linear(x, linear.weight, linear.bias) + scale * F.linear(
        F.linear(x, factors.down_RI), factors.up_OR
    )


def model(family: str = "qwen3", *, rank: int = 3, seed: int = 1, **options: object) -> Transformer:
    """A random model whose adapter is not zero any more."""
    made = copy.deepcopy(random_model(family)[1])
    add_lora(made, LoRAConfig(rank=rank, alpha=6.0, **options), seed=seed)  # type: ignore[arg-type]
    move(made, seed)
    return made


@torch.no_grad()
def move(model: Transformer, seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    for _, module in adapted(model):
        module.lora_B.normal_(0.0, 0.05, generator=generator)
    refresh_merged(model)


@pytest.mark.parametrize("bias", [False, True])
@given(
    inputs=st.integers(1, 9), outputs=st.integers(1, 9), rank=st.integers(1, 4), tokens=st.integers(1, 5),
    scale=st.floats(0.1, 4.0), seed=st.integers(0, 1000),
)  # fmt: skip
def test_outputs_and_gradients_are_those_of_the_twin(
    bias: bool, inputs: int, outputs: int, rank: int, tokens: int, scale: float, seed: int
) -> None:
    generator = torch.Generator().manual_seed(seed)

    def normal(*shape: int) -> Tensor:
        return torch.empty(shape).normal_(generator=generator)

    linear = nn.Linear(inputs, outputs, bias=bias)
    linear.weight.data = normal(outputs, inputs)
    ours = LoRALinear(linear, Factors(normal(rank, inputs), normal(outputs, rank)), scale)
    theirs = Factors(*(each.clone().requires_grad_() for each in ours.factors))
    x, direction = normal(2, tokens, inputs).requires_grad_(), normal(2, tokens, outputs)
    x_twin = x.detach().clone().requires_grad_()
    y, y_twin = ours(x), twin(x_twin, linear, theirs, scale)
    assert torch.allclose(y, y_twin, atol=1e-4)
    (y * direction).sum().backward()
    (y_twin * direction).sum().backward()
    for found, wanted in ((x, x_twin), (ours.lora_A, theirs.down_RI), (ours.lora_B, theirs.up_OR)):
        assert found.grad is not None and wanted.grad is not None
        assert torch.allclose(found.grad, wanted.grad, atol=1e-3, rtol=1e-4)
    assert ours.weight.grad is None


@pytest.mark.parametrize("rslora", [False, True])
def test_the_scale_is_alpha_over_the_rank_or_its_root(rslora: bool) -> None:
    assert LoRAConfig(rank=16, alpha=32.0, rslora=rslora).scale == (8.0 if rslora else 2.0)


def test_a_new_adapter_changes_nothing() -> None:
    plain = random_model("qwen2")[1]
    made = copy.deepcopy(plain)
    add_lora(made, LoRAConfig(rank=4), seed=0)
    assert torch.equal(made(IDS), plain(IDS))


def test_only_factors_of_the_targets_are_trained() -> None:
    made = model(targets=("q_proj", "down_proj"))
    made(IDS).float().logsumexp(-1).sum().backward()
    trained = {name for name, parameter in made.named_parameters() if parameter.requires_grad}
    assert trained == {
        f"layers.{layer}.{part}.lora_{letter}"
        for layer in (0, 1)
        for part in ("self_attn.q_proj", "mlp.down_proj")
        for letter in "AB"
    }
    for name, parameter in made.named_parameters():
        assert (parameter.grad is not None and bool(parameter.grad.any())) == (name in trained)


def test_the_same_seed_gives_the_same_beginning() -> None:
    one, same, other = (model(seed=seed) for seed in (1, 1, 2))
    first, second, third = (next(adapted(each))[1].lora_A for each in (one, same, other))
    assert torch.equal(first, second) and not torch.equal(first, third)


def test_merging_again_does_not_drift() -> None:
    made = model()
    before = [module.weight.clone() for _, module in adapted(made)]
    for _ in range(50):
        refresh_merged(made)
    assert all(torch.equal(a, module.weight) for a, (_, module) in zip(before, adapted(made), strict=True))


def test_a_step_taken_between_forward_and_backward_is_noticed() -> None:
    made = model()
    loss = made(IDS).sum()
    refresh_merged(made)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        loss.backward()


@pytest.mark.parametrize("recompute", [False, True])
def test_gradients_are_those_of_a_whole_model_of_twins(recompute: bool) -> None:
    made, slow = model("qwen2"), copy.deepcopy(random_model("qwen2")[1]).requires_grad_(False)
    leaves = dict[str, Factors]()
    for name, module in adapted(made):
        leaves[name] = Factors(*(each.clone().requires_grad_() for each in module.factors))
        slow.set_submodule(name, Twin(slow.get_submodule(name), leaves[name], module.scale))  # type: ignore[arg-type]
    with recomputed_activations(made, on=recompute):
        token_logprobs(made, IDS).sum().backward()
    token_logprobs(slow, IDS).sum().backward()
    for name, module in adapted(made):
        for found, wanted in zip((module.lora_A, module.lora_B), leaves[name], strict=True):
            assert found.grad is not None and wanted.grad is not None
            assert (found.grad - wanted.grad).norm() <= 1e-4 * wanted.grad.norm()


class Twin(nn.Module):
    def __init__(self, linear: nn.Linear, factors: Factors, scale: float) -> None:
        super().__init__()
        self.linear, self.factors, self.scale = linear, factors, scale

    def forward(self, x: Tensor) -> Tensor:
        return twin(x, self.linear, self.factors, self.scale)


def relative(found: Tensor | None, wanted: Tensor | None) -> float:
    assert found is not None and wanted is not None and found.dtype == wanted.dtype == torch.float32
    return float((found - wanted).norm() / wanted.norm())


@pytest.mark.parametrize("backward_within", [False, True])
def test_under_autocast_gradients_are_near_those_in_float32(backward_within: bool) -> None:
    exact, rounded = model(), model()
    token_logprobs(exact, IDS).sum().backward()
    with mixed_precision(rounded, on=True):
        loss = token_logprobs(rounded, IDS).sum()
        if backward_within:
            loss.backward()
    if not backward_within:
        loss.backward()
    for (_, a), (_, b) in zip(adapted(rounded), adapted(exact), strict=True):
        assert relative(a.lora_A.grad, b.lora_A.grad) < 0.05
        assert relative(a.lora_B.grad, b.lora_B.grad) < 0.05


def test_a_base_in_bfloat16_keeps_its_type_and_trains_float32_factors() -> None:
    made = copy.deepcopy(random_model("qwen3")[1]).to(torch.bfloat16)
    add_lora(made, LoRAConfig(rank=3, alpha=6.0), seed=1)
    move(made, 1)
    exact = model()
    token_logprobs(exact, IDS).sum().backward()
    token_logprobs(made, IDS).sum().backward()
    for (_, a), (_, b) in zip(adapted(made), adapted(exact), strict=True):
        assert a.weight.dtype == a.base.dtype == torch.bfloat16
        assert torch.equal(a.weight, (a.base.float() + a.scale * (a.lora_B @ a.lora_A)).bfloat16())
        assert relative(a.lora_B.grad, b.lora_B.grad) < 0.2


@pytest.mark.parametrize("kernels", ["torch", "native"])
def test_the_sampler_follows_the_adapter(kernels: str) -> None:
    """It samples from the very policy that training sees: logprobs agree, before and after a change."""
    made = copy.deepcopy(random_model("qwen2")[1])
    engine = Engine(made, byte_tokenizer(), ChatTemplate(CHATML), slots=4, kernels=kernels)  # type: ignore[arg-type]
    prompt = (5, 6, 7, 8)
    engine.generate([prompt], Sampling(n=1, max_tokens=2))
    add_lora(made, LoRAConfig(rank=3, alpha=6.0), seed=1)
    seen = set[tuple[int, ...]]()
    for seed in (1, 2, 3):
        move(made, seed)
        version = weights_version(made)
        assert version not in seen
        seen.add(version)
        (completion,) = engine.generate([prompt], Sampling(n=1, max_tokens=12, temperature=1.0))[0]
        ids = torch.tensor([[*prompt, *completion.token_ids]])
        with torch.no_grad():
            known = token_logprobs(made, ids)[0, len(prompt) - 1 :]
        assert torch.allclose(known, torch.tensor(completion.logprobs), atol=2e-4)


def test_an_adapted_model_is_saved_as_the_plain_model_that_it_computes(tmp_path: Path) -> None:
    made = model("qwen2")
    save_transformer(made, tmp_path, dtype=torch.float32, eos_ids=[1])
    theirs = AutoModelForCausalLM.from_pretrained(tmp_path).eval()
    with torch.no_grad():
        assert (theirs(IDS).logits - made(IDS)).abs().max() < 1e-4


def test_weights_rounded_to_integers_are_not_adapted() -> None:
    with pytest.raises(ModelError, match="only plain float weights"):
        add_lora(quantize_int8(copy.deepcopy(random_model("qwen2")[1])), LoRAConfig())


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"rank": 0}, "rank must be at least 1"),
        ({"alpha": 0.0}, "alpha must be a number above 0"),
        ({"alpha": float("nan")}, "alpha must be a number above 0"),
        ({"targets": ()}, "at least one of q_proj"),
        ({"targets": ("lm_head",)}, "no target 'lm_head'; known: q_proj"),
    ],
)
def test_a_config_that_makes_no_sense_is_refused(options: dict[str, object], complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint):
        LoRAConfig(**options)  # type: ignore[arg-type]
