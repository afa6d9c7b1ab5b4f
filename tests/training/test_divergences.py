"""Divergences per token against numbers worked out by hand and against slow twins."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from ponder.training import divergences
from ponder.training.divergences import in_runs, reverse_kl, top_forward_kl, top_logprobs

LOGITS = st.lists(st.lists(st.floats(-8, 8, width=32), min_size=5, max_size=5), min_size=1, max_size=4)
P, Q = torch.tensor([[0.5, 0.3, 0.1, 0.1]]), torch.tensor([[0.25, 0.25, 0.4, 0.1]])


def test_forward_kl_with_a_bucket_for_the_rest_by_hand() -> None:
    kl = top_forward_kl(Q.log(), top_logprobs(P.log(), 2))
    by_hand = 0.5 * math.log(0.5 / 0.25) + 0.3 * math.log(0.3 / 0.25) + 0.2 * math.log(0.2 / 0.5)
    assert kl.item() == pytest.approx(by_hand, abs=1e-6)


def test_reverse_kl_by_hand() -> None:
    by_hand = 0.25 * math.log(0.5) + 0.25 * math.log(0.25 / 0.3) + 0.4 * math.log(4.0)
    assert reverse_kl(Q.log(), P.log()).item() == pytest.approx(by_hand, abs=1e-6)


@given(LOGITS, LOGITS, st.sampled_from([1.0, 2.0]))
def test_with_the_whole_vocabulary_the_top_is_all(
    p: list[list[float]], q: list[list[float]], t: float
) -> None:
    rows = min(len(p), len(q))
    teacher, student = torch.tensor(p[:rows]), torch.tensor(q[:rows])
    kl = top_forward_kl(student, top_logprobs(teacher, 5, temperature=t), temperature=t)
    twin = F.kl_div(
        (student / t).log_softmax(1), (teacher / t).log_softmax(1), log_target=True, reduction="none"
    ).sum(1)
    assert torch.allclose(kl, twin, atol=1e-5)
    merged = top_forward_kl(student, top_logprobs(teacher, 2, temperature=t), temperature=t)
    assert bool((merged <= twin + 1e-5).all()) and bool((merged >= -1e-5).all())


@given(LOGITS, st.integers(1, 5))
def test_who_says_the_same_differs_by_nothing(logits: list[list[float]], k: int) -> None:
    same = torch.tensor(logits)
    assert torch.allclose(top_forward_kl(same, top_logprobs(same, k)), torch.zeros(len(same)), atol=1e-5)
    assert torch.allclose(reverse_kl(same, same), torch.zeros(len(same)), atol=1e-6)


def test_a_sure_student_has_finite_gradients() -> None:
    student = torch.tensor([[60.0, 0.0, 0.0, -60.0]], requires_grad=True)
    top_forward_kl(student, top_logprobs(P.log(), 2)).sum().backward()
    assert student.grad is not None and bool(student.grad.isfinite().all())


def test_runs_of_rows_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    weight = torch.randn(3, 4, generator=torch.Generator().manual_seed(0))
    rows = torch.randn(7, 3, generator=torch.Generator().manual_seed(1))

    def kl(rows_N3: Tensor, other_N3: Tensor) -> Tensor:
        return reverse_kl(rows_N3 @ weight, other_N3 @ weight)

    found = list[tuple[Tensor, Tensor | None]]()
    for limit in (2**24, 8):
        monkeypatch.setattr(divergences, "LOGITS_AT_ONCE", limit)
        leaf = rows.clone().requires_grad_()
        values = in_runs(kl, 4, leaf, rows.flip(0))
        values.sum().backward()
        found.append((values.detach(), leaf.grad))
    (one, one_grad), (other, other_grad) = found
    assert one_grad is not None and other_grad is not None
    assert torch.allclose(one, other) and torch.allclose(one_grad, other_grad, atol=1e-6)
