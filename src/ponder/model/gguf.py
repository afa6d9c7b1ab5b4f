"""Transformers from GGUF files of the llama architecture, as llama.cpp writes them.

Blocks are dequantised once, on loading. llama.cpp interleaves the two halves of each query and key head
for its own RoPE; here they are put back. Knows nothing of text: the tokenizer's tables are handed on raw.

Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import torch
from gguf.quants import dequantize
from torch import Tensor

from ponder.errors import ModelError
from ponder.model.architecture import Architecture
from ponder.model.checkpoint import HEAD, assemble
from ponder.model.transformer import Transformer

ARCHITECTURES = ("llama",)
BLOCK_TYPES = ("F32", "F16", "BF16", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0")
OUTER_NAMES = {
    "token_embd.weight": "embed_tokens.weight",
    "output_norm.weight": "norm.weight",
    "output.weight": HEAD,
}
BLOCK_NAMES = {
    "attn_norm": "input_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_norm": "post_attention_layernorm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class GgufModel:
    """A model with the tables its tokenizer is built from."""

    transformer: Transformer
    tokens: tuple[str, ...]
    merges: tuple[str, ...]
    token_types: tuple[int, ...]
    eos_id: int | None
    bos_id: int | None
    tokenizer_model: str
    """The kind of tokenizer: `gpt2` is byte-level BPE."""
    pre_tokenizer: str
    chat_template: str | None


def load_gguf(
    path: Path, *, dtype: torch.dtype = torch.float32, device: torch.device | str = "cpu"
) -> GgufModel:
    reader = _open(path)
    arch = _architecture(reader, path)
    transformer = assemble(arch, _read_tensors(reader, arch, path), source=path, dtype=dtype, device=device)
    return GgufModel(
        transformer=transformer,
        tokens=tuple(_value(reader, "tokenizer.ggml.tokens", ())),
        merges=tuple(_value(reader, "tokenizer.ggml.merges", ())),
        token_types=tuple(_value(reader, "tokenizer.ggml.token_type", ())),
        eos_id=_value(reader, "tokenizer.ggml.eos_token_id", None),
        bos_id=_value(reader, "tokenizer.ggml.bos_token_id", None),
        tokenizer_model=_value(reader, "tokenizer.ggml.model", ""),
        pre_tokenizer=_value(reader, "tokenizer.ggml.pre", "default"),
        chat_template=_value(reader, "tokenizer.chat_template", None),
    )


class _Reader(gguf.GGUFReader):
    """The package's reader over a plain view: slicing a `np.memmap` 800,000 times takes it seconds."""

    _plain: np.ndarray[Any, Any]

    @property
    def data(self) -> np.ndarray[Any, Any]:
        return self._plain

    @data.setter
    def data(self, mapped: np.ndarray[Any, Any]) -> None:  # pyright: ignore[reportIncompatibleVariableOverride]
        self._plain = mapped.view(np.ndarray)


def _open(path: Path) -> gguf.GGUFReader:
    if not path.is_file():
        raise ModelError(f"{path} does not exist: give the path of a .gguf file")
    try:
        return _Reader(path)
    except (
        ValueError,
        LookupError,
        OSError,
        OverflowError,
    ) as error:  # what the reader raises on damaged bytes
        raise ModelError(f"{path} is not a whole GGUF file: fetch it again ({error})") from error


def _architecture(reader: gguf.GGUFReader, path: Path) -> Architecture:
    name = _value(reader, "general.architecture", "")
    if name not in ARCHITECTURES:
        raise ModelError(
            f"{path}: GGUF architecture {name!r} is not supported; supported: {', '.join(ARCHITECTURES)}"
        )
    shapes = {tensor.name: [int(size) for size in reversed(tensor.shape)] for tensor in reader.tensors}
    if "token_embd.weight" not in shapes:
        raise ModelError(f"{path} lacks the tensor 'token_embd.weight': fetch the model again")
    _refuse_variants(reader, shapes, path)

    def need(key: str) -> Any:
        if (value := _value(reader, f"{name}.{key}", None)) is None:
            raise ModelError(f"{path} lacks the key '{name}.{key}': fetch the model again")
        return value

    width, heads = need("embedding_length"), need("attention.head_count")
    kv_heads = _value(reader, f"{name}.attention.head_count_kv", heads)
    if not (isinstance(heads, int) and isinstance(kv_heads, int)):
        raise ModelError(f"{path}: head counts that differ from layer to layer are not supported")
    head_size = _value(reader, f"{name}.attention.key_length", width // heads)
    if _value(reader, f"{name}.rope.dimension_count", head_size) != head_size:
        raise ModelError(f"{path}: RoPE over a part of each head is not supported")
    return Architecture(
        family="llama",
        vocab_size=shapes["token_embd.weight"][0],
        width=width,
        layers=need("block_count"),
        heads=heads,
        kv_heads=kv_heads,
        head_size=head_size,
        mlp_width=need("feed_forward_length"),
        context=need("context_length"),
        rope_base=float(_value(reader, f"{name}.rope.freq_base", 10_000.0)),
        norm_eps=need("attention.layer_norm_rms_epsilon"),
        tied_embeddings="output.weight" not in shapes,
    )


def _refuse_variants(reader: gguf.GGUFReader, shapes: dict[str, list[int]], path: Path) -> None:
    if _value(reader, "llama.expert_count", 0):
        raise ModelError(f"{path}: mixtures of experts are not supported")
    scaling = _value(reader, "llama.rope.scaling.type", "none")
    if scaling != "none" or "rope_freqs.weight" in shapes:
        raise ModelError(f"{path}: RoPE scaling is not supported")


def _read_tensors(reader: gguf.GGUFReader, arch: Architecture, path: Path) -> Iterator[tuple[str, Tensor]]:
    for block in reader.tensors:
        if (kind := block.tensor_type.name) not in BLOCK_TYPES:
            raise ModelError(
                f"{path}: tensor {block.name!r} has the block type {kind}, which is not supported; "
                f"supported: {', '.join(BLOCK_TYPES)}"
            )
        # `tensor` copies: what it gets may be a view of the mapped file.
        tensor = torch.tensor(dequantize(block.data, block.tensor_type))
        if block.name.endswith(".attn_q.weight"):
            tensor = _halves_together(tensor, arch.heads)
        elif block.name.endswith(".attn_k.weight"):
            tensor = _halves_together(tensor, arch.kv_heads)
        yield _our_name(block.name), tensor


def _halves_together(weight: Tensor, heads: int) -> Tensor:
    """Rows of each head from llama.cpp's order (0, D/2, 1, D/2 + 1, …) to (0, 1, …, D - 1)."""
    if weight.shape[0] % (2 * heads):
        return weight  # misshaped; `assemble` says so
    return weight.reshape(heads, -1, 2, weight.shape[1]).transpose(1, 2).reshape(weight.shape)


def _our_name(name: str) -> str:
    if name in OUTER_NAMES:
        return OUTER_NAMES[name]
    parts = name.split(".")
    if len(parts) == 4 and parts[0] == "blk" and parts[2] in BLOCK_NAMES:
        return f"layers.{parts[1]}.{BLOCK_NAMES[parts[2]]}.{parts[3]}"
    return name  # not ours; `assemble` names it


def _value(reader: gguf.GGUFReader, key: str, default: Any) -> Any:
    field = reader.get_field(key)
    return default if field is None else field.contents()
