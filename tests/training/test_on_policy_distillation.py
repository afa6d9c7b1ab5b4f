"""The student's own completions against the teacher's probabilities: the loss, and batches that resume."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
import torch
from small_engines import AnythingGoes, small_engine

from ponder.errors import ConfigError, DataError, ModelError
from ponder.training.batch import Example
from ponder.training.loop import LoopConfig
from ponder.training.on_policy_distillation import (
    OnPolicyBatches,
    OnPolicyConfig,
    on_policy_loss,
    token_kl,
    train_on_policy,
)

CONFIG = OnPolicyConfig(problems_per_step=3, samples=2, max_tokens=6)
PROBLEMS = AnythingGoes().problems(split="train", count=8, seed=0)
EXAMPLES = [Example(tuple(range(1, 3 + n)), tuple(range(40, 41 + 2 * n))) for n in (3, 0, 5, 1)]


def test_each_token_has_the_exact_reverse_kl() -> None:
    teacher, student = small_engine(0).transformer, small_engine(1).transformer
    expected = list[float]()
    with torch.no_grad():
        for example in EXAMPLES:
            ids = torch.tensor([[*example.prompt_ids, *example.completion_ids]])
            p, q = teacher(ids)[0].softmax(-1).double(), student(ids)[0].softmax(-1).double()
            kl = sum(q[:, v] * (q[:, v] / p[:, v]).log() for v in range(q.shape[1]))
            assert isinstance(kl, torch.Tensor)
            expected += kl[len(example.prompt_ids) - 1 : -1].tolist()
        found = token_kl(student, teacher, EXAMPLES)
    assert found.tolist() == pytest.approx(expected, rel=1e-3, abs=1e-6)


def test_the_loss_is_a_mean_over_all_tokens_and_moves_the_student_alone() -> None:
    teacher, gradients, losses = small_engine(0).transformer, list[torch.Tensor](), list[float]()
    for limit in (10_000, 12):
        student = small_engine(1).transformer
        loss = on_policy_loss(replace(CONFIG, tokens_per_piece=limit), teacher)(student, EXAMPLES)
        assert student.embed_tokens.weight.grad is not None
        losses.append(loss.figures["loss"])
        gradients.append(student.embed_tokens.weight.grad)
    with torch.no_grad():
        assert losses[0] == pytest.approx(float(token_kl(student, teacher, EXAMPLES).mean()), rel=1e-5)
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)
    assert torch.allclose(*gradients, atol=1e-6)
    assert all(p.grad is None for p in teacher.parameters())


def test_a_student_that_is_the_teacher_has_nothing_to_learn() -> None:
    student = small_engine().transformer
    loss = on_policy_loss(CONFIG, small_engine().transformer)(student, EXAMPLES)
    assert loss.figures["loss"] == pytest.approx(0, abs=1e-6)
    assert all(p.grad is not None and p.grad.abs().max() < 1e-6 for p in student.parameters())


@pytest.mark.parametrize("taken", [0, 1, 3])
def test_batches_go_on_where_they_were(taken: int) -> None:
    first, second = (OnPolicyBatches(small_engine(), PROBLEMS, CONFIG, seed=4) for _ in range(2))
    before = [next(first) for _ in range(taken)]
    second.load_state_dict(json.loads(json.dumps(first.state_dict())))
    assert [next(first), next(first)] == [next(second), next(second)]
    assert replace(first.cost, seconds=0.0) == replace(second.cost, seconds=0.0)
    assert first.cost.flops > 0
    assert all(len(batch) == 6 for batch in before)


def test_each_step_samples_something_else() -> None:
    batches = OnPolicyBatches(small_engine(), PROBLEMS[:3], CONFIG)
    first, second = ({e.completion_ids for e in next(batches)} for _ in range(2))
    assert len(first) > 1 and first != second


def test_other_or_too_few_problems_are_refused() -> None:
    batches = OnPolicyBatches(small_engine(), PROBLEMS, CONFIG)
    with pytest.raises(DataError, match="not those the run began with"):
        OnPolicyBatches(small_engine(), PROBLEMS[:5], CONFIG).load_state_dict(batches.state_dict())
    with pytest.raises(ConfigError, match="3, but there are 2"):
        OnPolicyBatches(small_engine(), PROBLEMS[:2], CONFIG)


def test_a_teacher_of_other_words_and_a_model_that_teaches_itself_are_refused() -> None:
    loop, student = LoopConfig(steps=1, learning_rate=1e-3), small_engine()
    other = small_engine()
    other.tokenizer.backend.add_tokens(["<more>"])
    for teacher, kind, words in ((other, ModelError, "tokenizers"), (student, ConfigError, "load it twice")):
        with pytest.raises(kind, match=words):
            train_on_policy(student, teacher, PROBLEMS, CONFIG, loop, log=lambda step, figures: None)


def test_a_student_comes_nearer_to_its_teacher() -> None:
    teacher, student, kl = small_engine(0), small_engine(1), list[float]()
    with torch.no_grad():
        teacher.transformer.embed_tokens.weight.mul_(10)  # a teacher with opinions
    loop = LoopConfig(steps=25, learning_rate=1e-2, warmup_steps=1)
    cost = train_on_policy(
        student, teacher, PROBLEMS, CONFIG, loop, log=lambda step, figures: kl.append(figures["loss"])
    )
    assert kl[-1] < kl[0] / 2 and cost.flops > 0
