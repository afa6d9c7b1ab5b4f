from pathlib import Path

import pytest
import torch
from fakes import ScriptedSampler
from small_engines import AnythingGoes, small_engine

from ponder.errors import DataError
from ponder.training.traces import TraceConfig, gather_traces
from ponder.training.weights_digest import weights_digest


def test_the_same_weights_have_the_same_digest_whatever_their_name() -> None:
    assert weights_digest(small_engine(name="a")) == weights_digest(small_engine(name="b"))


def test_the_smallest_change_of_any_weight_is_seen() -> None:
    engine = small_engine()
    seen = {weights_digest(engine)}
    for tensor in engine.transformer.parameters():
        with torch.no_grad():
            tensor.view(-1)[-1] += 1e-3
        seen.add(weights_digest(engine))
    assert len(seen) == 1 + len(list(engine.transformer.parameters()))


def test_half_precision_has_one_too() -> None:
    engine = small_engine()
    whole = weights_digest(engine)
    engine.transformer.to(torch.bfloat16)
    assert weights_digest(engine) not in (None, whole)


def test_weights_elsewhere_have_none() -> None:
    assert weights_digest(ScriptedSampler(["x"])) is None


def test_traces_of_a_teacher_that_was_trained_on_since_are_not_gone_on_with(tmp_path: Path) -> None:
    task, config = AnythingGoes(), TraceConfig(problems=2, samples=1, max_tokens=4)
    problems = task.problems(split="train", count=2, seed=0)

    def gather(seed: int) -> object:
        teacher = small_engine(seed=seed)
        return gather_traces(problems, teacher, task, config, tmp_path, teacher_name="runs/t/model")

    first = gather(0)
    assert gather(0) == first
    with pytest.raises(DataError, match=r"begun with teacher_weights = .*, not .*: go on with the same"):
        gather(1)
