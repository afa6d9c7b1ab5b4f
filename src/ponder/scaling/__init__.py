"""Ways to spend a sampler on a problem, one per file, and the table that names them."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import partial
from typing import Any

from ponder.errors import ConfigError
from ponder.protocols import Strategy
from ponder.scaling.adaptive_consistency import AdaptiveConsistency
from ponder.scaling.beam_search import BeamSearch
from ponder.scaling.best_of_n import BestOfN
from ponder.scaling.budget_forcing import BudgetForcing
from ponder.scaling.chain_of_thought import ChainOfThought, few_shot
from ponder.scaling.chains import find_chain
from ponder.scaling.direct import Direct
from ponder.scaling.scorers import find_scorer
from ponder.scaling.self_consistency import SelfConsistency
from ponder.scaling.self_refine import SelfRefine
from ponder.scaling.tree_search import TreeSearch

STRATEGIES: dict[str, Callable[..., Strategy]] = {
    "direct": Direct,
    "chain-of-thought": ChainOfThought,
    "few-shot": few_shot,
    "plan-first": partial(ChainOfThought, chain="plan", name="plan-first"),
    "program-aided": partial(ChainOfThought, chain="program", name="program-aided"),
    "self-consistency": SelfConsistency,
    "adaptive-consistency": AdaptiveConsistency,
    "best-of-n": BestOfN,
    "beam-search": BeamSearch,
    "diverse-tree-search": partial(BeamSearch, subtrees=2, name="diverse-tree-search"),
    "tree-search": TreeSearch,
    "self-refine": SelfRefine,
    "budget-forcing": BudgetForcing,
}

SINGLE = frozenset({"direct", "chain-of-thought", "few-shot", "plan-first", "program-aided"})
"""Those that sample one completion, whatever the budget."""


NAMED: dict[str, Callable[[Any], object]] = {"scorer": find_scorer, "chain": find_chain}
"""Options that are found by name, and by what."""


def make_strategy(name: str, **options: Any) -> Strategy:
    """A strategy by name, with the fields of its class as options."""
    if name not in STRATEGIES:
        raise ConfigError(f"unknown strategy {name!r}; known: {', '.join(STRATEGIES)}")
    parameters = inspect.signature(STRATEGIES[name]).parameters
    known = [option for option in parameters if option != "name"]
    if unknown := sorted(set(options) - set(known)):
        raise ConfigError(f"{name} has no option {unknown[0]!r}; known: {', '.join(known)}")
    for option, value in options.items():
        default = parameters[option].default
        if isinstance(default, int | float) and not _fits(value, default):
            raise ConfigError(f"{option} of {name} must be like {default}, not {value!r}")
    for option, find in NAMED.items():  # a wrong name shows before anything is sampled
        if options.get(option) not in (None, "judge"):
            find(options[option])
    return STRATEGIES[name](**options)


def _fits(value: object, default: float) -> bool:
    """Whether a value can stand for a default: truth for truth, whole for whole, any number for a float."""
    if isinstance(default, bool) or isinstance(value, bool):
        return type(value) is type(default)
    return isinstance(value, int) or (isinstance(value, float) and isinstance(default, float))
