"""Files of every architecture, written as llama.cpp would, say what their models say; K blocks by hand."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import pytest
import torch
import transformers
from gguf import GGMLQuantizationType as Kind
from model.families import FAMILIES, LLAMA3, YARN
from model.test_gguf import interleaved

from ponder.errors import ModelError
from ponder.model.gguf import load_gguf
from ponder.model.gguf_architecture import BLOCK_NAMES, GEMMA_NAMES, OUTER_NAMES
from ponder.model.rope import Factors, Llama3

SIX_SLIDING = {
    "num_hidden_layers": 7, "sliding_window": 7, "query_pre_attn_scalar": 12,
    "layer_types": ["full_attention" if layer == 5 else "sliding_attention" for layer in range(7)],
}  # fmt: skip
THREE_SLIDING = {
    "num_hidden_layers": 4, "sliding_window": 7, "query_pre_attn_scalar": 12,
    "layer_types": ["full_attention" if layer == 2 else "sliding_attention" for layer in range(4)],
}  # fmt: skip
LONG_GLOBAL = {
    "full_attention": {"rope_type": "linear", "factor": 8.0, "rope_theta": 1e6},
    "sliding_attention": {"rope_type": "default", "rope_theta": 2e4},
}
LLAMA31 = {**LLAMA3, "original_max_position_embeddings": 8192}
CASES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "llama": ("llama", "llama", {}),
    "llama, tied": ("llama", "llama", {"tie_word_embeddings": True}),
    "llama with biases": ("llama", "llama", {"attention_bias": True, "mlp_bias": True}),
    "llama 3.1": ("llama", "llama", {"rope_parameters": LLAMA31}),
    "llama with other factors": ("llama", "llama", {"rope_parameters": LLAMA3}),
    "linear": (
        "llama", "llama", {"rope_parameters": {"rope_type": "linear", "factor": 4.0, "rope_theta": 1e4}}
    ),
    "qwen2": ("qwen2", "qwen2", {}),
    "qwen3": ("qwen3", "qwen3", {}),
    "qwen3 with yarn": ("qwen3", "qwen3", {"rope_parameters": YARN}),
    "yarn of another size": ("llama", "llama", {"rope_parameters": {**YARN, "attention_factor": 1.3}}),
    "smollm3": ("smollm3", "smollm3", {"num_hidden_layers": 5}),
    "gemma 3": ("gemma3", "gemma3_text", {**SIX_SLIDING, "tie_word_embeddings": True}),
    "gemma 3, scaled": ("gemma3", "gemma3_text", {**SIX_SLIDING, "rope_parameters": LONG_GLOBAL}),
    "gemma 3, other layers": ("gemma3", "gemma3_text", {**THREE_SLIDING, "final_logit_softcapping": 3.0}),
}  # fmt: skip


def make_theirs(family: str, more: dict[str, Any]) -> Any:
    config = transformers.AutoConfig.for_model(
        family,
        **{
            "vocab_size": 70, "hidden_size": 48, "num_hidden_layers": 2, "num_attention_heads": 4,
            "num_key_value_heads": 2, "head_dim": 12, "intermediate_size": 32, "max_position_embeddings": 128,
            "tie_word_embeddings": False, "pad_token_id": None, "bos_token_id": None, "eos_token_id": None,
            **more,
        },
    )  # fmt: skip
    theirs = transformers.AutoModelForCausalLM.from_config(config, attn_implementation="eager").eval().float()
    generator = torch.Generator().manual_seed(0)
    for name, parameter in theirs.named_parameters():
        centre = 1.0 if "norm" in name and family != "gemma3_text" else 0.0
        parameter.data.normal_(centre, 0.2, generator=generator)
    return theirs


def file_name(name: str, arch: str) -> str:
    """A weight's name in the file, from its name in the Hugging Face folder."""
    ours = name.removeprefix("model.")
    outer = {ours_name: theirs for theirs, ours_name in OUTER_NAMES.items()}
    if ours in outer:
        return outer[ours]
    names = BLOCK_NAMES | GEMMA_NAMES if arch == "gemma3" else BLOCK_NAMES
    inner = {ours_name: theirs for theirs, ours_name in names.items()}
    _, layer, rest = ours.split(".", 2)
    stem, leaf = rest.rsplit(".", 1)
    return f"blk.{layer}.{inner[stem]}.{leaf}"


def write(path: Path, arch: str, theirs: Any, **more: Any) -> None:
    """`more` metadata by their full keys, lists as arrays."""
    config, writer = theirs.config, gguf.GGUFWriter(path, arch)
    for key, value in more.items():
        kinds = {str: writer.add_string, int: writer.add_uint32, list: writer.add_array}
        if value:
            kinds[type(value)](key, value)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_key_length(config.head_dim)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    rope = config.rope_parameters
    if arch == "gemma3":
        writer.add_sliding_window(config.sliding_window)
        slides = [kind == "sliding_attention" for kind in config.layer_types]
        if slides != [(layer + 1) % 6 != 0 for layer in range(len(slides))]:
            writer.add_sliding_window_pattern(slides)
        if config.final_logit_softcapping:
            writer.add_final_logit_softcapping(config.final_logit_softcapping)
        writer.add_float32("gemma3.rope.freq_base_swa", rope["sliding_attention"]["rope_theta"])
        rope = rope["full_attention"]
    writer.add_rope_freq_base(rope["rope_theta"])
    if rope["rope_type"] in ("linear", "yarn"):
        writer.add_rope_scaling_type(gguf.RopeScalingType(rope["rope_type"]))
        writer.add_rope_scaling_factor(rope["factor"])
    if rope["rope_type"] == "yarn":
        writer.add_rope_scaling_orig_ctx_len(rope["original_max_position_embeddings"])
    if "attention_factor" in rope:  # llama.cpp multiplies its own by this
        writer.add_rope_scaling_attn_factors(
            rope["attention_factor"] / (0.1 * math.log(rope["factor"]) + 1.0)
        )
    if rope["rope_type"] == "llama3":
        rotary = theirs.model.rotary_emb
        plain = 1.0 / rope["rope_theta"] ** (torch.arange(0, 12, 2) / 12)
        writer.add_tensor("rope_freqs.weight", (plain / rotary.inv_freq).numpy().astype(np.float32))
    heads = {"q_proj": config.num_attention_heads, "k_proj": config.num_key_value_heads}
    for name, parameter in theirs.named_parameters():
        weight = parameter.detach().numpy()
        count = heads.get(name.split(".")[-2])
        if count and arch in ("llama", "smollm3"):
            weight = interleaved(weight, count)
        if arch == "gemma3" and "norm" in name:
            weight = weight + 1
        writer.add_tensor(file_name(name, arch), weight)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


@pytest.mark.parametrize("case", CASES)
def test_a_file_says_what_its_model_says(case: str, tmp_path: Path):
    arch, family, more = CASES[case]
    theirs = make_theirs(family, more)
    write(tmp_path / "m.gguf", arch, theirs)
    ours = load_gguf(tmp_path / "m.gguf").transformer
    ids = torch.randint(0, 70, (2, 40), generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        torch.testing.assert_close(ours(ids), theirs(ids).logits, atol=1e-4, rtol=0)


def test_llama_3_is_recognised_by_its_factors(tmp_path: Path):
    for case, wanted in (("llama 3.1", Llama3), ("llama with other factors", Factors)):
        write(tmp_path / "m.gguf", "llama", make_theirs("llama", CASES[case][2]))
        arch = load_gguf(tmp_path / "m.gguf").transformer.arch
        assert isinstance(arch.rope.scaling, wanted)
    with pytest.raises(ModelError, match="cannot be written"):
        arch.to_hf()


def test_every_family_that_a_folder_may_have_can_come_in_a_file():
    assert {family for _, family, _ in CASES.values()} == {family for family, _ in FAMILIES.values()}


def random_blocks(kind: Kind, rows: int, seed: int) -> np.ndarray:
    """Bytes of one block of 256 numbers a row, whose scales are finite."""
    _, size = gguf.GGML_QUANT_SIZES[kind]
    blocks = np.random.default_rng(seed).integers(0, 256, (rows, size), dtype=np.uint8)
    halves = {"Q2_K": (80, 82), "Q3_K": (108,), "Q4_K": (0, 2), "Q5_K": (0, 2), "Q6_K": (208,)}[kind.name]
    for at in halves:
        blocks[:, at : at + 2] = np.frombuffer(np.float16(0.01 + 0.001 * at).tobytes(), dtype=np.uint8)
    return blocks


def q4_k_by_hand(block: bytes) -> list[float]:
    """d, dmin, eight 6-bit scales and minima in 12 bytes, then 128 bytes of two 4-bit numbers each."""
    d, dmin = (float(np.frombuffer(block[at : at + 2], dtype=np.float16)[0]) for at in (0, 2))
    packed, numbers, out = block[4:16], block[16:144], []
    for group in range(8):
        if group < 4:
            scale, least = packed[group] & 63, packed[group + 4] & 63
        else:
            scale = (packed[group + 4] & 15) | ((packed[group - 4] >> 6) << 4)
            least = (packed[group + 4] >> 4) | ((packed[group] >> 6) << 4)
        for i in range(32):
            byte = numbers[32 * (group // 2) + i]
            out.append(d * scale * (byte & 15 if group % 2 == 0 else byte >> 4) - dmin * least)
    return out


def q6_k_by_hand(block: bytes) -> list[float]:
    """128 bytes of low bits, 64 of high bits, 16 signed scales, d."""
    low, high = block[:128], block[128:192]
    scales = np.frombuffer(block[192:208], dtype=np.int8)
    d = float(np.frombuffer(block[208:210], dtype=np.float16)[0])
    out = [0.0] * 256
    for half in range(2):
        for i in range(32):
            bits = high[32 * half + i]
            for quarter in range(4):
                byte = low[64 * half + i + (32 if quarter % 2 else 0)]
                nibble = byte & 15 if quarter < 2 else byte >> 4
                number = (nibble | ((bits >> (2 * quarter)) & 3) << 4) - 32
                place = 128 * half + 32 * quarter + i
                out[place] = d * float(scales[place // 16]) * number
    return out


@pytest.mark.parametrize(
    "kind", [Kind.Q2_K, Kind.Q3_K, Kind.Q4_K, Kind.Q5_K, Kind.Q6_K], ids=lambda kind: kind.name
)
def test_blocks_of_256_are_read(kind: Kind, tmp_path: Path):
    theirs = make_theirs(
        "llama", {"hidden_size": 256, "head_dim": 64, "intermediate_size": 256, "num_hidden_layers": 1}
    )
    write(tmp_path / "plain.gguf", "llama", theirs)
    reader, writer = gguf.GGUFReader(tmp_path / "plain.gguf"), gguf.GGUFWriter(tmp_path / "m.gguf", "llama")
    for field in reader.fields.values():
        if not field.name.startswith(("GGUF.", "general.architecture")):
            writer.add_key_value(field.name, field.contents(), field.types[0])
    blocks = random_blocks(kind, 70, seed=3)
    for tensor in reader.tensors:
        if tensor.name == "token_embd.weight":
            writer.add_tensor(tensor.name, blocks, raw_dtype=kind)
        else:
            writer.add_tensor(tensor.name, np.array(tensor.data))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    table = load_gguf(tmp_path / "m.gguf").transformer.embed_tokens.weight.detach()
    assert torch.equal(table, torch.tensor(gguf.quants.dequantize(blocks, kind)))
    by_hand = {Kind.Q4_K: q4_k_by_hand, Kind.Q6_K: q6_k_by_hand}.get(kind)
    if by_hand is not None:
        wanted = torch.tensor([by_hand(row.tobytes()) for row in blocks])
        torch.testing.assert_close(table, wanted, atol=1e-5, rtol=1e-5)
