"""The sentences about prices and the words for ties, checked by hand."""

from __future__ import annotations

import math

import pytest

from ponder.evaluation.comparison import Comparison
from ponder.evaluation.crossover import Stretch, TiedArm
from ponder.evaluation.statistics import Interval
from ponder.evaluation.wording import crossover_sentence, paired_legend, paired_words


def stretch(name: str, start: float, stop: float = math.inf, **tied: float) -> Stretch:
    arms = tuple(TiedArm(name=each, accuracy=0.5, cost=cost) for each, cost in tied.items())
    return Stretch(name=name, accuracy=0.5, start=start, stop=stop, tied=arms)


def test_a_sentence_says_what_to_buy_below_and_above_a_price() -> None:
    two = [stretch("direct", 8.25, 60), stretch("beam", 60, cheap=20, dear=84, level=60)]
    assert crossover_sentence(two, "generated_tokens") == (
        "Below 60 tokens a problem: direct; from 60 on: beam, tied with cheap, dear (from 84) and level."
    )
    assert crossover_sentence([stretch("direct", 2e8, 2e9), stretch("beam", 2e9)], "flops") == (
        "Below 2 GFLOP a problem: direct; from 2 GFLOP on: beam."
    )
    assert crossover_sentence([stretch("a", 0.1, 0.2), stretch("b", 0.2, 3), stretch("c", 3)], "seconds") == (
        "Below 200 ms a problem: a; from 200 ms on: b; from 3 s on: c."
    )


def test_one_arm_for_every_price_and_none_at_all() -> None:
    assert crossover_sentence([stretch("direct", 5, x=9)], "flops") == (
        "At any price in FLOPs: direct, tied with x (from 9 FLOP)."
    )
    assert crossover_sentence([], "flops") == "No problem has been judged yet."


def comparison(only_a: int, only_b: int, n: int, p: float, interval: tuple[float, float]) -> Comparison:
    return Comparison(
        a="a", b="b", n=n, both=0, only_a=only_a, only_b=only_b, interval=Interval(*interval), p_value=p
    )


@pytest.mark.parametrize(
    ("only_a", "only_b", "n", "p", "interval", "holm_p", "said"),
    [
        (5, 30, 100, 0.001, (0.1, 0.4), 0.01, "better"),
        (30, 5, 100, 0.001, (-0.4, -0.1), 0.01, "worse"),
        (5, 20, 100, 0.004, (0.05, 0.2), 0.06, "better, not by Holm"),
        (4, 4, 40, 1.0, (-0.1, 0.1), 1.0, "tied, even"),
        (4, 8, 40, 0.39, (-0.05, 0.2), 1.0, "tied, 213 more"),
        (0, 30, 100, 0.06, (0.0, 0.4), 0.06, "tied, just"),
        (0, 0, 0, 1.0, (-1.0, 1.0), 1.0, "nothing shared"),
    ],
)
def test_what_a_comparison_comes_to(
    only_a: int, only_b: int, n: int, p: float, interval: tuple[float, float], holm_p: float, said: str
) -> None:
    result = comparison(only_a, only_b, n, p, interval)
    words = paired_words(result, holm_p)
    assert words == said
    if said.endswith("more"):
        assert result.n_needed is not None and result.n_needed - n == int(said.split()[1])


def test_the_legend_tells_only_of_what_is_there() -> None:
    assert paired_legend(["better", "worse"]) == ""
    assert (
        paired_legend(["tied, even"]) == "“tied, even”: as many problems speak for the one as for the other."
    )
    assert paired_legend(["tied, 9 more", "better, not by Holm"]).count("”: ") == 2
