"""A ladder gives the same results however often it was interrupted."""

from __future__ import annotations

from pathlib import Path

import pytest
from fakes import ScriptedSampler

from ponder.errors import ConfigError
from ponder.evaluation.completion_store import StoredSampler
from ponder.evaluation.ladder import Ladder
from ponder.evaluation.ladder_run import ArmConfig, LadderConfig, LadderRun, without_timings
from ponder.progress import Progress
from ponder.tasks import load_task

TEXTS = [f"<think>\nso\n</think>\n\\boxed{{{number}}}" for number in (7, 12, 7, 3, 30)]
ARMS = ("direct", "chain-of-thought", "self-consistency:4", "adaptive-consistency:8", "best-of-n:4",
        "beam-search:4", "tree-search:4", "self-refine:2")  # fmt: skip


class Dies(ScriptedSampler):
    """Is killed at its n-th call."""

    def __init__(self, calls: int) -> None:
        super().__init__(TEXTS)
        self.left = calls

    def generate(self, *arguments, **named):
        self.left -= 1
        if self.left < 0:
            raise KeyboardInterrupt
        return super().generate(*arguments, **named)


def ladder_of(folder: Path, sampler: ScriptedSampler, written: list[Ladder] | None = None) -> LadderRun:
    folder.mkdir(exist_ok=True)
    config = LadderConfig(limit=6, max_tokens=60, arms=tuple(map(ArmConfig.parse, ARMS)))
    task = load_task("mixed")
    return LadderRun(
        config=config,
        task=task,
        problems=task.problems(split="test", count=6, seed=0),
        sampler=StoredSampler(sampler, folder / "completions.jsonl", model="m", batch=8),
        source=sampler,
        model="m",
        progress=Progress(quiet=True),
        write=(written if written is not None else []).append,
    )


@pytest.mark.parametrize("calls", [0, 1, 2, 7, 14])
def test_what_was_interrupted_goes_on_to_the_same_end(tmp_path: Path, calls: int) -> None:
    whole_sampler = ScriptedSampler(TEXTS)
    whole = ladder_of(tmp_path / "whole", whole_sampler).run()
    dying = Dies(calls)
    with pytest.raises(KeyboardInterrupt):
        ladder_of(tmp_path / "parts", dying).run()
    rest = ScriptedSampler(TEXTS)
    again = ladder_of(tmp_path / "parts", rest).run()
    assert without_timings(again.to_json()) == without_timings(whole.to_json())
    assert len(dying.calls) + len(rest.calls) == len(whole_sampler.calls)  # nothing is sampled twice


def test_every_arm_is_written_as_it_ends(tmp_path: Path) -> None:
    written = list[Ladder]()
    ladder_of(tmp_path, ScriptedSampler(TEXTS), written).run()
    assert [len(ladder.arms) for ladder in written] == list(range(1, len(ARMS) + 1))
    assert [ladder.complete for ladder in written] == [False] * (len(ARMS) - 1) + [True]


def test_arms_by_their_words() -> None:
    arm = ArmConfig.parse("self-consistency:8")
    assert (arm.strategy, arm.samples, arm.title) == ("self-consistency", 8, "self-consistency-8")
    arm = ArmConfig.parse("beam-search:16:scorer=bottom-window:subtrees=2")
    assert arm.title == "beam-search-16-bottom-window-2"
    assert arm.options == {"scorer": "bottom-window", "subtrees": 2}
    assert ArmConfig.parse("direct:temperature=0.5").samples == 1
    assert ArmConfig.parse("best-of-n:4:scorer=mine:score").options == {"scorer": "mine:score"}
    for wrong in ("self-consistency:", "x:y", "x:²", "x:1:y", "x:=1", "x:y:z=1"):
        with pytest.raises(ConfigError):
            ArmConfig.parse(wrong)
    with pytest.raises(ConfigError, match="samples must be at least 1"):
        ArmConfig.parse("direct:0")
    with pytest.raises(ConfigError, match="two arms are called direct"):
        LadderConfig(arms=(ArmConfig(strategy="direct"), ArmConfig(strategy="direct")))


@pytest.mark.parametrize(
    "name",
    ["../x", "a/b", "a\\b", "..", ".hidden", "-x", "a:b", "a\nb", "a\x00b", "a\u202eb", "x" * 121, "é" * 61,
     "a.", " a", "a?", "\ud800"],
)  # fmt: skip
def test_a_name_that_is_no_name_of_a_file_is_refused(name: str) -> None:
    with pytest.raises(ConfigError, match="an arm cannot be called") as refused:
        ArmConfig(strategy="direct", name=name)
    assert str(refused.value).isprintable()
    with pytest.raises(ConfigError):
        ArmConfig(strategy=name).make()


def test_names_of_arms_may_have_spaces_and_any_letters() -> None:
    for name in ("confident votes", "n = 16, T=0.7 (χ²)", "数", "x" * 120):
        assert ArmConfig(strategy="direct", name=name).title == name
    with pytest.raises(ConfigError, match="two arms are called"):
        LadderConfig(arms=(ArmConfig(strategy="direct", name="A"), ArmConfig(strategy="direct", name="a")))
