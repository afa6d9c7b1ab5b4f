"""`ponder models`: what models there are, fetch one, look at one."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from cyclopts import App

from ponder.cli.output import Common

app = App(name="models", help="List, pull and describe models.", help_format="plaintext")


@app.command(name="list")
def list_verb(*, common: Common = Common()) -> None:  # noqa: B008 - frozen
    """The models this package knows by name, and whether they are on this machine."""
    from ponder.model.catalog import list_models

    models = list_models()
    rows = [f"{info.name:<14} {info.state:<12} {info.description}" for info in models]
    common.show({"models": [asdict(info) for info in models]}, "\n".join(rows))


@app.command
def pull(name: str, *, common: Common = Common()) -> None:  # noqa: B008 - frozen
    """Fetch a model into the user cache, check its SHA-256, unpack it. Run again to resume.

    Parameters
    ----------
    name
        A name from `ponder models list`.
    """
    from ponder.model.catalog import pull as fetch

    path = fetch(name, progress=common.progress.say)
    common.show({"name": name, "path": str(path)}, f"{name} is ready: {path}")


@app.command
def info(model: str, *, common: Common = Common()) -> None:  # noqa: B008 - frozen
    """The shape of a model: family, parameters, layers, context.

    Parameters
    ----------
    model
        A name from `ponder models list`, a Hugging Face folder or a .gguf file.
    """
    from ponder.cli.sampler import open_engine

    arch = open_engine(model).transformer.arch
    result: dict[str, Any] = {"model": model, "parameters": arch.parameters, **asdict(arch)}
    common.show(result, "\n".join(f"{key:<16} {value}" for key, value in result.items()))
