"""The module map of docs/architecture.md, from the first sentence of every module's docstring.

`make docs` writes it; `test_architecture.py` checks that it is up to date.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src" / "ponder"
PAGE = ROOT / "docs" / "architecture.md"
BEGIN, END = "<!-- map: written by `make docs` -->\n", "<!-- end of map -->"


def modules() -> list[Path]:
    """Every source file, top-level ones first, then folder by folder."""
    return sorted(SOURCE.rglob("*.py"), key=lambda path: (path.parent != SOURCE, path.parent, path.name))


def headline(path: Path) -> str:
    """The first sentence of the module's docstring, or its first paragraph when that is shorter."""
    paragraph = (ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "").partition("\n\n")[0]
    return re.split(r"(?<=[.?!])\s", " ".join(paragraph.split()))[0]


def module_map() -> str:
    lines = list[str]()
    for path in modules():
        if path.name == "__init__.py":
            folder = path.parent.relative_to(SOURCE.parent).as_posix()
            lines.append(
                f"\n**`{folder}/`** {headline(path)}\n" if path.parent != SOURCE else headline(path) + "\n"
            )
        else:
            lines.append(f"- `{path.name}`: {headline(path)}")
    return "\n".join(lines).strip() + "\n"


def page_with_map(page: str) -> str:
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    assert begin and end, "docs/architecture.md has lost the marks around its map"
    return f"{before}{BEGIN}\n{module_map()}\n{END}{after}"


if __name__ == "__main__":
    PAGE.write_text(page_with_map(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
