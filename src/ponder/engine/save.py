"""Writes a model as a Hugging Face folder: weights, tokenizer and template together, or nothing at all."""

from __future__ import annotations

from pathlib import Path

import torch

from ponder.model.checkpoint import save_transformer
from ponder.model.transformer import Transformer
from ponder.storage import replacing_folder
from ponder.text.chat_format import ChatTemplate
from ponder.text.tokenizer import Tokenizer


def save_model(
    transformer: Transformer,
    tokenizer: Tokenizer,
    template: ChatTemplate,
    out: Path,
    *,
    dtype: torch.dtype = torch.bfloat16,
) -> None:
    """`out` is replaced as a whole; `transformers` loads it too."""
    with replacing_folder(out) as folder:
        save_transformer(
            transformer, folder, dtype=dtype, eos_ids=sorted(tokenizer.eos_ids), bos_id=tokenizer.bos_id
        )
        tokenizer.save(folder / "tokenizer.json")
        (folder / "chat_template.jinja").write_text(template.source, encoding="utf-8")
