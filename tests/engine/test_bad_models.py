"""From a path to an engine: models whose parts are broken or do not belong together, one clear line each."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from fakes import random_engine
from hypothesis import given, settings
from hypothesis import strategies as st
from model.test_gguf import random_llama, write_gguf

from ponder.engine.load import load_engine
from ponder.engine.save import save_model
from ponder.errors import ContextError, ModelError, UserError
from ponder.records import Message, Sampling
from ponder.text.gguf_tokenizer import build_tokenizer
from ponder.text.tokenizer import Tokenizer

TEXT = "héllo wörld 12"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return saved(tmp_path / "model")


def saved(folder: Path) -> Path:
    engine = random_engine("qwen2")
    save_model(engine.transformer, engine.tokenizer, engine.template, folder, dtype=torch.float32)
    return folder


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of which each example puts back what it changed."""
    return saved(tmp_path_factory.mktemp("models") / "model")


def change(path: Path, **changes: Any) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def refused(path: Path | str, named: str) -> None:
    with pytest.raises(ModelError, match=named) as caught:
        load_engine(str(path), slots=1)
    assert "\n" not in str(caught.value)


def test_prompts_are_neither_cut_nor_padded(folder: Path) -> None:
    """Some folders were saved while their tokenizer did both."""
    change(
        folder / "tokenizer.json",
        truncation={"direction": "Right", "max_length": 2, "strategy": "LongestFirst", "stride": 0},
        padding={
            "strategy": {"Fixed": 99}, "direction": "Left", "pad_to_multiple_of": None, "pad_id": 0,
            "pad_type_id": 0, "pad_token": "!",
        },
    )  # fmt: skip
    engine = load_engine(str(folder), slots=1)
    assert engine.prompt_ids(TEXT) == random_engine("qwen2").prompt_ids(TEXT)
    assert engine.tokenizer.decode(engine.prompt_ids(TEXT)) == TEXT


@pytest.mark.parametrize(
    "model",
    [
        {"type": "WordLevel", "vocab": {"a": 0}, "unk_token": "[UNK]"},
        {
            "type": "WordPiece", "vocab": {"a": 0}, "unk_token": "[UNK]", "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 100,
        },
        {"type": "Unigram", "unk_id": None, "vocab": [["a", 0.0]]},
        {"type": "BPE", "vocab": {"a": 0}, "merges": [], "unk_token": "zz"},
    ],
)  # fmt: skip
def test_a_text_that_the_vocabulary_cannot_spell_is_an_error(folder: Path, model: dict[str, Any]) -> None:
    change(folder / "tokenizer.json", model=model, added_tokens=[])
    change(folder / "generation_config.json", eos_token_id=0)
    engine = load_engine(str(folder), slots=1)
    with pytest.raises(ModelError, match="tokenizer cannot encode a text") as caught:
        engine.prompt_ids(TEXT)
    assert "\n" not in str(caught.value)


def test_a_tokenizer_that_makes_its_library_panic_is_refused(folder: Path) -> None:
    """The library's panics are no ordinary exceptions."""
    model = {"type": "BPE", "vocab": {"a": 0, "b": 0}, "merges": ["a b"], "continuing_subword_prefix": "##"}
    change(folder / "tokenizer.json", model=model)
    refused(folder, r"tokenizer\.json is not a readable tokenizer")


@pytest.mark.parametrize("largest", [260, 2**31, 2**32 - 1])
def test_a_tokenizer_with_ids_beyond_the_embedding_is_refused(folder: Path, largest: int) -> None:
    model = json.loads((folder / "tokenizer.json").read_text())["model"]
    change(folder / "tokenizer.json", model={**model, "vocab": {**model["vocab"], "zz": largest}})
    refused(folder, f"tokenizer has ids up to {largest}, the embedding only 260 rows")


def test_half_a_surrogate_pair_is_no_prompt(folder: Path) -> None:
    engine = load_engine(str(folder), slots=1)
    for prompt in ("a\ud800", [Message("user", "\udfff")]):
        with pytest.raises(ContextError, match="half a surrogate pair"):
            engine.generate([prompt], Sampling(max_tokens=2))


@given(data=st.data())
def test_a_changed_tokenizer_is_refused_or_works(shared: Path, data: st.DataObject) -> None:
    path = shared / "tokenizer.json"
    good = path.read_bytes()
    at = data.draw(st.integers(0, len(good) - 1))
    new = data.draw(
        st.text('0123456789"{}[],:-', min_size=1, max_size=4).map(str.encode) | st.binary(max_size=4)
    )
    path.write_bytes(good[:at] + new + good[at + len(new) :])
    try:
        ids = load_engine(str(shared), slots=1).prompt_ids(TEXT)
    except ModelError as error:
        assert "\n" not in str(error)
    else:
        assert all(0 <= token < 260 for token in ids)
    finally:
        path.write_bytes(good)


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
KEYS = {
    "generation_config.json": ["eos_token_id", "bos_token_id"],
    "tokenizer_config.json": ["chat_template", "bos_token", "eos_token", "pad_token"],
    "special_tokens_map.json": ["bos_token", "eos_token"],
    "chat_template.json": ["chat_template"],
}


@settings(max_examples=200)
@given(data=st.data())
def test_any_small_json_is_refused_or_works(shared: Path, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(KEYS)))
    content = data.draw(st.fixed_dictionaries({}, optional=dict.fromkeys(KEYS[name], JUNK)) | JUNK)
    path, template = shared / name, shared / "chat_template.jinja"
    before = {each: each.read_bytes() if each.is_file() else None for each in (path, template)}
    template.unlink()
    path.write_text(json.dumps(content))
    try:
        engine = load_engine(str(shared), slots=1)
        engine.prompt_ids([Message("user", TEXT)])
    except UserError as error:
        assert "\n" not in str(error)
    finally:
        path.unlink()
        for each, old in before.items():
            if old is not None:
                each.write_bytes(old)


def test_a_chat_template_whose_name_is_no_text_is_refused(folder: Path) -> None:
    (folder / "chat_template.jinja").unlink()
    template = [{"name": ["default"], "template": "x"}]
    (folder / "tokenizer_config.json").write_text(json.dumps({"chat_template": template}))
    refused(folder, "none of them default")


@pytest.mark.parametrize("path", ["", ".", "no such model", "a\0b", "/dev/null", "x.gguf", "../../x"])
def test_a_path_that_leads_nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    monkeypatch.chdir(tmp_path)
    refused(path, "unknown model|has no config.json")


@pytest.mark.parametrize("path", ["x" * 5000, "a/" * 3000, "~nobody_of_this_name/model"])
def test_a_path_that_the_system_refuses(path: str) -> None:
    refused(path, "unknown model")


@pytest.mark.parametrize(
    "content", [b"", b"hello\n", b"GGUF", b"GGUF\x03\x00\x00\x00", b'{"a": 1}', b"PK\x03\x04"]
)
def test_a_file_that_is_only_called_gguf(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "notes.gguf").write_bytes(content)
    refused(tmp_path / "notes.gguf", r"notes\.gguf is not a whole GGUF file")


def test_a_gguf_tokenizer_larger_than_the_embedding_is_refused(tmp_path: Path) -> None:
    llama = random_llama()
    write_gguf(tmp_path / "m.gguf", llama)
    assert load_engine(str(tmp_path / "m.gguf"), slots=1).tokenizer.largest_id == 3
    llama.resize_token_embeddings(3, mean_resizing=False)
    write_gguf(tmp_path / "m.gguf", llama)
    refused(tmp_path / "m.gguf", "tokenizer has ids up to 3, the embedding only 3 rows")


def built(**changes: Any) -> Tokenizer:
    tables: dict[str, Any] = {
        "tokens": ["<|end|>", "a", "b", "ab"], "merges": ["a b"], "token_types": [3, 1, 1, 1],
        "pre_tokenizer": "gpt2", "eos_ids": [0],
    }  # fmt: skip
    return build_tokenizer(**{**tables, **changes})


def test_byte_level_tables_without_merges_are_refused() -> None:
    """They would spell every text in single bytes, and nothing but poor answers would betray it."""
    assert built().encode("ab") == [3]
    with pytest.raises(ModelError, match=r"no tokenizer\.ggml\.merges"):
        built(merges=[])
    assert built(merges=[], token_types=[3, 1, 1, 4]).encode("<|end|>a") == [0, 1]


def test_scores_that_are_no_numbers_are_refused() -> None:
    scores = [0.0, -1.0, -2.0, float("nan")]
    with pytest.raises(ModelError, match=r"tokenizer\.ggml\.scores"):
        built(tokenizer_model="llama", scores=scores)


def test_an_endless_token_takes_no_endless_time() -> None:
    """Every way to cut it in two would take hours."""
    tokens, kinds = ["a" * 2_000_000, "b"], [1, 1]
    tokenizer = built(tokenizer_model="llama", tokens=tokens, token_types=kinds, scores=[0.0, 0.0])
    assert tokenizer.largest_id == 1
