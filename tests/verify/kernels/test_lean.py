"""Lean through a scripted server: what is asked, what is made of the reply, and what a failure is."""

# ruff: noqa: RUF001 - Lean's own letters

from __future__ import annotations

import json
import re
import socket
from typing import Any

import pytest
from verify.kernels.scripted_lean import (
    Failure,
    ScriptedLeanServer,
    accepts,
    complains,
    message,
    report,
)

from ponder.errors import ConfigError
from ponder.records import Judgement, Verdict
from ponder.verify.kernels.lean import Lean

GOLD = "import Mathlib\n\ntheorem add_zero' (n : ℕ) : n + 0 = n := by sorry\n"
PROOF = "simp"
STANDARD = ("propext", "Classical.choice", "Quot.sound")


def ask(server: ScriptedLeanServer, answer: str = PROOF, gold: str = GOLD, path: str = "") -> Judgement:
    return Lean(server.url + path, timeout=5, queue=5, pause=0.01)(answer, gold)


@pytest.mark.parametrize(
    ("path", "asked", "keys"),
    [
        ("", "/api/check", {"snippets", "timeout"}),
        ("/", "/api/check", {"snippets", "timeout"}),
        ("/api/check", "/api/check", {"snippets", "timeout"}),
        ("/prefix/api/check/", "/prefix/api/check/", {"snippets", "timeout"}),
        ("/verify", "/verify", {"codes", "timeout"}),
        ("/one_pass_verify_batch", "/one_pass_verify_batch", {"codes", "timeout"}),
        ("/repl", "/repl", {"cmd"}),
    ],
)
def test_three_shapes(path: str, asked: str, keys: set[str]) -> None:
    with ScriptedLeanServer(accepts(*STANDARD)) as server:
        judgement = ask(server, path=path)
    assert judgement.verdict is Verdict.CORRECT, judgement.reason
    assert [request.path for request in server.requests] == [asked]
    assert server.requests[0].body.keys() == keys


def test_the_statement_comes_before_the_answer_and_is_compared_after_it() -> None:
    answer = "import Mathlib\nimport Aesop\ntheorem add_zero' : 1 = 1 := rfl -- another one"
    with ScriptedLeanServer(accepts()) as server:
        ask(server, answer)
    code = server.requests[0].code
    nonce = re.findall(r"checked_(\w+)", code)[0]
    parts = [
        "import Mathlib",
        "set_option maxHeartbeats 400000",
        f"def Stated_{nonce} : Prop :=\n  ∀ (n : ℕ), (n + 0 = n)",
        "theorem add_zero' : 1 = 1 := rfl",
        f"theorem checked_{nonce} : Stated_{nonce} := @add_zero'",
        f"#print axioms checked_{nonce}",
    ]
    assert "\n\n".join(parts) == re.sub(r"\s*\n\s*\n\s*", "\n\n", code).strip()
    assert "Aesop" not in code and "another" not in code


def test_no_two_questions_have_the_same_names() -> None:
    with ScriptedLeanServer(accepts()) as server:
        lean = Lean(server.url)
        for _ in range(3):
            assert lean(PROOF, GOLD).correct
    assert len({re.findall(r"checked_(\w+)", request.code)[0] for request in server.requests}) == 3


@pytest.mark.parametrize("axioms", [(), ("propext",), STANDARD])
def test_the_standard_axioms_are_allowed(axioms: tuple[str, ...]) -> None:
    with ScriptedLeanServer(accepts(*axioms)) as server:
        assert ask(server).verdict is Verdict.CORRECT


@pytest.mark.parametrize("axiom", ["sorryAx", "cheat", "Lean.ofReduceBool", "x._native.native_decide.ax_1"])
def test_another_axiom_is_not(axiom: str) -> None:
    def lean(code: str) -> Any:
        return {"env": 0, "messages": [report(code, ["propext", axiom] if PROOF in code else [])]}

    with ScriptedLeanServer(lean) as server:
        judgement = ask(server)
    assert judgement.verdict is Verdict.WRONG and axiom in judgement.reason


def replies(*messages: dict[str, Any], sorries: int = 0) -> Any:
    """Lean that says this of the proof, and nothing amiss of the statement."""

    def lean(code: str) -> Any:
        if PROOF not in code:
            return accepts()(code)
        return {"env": 0, "messages": list(messages), "sorries": [{"goal": "⊢ False"}] * sorries}

    return lean


@pytest.mark.parametrize(
    ("lean", "told"),
    [
        (complains("type mismatch\n  rfl", about=PROOF), "type mismatch rfl"),
        (complains("", about=PROOF), "an error"),
        (replies(), "did not report"),
        (replies(message("info", "'checked_0' does not depend on any axioms")), "did not report"),
        (replies(message("warning", "declaration uses 'sorry'")), "hole"),
        (replies(sorries=1), "hole"),
        (lambda code: {"env": 0, "messages": [report(code)] * (1 + (PROOF in code))}, "did not report"),
    ],
)
def test_what_lean_objects_to_is_wrong(lean: Any, told: str) -> None:
    with ScriptedLeanServer(lean) as server:
        judgement = ask(server)
    assert (judgement.verdict, judgement.outcome) == (Verdict.WRONG, "error")
    assert told in judgement.reason


def test_a_report_may_be_of_a_namespace_and_of_several_lines() -> None:
    def lean(code: str) -> Any:
        name = code.split()[-1]
        text = f"'Some.Name.{name}' depends on axioms: [propext,\n Classical.choice,\n Quot.sound]"
        return {"env": 0, "messages": [message("warning", "unused variable"), message("info", text)]}

    with ScriptedLeanServer(lean) as server:
        assert ask(server).verdict is Verdict.CORRECT


@pytest.mark.parametrize(
    "failure",
    [
        Failure(500),
        Failure(429),
        Failure(503, b"\xff\xfe"),
        Failure(404),
        Failure(200, b""),
        Failure(200, b"not JSON"),
        Failure(200, b"[]"),
        Failure(200, b"null"),
        Failure(200, b"{}"),
        Failure(200, b'{"results": []}'),
        Failure(200, b'{"results": {}}'),
        Failure(200, b'{"results": [{"id": "another", "response": {"env": 0}}]}'),
        Failure(200, b'{"message": "Unknown environment."}'),
        Failure(200, b'{"env": 0, "messages": 3}'),
        Failure(200, b'{"env": 0, "messages": [{"severity": "error"}]}'),
        Failure(200, b"[" * 100_000),
        Failure(200, b'{"env": "\xff"}'),
    ],
)
def test_a_failure_is_tried_once_more_and_never_the_answers(failure: Failure) -> None:
    with ScriptedLeanServer(accepts(), failure) as server:
        assert ask(server).verdict is Verdict.CORRECT
    assert len(server.requests) == 2
    with ScriptedLeanServer(accepts(), failure, failure) as server:
        judgement = ask(server)
    assert (judgement.verdict, judgement.outcome) == (Verdict.ERROR, "infrastructure_error")
    assert server.url in judgement.reason and len(server.requests) == 2


@pytest.mark.parametrize(
    ("error", "verdict"),
    [
        ("Lean REPL command timed out in 5 seconds", Verdict.TIMED_OUT),
        ("Lean REPL header command timed out in 5 seconds", Verdict.ERROR),
        ("Broken pipe", Verdict.ERROR),
    ],
)
def test_errors_inside_a_result(error: str, verdict: Verdict) -> None:
    def dress(reply: Any) -> Any:
        result = reply["results"][0]
        axioms = json.dumps(result["response"])
        return {"results": [{"id": result["id"], "error": error}]} if "slow" in axioms else reply

    def lean(code: str) -> Any:
        return {"env": 0, "messages": [report(code), *([message("info", "slow")] if PROOF in code else [])]}

    with ScriptedLeanServer(lean, dress=dress) as server:
        judgement = ask(server)
    assert judgement.verdict is verdict and error in judgement.reason


def test_a_server_that_hangs() -> None:
    slow = Failure(200, b"{}", seconds=0.6)
    with ScriptedLeanServer(accepts(), slow, slow) as server:
        judgement = Lean(server.url, timeout=1, queue=-0.8, pause=0.01)(PROOF, GOLD)
    assert judgement.verdict is Verdict.ERROR and "timed out" in judgement.reason


def test_no_server_at_all() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    judgement = Lean(url)(PROOF, GOLD)
    assert judgement.verdict is Verdict.ERROR and "cannot be reached" in judgement.reason


def test_a_broken_statement_is_found_out_once() -> None:
    with ScriptedLeanServer(complains("unknown identifier")) as server:
        lean = Lean(server.url)
        for _ in range(3):
            judgement = lean(PROOF, GOLD)
            assert judgement.verdict is Verdict.ERROR
            assert judgement.reason == "the statement cannot be used: unknown identifier"
    alone = [request for request in server.requests if PROOF not in request.code]
    assert len(server.requests) == 4 and len(alone) == 1
    assert "Stated_" in alone[0].code and ": True := trivial" in alone[0].code


@pytest.mark.parametrize("gold", ["", "def f := 1", "theorem x", "variable (n : ℕ)\ntheorem x : n = n", "/-"])
def test_a_gold_without_a_statement_asks_nobody(gold: str) -> None:
    with ScriptedLeanServer(accepts()) as server:
        judgement = ask(server, gold=gold)
    assert judgement.verdict is Verdict.ERROR and "statement" in judgement.reason
    assert not server.requests


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        ("sorry", Verdict.WRONG),
        ("axiom cheat : False", Verdict.WRONG),
        ("", Verdict.NO_ANSWER),
        ("```lean\n\n```", Verdict.NO_ANSWER),
        ("/- never closed", Verdict.UNPARSABLE),
        ("x" * 300_000, Verdict.UNPARSABLE),
    ],
)
def test_what_needs_no_lean_asks_nobody(answer: str, verdict: Verdict) -> None:
    with ScriptedLeanServer(accepts()) as server:
        assert ask(server, answer).verdict is verdict
    assert not server.requests


def test_the_key_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PONDER_LEAN_API_KEY", "from-outside")
    with ScriptedLeanServer(accepts()) as server:
        Lean(server.url)(PROOF, GOLD)
        Lean(server.url, api_key="given")(PROOF, GOLD)
        monkeypatch.delenv("PONDER_LEAN_API_KEY")
        Lean(server.url)(PROOF, GOLD)
    assert [request.key for request in server.requests] == ["Bearer from-outside", "Bearer given", None]


def test_a_key_that_is_wanted_is_asked_for() -> None:
    with ScriptedLeanServer(accepts(), Failure(401), Failure(401)) as server:
        judgement = ask(server)
    assert judgement.verdict is Verdict.ERROR and "set PONDER_LEAN_API_KEY" in judgement.reason


def test_limits_are_sent() -> None:
    with ScriptedLeanServer(accepts()) as server:
        lean = Lean(server.url, timeout=7.4, heartbeats=1000)
        lean("set_option maxHeartbeats 0 in\ntheorem add_zero' (n : ℕ) : n + 0 = n := by simp", GOLD)
    assert server.requests[0].body["timeout"] == 7
    assert server.requests[0].code.count("maxHeartbeats 1000") == 2


def test_an_environment_of_the_repl_has_the_imports() -> None:
    with ScriptedLeanServer(accepts()) as server:
        assert Lean(f"{server.url}/repl", env=4)(PROOF, GOLD).correct
    assert server.requests[0].body["env"] == 4
    assert "import" not in server.requests[0].code


def test_a_batch_keeps_its_order() -> None:
    with ScriptedLeanServer(complains("no", about="omega")) as server:
        judgements = Lean(server.url).check_many([("omega" if n % 2 else "simp", GOLD) for n in range(12)])
        assert [judgement.correct for judgement in judgements] == [n % 2 == 0 for n in range(12)]
        assert Lean(server.url).check_many([]) == []


@pytest.mark.parametrize("url", ["", "localhost:8000", "file:///etc/passwd", "ftp://x", "http://"])
def test_an_url_is_one_of_a_server(url: str) -> None:
    with pytest.raises(ConfigError, match="URL of a Lean server"):
        Lean(url)
