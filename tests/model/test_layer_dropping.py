"""Cutting a student out of its teacher: which layers and neurons stay, and what is left of each."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ponder.errors import ConfigError
from ponder.model.architecture import Architecture
from ponder.model.layer_dropping import drop_layers, kept_layers, smaller_architecture, strongest_neurons
from ponder.model.rope import Rope
from ponder.model.transformer import MLP, Transformer, initialise

ARCH = Architecture(
    family="gemma3_text", vocab_size=16, width=16, layers=6, heads=2, kv_heads=1, head_size=8, mlp_width=12,
    context=32, local_rope=Rope(base=100.0), windows=(4, 4, None, 4, 4, None), nope_layers=(2, 5),
)  # fmt: skip


def random_transformer(arch: Architecture = ARCH) -> Transformer:
    model = Transformer(arch).eval()
    initialise(model, seed=0)
    return model


def test_layers_are_spread_evenly_with_the_first_and_the_last() -> None:
    assert kept_layers(6, 3) == [0, 3, 5]
    assert kept_layers(6, 2) == [0, 5]
    assert kept_layers(12, 6) == [0, 2, 4, 7, 9, 11]
    assert kept_layers(6, 1) == [0]


@given(st.integers(1, 80), st.data())
def test_kept_layers_rise_from_the_first_to_the_last(layers: int, data: st.DataObject) -> None:
    count = data.draw(st.integers(1, layers))
    kept = kept_layers(layers, count)
    assert len(kept) == count and kept == sorted(set(kept)) and kept[0] == 0
    assert count == 1 or kept[-1] == layers - 1


@pytest.mark.parametrize("count", [0, 7])
def test_more_layers_than_there_are_cannot_be_kept(count: int) -> None:
    with pytest.raises(ConfigError, match="from 1 to the teacher's 6"):
        kept_layers(6, count)


def test_a_layer_keeps_its_window_and_its_positions() -> None:
    small = smaller_architecture(ARCH, [0, 2, 5], 12)
    assert small.windows == (4, None, None)
    assert small.nope_layers == (1, 2)
    assert [small.rope_of(i) for i in range(3)] == [ARCH.rope_of(i) for i in (0, 2, 5)]


@pytest.mark.parametrize("tied", [True, False])
def test_the_student_computes_with_the_teachers_layers(tied: bool) -> None:
    teacher = random_transformer(replace(ARCH, tied_embeddings=tied))
    student = drop_layers(teacher, 3)
    chosen = torch.nn.ModuleList(teacher.layers[i] for i in (0, 3, 5))
    by_hand = Transformer(student.arch).eval()
    by_hand.load_state_dict(
        teacher.state_dict() | {f"layers.{k}": v for k, v in chosen.state_dict().items()}, strict=False
    )
    ids = torch.tensor([[1, 5, 2, 9, 3]])
    with torch.no_grad():
        assert torch.equal(student(ids), by_hand(ids))
    assert student.arch.parameters == sum(p.numel() for p in student.parameters())


def test_all_layers_and_neurons_are_the_teacher_itself_but_not_its_memory() -> None:
    teacher = random_transformer()
    student = drop_layers(teacher, 6)
    ids = torch.tensor([[1, 5, 2]])
    with torch.no_grad():
        assert torch.equal(student(ids), teacher(ids))
        student.embed_tokens.weight.zero_()
        assert teacher.embed_tokens.weight.any()


def test_neurons_that_do_nothing_go_first_and_nothing_changes() -> None:
    teacher = random_transformer()
    with torch.no_grad():
        for layer in teacher.layers:
            assert isinstance(layer.mlp, MLP)
            layer.mlp.down_proj.weight[:, ::3] = 0
    first = teacher.layers[0].mlp
    assert isinstance(first, MLP)
    assert strongest_neurons(first, 8).tolist() == [1, 2, 4, 5, 7, 8, 10, 11]
    student, ids = drop_layers(teacher, 6, mlp_width=8), torch.tensor([[1, 5, 2]])
    assert student.arch.mlp_width == 8
    with torch.no_grad():
        assert torch.allclose(student(ids), teacher(ids), atol=1e-5)
    with pytest.raises(ConfigError, match="student_mlp_width is 13"):
        drop_layers(teacher, 6, mlp_width=13)
