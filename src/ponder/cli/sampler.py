"""Opens what `--model` names: a model in this process, or an endpoint."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ponder.errors import ModelError
from ponder.protocols import Sampler

if TYPE_CHECKING:
    from ponder.engine.engine import Engine
    from ponder.engine.load import Precision


def open_sampler(model: str) -> Sampler:
    if model.startswith(("http://", "https://")):
        from ponder.engine.remote import RemoteSampler

        return RemoteSampler(model)
    return open_engine(model)


def open_engine(model: str, *, dtype: Precision = "auto") -> Engine:
    """A model whose weights are here, as training and `models info` need."""
    if model.startswith(("http://", "https://")):
        raise ModelError("this needs the weights: give a model's name or folder, not an endpoint")
    from ponder.engine.load import load_engine

    return load_engine(model, dtype=dtype)
