"""Text into markup: the one place that escapes.

Everything that a person or a model wrote goes through `escape`; attributes are escaped by `element`.
Characters that are not seen or that turn the direction of writing are spelled out, so a text can neither
hide something nor rearrange what stands beside it. Knows nothing of pages or charts.
"""

from __future__ import annotations

import html

from ponder.evaluation.formatting import visible

VOID = frozenset({"meta", "br", "link", "hr"})


def escape(text: str) -> str:
    """Text as harmless markup, also where XML forbids control characters and UTF-8 lone surrogates."""
    return html.escape(visible(text))


def clipped(text: str, most_bytes: int) -> tuple[str, int]:
    """As much of the text as fits when escaped, and how many characters were left out."""
    kept = text[:most_bytes]
    shown = escape(kept)
    while (size := len(shown.encode())) > most_bytes:
        kept = kept[: len(kept) * most_bytes // size]
        shown = escape(kept)
    return shown, len(text) - len(kept)


def element(tag: str, content: str = "", **attributes: str | float | None) -> str:
    """One element around markup. `class_` is class and `_` is `-`; None leaves an attribute out."""
    parts = [tag]
    for name, value in attributes.items():
        if value is not None:
            shown = value if isinstance(value, str) else f"{value:.2f}".rstrip("0").rstrip(".")
            parts.append(f'{name.rstrip("_").replace("_", "-")}="{escape(shown)}"')
    opening = f"<{' '.join(parts)}>"
    return opening if tag in VOID else f"{opening}{content}</{tag}>"
