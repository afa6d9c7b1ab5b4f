"""The frame of every page: head, style and body, with nothing to load and nothing that runs.

A page opens from a disk without a network: no script, no external font, style sheet or image. Light and
dark follow the reader's system. Knows nothing of what a page shows.
"""

from __future__ import annotations

from importlib.resources import files

from ponder.report.charts import page_style
from ponder.report.markup import element, escape


def page(title: str, body: str) -> str:
    """A whole document around the body's markup."""
    style = files("ponder.report").joinpath("page.css").read_text(encoding="utf-8")
    head = (
        element("meta", charset="utf-8")
        + element("meta", name="viewport", content="width=device-width, initial-scale=1")
        + element("meta", name="color-scheme", content="light dark")
        + element("title", escape(title))
        + element("style", style + page_style())
    )
    return f"<!doctype html>\n{element('html', element('head', head) + element('body', body), lang='en')}\n"


def section(title: str, *content: str, anchor: str | None = None) -> str:
    return element("section", element("h2", escape(title)) + "".join(content), id=anchor)
