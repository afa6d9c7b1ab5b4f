"""How good a completion looks without knowing the answer: the scorers of best-of-N and of searches.

    mean-logprob     mean of log p(token): how expected the text was to the model itself
    bottom-window    the lowest mean of any window of tokens: a chain is as strong as its weakest stretch
                     (DeepConf, Fu et al., arXiv:2508.15260)
    self-certainty   mean of KL(uniform || p) over tokens: how far from guessing the model was, whichever
                     token was drawn (Kang et al., arXiv:2502.18581)

A scorer is any function of a problem and a completion; a reward model or a verifier is one too. Endpoints
that send none of this cannot be scored by them, which is an error and not a score of zero. An empty
completion has none either, and scores below all others.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import accumulate
from typing import cast

from ponder.config import imported_function
from ponder.errors import ConfigError
from ponder.records import Completion, Problem

Scorer = Callable[[Problem, Completion], float]
WINDOW = 16
"""Tokens: a line or two of reasoning."""


def mean_logprob(completion: Completion) -> float:
    logprobs = _logprobs(completion)
    return sum(logprobs) / len(logprobs) if logprobs else -math.inf


def bottom_window(completion: Completion, window: int = WINDOW) -> float:
    """The lowest mean logprob of `window` neighbouring tokens; of all of them if there are fewer."""
    logprobs = _logprobs(completion)
    if not logprobs:
        return -math.inf
    window = min(window, len(logprobs))
    sums = [0.0, *accumulate(logprobs)]
    return min(sums[end] - sums[end - window] for end in range(window, len(sums))) / window


def self_certainty(completion: Completion) -> float:
    certainties = completion.certainties
    if not certainties and completion.text:
        raise ConfigError("this sampler does not tell how certain it was: choose another scorer")
    return sum(certainties) / len(certainties) if certainties else -math.inf


def _logprobs(completion: Completion) -> tuple[float, ...]:
    if not completion.logprobs and completion.text:
        raise ConfigError("this sampler sends no logprobs: choose another scorer or weighting")
    return completion.logprobs


SCORERS: dict[str, Scorer] = {
    "mean-logprob": lambda _, completion: mean_logprob(completion),
    "bottom-window": lambda _, completion: bottom_window(completion),
    "self-certainty": lambda _, completion: self_certainty(completion),
}


def find_scorer(scorer: str | Scorer) -> Scorer:
    """One by its name, or your own, also as `package.module:function`."""
    if not isinstance(scorer, str):
        return scorer
    if ":" in scorer:
        return cast(Scorer, imported_function(scorer, "scorer"))
    if scorer not in SCORERS:
        known = ", ".join(SCORERS)
        raise ConfigError(f"unknown scorer {scorer!r}; known: {known}, or package.module:function")
    return SCORERS[scorer]
