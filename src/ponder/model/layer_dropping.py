"""A smaller model from a larger: evenly spaced layers are kept, the others dropped.

DistilBERT begins its student so (Sanh et al., arXiv:1910.01108): of L layers n are kept, the i-th of them
being layer round(i (L - 1) / (n - 1)), so that the first and the last stay. Fewer neurons of each MLP can be
kept too, those that count most: with g, u and d the norms of a neuron's gate, up and down weights, the
largest g u d. What is left computes something else than the whole and is to be trained. Does not train.
"""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor, nn

from ponder.errors import ConfigError
from ponder.model.architecture import Architecture
from ponder.model.transformer import MLP, Transformer


def kept_layers(layers: int, count: int) -> list[int]:
    """Which `count` of so many layers stay, in order; of one, the first."""
    if not 1 <= count <= layers:
        raise ConfigError(f"student_layers is {count}: it must be from 1 to the teacher's {layers}")
    gaps = max(1, count - 1)
    return [(2 * i * (layers - 1) + gaps) // (2 * gaps) for i in range(count)]


def smaller_architecture(arch: Architecture, kept: list[int], mlp_width: int) -> Architecture:
    """The same but for depth and MLP; a layer keeps its window and whether it knows positions."""
    return replace(
        arch,
        layers=len(kept),
        windows=tuple(arch.windows[layer] for layer in kept) if arch.windows else (),
        nope_layers=tuple(place for place, layer in enumerate(kept) if layer in arch.nope_layers),
        mlp_width=mlp_width,
    )


@torch.no_grad()
def drop_layers(
    model: Transformer, layers: int, *, mlp_width: int | None = None, dtype: torch.dtype | None = None
) -> Transformer:
    """A model of its own, none of its weights shared with the given one."""
    width = mlp_width or model.arch.mlp_width
    if not 1 <= width <= model.arch.mlp_width:
        raise ConfigError(
            f"student_mlp_width is {width}: it must be from 1 to the teacher's {model.arch.mlp_width}"
        )
    kept = kept_layers(model.arch.layers, layers)
    with torch.device(model.device):
        student = Transformer(smaller_architecture(model.arch, kept, width)).to(dtype or model.dtype)
    for mine, theirs in ((student.embed_tokens, model.embed_tokens), (student.norm, model.norm)):
        mine.load_state_dict(theirs.state_dict())
    student.lm_head.load_state_dict(model.lm_head.state_dict())
    for block, layer in zip(student.layers, kept, strict=True):
        source = model.layers[layer]
        tensors = source.state_dict()
        assert isinstance(source.mlp, MLP)
        chosen = strongest_neurons(source.mlp, width)
        narrow = {f"mlp.{name}": tensor for name, tensor in narrowed(source.mlp, chosen).items()}
        block.load_state_dict(tensors | narrow)
    return student.eval()


def strongest_neurons(mlp: MLP, count: int) -> Tensor:
    """The places of the neurons with the largest product of norms, in their order."""
    gate, up, down = (part.weight.float().square() for part in (mlp.gate_proj, mlp.up_proj, mlp.down_proj))
    strength = gate.sum(dim=1) * up.sum(dim=1) * down.sum(dim=0)
    return strength.topk(count).indices.sort().values


def narrowed(mlp: MLP, chosen: Tensor) -> dict[str, Tensor]:
    """The tensors of an MLP with the chosen neurons alone."""
    tensors = dict[str, Tensor]()
    for name in ("gate_proj", "up_proj", "down_proj"):
        projection = getattr(mlp, name)
        assert isinstance(projection, nn.Linear)
        down = name == "down_proj"
        tensors[f"{name}.weight"] = projection.weight[:, chosen] if down else projection.weight[chosen]
        if projection.bias is not None:  # pyright: ignore[reportUnnecessaryComparison]
            tensors[f"{name}.bias"] = projection.bias if down else projection.bias[chosen]
    return tensors
