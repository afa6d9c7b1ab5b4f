"""The Metamath kernel: what is a proof, what is refused and why, and that nothing takes long."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from ponder.errors import DataError
from ponder.records import Verdict
from ponder.verify.kernels.metamath import BUILT_IN, Metamath, built_in_database, read_database
from ponder.verify.kernels.metamath_database import Database
from ponder.verify.kernels.metamath_proof import Limits

OURS = built_in_database()
JUDGE = Metamath(OURS)
IDENTITY = "( w-imp keep spread mp ) AAABZBZFAACAFABBGFBAFCAFADEE"
WEAKEN = "wp wq wp w-imp weaken.1 wp wq keep mp"
ZERO_ADD = OURS.proof("zero-add")
CORRECT, WRONG = Verdict.CORRECT, Verdict.WRONG


def test_the_database_proves_what_it_states() -> None:
    assert len(OURS.theorems) >= 80
    assert OURS.verify_all() == {}


@pytest.mark.parametrize("label", OURS.theorems)
def test_each_theorem_is_proved_by_its_own_proof(label: str) -> None:
    found = JUDGE(OURS.proof(label), label)
    assert (found.verdict, found.outcome) == (CORRECT, "proved")


@pytest.mark.parametrize(
    ("answer", "gold"),
    [
        (f"{IDENTITY} $.", "identity"),
        (f"\n {IDENTITY}$.\n", "identity"),
        ("(w-imp keep spread mp)AAABZBZFAACAFABBGFBAFCAFADEE", "identity"),
        ("( w-imp keep spread mp keep ) AAABZ BZGAACAG\nABBHGBAGCAGADEE", "identity"),  # unused, and wrapped
        ("( wq spread mp keep w-imp ) AAAFZFZGAAEAGAFFHGFAGEAGACDD", "identity"),  # another order
        ("( w-imp keep spread mp ) AAABZZBZFAACAFABBHFBAFCAFADEE", "identity"),  # one result marked twice
        (WEAKEN, "weaken"),
        ("( w-imp keep mp ) ABADCABEF", "weaken"),
    ],
)
def test_a_proof_may_be_written_in_several_ways(answer: str, gold: str) -> None:
    found = JUDGE(answer, gold)
    assert found.verdict is CORRECT, found.reason


CHEATS = [
    ("an empty answer", "", "identity", "empty", "empty"),
    ("only the end", "$.", "identity", "empty", "empty"),
    ("no steps", "( w-imp keep )", "identity", "empty", "no steps"),
    ("itself", "wp identity", "identity", "circular", "step 2 (identity)"),
    ("itself, listed", "( identity ) AB", "identity", "circular", "label 1 of the list (identity)"),
    ("itself, listed and unused", "( w-imp identity ) A", "identity", "circular", "label 2 of the list"),
    ("a later theorem", "wp wp peirce", "identity", "forward_reference", "step 3 (peirce)"),
    ("a later theorem, listed", "( peirce ) AAB", "identity", "forward_reference", "stated after identity"),
    ("nothing known", "?", "identity", "incomplete", "step 1 (?)"),
    ("a gap", "wp wp ? mp", "identity", "incomplete", "step 3 (?)"),
    ("a gap in letters", "( w-imp ) AAB?", "identity", "incomplete", "step 4 (?)"),
    ("a gap in the list", "( ? ) A", "identity", "incomplete", "label 1 of the list (?)"),
    ("no such label", "wp wp sorry", "identity", "unknown_label", "step 3 (sorry)"),
    ("a symbol", "wp wp ->", "identity", "unknown_label", "step 3 (->)"),
    ("a declaration", "$( hm $) wp", "identity", "malformed", "'$'"),
    ("an axiom of its own", "cheat $a |- ( p -> p ) $. wp cheat", "identity", "malformed", "'$'"),
    ("a whole statement", f"identity $p |- ( p -> p ) $= {IDENTITY} $.", "identity", "malformed", "'$'"),
    ("an inclusion", "$[ /etc/passwd $]", "identity", "malformed", "'$'"),
    ("two ends", f"{IDENTITY} $. $.", "identity", "malformed", "'$'"),
    ("letters of elsewhere", "wp\N{NO-BREAK SPACE}wp", "identity", "malformed", "'\\xa0'"),
    ("a control character", "wp \x00", "identity", "malformed", "'\\x00'"),
    ("an open list", "( w-imp keep AAB", "identity", "malformed", "one list"),
    ("two lists", "( w-imp ) A ( keep ) B", "identity", "malformed", "one list"),
    ("a list inside", "( ( w-imp ) AAB", "identity", "malformed", "one list"),
    ("small letters", "( w-imp ) aab", "identity", "malformed", "step 1 (a)"),
    ("a digit", "( w-imp ) AA1", "identity", "malformed", "step 3 (1)"),
    ("half a number", "( w-imp ) AABU", "identity", "malformed", "step 4 (U)"),
    ("half a number, marked", "( w-imp ) AABUZ", "identity", "malformed", "step 4 (UZ)"),
    ("a number too high", "( w-imp ) AAC", "identity", "number_out_of_range", "step 3 (C)"),
    ("a number far too high", "( w-imp ) AAYYYYYYYYYYYYYYA", "identity", "number_out_of_range", "above 2"),
    ("a recall before its mark", "( w-imp ) AABC", "identity", "number_out_of_range", "step 4 (C)"),
    ("a mark at the start", "( w-imp ) ZAAB", "identity", "misplaced_mark", "before step 1 (Z)"),
    ("a marked hypothesis", "( w-imp ) AZAB", "identity", "misplaced_mark", "before step 2 (Z)"),
    ("a marked recall", "( w-imp ) AABZCZ", "identity", "misplaced_mark", "before step 5 (Z)"),
    ("a mandatory hypothesis listed", "( wp w-imp ) AAC", "identity", "listed_hypothesis", "label 1"),
    ("a hypothesis of elsewhere", "wp wp mp.1", "identity", "inactive_hypothesis", "step 3 (mp.1)"),
    ("too few hypotheses", "wp w-imp", "identity", "stack", "step 2 (w-imp): takes 2 off a stack of 1"),
    ("a leftover", f"wp {WEAKEN}", "weaken", "stack", "the stack holds 2"),
    ("marks and a leftover", "( w-imp ) AABZA", "identity", "stack", "after step 4 (wp)"),
    ("wrong sort", "tt tt w-imp", "identity", "mismatch", "step 3 (w-imp): hypothesis 1 is a `wff`"),
    ("a proof where a formula belongs", "wp wp wp keep w-imp", "identity", "mismatch", "step 5 (w-imp)"),
    ("wrong order", "wp wq weaken.1 wp wq w-imp wp wq keep mp", "weaken", "mismatch", "step 10 (mp)"),
    ("hypotheses swapped", "wp wq wp w-imp wp wq keep weaken.1 mp", "weaken", "mismatch", "step 9 (mp)"),
    ("an instance too special", "wp wp keep", "identity", "other_statement", "step 3 (keep) proves"),
    ("only the formula", "wp wp w-imp", "identity", "other_statement", "`wff ( p -> p )`"),
    ("a similar theorem", OURS.proof("contra-2"), "contra-3", "other_statement", "proves"),
    ("no $d", ZERO_ADD, "|- ( 0 + t ) = t", "disjoint", "step 107 (induction): needs $d x y"),
    ("half of $d", ZERO_ADD, "$d x y\n|- ( 0 + t ) = t", "disjoint", "(induction): needs $d t x"),
    ("$d of others", ZERO_ADD, "$d t x z\n$d t y z\n|- ( 0 + t ) = t", "disjoint", "needs $d x y"),
    ("the variable of an induction", ZERO_ADD.replace("vy", "vx", 1), "zero-add", "disjoint", "both sides"),
    (
        "doubling",
        "( w-imp ) AABZ" + "".join(f"{c}{c}BZ" for c in "CDEFGHIJKLMNOPQRST"),
        "identity",
        "work_limit",
        "step",
    ),
]


@pytest.mark.parametrize(
    ("answer", "gold", "outcome", "reason"), [row[1:] for row in CHEATS], ids=[r[0] for r in CHEATS]
)
def test_what_is_no_proof_is_refused_and_the_step_is_named(
    answer: str, gold: str, outcome: str, reason: str
) -> None:
    found = JUDGE(answer, gold)
    special = {"empty": Verdict.NO_ANSWER, "malformed": Verdict.UNPARSABLE, "work_limit": Verdict.TIMED_OUT}
    assert (found.verdict, found.outcome) == (special.get(outcome, WRONG), outcome)
    assert reason in found.reason
    assert "\n" not in found.reason


@pytest.mark.parametrize(
    ("gold", "answer"),
    [
        ("|- ( p -> p )", "wp identity"),
        ("|- ( q -> q )", "wq identity"),
        ("  $e |- p\n\n  |- ( q -> p )  ", "wp wq h.1 weaken"),
        ("some $e |- p\n|- ( q -> p )", "wp wq some weaken"),
        ("$e |- p\n$e |- q\n|- ( p & q )", "( both ) ABCDE"),
        ("$e |- q\n$e |- p\n|- ( p & q )", "( both ) ABDCE"),
        ("wff ( p -> p )", "wp wp w-imp"),
        ("$d t x y\n|- ( 0 + t ) = t", ZERO_ADD),
        ("$d t x\n$d x y\n$d t y\n|- ( 0 + t ) = t", ZERO_ADD),
        ("|- ( 0 + S 0 ) = S 0", "t-zero t-succ zero-add"),
    ],
)
def test_new_statements_are_judged_against_the_whole_database(gold: str, answer: str) -> None:
    found = JUDGE(answer, gold)
    assert found.verdict is CORRECT, found.reason
    assert JUDGE(f"wp {answer}" if "(" not in answer else f"{answer} A", gold).verdict is WRONG


@pytest.mark.parametrize(
    "gold",
    [
        *("", "  \n", "mp", "wp", "no-such-theorem", "|- ( p -> $ )", "p -> p", "|- ph", "$e |- p", "$d x y"),
        *("$e\n|- p", "$e p\n|- p", "$d x\n|- p", "$d x x\n|- p", "$d x |-\n|- p", "$d x nobody\n|- p"),
        *(
            "mp $e |- p\n|- p",
            "a $e |- p\na $e |- p\n|- p",
            "|- p\n|- p",
            "a b $e |- p\n|- p",
            "$a |- p\n|- p",
        ),
    ],
)
def test_a_gold_that_states_nothing_is_an_error_of_ours(gold: str) -> None:
    assert JUDGE("wp", gold).verdict is Verdict.ERROR


@pytest.mark.parametrize(
    "answer",
    [
        "( w-imp ) AABZ" + "".join(f"{c}{c}BZ" for c in "CDEFGHIJKLMNO") + "PPB" * 60_000,
        "( w-imp ) " + "AAB" * 60_000,
        "( w-imp ) AAB" + "Z" * 190_000,
        "( w-imp ) " + "U" * 190_000,
        "( w-not ) A" + "B" * 190_000,
        "( " + "keep " * 39_000 + ") A",
        "wp " + "w-not " * 30_000,
        "(" * 190_000,
        "? " * 90_000,
        "wp " * 3_000_000,
        " " * 9_000_000,
        "$" * 9_000_000,
    ],
)
def test_large_answers_are_refused_at_once(answer: str) -> None:
    began = time.perf_counter()
    found = JUDGE(answer, "identity")
    assert time.perf_counter() - began < 2
    assert found.verdict is not CORRECT
    assert len(found.reason) < 700
    assert len(found.extracted or "") < 700


def test_limits_are_the_callers_choice() -> None:
    assert Metamath(OURS, Limits(characters=10))(IDENTITY, "identity").outcome == "malformed"
    assert Metamath(OURS, Limits(expression=10))(IDENTITY, "identity").outcome == "work_limit"
    assert Metamath(OURS, Limits(work=300))(IDENTITY, "identity").outcome == "work_limit"


def test_threads_may_share_a_verifier() -> None:
    judge = Metamath(Database.read(BUILT_IN / "arithmetic.mm"))  # nothing of it has been used yet
    with ThreadPoolExecutor(8) as pool:
        found = pool.map(lambda label: judge(OURS.proof(label), label).correct, OURS.theorems * 5)
        assert all(found)


def test_databases_are_found_by_name_and_kept() -> None:
    assert read_database("arithmetic.mm") is built_in_database()
    with pytest.raises(DataError, match=r"no-such\.mm cannot be read"):
        read_database("no-such.mm")
