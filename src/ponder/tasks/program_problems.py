"""Problems whose answer is a program: HumanEval, MBPP, LiveCodeBench, and our own cases.

    layout          keys                                             the question shows
    HumanEval       prompt, test, entry_point                        the prompt, which is to be completed
    MBPP            text|prompt, test_list                           the text, and the asserts of `test_list`
    LiveCodeBench   question_content, public_test_cases              the text, and the starter code if any
    cases           question|prompt, cases                           the text, and the function's name if any

The gold is the JSON of the tests, as `verify/program_tests.py` reads it; tests that it cannot read are an
error here, not a wrong program later. As published, MBPP is judged by `test_list`, not by
`challenge_test_list`. Every question asks for one Python code block. Runs nothing.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from ponder.errors import DataError
from ponder.tasks.layout import Draft, Fields, Layout
from ponder.verify.program_tests import read_tests

COMPLETE = "Complete this Python function. Answer with the whole function in one Python code block."
FUNCTION = "Answer with the function, and all that it needs, in one Python code block."
SCRIPT = (
    "Answer with a program in one Python code block. It reads standard input and writes the answer to "
    "standard output."
)
STARTER = "Start from this code, and answer with all of it in one Python code block."


def _human_eval(fields: Fields) -> Draft:
    prompt = fields.text("prompt")
    tests = _tests(fields, ("entry_point", "test", "prompt"))
    question = f"{COMPLETE}\n\n{_block(prompt)}"
    return Draft(question=question, answer=tests, meta={"entry_point": fields.text("entry_point")})


def _mbpp(fields: Fields) -> Draft:
    asserts = fields.items("test_list")
    for key in ("test_list", "test_imports"):
        if not all(isinstance(line, str) for line in _optional_list(fields, key)):
            raise fields.fault(f"`{key}` should hold lines of Python")
    tests = _tests(fields, ("test_list", "test_setup_code", "test_imports"))
    shown = _block("\n".join(asserts))
    text = fields.text("text", "prompt").strip()
    return Draft(question=f"{text}\nIt should pass these tests:\n\n{shown}\n\n{FUNCTION}", answer=tests)


def _live_code_bench(fields: Fields) -> Draft:
    hidden = fields.value("private_test_cases")
    if isinstance(hidden, str) and not hidden.lstrip().startswith("["):
        raise fields.fault("`private_test_cases` is packed (zlib and pickle); turn it into JSON first")
    tests = _tests(fields, ("public_test_cases", "private_test_cases", "metadata"))
    text, starter = fields.text("question_content").strip(), fields.optional_text("starter_code")
    ask = f"{STARTER}\n\n{_block(starter)}" if starter else SCRIPT
    return Draft(question=f"{text}\n\n{ask}", answer=tests)


def _own_cases(fields: Fields) -> Draft:
    tests = _tests(fields, ("entry_point", "cases", "tolerance"))
    text, name = fields.text("question", "prompt").strip(), fields.optional_text("entry_point")
    ask = f"Call the function `{name}`. {FUNCTION}" if name else SCRIPT
    return Draft(question=f"{text}\n\n{ask}", answer=tests, meta={"entry_point": name} if name else {})


def _tests(fields: Fields, keys: Sequence[str]) -> str:
    """The JSON of those of the fields that are there. Raises `DataError` unless they are tests."""
    held = {key: fields.row[key] for key in keys if fields.row.get(key) is not None}
    try:
        text = json.dumps(held)
        read_tests(held)
    except DataError as error:
        raise fields.fault(" ".join(str(error).split())) from error
    except (TypeError, ValueError, RecursionError) as error:
        raise fields.fault(f"its tests hold what no program can be given ({error})") from error
    return text


def _optional_list(fields: Fields, key: str) -> list[Any]:
    return fields.items(key) if fields.row.get(key) else []


def _block(code: str) -> str:
    return f"```python\n{code.rstrip()}\n```"


HUMAN_EVAL = Layout(
    name="HumanEval", keys=(("prompt",), ("test",), ("entry_point",)), form="code", read=_human_eval
)
MBPP = Layout(name="MBPP", keys=(("text", "prompt"), ("test_list",)), form="code", read=_mbpp)
LIVE_CODE_BENCH = Layout(
    name="LiveCodeBench",
    keys=(("question_content",), ("public_test_cases",)),
    form="code",
    read=_live_code_bench,
)
OWN_CASES = Layout(name="cases", keys=(("question", "prompt"), ("cases",)), form="code", read=_own_cases)
