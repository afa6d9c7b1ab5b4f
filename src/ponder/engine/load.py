"""A ready engine from a model's name: a catalog entry, a Hugging Face folder or a .gguf file.

Knows where the pieces lie, in which precision and on which device, and puts them together; reads no weights
itself.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Literal, cast, get_args

import torch

from ponder.engine.engine import Engine
from ponder.engine.quantization import quantize_int8
from ponder.errors import ConfigError, ModelError
from ponder.model.architecture import Architecture
from ponder.model.assembly import assemble
from ponder.model.catalog import locate
from ponder.model.checkpoint import CONFIG, load_transformer, read_special_ids
from ponder.model.gguf import load_gguf
from ponder.model.peft_format import is_adapter, merge_adapter, read_adapter_info
from ponder.model.shards import read_json
from ponder.model.transformer import Transformer
from ponder.text.chat_format import CHATML, ChatTemplate
from ponder.text.gguf_tokenizer import build_tokenizer
from ponder.text.tokenizer import Tokenizer

Precision = Literal["auto", "float32", "bfloat16", "int8"]
SMALL = 32_000_000
"""Models of fewer weights stay in float32 by default: they are quick in any case, and exact."""


def load_engine(
    name_or_path: str,
    *,
    dtype: Precision = "auto",
    device: str | None = None,
    adapter: str | Path | None = None,
    **engine_options: Any,
) -> Engine:
    """`dtype` is the weights' precision; `int8` rounds them row by row and cannot be trained. Without
    `device` a GPU is used where there is one. `adapter` is a folder in PEFT's format, merged into the
    weights. `engine_options` go to `Engine`: `slots`, `max_context`, `cache_mb`, `kernels`; `name` defaults
    to this one."""
    if dtype not in get_args(Precision):
        raise ConfigError(f"there is no precision {dtype!r}; known: {', '.join(get_args(Precision))}")
    path = locate(name_or_path)
    place = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
    if is_adapter(path) and not (path / CONFIG).is_file():
        raise ModelError(
            f"{path} is {read_adapter_info(path)}: name the base as the model, this as the adapter"
        )
    load = _from_gguf if path.suffix == ".gguf" else _from_folder
    transformer, tokenizer, template = load(path, partial(_torch_dtype, dtype), place)
    check_vocabulary(tokenizer, transformer.arch, path)
    if adapter is not None:
        merge_adapter(transformer, Path(os.path.expanduser(adapter)))
    if dtype == "int8":
        quantize_int8(transformer)
    engine_options.setdefault("name", Path(name_or_path).name)
    return Engine(transformer, tokenizer, template, **engine_options)


def in_precision(engine: Engine, dtype: torch.dtype) -> Engine:
    """The same model with its weights copied in another precision; what adapters add is merged into them."""
    model = engine.transformer
    copied = assemble(
        model.arch, model.state_dict().items(), source=Path(engine.name), dtype=dtype, device=model.device
    )
    return type(engine)(
        copied.requires_grad_(False),
        engine.tokenizer,
        engine.template,
        name=engine.name,
        slots=engine.slots,
        max_context=engine.context,
        kernels=engine.kernels,
    )


def _torch_dtype(precision: Precision, arch: Architecture) -> torch.dtype:
    small = precision == "auto" and arch.parameters < SMALL
    return torch.float32 if precision == "float32" or small else torch.bfloat16


def check_vocabulary(tokenizer: Tokenizer, arch: Architecture, source: Path) -> None:
    """Every id that the tokenizer gives needs a row of the embedding; rows to spare are padding."""
    if (largest := tokenizer.largest_id) >= arch.vocab_size:
        raise ModelError(
            f"{source}: the tokenizer has ids up to {largest}, the embedding only {arch.vocab_size} rows: "
            "tokenizer and model do not belong together"
        )
    bos = [] if tokenizer.bos_id is None else [tokenizer.bos_id]
    for token in (*sorted(tokenizer.eos_ids), *bos):
        if not 0 <= token < arch.vocab_size:
            raise ModelError(
                f"{source}: the special token id {token} is not in the vocabulary of {arch.vocab_size}: "
                "correct eos_token_id or bos_token_id"
            )


Parts = tuple[Transformer, Tokenizer, ChatTemplate]
DtypeOf = Callable[[Architecture], torch.dtype]
SPECIAL_TOKENS = (
    "bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token",
)  # fmt: skip
"""Those that a chat template knows by name."""


def _from_folder(folder: Path, dtype_of: DtypeOf, device: torch.device) -> Parts:
    special = read_special_ids(folder)
    tokenizer = Tokenizer.from_file(folder / "tokenizer.json", eos_ids=special.eos_ids, bos_id=special.bos_id)
    template = _folder_template(folder)
    return load_transformer(folder, dtype=dtype_of, device=device), tokenizer, template


def _from_gguf(path: Path, dtype_of: DtypeOf, device: torch.device) -> Parts:
    model = load_gguf(path, dtype=dtype_of, device=device)
    tables = model.tokenizer
    tokenizer = build_tokenizer(
        tokens=tables.tokens,
        merges=tables.merges,
        scores=tables.scores,
        token_types=tables.token_types,
        tokenizer_model=tables.model,
        pre_tokenizer=tables.pre_tokenizer,
        space_prefix=tables.space_prefix,
        eos_ids=tables.eos_ids,
        bos_id=tables.bos_id,
    )
    ids = {"bos_token": tables.bos_id, "eos_token": next(iter(tables.eos_ids), None)}
    texts = {
        name: tables.tokens[index]
        for name, index in ids.items()
        if index is not None and 0 <= index < len(tables.tokens)
    }
    return model.transformer, tokenizer, ChatTemplate(model.chat_template or CHATML, **texts)


def _folder_template(folder: Path) -> ChatTemplate:
    """From a file of its own, else tokenizer_config.json, else chat_template.json, else ChatML."""
    config = _optional_json(folder / "tokenizer_config.json")
    tokens = {**_optional_json(folder / "special_tokens_map.json"), **config}
    source = (
        _text(folder / "chat_template.jinja")
        or _text(folder / "additional_chat_templates" / "default.jinja")
        or _default_of(config.get("chat_template"), folder)
        or _default_of(_optional_json(folder / "chat_template.json").get("chat_template"), folder)
    )
    return ChatTemplate(source or CHATML, **{name: _token_text(tokens.get(name)) for name in SPECIAL_TOKENS})


def _default_of(templates: Any, folder: Path) -> str | None:
    """Older folders name several, in a list."""
    if isinstance(templates, list):
        listed = [cast(dict[str, Any], each) for each in cast(list[Any], templates) if isinstance(each, dict)]
        named = [each.get("template") for each in listed if each.get("name") == "default"]
        if not named:
            raise ModelError(f"{folder} names several chat templates, but none of them default")
        templates = named[0]
    if templates is not None and not isinstance(templates, str):
        raise ModelError(f"{folder}: the chat template is not a text")
    return templates


def _text(file: Path) -> str | None:
    try:
        return file.read_text(encoding="utf-8") if file.is_file() else None
    except (OSError, UnicodeDecodeError) as error:
        raise ModelError(f"{file} cannot be read: {error}") from error


def _optional_json(path: Path) -> dict[str, Any]:
    return read_json(path) if path.is_file() else {}


def _token_text(token: Any) -> str:
    """A special token is written as text, or as an object that holds it."""
    if isinstance(token, dict):
        token = cast(dict[str, Any], token).get("content")
    return token if isinstance(token, str) else ""
