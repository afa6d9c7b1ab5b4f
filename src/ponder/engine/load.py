"""A ready engine from a model's name: a catalog entry, a Hugging Face folder or a .gguf file.

Knows where the pieces lie and puts them together; reads no weights itself.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

from ponder.engine.engine import Engine
from ponder.errors import ModelError
from ponder.model.catalog import locate
from ponder.model.checkpoint import load_transformer, read_json, read_special_ids
from ponder.model.gguf import load_gguf
from ponder.text.chat_format import CHATML, ChatTemplate
from ponder.text.gguf_tokenizer import build_tokenizer
from ponder.text.tokenizer import Tokenizer


def load_engine(name_or_path: str, **engine_options: Any) -> Engine:
    """`engine_options` go to `Engine`: `slots`, `max_context`, `compile`; `name` defaults to this one."""
    path = locate(name_or_path)
    options = {"name": Path(name_or_path).name, **engine_options}
    return _from_gguf(path, options) if path.suffix == ".gguf" else _from_folder(path, options)


def _from_folder(folder: Path, options: dict[str, Any]) -> Engine:
    special = read_special_ids(folder)
    tokenizer = Tokenizer.from_file(folder / "tokenizer.json", eos_ids=special.eos_ids, bos_id=special.bos_id)
    return Engine(load_transformer(folder), tokenizer, _folder_template(folder), **options)


def _from_gguf(path: Path, options: dict[str, Any]) -> Engine:
    model = load_gguf(path)
    tokenizer = build_tokenizer(
        tokens=model.tokens,
        merges=model.merges,
        token_types=model.token_types,
        tokenizer_model=model.tokenizer_model,
        pre_tokenizer=model.pre_tokenizer,
        eos_ids=() if model.eos_id is None else (model.eos_id,),
        bos_id=model.bos_id,
    )
    template = ChatTemplate(
        model.chat_template or CHATML,
        bos_token="" if model.bos_id is None else model.tokens[model.bos_id],
        eos_token="" if model.eos_id is None else model.tokens[model.eos_id],
    )
    return Engine(model.transformer, tokenizer, template, **options)


def _folder_template(folder: Path) -> ChatTemplate:
    """chat_template.jinja, else the one in tokenizer_config.json, else ChatML."""
    config = _tokenizer_config(folder)
    file = folder / "chat_template.jinja"
    source = _text(file) if file.is_file() else config.get("chat_template")
    if isinstance(source, list):  # older folders name several
        named = cast(list[dict[str, str]], source)
        source = next((each["template"] for each in named if each.get("name") == "default"), None)
    return ChatTemplate(
        source or CHATML,
        bos_token=_token_text(config.get("bos_token")),
        eos_token=_token_text(config.get("eos_token")),
    )


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ModelError(f"{file} cannot be read: {error}") from error


def _tokenizer_config(folder: Path) -> dict[str, Any]:
    path = folder / "tokenizer_config.json"
    return read_json(path) if path.is_file() else {}


def _token_text(token: Any) -> str:
    """A special token is written as text, or as an object that holds it."""
    if isinstance(token, dict):
        return str(cast(dict[str, Any], token).get("content", ""))
    return token or ""
