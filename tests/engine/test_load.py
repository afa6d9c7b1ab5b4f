"""Folders become engines."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from fakes import random_engine

from ponder.engine.load import load_engine
from ponder.engine.save import save_model
from ponder.errors import ModelError
from ponder.records import Message, Sampling


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


def test_chatml_is_the_default(folder: Path):
    (folder / "chat_template.jinja").unlink()
    rendered = load_engine(str(folder), slots=1).template.render([Message("user", "hi")])
    assert rendered == "<|im_start|>user\nhi<|im_end|>\n<|im_start|>assistant\n"


def test_a_folder_without_a_tokenizer_is_one_line(folder: Path):
    (folder / "tokenizer.json").unlink()
    with pytest.raises(ModelError, match=r"no tokenizer\.json"):
        load_engine(str(folder))
