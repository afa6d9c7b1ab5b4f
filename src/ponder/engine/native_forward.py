"""The forward pass by the compiled kernels of `native/`, on weights where they lie. CPU only.

Mirrors the structures of `native/decoder.c`. Products read torch's own memory; norms and biases, which are
small, are kept as float32 copies and made anew when the weights have changed. With bfloat16 or 8-bit weights
the inputs of products are rounded to bfloat16, as torch rounds them; everything between is float32.
A row's numbers do not depend on what else is in the batch.

Shapes: T tokens of all chunks, R chunks, V vocabulary.
"""

from __future__ import annotations

from collections.abc import Sequence
from ctypes import POINTER, Structure, byref, c_float, c_int, c_long, c_void_p
from typing import Any

import torch
from torch import Tensor, nn

from ponder.engine.forward import Chunk
from ponder.engine.kv_cache import KVCache
from ponder.engine.native.library import KernelError, load_library
from ponder.engine.quantization import Int8Linear
from ponder.engine.sampling import Drawn, RowSampling, sample, uniforms
from ponder.model.catalog import cache_folder
from ponder.model.transformer import Transformer

TYPES = {torch.float32: 0, torch.bfloat16: 1, torch.int8: 2}


class _Linear(Structure):
    _fields_ = (
        ("weight", c_void_p), ("scale", c_void_p), ("bias", c_void_p),
        ("rows", c_long), ("columns", c_long), ("type", c_int),
    )  # fmt: skip


PRODUCTS = (
    "self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj",
    "mlp.gate_proj", "mlp.up_proj", "mlp.down_proj",
)  # fmt: skip


class _Layer(Structure):
    _fields_ = (
        *((name.split(".")[1], _Linear) for name in PRODUCTS),
        ("norm_before_attention", c_void_p), ("norm_after_attention", c_void_p),
        ("norm_before_mlp", c_void_p), ("norm_after_mlp", c_void_p),
        ("query_norm", c_void_p), ("key_norm", c_void_p),
        ("window", c_long), ("rope", c_long),
    )  # fmt: skip


class _Model(Structure):
    _fields_ = (
        *((name, c_long) for name in (
            "layers", "width", "heads", "kv_heads", "head_size", "mlp_width", "ropes"
        )),
        ("embedding", _Linear), ("head", _Linear),
        ("final_norm", c_void_p), ("frequencies", c_void_p), ("rope_factors", c_void_p),
        *((name, c_float) for name in (
            "norm_eps", "embedding_scale", "attention_scale", "attention_softcap", "logit_softcap"
        )),
        ("gelu", c_long), ("layer", POINTER(_Layer)),
    )  # fmt: skip


class _Cache(Structure):
    _fields_ = (
        ("keys", c_void_p), ("values", c_void_p), ("pages", c_long), ("page_size", c_long), ("type", c_int)
    )  # fmt: skip


class _Batch(Structure):
    _fields_ = (
        ("tokens", c_long), ("ends", c_long), ("table_stride", c_long),
        *((name, c_void_p) for name in ("token", "position", "row", "table", "end", "logits")),
    )  # fmt: skip


class _Sampling(Structure):
    _fields_ = (
        *((name, c_void_p) for name in ("temperature", "top_k", "top_p", "min_p", "greedy")),
        ("ranked", c_long),
    )


class NativeForward:
    """Satisfies `forward.Forward`. Raises `KernelError` where the kernels cannot serve."""

    def __init__(self, transformer: Transformer) -> None:
        self.transformer = transformer
        self.library = load_library(cache_folder() / "kernels")
        self._scratch = torch.empty(0, dtype=torch.uint8)
        self._logits = torch.empty(0, transformer.arch.vocab_size)
        self.refresh()

    def __call__(self, cache: KVCache, chunks: Sequence[Chunk]) -> Tensor:
        tokens = [token for chunk in chunks for token in chunk.tokens]
        positions = [chunk.start + index for chunk in chunks for index in range(len(chunk.tokens))]
        rows = [row for row, chunk in enumerate(chunks) for _ in chunk.tokens]
        ends: list[int] = []
        last = -1
        for chunk in chunks:
            last += len(chunk.tokens)
            if chunk.wanted:
                ends.append(last)
        width = max(len(chunk.pages) for chunk in chunks)
        table = [page for chunk in chunks for page in (*chunk.pages, *[0] * (width - len(chunk.pages)))]
        logits = self._room_for_logits(len(ends))
        arrays = [_int32(values) for values in (tokens, positions, rows, table, ends)]
        batch = _Batch(len(tokens), len(ends), width, *(array.data_ptr() for array in (*arrays, logits)))
        place = _Cache(
            cache.keys.data_ptr(), cache.values.data_ptr(), cache.keys.shape[1], cache.page_size,
            TYPES[cache.keys.dtype],
        )  # fmt: skip
        threads = c_int(torch.get_num_threads())
        needed = self.library.scratch_bytes(byref(self._model), byref(batch), threads)
        if needed > self._scratch.numel():
            self._scratch = torch.empty(needed + needed // 4, dtype=torch.uint8)
        arena = c_void_p(-(-self._scratch.data_ptr() // 64) * 64)
        self.library.forward(byref(self._model), byref(place), byref(batch), arena, threads)
        return logits

    def draw(
        self, logits_BV: Tensor, sampling: RowSampling, keys_B: Tensor, positions_B: Tensor,
        forced_B: Tensor | None,
    ) -> Drawn:  # fmt: skip
        """Forced tokens, which are rare, go through the twin in torch."""
        if forced_B is not None:
            return sample(logits_BV, sampling, uniforms(keys_B, positions_B), forced_B=forced_B)
        rows, vocabulary = logits_BV.shape
        drawn = Drawn(torch.empty(rows, dtype=torch.int64), torch.empty(rows), torch.empty(rows))
        parameters = _Sampling(
            sampling.temperature_B.data_ptr(), sampling.top_k_B.data_ptr(), sampling.top_p_B.data_ptr(),
            sampling.min_p_B.data_ptr(), sampling.greedy_B.data_ptr(), sampling.any_ranked,
        )  # fmt: skip
        tensors = (keys_B, positions_B, drawn.tokens_B, drawn.logprobs_B, drawn.certainties_B)
        addresses = (c_void_p(each.data_ptr()) for each in tensors)
        self.library.draw(
            c_void_p(logits_BV.contiguous().data_ptr()), c_long(rows), c_long(vocabulary), byref(parameters),
            *addresses, c_int(torch.get_num_threads()),
        )  # fmt: skip
        return drawn

    def _room_for_logits(self, rows: int) -> Tensor:
        """The same memory every time: fresh pages of it would cost more than the rest of a small pass."""
        if rows > self._logits.shape[0]:
            self._logits = torch.empty(rows, self.transformer.arch.vocab_size)
        return self._logits[:rows]

    @property
    def activation_bytes(self) -> int:
        """Held for the largest pass so far: everything between products, and the logits."""
        return self._scratch.nbytes + self._logits.nbytes

    def refresh(self) -> None:
        """Take the weights' addresses, and copy what is small. To be called when weights have changed."""
        transformer, arch = self.transformer, self.transformer.arch
        self._kept: list[Tensor] = []  # what the structures point at
        ropes = arch.ropes
        layers = (_Layer * arch.layers)()
        for index, block in enumerate(transformer.layers):
            layer = layers[index]
            for name in PRODUCTS:
                setattr(layer, name.split(".")[1], self._linear(block.get_submodule(name)))
            for field, name in _norms(arch.sandwich_norms, arch.qk_norm).items():
                setattr(layer, field, self._norm(block.get_submodule(name)))
            layer.window = arch.window(index) or 0
            rope = arch.rope_of(index)
            layer.rope = ropes.index(rope) if rope is not None else -1
        head = self._linear(transformer.lm_head)
        self._model = _Model(
            layers=arch.layers, width=arch.width, heads=arch.heads, kv_heads=arch.kv_heads,
            head_size=arch.head_size, mlp_width=arch.mlp_width, ropes=len(ropes),
            embedding=self._linear(transformer.embed_tokens), head=head,
            final_norm=self._norm(transformer.norm),
            frequencies=self._keep(
                torch.cat([rope.inverse_frequencies(arch.head_size) for rope in ropes] or [torch.zeros(1)])
            ),
            rope_factors=self._keep(torch.tensor([rope.attention_factor for rope in ropes] or [1.0])),
            norm_eps=arch.norm_eps, embedding_scale=arch.embedding_scale,
            attention_scale=arch.query_scale,
            attention_softcap=arch.attention_softcap or 0.0, logit_softcap=arch.logit_softcap or 0.0,
            gelu=arch.activation == "gelu_tanh", layer=layers,
        )  # fmt: skip

    def _linear(self, module: nn.Module) -> _Linear:
        weight: Any = module.weight
        if weight.device.type != "cpu" or weight.dtype not in TYPES or not weight.is_contiguous():
            raise KernelError(
                f"the kernels need contiguous float32, bfloat16 or 8-bit weights, not {weight.dtype}"
            )
        bias: Any = getattr(module, "bias", None)
        scale: Any = module.scale if isinstance(module, Int8Linear) else None
        return _Linear(
            weight.data_ptr(),
            None if scale is None else self._keep(scale),
            None if bias is None else self._keep(bias),
            *weight.shape,
            TYPES[weight.dtype],
        )

    def _norm(self, module: nn.Module) -> int:
        weight: Any = module.weight
        return self._keep(weight.detach().float() + self.transformer.arch.norm_offset)

    def _keep(self, tensor: Tensor) -> int:
        kept = tensor.detach().float().contiguous()
        self._kept.append(kept)
        return kept.data_ptr()


def _norms(sandwich: bool, heads: bool) -> dict[str, str]:
    """The structure's field to the block's module."""
    before_mlp = "pre_feedforward_layernorm" if sandwich else "post_attention_layernorm"
    names = {"norm_before_attention": "input_layernorm", "norm_before_mlp": before_mlp}
    if sandwich:
        names |= {
            "norm_after_attention": "post_attention_layernorm",
            "norm_after_mlp": "post_feedforward_layernorm",
        }
    if heads:
        names |= {"query_norm": "self_attn.q_norm", "key_norm": "self_attn.k_norm"}
    return names


def _int32(values: list[int]) -> Tensor:
    return torch.tensor(values, dtype=torch.int32)
