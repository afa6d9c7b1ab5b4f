"""The reader of Metamath databases: what the language asks, and the line of each fault."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ponder.errors import DataError
from ponder.verify.kernels.metamath import BUILT_IN
from ponder.verify.kernels.metamath_database import Database

HEAD = """$c wff |- ( ) -> $. $v p q r $.
$( A comment
   of two lines. $)
wp $f wff p $. wq $f wff q $.
w-imp $a wff ( p -> q ) $.
"""
GROUND = (BUILT_IN / "arithmetic.mm").read_bytes()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "$( only a comment $)",
        "${ $v a $. $} ${ $v a $. $}",
        "${ $v a $. $} $v a $.",
        HEAD + "$d p q $. $d q p $.",
        HEAD + "x $a |- p $( inside $) $.",
        HEAD + "x $p |- p $= $( inside $) wp $.",
        HEAD + "${ f $f wff r $. $} g $f |- r $. x $a |- r $.",
        HEAD + "${ $d p q $. ${ e $e |- p $. x $a |- q $. $} $}",
        HEAD + "x. $a |- p $.",
        HEAD.replace("\n", "\r\n") + "\tx\n$a\f|- p $.",
    ],
)
def test_what_the_language_allows_is_read(text: str) -> None:
    Database.parse(text)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("$c a a $.", "a already has a meaning"),
        ("$c a $. $v a $.", "a already has a meaning"),
        ("${ $v a $. $} $c a $.", "a already has a meaning"),
        ("$v a $. ${ $v a $. $}", "a already has a meaning"),
        ("${ $c a $. $}", "outside of all blocks"),
        ("$c $.", "at least one symbol"),
        ("$v $.", "at least one symbol"),
        ("x $c y $.", "has no label"),
        ("$c wff $. $a wff $.", "needs a label"),
        ("$d p $.", "two or more"),
        ("$d p p $.", "two or more"),
        ("$d p ( $.", "two or more"),
        ("$d p nobody $.", "two or more"),
        ("x $f wff p $.", "one variable its one typecode"),
        ("x $f wff ( $.", "one variable its one typecode"),
        ("x $f wff $.", "one variable its one typecode"),
        ("x $f wff r p $.", "one variable its one typecode"),
        ("x $e |- r $.", "the variable r has no $f"),
        ("x $a |- r $.", "the variable r has no $f"),
        ("${ f $f wff r $. $} x $a |- r $.", "the variable r has no $f"),
        ("${ $v z $. $} x $a |- z $.", "z is not declared here"),
        ("x $a |- z $.", "z is not declared here"),
        ("x $a p |- $.", "begins with a constant"),
        ("x $a $.", "begins with a constant"),
        ("wp $a |- p $.", "wp already has a meaning"),
        ("p $a |- p $.", "p already has a meaning"),
        ("x $a |- p $. $v x $.", "x already has a meaning"),
        ("${ e $e |- p $. $} e $a |- p $.", "e already has a meaning"),
        ("x $p |- p $.", "has a proof after $="),
        ("x $a |- p $= wp $.", "has a proof after $="),
        ("x $p |- p $= wp $= wp $.", "no whole statement"),
        ("x $a |- p", "no whole statement"),
        ("x $a |- p$.", "no whole statement"),
        ("x$a |- p $.", "no whole statement"),
        ("x* $a |- p $.", "no whole statement"),
        ("x y $a |- p $.", "no whole statement"),
        ("$[ other.mm $]", "no whole statement"),
        ("$t other $.", "no whole statement"),
        ("$= wp $.", "no whole statement"),
        ("stray", "no whole statement"),
        ("$) stray", "no whole statement"),
        ("$}", "$} without ${"),
        ("x ${ $}", "a block has no label"),
        ("$( open", "a comment is not closed"),
        ("$( a $( b $)", "a comment is not closed"),
        ("$(a $)", "a comment is not closed"),
        ("$( a$) $)", "a comment is not closed"),
        ("x $a |- \x0b p $.", "byte 11"),
        ("x $a |- caf\N{LATIN SMALL LETTER E WITH ACUTE} $.", "byte 195"),
    ],
)
def test_faults_are_named_with_their_line(text: str, fault: str) -> None:
    own_head = text.startswith(("$c", "$v a", "${ $v a", "${ $c"))
    with pytest.raises(DataError) as caught:
        Database.parse(("\n" * 5 if own_head else HEAD) + text, name="some.mm")
    assert str(caught.value).startswith("some.mm, line 6: ")
    assert fault in str(caught.value)


def test_an_open_block_is_a_fault_of_the_end() -> None:
    with pytest.raises(DataError, match=r"line 8: a block is not closed"):
        Database.parse(HEAD + "${\n\n")


def test_frames_hold_what_is_mandatory() -> None:
    text = HEAD + "$d p q $. ${ e $e |- q $. $d q r $. wr $f wff r $. x $a |- ( p -> p ) $. $} y $a |- q $."
    statements = Database.parse(text).statements
    x, y = statements["x"], statements["y"]
    assert not isinstance(x, type(statements["e"]))
    assert [hypothesis.label for hypothesis in x.hypotheses] == ["wp", "wq", "e"]
    assert x.rule.disjoint == ((0, 1),)
    assert [hypothesis.label for hypothesis in y.hypotheses] == ["wq"]
    assert list(x.disjoint_groups()) == [("q", "r"), ("p", "q")]
    assert list(y.disjoint_groups()) == [("p", "q")]


def test_a_database_can_be_read_in_part(tmp_path: Path) -> None:
    file = tmp_path / "part.mm"
    file.write_bytes(GROUND + b"\nbroken $a")
    part = Database.read(file, upto="chain.1")
    assert list(part.statements)[-1] == "chain.1"
    assert part.verify_all() == {}
    assert part.theorem("chain") is None
    with pytest.raises(DataError, match="line"):
        Database.read(file)
    with pytest.raises(DataError, match="there is no statement nowhere"):
        Database.parse(GROUND, upto="nowhere")


def test_proofs_are_read_without_trust() -> None:
    text = HEAD + "id $p |- ( p -> p ) $= ? $. oops $p wff ( p -> p ) $= wp id $. ok $p wff p $= wp $."
    failed = Database.parse(text).verify_all()
    assert set(failed) == {"id", "oops"}
    assert "step 1 (?)" in failed["id"]


def test_proofs_can_be_asked_for() -> None:
    database = Database.parse(HEAD + "ok $p wff p $=\n  wp\n  $.")
    assert database.theorems == ["ok"]
    assert database.proof("ok") == "wp"
    for label in ("wp", "w-imp", "nowhere"):
        with pytest.raises(KeyError):
            database.proof(label)


def test_a_symbol_may_have_any_printable_characters() -> None:
    database = Database.parse(
        "$c {0} %s \\ {{ | $. $v {} $. v $f | {} $. x $a %s {0} {} {{ \\ {} $. "
        "y $p %s {0} {} {{ \\ {} $= v x $."
    )
    assert database.verify_all() == {}


def test_a_variable_may_stand_for_nothing() -> None:
    text = "$c M |- $. $v x y $. mx $f M x $. my $f M y $. none $a M $. ax $a |- x y $. "
    assert Database.parse(text + "th $p |- y $= none my ax $.").verify_all() == {}


@given(st.lists(st.sampled_from(GROUND.decode().split()[:900]), max_size=60))
def test_words_in_any_order_are_read_or_refused(words: list[str]) -> None:
    try:
        Database.parse(" ".join(words)).verify_all()
    except DataError as error:
        assert "line" in str(error)


@given(st.binary(max_size=200))
def test_bytes_are_read_or_refused(content: bytes) -> None:
    try:
        Database.parse(content)
    except DataError as error:
        assert "line" in str(error)
