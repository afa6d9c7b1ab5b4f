"""How much of a set of items a training file holds: word n-grams, the same problems, the same proofs.

N-grams follow GPT-3 (Brown et al., arXiv:2005.14165, appendix C), which took 13 words where most texts are
long; items here are short, so the default is 8. Only an item's premises count, not the instruction that all
items share. Two problems are the same when their canonical content is, whatever the order of the sentences
(`ponder/tasks/split.py`); two proofs are the same under renaming too (`proof_hash.py`), and shallow proofs
are few, so that alone is no sign of contamination.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from ponder.jsonl import parse_rows, read_text
from ponder.logic.items import ProbeItem
from ponder.logic.number_swaps import read_story
from ponder.logic.proof_hash import proof_hash
from ponder.logic.proving import colour_chain, has_colour
from ponder.logic.reading import UnreadableError, read_question
from ponder.logic.sentences import sentence
from ponder.tasks.split import canonical_key

WORDS = 8
_WORD = re.compile(r"[a-z]+|\d+")
_ASKING = re.compile(r"What colour is|Judge by these sentences alone|How many")


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemOverlap:
    """What the training file holds of one item."""

    id: str
    ngrams: float
    """The share of its n-grams that occur there."""
    same_problem: bool
    same_proof: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Contamination:
    """A set against a training file."""

    words: int
    """In an n-gram."""
    texts: int
    """That were read from the training file."""
    items: tuple[ItemOverlap, ...]

    @property
    def ngrams(self) -> float:
        """The mean share of n-grams."""
        return sum(item.ngrams for item in self.items) / max(len(self.items), 1)

    @property
    def touched(self) -> float:
        """The share of items of which at least one n-gram occurs, GPT-3's reading."""
        return sum(item.ngrams > 0 for item in self.items) / max(len(self.items), 1)

    @property
    def same_problem(self) -> float:
        return sum(item.same_problem for item in self.items) / max(len(self.items), 1)

    @property
    def same_proof(self) -> float:
        return sum(item.same_proof for item in self.items) / max(len(self.items), 1)


@dataclass(frozen=True, slots=True)
class Content:
    """A question's canonical key and the hash of its proof; stories have their signs for a proof."""

    key: str
    proof: str


def contamination(items: Sequence[ProbeItem], training: Path, *, words: int = WORDS) -> Contamination:
    """Of each item and of the whole set; the file is JSON lines, all of whose texts count, or plain text."""
    if words < 1:
        raise ValueError("an n-gram has at least one word")
    grams = [_grams(" ".join(item.premises), words) for item in items]
    wanted = {gram for each in grams for gram in each}
    sizes = sorted({len(gram) for gram in wanted})
    contents = [content_of(item.question) for item in items]
    found, keys, proofs, count = set[tuple[str, ...]](), set[str](), set[str](), 0
    for text in training_texts(training):
        count += 1
        told = _words(text)
        for size in sizes:
            found.update(wanted.intersection(zip(*(told[at:] for at in range(size)), strict=False)))
        for part in {text, *text.split("\n")}:
            if (content := content_of(part)) is not None:
                keys.add(content.key)
                proofs.add(content.proof)
    overlaps = [
        ItemOverlap(
            id=item.id,
            ngrams=sum(gram in found for gram in own) / len(own) if own else 0.0,
            same_problem=content is not None and content.key in keys,
            same_proof=content is not None and content.proof in proofs,
        )
        for item, own, content in zip(items, grams, contents, strict=True)
    ]
    return Contamination(words=words, texts=count, items=tuple(overlaps))


def content_of(text: str) -> Content | None:
    """Of a question in the wording of the probe or of the two task families; None of any other text."""
    if not _ASKING.search(text):
        return None
    if (chain := read_story(text)) is not None:
        signs = "".join("+" if term > 0 else "-" for term in chain.terms)
        return Content(canonical_key(chain.content), f"story {signs}")
    try:
        question = read_question(text)
    except UnreadableError:
        return None
    if question.asked is not None:
        told = "; ".join(sorted(map(sentence, question.premises)))
        key = canonical_key(f"statement {sentence(question.asked)} {told}")
        return Content(key, proof_hash(question.premises, question.asked))
    links = colour_chain(question)
    proof = proof_hash(question.premises, has_colour(question.name, links[-1]))
    return Content(canonical_key("proof " + ">".join(links)), proof)


def training_texts(path: Path) -> Iterator[str]:
    """Every text of every row of JSON lines, or the whole of any other file."""
    text = read_text(path)
    if not text.lstrip().startswith("{"):
        yield text
        return
    for _, row in parse_rows(text, path):
        yield from _texts(row)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in cast(dict[str, Any], value).values():
            yield from _texts(each)
    elif isinstance(value, list):
        for each in cast(list[Any], value):
            yield from _texts(each)


def _words(text: str) -> list[str]:
    return _WORD.findall(text.lower())


def _grams(text: str, size: int) -> set[tuple[str, ...]]:
    """Of a text shorter than that, all its words are one."""
    told = _words(text)
    if len(told) < size:
        return {tuple(told)} if told else set()
    return set(zip(*(told[at:] for at in range(size)), strict=False))
