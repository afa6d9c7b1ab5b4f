"""Which problems are for training and which for testing: one canonical hash per problem decides.

The hash is taken over the *content* of a problem, not its wording: `12+7-5` has the same key as an
expression, as a story about pens and as a program, and a deduction has the same key in any order of
its sentences. So a problem that was trained on in one dress is never tested in another.
"""

import hashlib
from typing import Literal, get_args

Split = Literal["train", "validation", "test"]
SPLITS: tuple[str, ...] = get_args(Split)


def canonical_key(content: str) -> str:
    """SHA-256 of the content with case and spacing folded, in hex."""
    return hashlib.sha256(" ".join(content.lower().split()).encode()).hexdigest()


def split_of(key: str) -> Split:
    """Eight tenths train, one tenth validation, one tenth test."""
    match int(key[:8], 16) % 10:
        case 0:
            return "test"
        case 1:
            return "validation"
        case _:
            return "train"
