"""Programs that a model runs in the middle of its completion, at both levels of the sandbox."""

from __future__ import annotations

import pytest
from sandboxes import level as level

from ponder.environments.python_tool import PythonTool
from ponder.errors import ConfigError
from ponder.records import Problem
from ponder.verify.sandbox import Limits

PROBLEM = Problem(id="1", question="q", answer="1", task="t")
QUICK = Limits(seconds=1.0, memory_mb=256, output_bytes=10_000)


@pytest.mark.parametrize(
    ("program", "output"),
    [
        ("print(12*7)", "84"),
        ("\nfor n in range(3):\n    print(n)\n", "0\n1\n2"),
        ("pass", ""),
        ("print('as far as', 1); print(1/0)", "as far as 1\nerror: ZeroDivisionError: division by zero"),
        ("raise ValueError('no')", "error: ValueError: no"),
        ("while True: pass", "error: still running after 1 s"),
        ("print('x' * 20_000)", "error: more than 10000 bytes of standard output"),
        ("print('y' * 30)", "y" * 20 + " ..."),
    ],
)
def test_a_program_is_answered_by_its_output(level: str, program: str, output: str) -> None:
    tool = PythonTool(level=level, limits=QUICK, shown=20)
    assert tool.respond(PROBLEM, f"let me see <python>{program}</python>") == f"<output>{output}</output>"


def test_a_program_sees_no_files_outside(level: str) -> None:
    reply = PythonTool(level=level, limits=QUICK).respond(
        PROBLEM, "<python>print(open('/etc/passwd').read())</python>"
    )
    assert "root" not in reply and "error: " in reply


def test_without_an_opening_tag_nothing_runs() -> None:
    assert PythonTool().respond(PROBLEM, "print(1)</python>") == "<output>error: no program</output>"


def test_without_a_sandbox_nothing_runs() -> None:
    with pytest.raises(ConfigError):
        PythonTool(level="none").respond(PROBLEM, "<python>print(1)</python>")
