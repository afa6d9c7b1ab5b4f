"""Gold proofs hold; planted faults are found at their step."""

from __future__ import annotations

import pytest

from ponder.errors import ConfigError
from ponder.logic.items import DEPTHS, VERSIONS, ProbeItem, draw_items
from ponder.logic.step_check import MOST_STEPS, StepStanding, checked, split_steps

CHAIN = (
    "Tom is a raven. Every raven is a bird. Every bird is an animal. Every animal is black."
    " Ana is a ruby. Every ruby is a gem. Every gem is an object. Every object is red."
)
BRANCHED = (
    "Tom is a raven. Every raven is calm or small. Everything that is calm is a guest."
    " Everything that is small is a guest. If something is a guest and royal, then it is red. Tom is royal."
    " No guest is damp. Every mascot is damp."
)


def item(
    premises: str, asked: str, answer: str, *, choices: tuple[str, ...] = ("yes", "no", "unknown")
) -> ProbeItem:
    return ProbeItem(
        id="planted", proof="planted", version="familiar", form="statement", depth=4, conclusions="one",
        rules=(), premises=(), question=f"{premises} {asked}", answer=answer, choices=choices, steps=(),
        world="",
    )  # fmt: skip


def judged(statement: str) -> str:
    return f"Judge by these sentences alone: is it true that {statement}? Answer yes, no or unknown."


COLOUR = item(CHAIN, "What colour is Tom?", "black", choices=("red", "black"))
YES = item(BRANCHED, judged("Tom is red"), "yes")
NO = item(BRANCHED, judged("Tom is a mascot"), "no")
UNKNOWN = item(BRANCHED, judged("Tom is a bird"), "unknown")

HOLDING = {
    "as the model writes": (
        COLOUR,
        "so Tom is raven\nso raven is bird\nso bird is animal\nso animal is black",
    ),
    "two links a line": (COLOUR, "so Tom is bird\nso bird is black"),
    "gold wording": (COLOUR, "Tom is a bird. Tom is an animal. Tom is black."),
    "numbered, with talk": (
        COLOUR,
        "Let us see.\n1. Tom is a raven.\n2. So, Tom is a bird.\n3. Tom is an animal.\nThen Tom is black.",
    ),
    "reasons before": (
        COLOUR,
        "Since Tom is a raven and every raven is a bird, Tom is a bird.\n"
        "**Because** every bird is an animal, Tom is an animal, so Tom is black.",
    ),
    "reasons after": (
        COLOUR,
        "- Tom is a bird, as Tom is a raven.\n- Tom is black because every bird is black.",
    ),
    "rules joined first": (COLOUR, "Every raven is an animal. Every raven is black. So Tom is black."),
    "cases and conjunction": (
        YES,
        "Tom is calm or small. So Tom is a guest. Tom is a guest and royal. Thus Tom is red.",
    ),
    "modus tollens": (NO, "Tom is calm or small. Tom is a guest. Tom is not damp. Tom is not a mascot."),
    "nothing follows": (UNKNOWN, "Tom is calm or small. It is unknown whether Tom is a bird."),
}
BROKEN = {
    "skipped premise": (COLOUR, "Tom is a bird. Every bird is black. Every bird is calm. Tom is black.", 2),
    "hop to the decoy": (COLOUR, "so Tom is raven\nso raven is gem\nso gem is object\nso object is red", 1),
    "decoy and back": (COLOUR, "so Tom is raven\nso raven is gem\nso gem is black", 1),
    "circular": (YES, "Tom is a bird. So Tom is an animal. So Tom is a bird. Tom is red.", 0),
    "right answer, wrong proof": (COLOUR, "Tom is a ruby. Every ruby is black. So Tom is black.", 0),
    "false reason": (COLOUR, "Tom is a bird. Since Tom is a ruby, Tom is black.", 1),
    "converse": (COLOUR, "Tom is a bird. Every bird is a raven. Tom is black.", 1),
    "one case of two": (YES, "Tom is calm or small. So Tom is calm. So Tom is a guest. Tom is red.", 1),
    "wrong end": (COLOUR, "Tom is a bird. Tom is an animal. Tom is red.", 2),
    "refuted": (NO, "Tom is a guest. Tom is damp. Tom is not a mascot.", 1),
    "said to be unknown": (YES, "Tom is calm or small. It is unknown whether Tom is red.", 1),
    "unknown, yet concluded": (UNKNOWN, "Tom is a guest. So Tom is a bird.", 1),
}


@pytest.mark.parametrize("name", HOLDING)
def test_a_proof_that_holds(name: str) -> None:
    planted, trace = HOLDING[name]
    check = checked(planted, trace)
    assert check.proof_holds, check
    assert check.first_bad is None


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_proof_is_refused_at_its_step(name: str) -> None:
    planted, trace, at = BROKEN[name]
    check = checked(planted, trace)
    assert check.first_bad == at, check
    assert not check.proof_holds


def test_each_step_stands_as_it_does() -> None:
    trace = "Tom is a raven. Hm, well. Tom is a bird. Tom is calm. Tom is an animal. Tom is a bird."
    check = checked(COLOUR, trace)
    standing = [step.standing for step in check.steps]
    valid, unsupported, unreadable = StepStanding.VALID, StepStanding.UNSUPPORTED, StepStanding.UNREADABLE
    assert standing == [valid, unreadable, valid, unsupported, valid, valid]
    assert [step.restated for step in check.steps] == [True, False, False, False, False, True]
    assert (check.valid, check.restated, check.unsupported, check.unreadable) == (4, 2, 1, 1)
    assert check.first_bad == 3
    assert not check.reached


def test_a_contradicted_step_is_invalid_and_an_open_one_unsupported() -> None:
    check = checked(NO, "Tom is a mascot. Tom is a bird.")
    assert [step.standing for step in check.steps] == [StepStanding.INVALID, StepStanding.UNSUPPORTED]
    assert check.invalid == 1


def test_a_bad_step_supports_nothing() -> None:
    check = checked(YES, "Every guest is noble. Tom is a guest. Tom is noble.")
    standing = [step.standing for step in check.steps]
    assert standing == [StepStanding.UNSUPPORTED, StepStanding.VALID, StepStanding.UNSUPPORTED]


def test_a_skip_is_valid_and_counted_as_a_leap() -> None:
    check = checked(COLOUR, "Tom is an animal. Tom is black.")
    assert check.proof_holds
    assert not check.written_out
    assert (check.leaps, check.first_leap) == (1, 0)
    assert checked(COLOUR, "Tom is a bird. Tom is an animal. Tom is black.").written_out


def test_steps_that_leave_out_a_link_do_not_reach_the_conclusion() -> None:
    check = checked(COLOUR, "so Tom is raven\nso bird is animal\nso animal is black")
    assert check.first_bad is None
    assert not check.reached
    assert not check.proof_holds


@pytest.mark.parametrize("trace", ["", "black", "I think it is black, as ravens are.", "1.\n2."])
def test_a_trace_without_steps_proves_nothing(trace: str) -> None:
    check = checked(COLOUR, trace)
    assert not check.proof_holds
    assert check.valid == 0


def test_a_trace_without_end_is_not_read_to_its_end() -> None:
    check = checked(COLOUR, "so Tom is raven\n" * (MOST_STEPS + 5) + "Tom is black.")
    assert len(check.steps) == MOST_STEPS
    assert not check.proof_holds


@pytest.mark.parametrize("trace", ["so " * 9000, "Tom is " + "a raven and " * 4000, "if " * 9000 + ", then",
                                   "since " * 3000 + ", " * 3000])  # fmt: skip
def test_a_wild_trace_is_read_in_good_time(trace: str) -> None:
    assert checked(COLOUR, trace).valid == 0


def test_lines_and_sentences_are_steps() -> None:
    assert split_steps("1. Tom is red.\n\nso Tom is calm; Ana is red. ...") == [
        "Tom is red.", "so Tom is calm", "Ana is red.",
    ]  # fmt: skip


@pytest.mark.parametrize("form", ["statement", "colours"])
def test_the_gold_proofs_of_all_items_hold_and_are_written_out(form: str) -> None:
    for each in draw_items(form, proofs=16, depths=DEPTHS, versions=VERSIONS, seed=5):
        check = checked(each, "\n".join(each.steps))
        assert check.written_out, (each.id, check)
        assert check.unreadable == 0


@pytest.mark.parametrize("form", ["statement", "colours"])
def test_a_gold_proof_of_another_answer_does_not_hold(form: str) -> None:
    for each in draw_items(form, proofs=6, depths=(3,), versions=("invented",), seed=5):
        for other in set(each.choices) - {each.answer}:
            swapped = item(
                " ".join(each.premises), each.question.removeprefix(" ".join(each.premises)), other
            )
            assert not checked(swapped, "\n".join(each.steps)).proof_holds


def test_word_problems_have_no_steps_of_the_language() -> None:
    story = draw_items("word-problem", proofs=1, depths=(2,), versions=("familiar",), seed=0)[0]
    with pytest.raises(ConfigError, match="is a word problem"):
        checked(story, "1+1=2")
