"""A ready engine from a model's name: a catalog entry, a Hugging Face folder or a .gguf file.

Knows where the pieces lie, in which precision and on which device, and puts them together; reads no weights
itself.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Literal, cast, get_args

import torch

from ponder.engine.engine import Engine
from ponder.engine.quantization import quantize_int8
from ponder.errors import ConfigError, ModelError
from ponder.model.architecture import Architecture
from ponder.model.catalog import locate
from ponder.model.checkpoint import load_transformer, read_json, read_special_ids
from ponder.model.gguf import load_gguf
from ponder.model.transformer import Transformer
from ponder.text.chat_format import CHATML, ChatTemplate
from ponder.text.gguf_tokenizer import build_tokenizer
from ponder.text.tokenizer import Tokenizer


Precision = Literal["auto", "float32", "bfloat16", "int8"]
SMALL = 32_000_000
"""Models of fewer weights stay in float32 by default: they are quick in any case, and exact."""


def load_engine(
    name_or_path: str, *, dtype: Precision = "auto", device: str | None = None, **engine_options: Any
) -> Engine:
    """`dtype` is the weights' precision; `int8` rounds them row by row and cannot be trained. Without
    `device` a GPU is used where there is one. `engine_options` go to `Engine`: `slots`, `max_context`,
    `cache_mb`, `kernels`; `name` defaults to this one."""
    if dtype not in get_args(Precision):
        raise ConfigError(f"there is no precision {dtype!r}; known: {', '.join(get_args(Precision))}")
    path = locate(name_or_path)
    place = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
    load = _from_gguf if path.suffix == ".gguf" else _from_folder
    transformer, tokenizer, template = load(path, partial(_torch_dtype, dtype), place)
    check_vocabulary(tokenizer, transformer.arch, path)
    if dtype == "int8":
        quantize_int8(transformer)
    return Engine(transformer, tokenizer, template, **{"name": Path(name_or_path).name, **engine_options})


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


Parts = tuple[Transformer, Tokenizer, ChatTemplate]
DtypeOf = Callable[[Architecture], torch.dtype]


def _from_folder(folder: Path, dtype_of: DtypeOf, device: torch.device) -> Parts:
    special = read_special_ids(folder)
    tokenizer = Tokenizer.from_file(folder / "tokenizer.json", eos_ids=special.eos_ids, bos_id=special.bos_id)
    transformer = load_transformer(folder, dtype=dtype_of, device=device)
    return transformer, tokenizer, _folder_template(folder)


def _from_gguf(path: Path, dtype_of: DtypeOf, device: torch.device) -> Parts:
    model = load_gguf(path, dtype=dtype_of, device=device)
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
    return model.transformer, tokenizer, template


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
