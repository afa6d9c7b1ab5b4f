"""Episodes of several turns: what the model wrote, what it was told, and which of it is learned."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import torch
from fakes import ScriptedSampler, SumCompleter, random_engine

import ponder
from ponder.engine.engine import Engine
from ponder.environments.calculator import Calculator
from ponder.errors import ConfigError, SandboxError
from ponder.evaluation.runner import heldout_right
from ponder.protocols import Begun
from ponder.records import Cost, FinishReason, Problem, Rollout, Sampling
from ponder.tasks import TASKS
from ponder.training.episodes import Episode, Turns, ask, play, solved
from ponder.training.grpo import GRPOConfig, grpo_loss
from ponder.training.keeper import Keeper
from ponder.training.loop import LoopConfig
from ponder.training.policy_batch import SharedPrompts, completion_logprobs, policy_batch
from ponder.training.recipes import GRPORecipe, run_grpo
from ponder.training.rollout_batches import RolloutBatches
from ponder.training.rollout_journal import RolloutJournal
from ponder.training.rollouts import Rewards, RolloutBatch, collect
from ponder.verify.reward_functions import REWARDS

PROBLEM = Problem(id="1", question="q", answer="84", task="t")
PLAIN = "<think>I know it</think>\\boxed{84}"
ONE = "<think><calc>12*7</calc><result>84</result></think>\\boxed{84}"
TWO = "<think><calc>12*6</calc><result>72</result><calc>72+12</calc><result>84</result></think>\\boxed{84}"
CALCULATOR = Turns(Calculator(), lambda text: [ord(sign) for sign in text], most=4)


def episodes(
    texts: Sequence[str], turns: Turns | None = CALCULATOR, *, n: int = 1, max_tokens: int = 200
) -> tuple[list[Episode], ScriptedSampler]:
    sampler = ScriptedSampler(texts)
    sampling = Sampling(n=n, max_tokens=max_tokens)
    return play([PROBLEM], sampler, sampling, {"1": (1, 2, 3)}, turns)[0], sampler


def test_without_a_call_it_is_a_plain_completion() -> None:
    (episode,), sampler = episodes([PLAIN])
    assert episode.completion.text == PLAIN and episode.own == () and episode.turns == 1
    assert len(sampler.calls) == 1


@pytest.mark.parametrize(("text", "turns"), [(ONE, 2), (TWO, 3)])
def test_replies_come_where_they_were_asked_for(text: str, turns: int) -> None:
    (episode,), sampler = episodes([text])
    completion = episode.completion
    assert completion.text == text and completion.finish_reason is FinishReason.STOP
    assert (completion.answer, completion.reasoning_closed) == ("\\boxed{84}", True)
    assert episode.turns == turns == len(sampler.calls)
    replies = sum(map(len, re.findall(r"<result>.*?</result>", text)))
    assert len(episode.own) == len(completion.token_ids) == len(completion.logprobs) == len(text)
    assert episode.own_tokens == len(text) - replies
    assert all((logprob == 0.0) != own for logprob, own in zip(completion.logprobs, episode.own, strict=True))
    assert completion.cost.forward_passes == episode.own_tokens  # of all turns


def test_the_model_goes_on_from_the_very_ids_it_wrote() -> None:
    (episode,), sampler = episodes([ONE])
    begun = sampler.calls[1][0][0]
    assert isinstance(begun, Begun)
    said, reply = ONE.partition("<result>")[0], [ord(sign) for sign in "<result>84</result>"]
    assert begun.prompt == (1, 2, 3)
    assert begun.token_ids == (*range(len(said)), *reply) == episode.completion.token_ids[: begun.spent]
    assert begun.text == said + "<result>84</result>"


def test_after_its_last_turn_no_reply_is_given() -> None:
    (episode,), sampler = episodes([TWO], replace(CALCULATOR, most=2))
    assert episode.completion.text == TWO[: TWO.rindex("<result>")]
    assert episode.completion.finish_reason is FinishReason.PAUSED
    assert episode.turns == 2 == len(sampler.calls)
    (episode,), _ = episodes([TWO], replace(CALCULATOR, most=1))
    assert episode.own == () and episode.completion.text.endswith("12*6</calc>")


@pytest.mark.parametrize(("max_tokens", "context"), [(43, None), (200, 46)])
def test_a_reply_without_room_is_not_given(max_tokens: int, context: int | None) -> None:
    """After a prompt of 3 tokens `ONE` says 24 and is told 19; one more must fit."""
    (episode,), _ = episodes([ONE], replace(CALCULATOR, context=context), max_tokens=max_tokens)
    assert episode.completion.text == ONE.partition("<result>")[0]
    assert episode.completion.finish_reason is FinishReason.LENGTH


def test_a_reply_that_leaves_room_for_one_more_token_is_given() -> None:
    (episode,), _ = episodes([ONE], max_tokens=44)
    assert episode.completion.text == ONE[:44]
    assert episode.own == (True,) * 24 + (False,) * 19 + (True,)


def test_an_episode_that_runs_out_of_tokens_is_cut_off() -> None:
    (episode,), _ = episodes([ONE], max_tokens=50)
    assert episode.completion.text == ONE[:50]
    assert episode.completion.finish_reason is FinishReason.LENGTH


@dataclass(frozen=True)
class Game:
    """Over as soon as the text holds a 9."""

    pause: tuple[str, ...] = ("?",)
    instruction: str = ""

    def respond(self, problem: Problem, text: str) -> str | None:
        return None if "9" in text else "no"


def test_the_environment_can_end_an_episode() -> None:
    (episode,), _ = episodes(["8?no9?no7?"], replace(CALCULATOR, environment=Game()))
    assert episode.completion.text == "8?no9?"
    assert episode.completion.finish_reason is FinishReason.STOP


@dataclass(frozen=True)
class Moody:
    """Raises at a 9, replies with no text at an 8, ends the run at a 7."""

    pause: tuple[str, ...] = ("?",)
    instruction: str = ""

    def respond(self, problem: Problem, text: str) -> str | None:
        match text[-2]:
            case "9":
                raise RuntimeError("out of\norder")
            case "8":
                return 8  # type: ignore[return-value]
            case "7":
                raise SandboxError("no level holds")
            case "6":
                return "\ud800"
        return "no"


def taken(texts: Sequence[str], *, version: int = 1, journal: RolloutJournal | None = None) -> RolloutBatch:
    how = Turns(Moody(), random_engine().tokenizer.encode)
    return collect(
        [PROBLEM], ScriptedSampler(texts), Sampling(n=len(texts), max_tokens=200),
        Rewards({"accuracy": 1.0}, {"accuracy": REWARDS["accuracy"]}),
        advantage="dr-grpo", version=version, prompt_ids={"1": (1,)}, turns=how, journal=journal,
    )  # fmt: skip


def test_an_environment_that_fails_masks_its_episode_and_no_other(
    caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    journal = RolloutJournal(tmp_path / "rollouts.jsonl")
    batch = taken(["1?no\\boxed{84}", "9?", "8?", "6?", "1?no\\boxed{8}"], journal=journal)
    assert [rollout.reward for rollout in batch.rollouts] == [1.0, None, None, None, 0.0]
    assert [rollout.advantage for rollout in batch.rollouts] == pytest.approx([0.5, 0, 0, 0, -0.5])
    assert batch.figures["reward/environment/failed"] == pytest.approx(3 / 5)
    assert "the environment failed in 3 of 5 episodes: RuntimeError: out of order" in caplog.text
    rows = [json.loads(line) for line in journal.file.read_text().splitlines()]
    assert [row["failed"].get("environment", "")[:12] for row in rows] == [
        "", "RuntimeError", "it replied w", "ContextError", "",
    ]  # fmt: skip


def test_an_environment_that_fails_from_the_start_is_a_mistake() -> None:
    with pytest.raises(ConfigError, match="failed throughout the first batch: RuntimeError: out of"):
        taken([PLAIN, "9?"], version=0)
    with pytest.raises(ConfigError, match="failed throughout the first batch"):
        taken(["1?no9?"], version=0)
    assert taken([PLAIN, "9?"], version=1).rollouts[1].reward is None
    assert taken(["1?no", "9?"], version=0).rollouts[1].reward is None


def test_what_the_user_can_mend_ends_the_run() -> None:
    with pytest.raises(SandboxError, match="no level holds"):
        taken([PLAIN, "7?"])


def test_episodes_go_on_together_and_equal_ones_apart() -> None:
    """The second of two that wrote the same goes on as another sample."""
    found, sampler = episodes([PLAIN, ONE, ONE, TWO], n=4)
    assert [episode.completion.text for episode in found] == [PLAIN, ONE, ONE, TWO]
    calls = [(len(prompts), sampling.n, sampling.first) for prompts, sampling in sampler.calls]
    assert calls == [(1, 4, 0), (2, 1, 0), (1, 1, 1), (1, 1, 0)]


def test_rewards_see_the_whole_text_and_figures_count_what_was_written() -> None:
    seen = list[str]()

    def note(completions: list[str], **_: object) -> list[float]:
        seen.extend(completions)
        return [0.0] * len(completions)

    functions = {"accuracy": REWARDS["accuracy"], "note": note}
    batch = collect(
        [PROBLEM],
        ScriptedSampler([ONE, TWO[: TWO.rindex("<")] + "?"]),
        Sampling(n=2, max_tokens=200),
        Rewards({"accuracy": 1.0, "note": 1.0}, functions),
        advantage="dr-grpo",
        version=0,
        prompt_ids={"1": (1,)},
        turns=CALCULATOR,
    )
    assert seen[0] == ONE
    assert batch.rollouts[0].reward == 1.0
    assert batch.figures["turns"] == 2.5
    own = sum(rollout.own_tokens for rollout in batch.rollouts)
    assert batch.figures["completion_tokens"] == own / 2
    assert batch.figures["entropy_estimate"] == pytest.approx(0.5)


def test_the_prompt_says_what_there_is() -> None:
    assert Calculator().instruction in ask(PROBLEM, CALCULATOR)[0].content
    assert ask(PROBLEM, replace(CALCULATOR, environment=Game())) == ask(PROBLEM, None)


LOOP = LoopConfig(steps=1, learning_rate=1e-4)
CONFIG = GRPOConfig(loop=LOOP, problems_per_step=4, group_size=3, max_tokens=64, max_turns=3)


@pytest.fixture(scope="module")
def engine() -> Engine:
    return ponder.load("tiny")


def problems(count: int) -> list[Problem]:
    return TASKS["arithmetic"].problems(split="train", count=count, seed=0)


def told_sums(engine: Engine, asked: Sequence[Problem]) -> list[Episode]:
    how = Turns(SumCompleter(), engine.tokenizer.encode, 3, engine.context)
    ids = {problem.id: engine.prompt_ids(ask(problem, how)) for problem in asked}
    groups = play(asked, engine, Sampling(n=3, max_tokens=64, seed=5), ids, how)
    return [episode for group in groups for episode in group]


def rollouts(engine: Engine) -> list[Rollout]:
    how = Turns(SumCompleter(), engine.tokenizer.encode, 3, engine.context)
    asked = problems(4)
    return [
        Rollout(
            prompt_ids=engine.prompt_ids(ask(problem, how)),
            completion_ids=episode.completion.token_ids,
            logprobs=episode.completion.logprobs,
            reward=1.0,
            reward_parts={},
            advantage=1.0,
            own=episode.own,
        )
        for problem, episode in zip(
            [p for p in asked for _ in range(3)], told_sums(engine, asked), strict=True
        )
    ]


def test_the_text_is_that_of_its_tokens(engine: Engine) -> None:
    for episode in told_sums(engine, problems(4)):
        completion = episode.completion
        assert episode.turns > 1
        assert engine.tokenizer.decode(completion.token_ids, skip_special=True) == completion.text
        told = [token for token, own in zip(completion.token_ids, episode.own, strict=True) if not own]
        assert re.fullmatch(r"(-?\d+\n)+", engine.tokenizer.decode(told))


def test_the_same_seed_gives_the_same_episodes_in_any_batch(engine: Engine) -> None:
    together = told_sums(engine, problems(4))
    alone = [episode for problem in problems(4) for episode in told_sums(engine, [problem])]
    assert [e.completion.token_ids for e in together] == [e.completion.token_ids for e in alone]
    assert [e.own for e in together] == [e.own for e in alone]


def test_the_sampler_and_the_trainer_agree_on_what_the_policy_wrote(engine: Engine) -> None:
    sampled = rollouts(engine)
    prompts = SharedPrompts(engine.transformer, [rollout.prompt_ids for rollout in sampled])
    batch = policy_batch(sampled, prompts)
    with torch.no_grad():
        logprobs_BT = completion_logprobs(engine.transformer, prompts, batch)
    assert 0 < int(batch.mask_BT.sum()) == sum(rollout.own_tokens for rollout in sampled)
    assert (logprobs_BT - batch.sampled_BT).abs().max() < 1e-4


def test_what_an_environment_said_is_not_learned(engine: Engine) -> None:
    """Averages count the policy's tokens only: at a ratio of 1 and an advantage of 1 the loss is -1."""
    sampled = rollouts(engine)
    batch = RolloutBatch(tuple(sampled), Cost(), {})
    loss = grpo_loss(replace(CONFIG, loss="dapo"))(engine.transformer, batch)
    engine.transformer.zero_grad()
    assert loss.figures["loss"] == pytest.approx(-1.0, abs=1e-4)
    assert loss.figures["mismatch"] < 1e-4


@pytest.mark.slow
def test_held_out_problems_are_solved_with_the_environments_help(engine: Engine) -> None:
    task, asked = TASKS["arithmetic"], TASKS["arithmetic"].problems(split="test", count=40, seed=0)
    helped = solved(task, asked, engine, Turns(SumCompleter(), engine.tokenizer.encode, 16), 96)
    alone = heldout_right(engine, task, asked, 96)
    assert len(helped) == len(alone) and sum(helped) > sum(alone) + 4


@pytest.mark.slow
def test_a_run_is_watched_with_its_environment(tmp_path: Path) -> None:
    def evaluate(*_: object) -> list[bool]:
        raise AssertionError("asked without the environment")

    grpo = replace(CONFIG, environment="fakes:SumCompleter", max_turns=12, problems_per_step=2)
    recipe = GRPORecipe(grpo=grpo, task="arithmetic", problems=8, heldout=8)
    keeper = Keeper.of(tmp_path / "checkpoints", recipe.guard, say=lambda _: None)
    figures = run_grpo(
        ponder.load("tiny"), TASKS["arithmetic"], recipe,
        log=lambda step, figures: None, evaluate=evaluate, keeper=keeper, out=tmp_path / "model",
    )  # fmt: skip
    assert figures["accuracy_before"] > 0.8


@pytest.mark.slow
def test_a_recipe_can_name_an_environment(engine: Engine) -> None:
    config = replace(CONFIG, environment="fakes:SumCompleter", updates_per_batch=2, truncated_importance=2.0)
    batches, again = (RolloutBatches(config, problems(8), engine) for _ in range(2))
    batch = next(batches)
    assert 1 < batch.figures["turns"] <= 3
    assert any(rollout.own for rollout in batch.rollouts)
    again.load_state_dict(json.loads(json.dumps(batches.state_dict())))
    for _ in range(2):
        assert next(again).rollouts == next(batches).rollouts
