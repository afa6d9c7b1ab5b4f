"""Text into markup: the one place that escapes.

Everything that a person or a model wrote goes through `escape`; attributes are escaped by `element`.
Knows nothing of pages or charts.
"""

from __future__ import annotations

import html
import re

VOID = frozenset({"meta", "br", "link", "hr"})
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]")


def escape(text: str) -> str:
    """Text as harmless markup, also where XML forbids control characters and UTF-8 lone surrogates."""
    encodable = text.encode("utf-8", "replace").decode("utf-8")
    return html.escape(_CONTROL.sub("\N{REPLACEMENT CHARACTER}", encodable))


def element(tag: str, content: str = "", **attributes: str | float | None) -> str:
    """One element around markup. `class_` is class and `_` is `-`; None leaves an attribute out."""
    parts = [tag]
    for name, value in attributes.items():
        if value is not None:
            shown = value if isinstance(value, str) else f"{value:.2f}".rstrip("0").rstrip(".")
            parts.append(f'{name.rstrip("_").replace("_", "-")}="{escape(shown)}"')
    opening = f"<{' '.join(parts)}>"
    return opening if tag in VOID else f"{opening}{content}</{tag}>"
