"""Turn a base language model into a reasoning model, and find out whether the thinking pays."""

from ponder.api import connect, load, solve
from ponder.records import (
    Attempt,
    Completion,
    Cost,
    FinishReason,
    Judgement,
    Message,
    Problem,
    Sampling,
    Verdict,
)
from ponder.verify.math import verify_math

__all__ = [
    "Attempt",
    "Completion",
    "Cost",
    "FinishReason",
    "Judgement",
    "Message",
    "Problem",
    "Sampling",
    "Verdict",
    "connect",
    "load",
    "solve",
    "verify_math",
]
