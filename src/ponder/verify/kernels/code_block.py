"""The code in an answer: its last fenced block, or all of it."""

from __future__ import annotations

import re

LONGEST_ANSWER = 200_000
"""Characters of a proof that is looked at."""
_FENCE = re.compile(r"^```[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)


def code_of(answer: str) -> str:
    """The last fenced block, or the whole text where there is none."""
    blocks = _FENCE.findall(answer)
    return blocks[-1] if blocks else answer
