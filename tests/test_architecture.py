"""The shape of the code: layers, sizes, docstrings, and what is imported when."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest
from module_map import PAGE, ROOT, SOURCE, headline, modules, page_with_map

import ponder

MOST_LINES = 350
MOST_FUNCTION_LINES = 60
TEXTS = {".py", ".md", ".toml", ".css", ".js", ".html", ".jinja", ".txt", ".yml", ".yaml", ""}
MACHINE_PATHS = tuple(f"/{folder}/" for folder in ("work", "root"))  # spelled so as not to find itself

each_module = pytest.mark.parametrize(
    "path", modules(), ids=[path.relative_to(SOURCE).as_posix() for path in modules()]
)


def python(code: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(SOURCE.parent)}
    return subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )


def test_layers_hold() -> None:
    done = python(
        "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(cache_dir=None))"
    )
    assert done.returncode == 0, done.stdout + done.stderr


@each_module
def test_a_module_says_what_it_holds_and_stays_small(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert headline(path), "no docstring"
    assert len(text.splitlines()) <= MOST_LINES
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert lines_of_code(node) <= MOST_FUNCTION_LINES, f"{node.name} is too long"


def lines_of_code(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Without the docstring, which for a verb of the command line is its help text."""
    last = function.end_lineno or function.lineno
    help_lines = len((ast.get_docstring(function, clean=False) or "").splitlines())
    return last - function.lineno + 1 - help_lines


def test_the_map_is_up_to_date() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page == page_with_map(page), "run `make docs`"


def test_star_import_gives_the_public_names() -> None:
    names: dict[str, object] = {}
    exec("from ponder import *", names)
    names.pop("__builtins__")
    assert sorted(names) == sorted(ponder.__all__)
    assert {"load", "solve", "Sampling", "verify_math"} <= set(names)


@pytest.mark.parametrize("module", ["ponder", "ponder.cli.main", "ponder.tasks", "ponder.evaluation.ladder"])
def test_importing_it_does_not_import_torch(module: str) -> None:
    done = python(f"import sys, {module}; sys.exit('torch' in sys.modules)")
    assert done.returncode == 0, done.stderr or "torch was imported"


def test_the_marker_of_thinking_is_known_in_one_place() -> None:
    """Other modules take it from there; only docstrings may spell it out."""
    for path in modules():
        tree = ast.parse(path.read_text(encoding="utf-8"))
        prose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose:
                assert "think>" not in node.value or path.name == "chat_format.py", path


def project_texts() -> list[Path]:
    """The files of the project, without what is built or ignored."""
    folders = ("src", "tests", "docs", "recipes", "benchmarks", "examples", ".ci")
    found = [path for folder in folders for path in (ROOT / folder).rglob("*")] + list(ROOT.iterdir())
    return [p for p in found if p.is_file() and p.suffix in TEXTS and "__pycache__" not in p.parts]


def test_no_text_names_a_path_of_one_machine() -> None:
    for path in project_texts():
        text = path.read_text(encoding="utf-8")
        assert not any(machine in text for machine in MACHINE_PATHS), path
