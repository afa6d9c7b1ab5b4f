from fakes import completion

from ponder.scaling.single import stated_answer, total_cost


def test_stated_answer_reads_only_what_follows_the_reasoning() -> None:
    assert stated_answer(completion("<think>\\boxed{1}</think>\\boxed{2}")) == "2"
    assert stated_answer(completion("<think>\\boxed{1}")) is None


def test_costs_add_up() -> None:
    assert total_cost([completion("abc"), completion("de")]).answer_tokens == 5
