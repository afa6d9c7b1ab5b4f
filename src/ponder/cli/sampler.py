"""Opens what `--model` names: a model in this process, or an endpoint."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ponder.errors import ConfigError, ModelError
from ponder.protocols import Sampler

if TYPE_CHECKING:
    from ponder.engine.engine import Engine
    from ponder.engine.load import Precision
    from ponder.routing.routed import Routed


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


def fingerprint(sampler: Sampler, model: str) -> str:
    """What a router is bound to: a digest of the weights, or an endpoint's address."""
    from ponder.training.weights_digest import weights_digest

    return weights_digest(sampler) or model


def routed(path: Path, sampler: Sampler, model: str, *, worth: float | None = None) -> Routed:
    """The strategy `auto`, by a router of this very model. Raises `ModelError` for another's."""
    from ponder.routing.routed import Routed
    from ponder.routing.router import read_router

    router = read_router(path)
    router.check_model(fingerprint(sampler, model), model)
    if worth is not None and not worth >= 0:
        raise ConfigError(f"--worth must not be negative, got {worth}")
    return Routed(router=router, worth=worth)
