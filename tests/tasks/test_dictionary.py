import random
import re

from hypothesis import given
from hypothesis import strategies as st

from ponder.tasks import ONE_STEP


@given(st.integers(0, 10**9), st.integers(1, 6))
def test_the_answer_follows_from_the_entries(seed: int, depth: int) -> None:
    problem = ONE_STEP["dictionary"].draw(random.Random(seed), depth)
    entries = dict(re.findall(r"(\w+) means (\w+)\.", problem.question))
    asked = re.search(r"Translate: ([\w ]+)\.$", problem.question)
    assert asked
    words = asked[1].split()
    assert problem.answer == " ".join(entries[word] for word in words)
    assert len(words) == depth and len(entries) == depth + 1
    assert len(set(entries.values())) == len(entries), "no two words mean the same"


def test_the_key_holds_the_dictionary_in_any_order() -> None:
    drawn = ONE_STEP["dictionary"].draw(random.Random(3), 2)
    entries = sorted(re.findall(r"(\w+) means (\w+)\.", drawn.question))
    phrase = drawn.question.rpartition("Translate: ")[2].rstrip(".")
    assert drawn.content == f"translate {phrase} by {entries}"
