"""Folders become engines."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers
from fakes import byte_tokenizer, random_engine, random_model
from model.test_gguf_families import write
from safetensors.torch import load_file, save_file

from ponder.engine.load import load_engine
from ponder.engine.save import save_model
from ponder.errors import ModelError
from ponder.records import Message, Sampling
from ponder.text.chat_format import CHATML, ChatTemplate


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    engine = random_engine("qwen2")
    save_model(engine.transformer, engine.tokenizer, engine.template, tmp_path / "model", dtype=torch.float32)
    return tmp_path / "model"


def test_a_saved_folder_samples_the_same(folder: Path):
    ours, loaded = random_engine("qwen2", slots=2), load_engine(str(folder), slots=2)
    assert (loaded.name, loaded.slots) == ("model", 2)
    assert loaded.tokenizer.eos_ids == ours.tokenizer.eos_ids
    prompt, sampling = [Message("user", "hi")], Sampling(n=2, max_tokens=10)
    tokens = [
        [completion.token_ids for completion in engine.generate([prompt], sampling)[0]]
        for engine in (ours, loaded)
    ]
    assert tokens[0] == tokens[1]


@pytest.mark.parametrize("several", [False, True])
def test_the_template_of_tokenizer_config_is_found(folder: Path, several: bool):
    (folder / "chat_template.jinja").unlink()
    source = "{{ bos_token }}{{ messages[0].content }}!"
    template = [{"name": "default", "template": source}] if several else source
    config = {"chat_template": template, "bos_token": {"content": "<|im_start|>"}}
    (folder / "tokenizer_config.json").write_text(json.dumps(config))
    assert load_engine(str(folder), slots=1).template.render([Message("user", "hi")]) == "<|im_start|>hi!"


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("chat_template.jinja", "{{ messages[0].content }}!"),
        ("additional_chat_templates/default.jinja", "{{ messages[0].content }}!"),
        ("tokenizer_config.json", json.dumps({"chat_template": "{{ messages[0].content }}!"})),
        ("chat_template.json", json.dumps({"chat_template": "{{ messages[0].content }}!"})),
    ],
)
def test_a_template_is_found_wherever_folders_keep_it(folder: Path, file: str, content: str):
    (folder / "chat_template.jinja").unlink()
    (folder / file).parent.mkdir(exist_ok=True)
    (folder / file).write_text(content)
    assert load_engine(str(folder), slots=1).template.render([Message("user", "hi")]) == "hi!"


def test_a_file_of_its_own_comes_before_all_other_templates(folder: Path):
    (folder / "chat_template.jinja").write_text("file")
    for name in ("tokenizer_config.json", "chat_template.json"):
        (folder / name).write_text(json.dumps({"chat_template": "elsewhere"}))
    assert load_engine(str(folder), slots=1).template.render([Message("user", "hi")]) == "file"


@pytest.mark.parametrize(
    ("template", "named"),
    [
        ([{"name": "tool_use", "template": "x"}], "none of them default"),
        ({"default": "x"}, "is not a text"),
        ([{"name": "default", "template": 3}], "is not a text"),
        ("{% for %}", "cannot be compiled"),
    ],
)
def test_a_template_that_cannot_be_used_is_named(folder: Path, template: object, named: str):
    (folder / "chat_template.jinja").unlink()
    (folder / "tokenizer_config.json").write_text(json.dumps({"chat_template": template}))
    refused(folder, named)


def test_transformers_makes_the_same_prompts_from_a_saved_folder(tmp_path: Path):
    engine = random_engine("qwen3")
    source = "{{ bos_token }}{% for m in messages %}{{ m.role }}: {{ m.content }}{{ eos_token }}{% endfor %}"
    template = ChatTemplate(source, bos_token="<|im_start|>", eos_token="<|im_end|>")
    save_model(engine.transformer, engine.tokenizer, template, tmp_path)
    theirs = transformers.AutoTokenizer.from_pretrained(tmp_path)
    prompt = [Message("user", "héllo <think> 12")]
    ids = theirs.apply_chat_template(
        [{"role": "user", "content": prompt[0].content}], tokenize=True, return_dict=False
    )
    assert tuple(ids) == load_engine(str(tmp_path), slots=1).prompt_ids(prompt)
    assert (theirs.bos_token, theirs.eos_token) == ("<|im_start|>", "<|im_end|>")


def test_a_model_saved_in_shards_samples_the_same(tmp_path: Path):
    engine = random_engine("qwen2")
    save_model(
        engine.transformer, engine.tokenizer, engine.template, tmp_path, dtype=torch.float32,
        max_shard_bytes=20_000,
    )  # fmt: skip
    assert len(list(tmp_path.glob("model-*.safetensors"))) > 1
    prompt, sampling = [Message("user", "hi")], Sampling(max_tokens=10)
    tokens = [
        each.generate([prompt], sampling)[0][0].token_ids
        for each in (engine, load_engine(str(tmp_path), slots=2))
    ]
    assert tokens[0] == tokens[1]


def test_chatml_is_the_default(folder: Path):
    (folder / "chat_template.jinja").unlink()
    rendered = load_engine(str(folder), slots=1).template.render([Message("user", "hi")])
    assert rendered == "<|im_start|>user\nhi<|im_end|>\n<|im_start|>assistant\n"


def refused(path: Path, named: str) -> None:
    with pytest.raises(ModelError, match=named) as caught:
        load_engine(str(path), slots=1)
    assert "\n" not in str(caught.value)


def change_json(path: Path, **changes: Any) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def test_pieces_that_are_missing_or_damaged_are_named(folder: Path):
    tokenizer = (folder / "tokenizer.json").read_bytes()
    for damaged in (b"", b"{}", tokenizer[:-9], b"\xff" + tokenizer, b'{"model": {"type": "BPE"}}'):
        (folder / "tokenizer.json").write_bytes(damaged)
        refused(folder, r"tokenizer\.json is not a readable tokenizer")
    (folder / "tokenizer.json").unlink()
    refused(folder, r"no tokenizer\.json")
    (folder / "tokenizer_config.json").write_text("[]")
    (folder / "tokenizer.json").write_bytes(tokenizer)
    refused(folder, r"tokenizer_config\.json is not a JSON object")
    (folder / "tokenizer_config.json").unlink()
    (folder / "chat_template.jinja").write_bytes(b"\xff\xfe")
    refused(folder, r"chat_template\.jinja cannot be read")
    (folder / "generation_config.json").write_text("{")
    refused(folder, r"generation_config\.json cannot be read")


def test_a_tokenizer_larger_than_the_embedding_is_refused(folder: Path):
    tokenizer = byte_tokenizer()
    tokenizer.backend.add_tokens([f"more{index}" for index in range(1)])
    assert tokenizer.largest_id == 260
    tokenizer.save(folder / "tokenizer.json")
    refused(folder, "tokenizer has ids up to 260, the embedding only 260 rows")


def test_a_padded_embedding_is_no_error(folder: Path):
    """The byte tokenizer's ids end at 259; one token less leaves a row that no text has."""
    whole = json.loads((folder / "tokenizer.json").read_text())
    whole["added_tokens"] = whole["added_tokens"][:-1]
    (folder / "tokenizer.json").write_text(json.dumps(whole))
    engine = load_engine(str(folder), slots=1)
    assert engine.tokenizer.largest_id == 258
    assert engine.generate(["hi"], Sampling(max_tokens=5))[0][0].token_ids


@pytest.mark.parametrize("key", ["eos_token_id", "bos_token_id"])
@pytest.mark.parametrize("token", [260, -1, 10**30])
def test_special_ids_outside_the_vocabulary_are_refused(folder: Path, key: str, token: int):
    change_json(folder / "generation_config.json", **{key: token})
    refused(folder, f"special token id {token} is not in the vocabulary of 260")


def test_weights_that_are_not_finite_are_named(folder: Path):
    tensors = load_file(folder / "model.safetensors")
    tensors["model.norm.weight"][3] = float("nan")
    save_file(tensors, folder / "model.safetensors")
    refused(folder, r"'norm\.weight' has numbers that are not finite")


def test_paths_that_are_no_model(tmp_path: Path):
    refused(tmp_path, r"has no config\.json")
    refused(tmp_path / "absent", "unknown model")
    (tmp_path / "file").write_text("x")
    refused(tmp_path / "file", "neither a Hugging Face folder nor a .gguf file")
    (tmp_path / "empty.gguf").write_bytes(b"")
    refused(tmp_path / "empty.gguf", "not a whole GGUF file")
    (tmp_path / "folder.gguf").mkdir()
    refused(tmp_path / "folder.gguf", "is a folder")


def write_gguf(path: Path, **changes: Any) -> None:
    """The random model and the byte tokenizer as a GGUF file."""
    theirs, tokenizer = random_model("qwen2")[0], byte_tokenizer()
    vocabulary = tokenizer.backend.get_vocab(with_added_tokens=True)
    keys = {
        "model": "gpt2", "pre": "qwen2", "tokens": sorted(vocabulary, key=vocabulary.__getitem__),
        "merges": ["a b"], "token_type": [1] * 256 + [3, 3, 4, 4], "eos_token_id": 257, **changes,
    }  # fmt: skip
    write(path, "qwen2", theirs, **{f"tokenizer.ggml.{name}": value for name, value in keys.items()})


def test_a_gguf_file_becomes_an_engine(tmp_path: Path):
    write_gguf(tmp_path / "m.gguf", merges=[])
    loaded, ours = load_engine(str(tmp_path / "m.gguf"), slots=2), random_engine("qwen2", slots=2)
    assert loaded.template.source == CHATML
    prompt, sampling = [Message("user", "héllo 12")], Sampling(max_tokens=10)
    assert loaded.prompt_ids(prompt) == ours.prompt_ids(prompt)
    tokens = [each.generate([prompt], sampling)[0][0].token_ids for each in (loaded, ours)]
    assert tokens[0] == tokens[1]


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"merges": ["a zz"]}, "tokenizer tables are damaged"),
        ({"merges": ["ab"]}, "tokenizer tables are damaged"),
        ({"tokens": ["a", "b"]}, "missing or of different lengths"),
        ({"tokens": [1, 2]}, "holds no values of type str"),
        ({"pre": "chatglm-bpe"}, "'chatglm-bpe' is not supported"),
        ({"model": "bert"}, "'bert' is not supported"),
        ({"eos_token_id": 260}, "special token id 260 is not in the vocabulary of 260"),
        ({"bos_token_id": 2**31}, "is not in the vocabulary"),
    ],
)
def test_a_gguf_file_whose_tables_do_not_fit_is_refused(tmp_path: Path, changes: dict[str, Any], named: str):
    write_gguf(tmp_path / "m.gguf", **{"merges": [], **changes})
    refused(tmp_path / "m.gguf", named)
