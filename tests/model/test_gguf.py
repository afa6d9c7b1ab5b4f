"""GGUF files, small ones written here and the catalog's real one."""

from pathlib import Path
from typing import Any

import gguf
import numpy as np
import pytest
import torch
from gguf import GGMLQuantizationType as Kind
from gguf.quants import dequantize, quantize
from transformers import LlamaConfig, LlamaForCausalLM

from ponder.errors import ModelError
from ponder.model.catalog import CATALOG
from ponder.model.gguf import GgufTokenizer, load_gguf
from ponder.model.gguf_file import BLOCK_TYPES

OUTER = {
    "model.embed_tokens.weight": "token_embd",
    "model.norm.weight": "output_norm",
    "lm_head.weight": "output",
}
INNER = {
    "input_layernorm": "attn_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "post_attention_layernorm": "ffn_norm",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}


def random_llama(*, tied: bool = True) -> LlamaForCausalLM:
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=70,
        hidden_size=64,
        intermediate_size=96,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=64,
        rms_norm_eps=1e-5,
        rope_parameters={"rope_type": "default", "rope_theta": 20_000.0},
        tie_word_embeddings=tied,
    )
    model = LlamaForCausalLM(config).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.2)
    return model


def gguf_name(name: str) -> str:
    if name in OUTER:
        return OUTER[name] + ".weight"
    _, _, layer, rest = name.split(".", 3)
    return f"blk.{layer}.{INNER[rest.removesuffix('.weight')]}.weight"


def interleaved(weight: np.ndarray, heads: int) -> np.ndarray:
    """llama.cpp's order of the rows of each head: 0, D/2, 1, D/2 + 1, …"""
    size = weight.shape[0] // heads
    order = [
        head * size + half * size // 2 + i
        for head in range(heads)
        for i in range(size // 2)
        for half in (0, 1)
    ]
    return weight[order]


def write_gguf(
    path: Path, model: LlamaForCausalLM, kind: Kind = Kind.F32, *, arch: str = "llama", **extra: Any
) -> None:
    """Writes `model`, and leaves it holding the weights as they are after rounding to blocks of `kind`."""
    config = model.config
    writer = gguf.GGUFWriter(path, arch)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_rope_freq_base(20_000.0)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("smollm")
    writer.add_token_list(["<|end|>", "a", "b", "ab"])
    writer.add_token_types([3, 1, 1, 1])
    writer.add_token_merges(["a b"])
    writer.add_eos_token_id(0)
    writer.add_chat_template("{{ messages }}")
    for key, value in extra.items():
        add = writer.add_string if isinstance(value, str) else writer.add_int32
        add(key.replace("__", "."), value)
    for name, parameter in model.named_parameters():
        weight = parameter.detach().numpy()
        blocks = Kind.F32 if weight.ndim == 1 else kind
        packed = quantize(weight, blocks)
        parameter.data = torch.tensor(dequantize(packed, blocks))
        heads = {"q_proj": config.num_attention_heads, "k_proj": config.num_key_value_heads}
        if count := heads.get(name.split(".")[-2]):
            packed = interleaved(packed, count)
        writer.add_tensor(gguf_name(name), packed, raw_dtype=blocks)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


@pytest.mark.parametrize(
    "kind",
    [Kind[name] for name in (kind for kind in BLOCK_TYPES if not kind.endswith("_K"))],
    ids=(kind for kind in BLOCK_TYPES if not kind.endswith("_K")),
)
@pytest.mark.parametrize("tied", [True, False])
def test_logits_equal_those_of_the_model_written(tmp_path: Path, kind: Kind, tied: bool) -> None:
    theirs = random_llama(tied=tied)
    write_gguf(tmp_path / "m.gguf", theirs, kind)
    ours = load_gguf(tmp_path / "m.gguf").transformer
    assert ours.arch.tied_embeddings is tied
    assert ours.arch.norm_eps == pytest.approx(1e-5)
    ids = torch.randint(0, 70, (2, 21), generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        assert (ours(ids) - theirs(ids).logits).abs().max() < 1e-4


def test_the_tokenizer_tables_come_along(tmp_path: Path) -> None:
    write_gguf(tmp_path / "m.gguf", random_llama())
    model = load_gguf(tmp_path / "m.gguf", dtype=torch.bfloat16)
    assert model.transformer.dtype is torch.bfloat16
    assert model.chat_template == "{{ messages }}"
    assert model.tokenizer == GgufTokenizer(
        model="gpt2", pre_tokenizer="smollm", tokens=("<|end|>", "a", "b", "ab"), merges=("a b",), scores=(),
        token_types=(3, 1, 1, 1), space_prefix=True, eos_ids=(0,), bos_id=None,
    )  # fmt: skip


def test_what_is_not_supported_is_named(tmp_path: Path) -> None:
    path = tmp_path / "m.gguf"
    write_gguf(path, random_llama(), arch="mamba")
    with pytest.raises(ModelError, match="'mamba'"):
        load_gguf(path)
    write_gguf(path, random_llama(), llama__rope__scaling__type="longrope")
    with pytest.raises(ModelError, match="'longrope'"):
        load_gguf(path)


def test_an_unsupported_block_type_is_named(tmp_path: Path) -> None:
    writer = gguf.GGUFWriter(tmp_path / "m.gguf", "llama")
    writer.add_block_count(2)
    writer.add_context_length(64)
    writer.add_embedding_length(256)
    writer.add_feed_forward_length(96)
    writer.add_head_count(4)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_tensor("token_embd.weight", np.zeros((70, 136), dtype=np.uint8), raw_dtype=Kind.IQ4_XS)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    with pytest.raises(ModelError, match=r"token_embd\.weight.*IQ4_XS"):
        load_gguf(tmp_path / "m.gguf")


@pytest.mark.parametrize(
    ("key", "value", "named"),
    [
        ("split__count", 3, "one part of several"),
        ("llama__expert_count", 8, "mixtures of experts"),
        ("llama__rope__dimension_count", 8, r"'llama\.rope\.dimension_count' differs from the head size"),
        ("llama__attention__value_length", 8, r"value_length' differs from the head size"),
        ("llama__attention__key_length", 8, "has shape"),
        (
            "tokenizer__ggml__eot_token_id",
            "end",
            r"'tokenizer\.ggml\.eot_token_id' is 'end', not of type int",
        ),
        ("tokenizer__ggml__scores", "none", r"'tokenizer\.ggml\.scores' is 'none', not of type list"),
        ("llama__rope__scaling__factor", "4", r"rope\.scaling\.factor' is '4', it must be a number"),
        ("llama__rope__scaling__factor", -4, r"factor is -4\.0"),
    ],
)
def test_a_key_that_cannot_be_is_named(tmp_path: Path, key: str, value: object, named: str) -> None:
    write_gguf(tmp_path / "m.gguf", random_llama(), **{key: value})
    with pytest.raises(ModelError, match=named) as caught:
        load_gguf(tmp_path / "m.gguf")
    assert "\n" not in str(caught.value)


def patch(path: Path, key: str, number: int) -> None:
    """Another number for a metadata key of 32 bits."""
    packed = path.read_bytes()
    at = packed.index(key.encode()) + len(key) + 4
    path.write_bytes(packed[:at] + number.to_bytes(4, "little") + packed[at + 4 :])


@pytest.mark.parametrize(
    ("key", "number", "named"),
    [
        ("block_count", 1, "should have 1 layers, its tensors are of 2"),
        ("block_count", 3, "should have 3 layers, its tensors are of 2"),
        ("block_count", 2**32 - 1, "should have 4294967295 layers"),
        ("embedding_length", 32, "has shape"),
        ("feed_forward_length", 2**31 - 1, "has shape"),
        ("attention.head_count", 0, r"head_count' is 0"),
        ("attention.head_count", 3, "cannot share|even"),
        ("attention.head_count_kv", 4, r"self_attn\.[kv]_proj\.weight' has shape"),
        ("context_length", 0, "context is 0"),
        ("layer_norm_rms_epsilon", 0xFFC00000, "epsilon is nan"),
        ("rope.freq_base", 0xFF800000, "RoPE base is -inf"),
    ],
)
def test_metadata_that_disagrees_with_the_tensors_is_named(
    tmp_path: Path, key: str, number: int, named: str
) -> None:
    write_gguf(tmp_path / "m.gguf", random_llama())
    patch(tmp_path / "m.gguf", key, number)
    with pytest.raises(ModelError, match=named) as caught:
        load_gguf(tmp_path / "m.gguf")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
@pytest.mark.parametrize("kind", [Kind.F32, Kind.F16, Kind.BF16])
def test_a_number_that_is_not_finite_is_found(tmp_path: Path, bad: float, kind: Kind) -> None:
    theirs = random_llama()
    with torch.no_grad():
        theirs.model.layers[1].mlp.up_proj.weight[95, 63] = bad
    write_gguf(tmp_path / "m.gguf", theirs, kind)
    with pytest.raises(
        ModelError, match=r"'layers\.1\.mlp\.up_proj\.weight' has numbers that are not finite"
    ):
        load_gguf(tmp_path / "m.gguf")


def test_ends_of_texts_turns_and_messages_are_all_ends(tmp_path: Path) -> None:
    write_gguf(
        tmp_path / "m.gguf",
        random_llama(),
        tokenizer__ggml__eot_token_id=2,
        tokenizer__ggml__eom_token_id=3,
    )
    assert load_gguf(tmp_path / "m.gguf").tokenizer.eos_ids == (0, 2, 3)


@pytest.mark.slow
@torch.inference_mode()
def test_smollm2_says_what_transformers_says() -> None:
    """The weights on the other side are read, named and reordered by `transformers` itself."""
    info = CATALOG["smollm2-135m"]
    if not info.ready:
        pytest.skip("smollm2-135m is not in the cache: run `ponder models pull smollm2-135m`")
    from transformers.modeling_gguf_pytorch_utils import load_gguf_checkpoint

    ours = load_gguf(info.path).transformer
    parsed = load_gguf_checkpoint(str(info.path))["config"]
    keys = (
        "vocab_size", "hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads",
        "num_key_value_heads", "rms_norm_eps", "max_position_embeddings",
    )  # fmt: skip
    config = LlamaConfig(
        **{key: parsed[key] for key in keys},
        rope_parameters={"rope_type": "default", "rope_theta": parsed["rope_theta"]},
        tie_word_embeddings=True,
    )
    theirs = LlamaForCausalLM(config).eval()
    tensors = load_gguf_checkpoint(str(info.path), return_tensors=True, model_to_load=theirs)["tensors"]
    missing = theirs.load_state_dict(tensors, strict=False)
    assert (missing.missing_keys, missing.unexpected_keys) in ((["lm_head.weight"], []), ([], []))

    prompt = [1, 4093, 198, 1780, 314, 216, 33, 34, 1232, 216, 35, 32, 47, 2, 198, 1, 520, 9531, 198]
    ids = torch.tensor([prompt])
    assert (ours(ids) - theirs(ids).logits).abs().max() < 1e-3  # of logits up to about 30, after 30 layers
    expected = theirs.generate(
        ids, attention_mask=torch.ones_like(ids), do_sample=False, max_new_tokens=16, pad_token_id=2
    )
    for _ in range(expected.shape[1] - len(prompt)):
        ids = torch.cat([ids, ours(ids)[:, -1:].argmax(-1)], dim=1)
    assert ids.tolist() == expected.tolist()
