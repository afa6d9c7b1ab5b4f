"""A call between an opening and a closing tag, and a reply between two others. Knows no tool."""

from __future__ import annotations


def last_call(text: str, tag: str) -> str | None:
    """What stands in the last `<tag>…</tag>`; None where there is none."""
    before, closing, _ = text.rpartition(f"</{tag}>")
    _, opening, call = before.rpartition(f"<{tag}>")
    return call if opening and closing else None


def tagged(reply: str, tag: str) -> str:
    return f"<{tag}>{reply}</{tag}>"
