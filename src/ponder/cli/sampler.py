"""Opens what `--model` names: a model in this process, or an endpoint."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ponder.errors import ConfigError, ModelError
from ponder.protocols import Sampler

if TYPE_CHECKING:
    from ponder.engine.engine import Engine
    from ponder.engine.load import Precision


def open_sampler(model: str, *, adapter: Path | None = None) -> Sampler:
    """`adapter` is a LoRA adapter's folder, for a model in this process."""
    if model.startswith(("http://", "https://")):
        if adapter is not None:
            raise ConfigError("--adapter goes with a model of this machine: let the endpoint load its own")
        from ponder.engine.remote import RemoteSampler

        return RemoteSampler(model)
    return open_engine(model, adapter=adapter)


def open_engine(model: str, *, dtype: Precision = "auto", adapter: Path | None = None) -> Engine:
    """A model whose weights are here, as training and `models info` need."""
    if model.startswith(("http://", "https://")):
        raise ModelError("this needs the weights: give a model's name or folder, not an endpoint")
    from ponder.engine.load import load_engine

    return load_engine(model, dtype=dtype, adapter=adapter)
