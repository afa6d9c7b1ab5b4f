"""The teacher's probabilities: stored once, read again, and learned from as the formula says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from small_engines import ARCH, small_engine

from ponder.engine.engine import Engine
from ponder.errors import ConfigError, DataError, ModelError
from ponder.model.transformer import Transformer
from ponder.training.batch import Example
from ponder.training.logit_distillation import (
    LogitConfig,
    check_same_tokenizer,
    logit_loss,
    token_losses,
)
from ponder.training.loop import LoopConfig, train
from ponder.training.sft import SFTBatches, SFTConfig
from ponder.training.teacher_logprobs import teach_examples

EXAMPLES = [Example(tuple(range(1, 3 + n)), tuple(range(40, 41 + 2 * n))) for n in (3, 0, 5, 1, 2)]
WHOLE = LogitConfig(top_k=ARCH.vocab_size, examples_per_file=2)
SFT = SFTConfig(loop=LoopConfig(steps=30, learning_rate=1e-2, warmup_steps=1), batch_size=5)


def slow_kl(teacher: Engine, student: Engine, example: Example, temperature: float) -> list[float]:
    """The full KL(p || q) at each completion token, one row at a time."""
    ids = torch.tensor([[*example.prompt_ids, *example.completion_ids]])
    with torch.no_grad():
        p, q = (e.transformer(ids)[0].div(temperature).log_softmax(-1) for e in (teacher, student))
    per_token = F.kl_div(q, p, log_target=True, reduction="none").sum(-1)
    return per_token[len(example.prompt_ids) - 1 : -1].tolist()


@pytest.mark.parametrize("temperature", [1.0, 2.0])
def test_the_whole_vocabulary_gives_the_full_kl_example_by_example(
    tmp_path: Path, temperature: float
) -> None:
    teacher, student = small_engine(0), small_engine(1)
    config = replace(WHOLE, temperature=temperature)
    taught, cost = teach_examples(teacher, EXAMPLES, config, tmp_path)
    with torch.no_grad():
        found = token_losses(student.transformer, EXAMPLES, config, taught)[:, 1]
    expected = [kl for example in EXAMPLES for kl in slow_kl(teacher, student, example, temperature)]
    assert found.tolist() == pytest.approx(expected, rel=1e-4, abs=1e-6)
    assert cost.flops > 0


def test_a_student_that_is_the_teacher_has_nothing_to_learn(tmp_path: Path) -> None:
    teacher = small_engine()
    config = LogitConfig(top_k=4)
    taught, _ = teach_examples(teacher, EXAMPLES, config, tmp_path)
    student = small_engine().transformer
    loss = logit_loss(SFT, config, taught)(student, EXAMPLES)
    assert loss.figures["kl"] == pytest.approx(0, abs=1e-5)
    assert all(p.grad is not None and p.grad.abs().max() < 1e-5 for p in student.parameters())


def test_the_loss_is_mixed_and_scaled_whatever_the_pieces(tmp_path: Path) -> None:
    config = LogitConfig(top_k=8, mix=0.25, temperature=2.0)
    taught, _ = teach_examples(small_engine(0), EXAMPLES, config, tmp_path)
    gradients, losses = list[torch.Tensor](), list[float]()
    for limit in (10_000, 12):
        model = small_engine(1).transformer
        figures = logit_loss(replace(SFT, tokens_per_piece=limit), config, taught)(model, EXAMPLES).figures
        assert figures["loss"] == pytest.approx(0.25 * figures["cross_entropy"] + 0.75 * 4 * figures["kl"])
        assert model.embed_tokens.weight.grad is not None
        losses.append(figures["loss"])
        gradients.append(model.embed_tokens.weight.grad)
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)
    assert torch.allclose(*gradients, atol=1e-6)


class Silent(Transformer):
    """Of the same weights, and never to be asked."""

    def hidden(self, ids_BT: torch.Tensor, **options: object) -> torch.Tensor:
        raise AssertionError("the teacher was asked")


def silent(teacher: Engine) -> Engine:
    model = Silent(teacher.transformer.arch)
    model.load_state_dict(teacher.transformer.state_dict())
    return Engine(model, teacher.tokenizer, teacher.template, name=teacher.name)


def test_what_the_teacher_said_is_stored_and_not_asked_again(tmp_path: Path) -> None:
    teacher = small_engine()
    config = LogitConfig(top_k=4, examples_per_file=2)
    first, asked = teach_examples(teacher, EXAMPLES, config, tmp_path)
    files = sorted(tmp_path.iterdir())
    assert [file.name for file in files] == [f"{n:05}.safetensors" for n in range(3)]
    files[1].unlink()
    resumed, cost = teach_examples(teacher, EXAMPLES, config, tmp_path)
    assert asked.flops > 0 and cost == asked
    again, _ = teach_examples(silent(teacher), EXAMPLES, config, tmp_path)
    for example in EXAMPLES:
        tops = [taught[example] for taught in (first, again, resumed)]
        assert tops[0].ids_NK.dtype == torch.int32 and tops[0].logprobs_NK.dtype == torch.float32
        assert tops[0].ids_NK.shape == (len(example.completion_ids), 4)
        assert all(torch.equal(tops[0].ids_NK, top.ids_NK) for top in tops)
        assert all(torch.equal(tops[0].logprobs_NK, top.logprobs_NK) for top in tops)


@pytest.mark.parametrize(
    ("config", "examples"),
    [
        (LogitConfig(top_k=5), EXAMPLES),
        (LogitConfig(top_k=4, temperature=2.0), EXAMPLES),
        (LogitConfig(top_k=4), EXAMPLES[::-1]),
    ],
)
def test_files_of_other_settings_are_refused(
    tmp_path: Path, config: LogitConfig, examples: Sequence[Example]
) -> None:
    teach_examples(small_engine(), EXAMPLES, LogitConfig(top_k=4), tmp_path)
    with pytest.raises(DataError, match=r"00000.safetensors is of another teacher"):
        teach_examples(small_engine(), examples, config, tmp_path)


def test_files_of_a_teacher_that_was_trained_on_since_are_refused(tmp_path: Path) -> None:
    teach_examples(small_engine(), EXAMPLES, LogitConfig(top_k=4), tmp_path, teacher_name="runs/t/model")
    with pytest.raises(DataError, match=r"00000.safetensors is of another teacher"):
        teach_examples(
            small_engine(seed=1), EXAMPLES, LogitConfig(top_k=4), tmp_path, teacher_name="runs/t/model"
        )


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    teach_examples(small_engine(), EXAMPLES, LogitConfig(top_k=4), tmp_path)
    (tmp_path / "00000.safetensors").write_bytes(b"nothing")
    with pytest.raises(DataError, match=r"00000.safetensors is damaged.*remove it"):
        teach_examples(small_engine(), EXAMPLES, LogitConfig(top_k=4), tmp_path)


def test_another_tokenizer_is_refused_in_one_line() -> None:
    teacher, student = small_engine(name="big"), small_engine(name="little")
    check_same_tokenizer(teacher, student)
    student.tokenizer.backend.add_tokens(["<more>"])
    with pytest.raises(ModelError, match="big and little have different tokenizers") as raised:
        check_same_tokenizer(teacher, student)
    assert "\n" not in str(raised.value)
    wider = Transformer(replace(ARCH, vocab_size=261))
    other = Engine(wider, teacher.tokenizer, teacher.template, name="wider")
    with pytest.raises(ModelError, match="big and wider"):
        check_same_tokenizer(teacher, other)


@pytest.mark.parametrize("wrong", [{"mix": 1.5}, {"temperature": 0.0}, {"top_k": 0}])
def test_settings_that_mean_nothing_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ConfigError):
        LogitConfig(**wrong)  # pyright: ignore[reportArgumentType]


def test_a_student_comes_to_say_what_its_teacher_says(tmp_path: Path) -> None:
    teacher, student, config = small_engine(0), small_engine(1), LogitConfig(top_k=16)
    with torch.no_grad():
        teacher.transformer.embed_tokens.weight.mul_(20)  # a teacher with opinions
    taught, _ = teach_examples(teacher, EXAMPLES, config, tmp_path)
    kl = list[float]()
    loss_fn = logit_loss(SFT, config, taught)
    train(
        student.transformer, SFTBatches(EXAMPLES, SFT), loss_fn, SFT.loop,
        log=lambda step, figures: kl.append(figures["kl"]),
    )  # fmt: skip
    assert kl[-1] < kl[0] / 2
