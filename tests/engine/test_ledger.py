"""Costs against a count by hand."""

from __future__ import annotations

import time

from fakes import random_engine, random_model

from ponder.engine.ledger import count_cost, share_seconds
from ponder.records import Cost, Sampling


def test_a_forked_group_costs_what_a_hand_counts():
    engine = random_engine("llama", slots=2)
    prompt, new = [3, 1, 4, 1, 5], 4
    group = engine.generate([prompt], Sampling(n=3, max_tokens=new, ignore_eos=True))[0]
    total = sum((completion.cost for completion in group), Cost())
    arch = random_model("llama")[1].arch
    # The prompt: positions 1..5. Each sample then feeds three of its four tokens, attending to 6, 7 and 8.
    blocks, head = arch.matmul_weights - arch.vocab_size * arch.width, arch.vocab_size * arch.width
    attended = (1 + 2 + 3 + 4 + 5) + 3 * (6 + 7 + 8)
    assert total.flops == (
        2 * blocks * (5 + 3 * 3)
        + 2 * head * (1 + 3 * 3)
        + 4 * arch.layers * arch.heads * arch.head_size * attended
    )
    assert (total.prompt_tokens, total.cached_prompt_tokens) == (5, 10)
    assert [completion.cost.prompt_tokens for completion in group] == [5, 0, 0]
    assert total.generated_tokens == 12
    assert total.forward_passes == 1 + 3 * 3


def test_reasoning_and_answer_add_up():
    arch = random_model("llama")[1].arch
    cost = count_cost(arch, prompt=10, cached=10, generated=8, reasoning=5)
    assert (cost.reasoning_tokens, cost.answer_tokens) == (5, 3)


def test_seconds_are_shared_by_operations():
    shared = share_seconds([Cost(flops=1.0), Cost(flops=3.0)], 8.0)
    assert [cost.seconds for cost in shared] == [2.0, 6.0]
    assert share_seconds([Cost()], 1.0)[0].seconds == 0.0


def test_a_call_shares_out_all_its_seconds():
    engine = random_engine(slots=4)
    ticks: list[int] = []
    started = time.perf_counter()
    groups = engine.generate(["ab", "c"], Sampling(n=2, max_tokens=5), on_progress=ticks.append)
    measured = time.perf_counter() - started
    assert ticks == [1, 1, 1, 1]
    seconds = sum(completion.cost.seconds for group in groups for completion in group)
    assert 0 < seconds <= measured


def test_batched_and_alone_cost_the_same():
    prompts = [[1, 2, 3], [4] * 40, [5] * 17]
    sampling = Sampling(n=3, max_tokens=9, ignore_eos=True)
    together = random_engine(slots=9).generate(prompts, sampling)
    for prompt, group in zip(prompts, together, strict=True):
        alone = random_engine(slots=2).generate([prompt], sampling)[0]
        for mine, theirs in zip(group, alone, strict=True):
            assert (mine.cost.flops, mine.cost.forward_passes) == (
                theirs.cost.flops,
                theirs.cost.forward_passes,
            )
            assert mine.cost.prompt_tokens == theirs.cost.prompt_tokens
