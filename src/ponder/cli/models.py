"""`ponder models`: what models there are, fetch one, look at one."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cyclopts import App

from ponder.cli.output import Common

if TYPE_CHECKING:
    from ponder.model.catalog import ModelInfo

app = App(name="models", help="List, pull and describe models.", help_format="plaintext")


@app.command(name="list")
def list_verb(*, common: Common = Common()) -> None:  # noqa: B008 - frozen
    """The models this package knows by name, and whether they are on this machine."""
    from ponder.model.catalog import list_models

    models = list_models()
    rows = [f"{info.name:<14} {_state(info):<12} {info.summary} ({info.licence})" for info in models]
    listed = [
        {
            "name": info.name,
            "kind": info.kind,
            "ready": info.ready,
            "licence": info.licence,
            "summary": info.summary,
        }
        for info in models
    ]
    common.show({"models": listed}, "\n".join(rows))


def _state(info: ModelInfo) -> str:
    return info.kind if info.kind == "embedded" else ("pulled" if info.ready else "not pulled")


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
        A name from `ponder models list`, a Hugging Face folder or a .gguf file; or the folder of a LoRA
        adapter.
    """
    from ponder.cli.sampler import open_engine
    from ponder.model.peft_format import is_adapter, read_adapter_info

    if is_adapter(folder := Path(model)) and not (folder / "config.json").is_file():
        adapter = read_adapter_info(folder)
        told = {
            "adapter": model,
            "base": adapter.base,
            "rank": adapter.lora.rank,
            "alpha": adapter.lora.alpha,
        }
        told |= {"rslora": adapter.lora.rslora, "targets": adapter.lora.targets}
        use = f"ponder ask … --model {adapter.base or 'BASE'} --adapter {model}"
        common.show(told, f"{adapter}\nuse it with: {use}")
        return
    arch = open_engine(model).transformer.arch
    result: dict[str, Any] = {"model": model, "parameters": arch.parameters, **asdict(arch)}
    common.show(result, "\n".join(f"{key:<16} {value}" for key, value in result.items()))
