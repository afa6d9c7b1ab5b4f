"""Writes a model as a Hugging Face folder: weights, tokenizer and template together, or nothing at all."""

from __future__ import annotations

import json
from pathlib import Path

import torch

from ponder.model.checkpoint import MAX_SHARD_BYTES, save_transformer
from ponder.model.transformer import Transformer
from ponder.storage import replacing_folder, write_text
from ponder.text.chat_format import ChatTemplate
from ponder.text.tokenizer import Tokenizer


def save_model(
    transformer: Transformer,
    tokenizer: Tokenizer,
    template: ChatTemplate,
    out: Path,
    *,
    dtype: torch.dtype = torch.bfloat16,
    max_shard_bytes: int = MAX_SHARD_BYTES,
) -> None:
    """`out` is replaced as a whole; `transformers` loads it too, model and tokenizer with its template."""
    config = {
        "tokenizer_class": "PreTrainedTokenizerFast",  # tokenizer.json says everything
        "clean_up_tokenization_spaces": False,
        "model_max_length": transformer.arch.context,
        **template.special_tokens,
    }
    with replacing_folder(out) as folder:
        save_transformer(
            transformer,
            folder,
            dtype=dtype,
            eos_ids=sorted(tokenizer.eos_ids),
            bos_id=tokenizer.bos_id,
            max_shard_bytes=max_shard_bytes,
        )
        tokenizer.save(folder / "tokenizer.json")
        write_text(folder / "tokenizer_config.json", json.dumps(config, indent=2, ensure_ascii=False) + "\n")
        (folder / "chat_template.jinja").write_text(template.source, encoding="utf-8")
