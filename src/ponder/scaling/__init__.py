"""Ways to spend a sampler on a problem, one per file, and the table that names them."""

from collections.abc import Callable

from ponder.errors import ConfigError
from ponder.protocols import Strategy
from ponder.scaling.chain_of_thought import ChainOfThought
from ponder.scaling.direct import Direct
from ponder.scaling.self_consistency import SelfConsistency

STRATEGIES: dict[str, Callable[[], Strategy]] = {
    "direct": Direct,
    "chain-of-thought": ChainOfThought,
    "self-consistency": SelfConsistency,
}


def make_strategy(name: str) -> Strategy:
    if name not in STRATEGIES:
        raise ConfigError(f"unknown strategy {name!r}; known: {', '.join(STRATEGIES)}")
    return STRATEGIES[name]()
