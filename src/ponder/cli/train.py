"""`ponder train`: pretrain, sft, grpo, distill. Each takes a TOML recipe and writes a Hugging Face folder."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar

from cyclopts import App, Parameter

from ponder.cli.output import Common

if TYPE_CHECKING:
    from ponder.model.lora import LoRAConfig
    from ponder.progress import Advance
    from ponder.runlog import RunLog
    from ponder.training.guard import Event, GuardConfig
    from ponder.training.keeper import Keeper
    from ponder.training.loop import Log
    from ponder.training.pretrain import PretrainConfig
    from ponder.training.trackers import Tracker, TrackerName

app = App(name="train", help="Train a model: pretrain, sft, grpo or distill.", help_format="plaintext")

Recipe = TypeVar("Recipe")
Overrides = Annotated[list[str] | None, Parameter(name="--set", negative="")]


@dataclass(frozen=True, slots=True)
class Run:
    """A training run under way: its folder, and where figures go."""

    log: RunLog
    common: Common
    tracker: Tracker
    command: str
    """What was called, without --out."""
    resume: bool

    @property
    def model_folder(self) -> Path:
        return self.log.folder / "model"

    @property
    def again(self) -> str:
        """The command that goes on with it."""
        return f"{self.command} --out {self.log.folder} --resume"

    def checkpoints(self, stage: str) -> Path:
        return self.log.folder / "checkpoints" / stage

    def begun(self, stage: str) -> bool:
        """Whether a run that is resumed had come so far."""
        return self.resume and any(self.checkpoints(stage).glob("step-*"))

    def keeper(self, guard: GuardConfig, stage: str = "", *, cut_log: bool = True) -> Keeper:
        from ponder.training.keeper import Keeper

        def tell(event: Event) -> None:
            self.log.metrics(event=event.cause, step=event.step, detail=event.detail, action=event.action)
            self.common.progress.say(f"guard, {event}")

        return Keeper.of(
            self.checkpoints(stage),
            guard,
            say=self.common.progress.say,
            log_file=self.log.folder / "metrics.jsonl" if cut_log else None,
            resume=self.resume,
            on_event=tell,
        )

    def logger(self, advance: Advance) -> Log:
        def log(step: int, figures: Mapping[str, float]) -> None:
            self.log.metrics(step=step, **figures)
            self.tracker.log(step, figures)
            if "loss" in figures:  # evaluations on the way are logged too, and are no steps
                advance(1)

        return log

    @contextmanager
    def interruptible(self) -> Generator[None]:
        """On Ctrl-C, say how to go on; figures sent elsewhere are closed in any case."""
        try:
            yield
        except KeyboardInterrupt:
            self.common.progress.say(f"go on with: {self.again}")
            raise
        finally:
            self.tracker.close()

    def finish(self, kind: str, **figures: Any) -> None:
        from ponder.report.training_page import write_training
        from ponder.training.adapter_card import write_card

        write_card(self.log.folder, kind=kind, command=self.command, figures=figures)
        report = write_training(self.log.folder, kind, figures)
        result = {
            "kind": kind,
            "run": str(self.log.folder),
            "model": str(self.model_folder),
            "report": str(report),
            **figures,
        }
        shown = "".join(
            f"\n  {name} {value:.4g}" for name, value in figures.items() if isinstance(value, float)
        )
        events = "".join(f"\n  guard, {event}" for event in figures.get("events", ()))
        self.common.show(
            result, f"the {kind} model is in {self.model_folder}{shown}{events}\nThe report: {report}"
        )


@app.command
def pretrain(
    recipe: Path,
    *,
    set_: Overrides = None,
    out: Path | None = None,
    resume: bool = False,
    common: Common = Common(),  # noqa: B008
) -> None:
    """Make a model from nothing on the generated corpus: tokenizer, pretraining, instruction tuning.

    ponder train pretrain recipes/tiny.toml --out runs/tiny

    Parameters
    ----------
    recipe
        A TOML file; recipes/tiny.toml makes the embedded model.
    set_
        Override a recipe's key: --set pretrain.steps=100. May be repeated.
    out
        The run folder.
    resume
        Continue the run in --out after its newest checkpoint.
    """
    from ponder.training.pretrain import FIRST, SECOND, PretrainConfig
    from ponder.training.pretrain import pretrain as train_from_nothing

    config, start = _resolved("pretrain", PretrainConfig, recipe, set_, out, common, resume=resume)
    run = start(config.log)
    # The log is cut to where the last stage begun was; a finished first stage must not cut the second's.
    begun = run.begun(SECOND)
    keepers = {
        FIRST: run.keeper(config.guard, FIRST, cut_log=not begun),
        SECOND: run.keeper(config.guard, SECOND),
    }
    with run.interruptible(), common.progress.stage("steps", _steps(config)) as advance:

        def log(stage: str, step: int, figures: Mapping[str, float]) -> None:
            run.log.metrics(stage=stage, step=step, **figures)
            run.tracker.log(step, {f"{stage}/{name}": value for name, value in figures.items()})
            advance(1)

        train_from_nothing(config, run.model_folder, log=log, keepers=keepers)
    run.finish("pretrain")


@app.command
def sft(
    recipe: Path,
    *,
    set_: Overrides = None,
    out: Path | None = None,
    resume: bool = False,
    common: Common = Common(),  # noqa: B008
) -> None:
    """Fine-tune on pairs of prompt and completion, or on problems with worked solutions as in GSM8K.

    ponder train sft recipes/sft.toml --set data=runs/distill/traces.jsonl

    Parameters
    ----------
    recipe
        A TOML file with model, data and [sft]; see recipes/sft.toml.
    set_
        Override a recipe's key. May be repeated.
    out
        The run folder.
    resume
        Continue the run in --out after its newest checkpoint.
    """
    from ponder.cli.sampler import open_engine
    from ponder.training.recipes import SFTRecipe, run_sft
    from ponder.training.sft_data import read_examples

    config, start = _resolved("sft", SFTRecipe, recipe, set_, out, common, resume=resume)
    engine = open_engine(config.model, dtype=_precision(config.lora))
    examples, run = read_examples(config.data, engine), start(config.log)
    keeper = run.keeper(config.guard)
    with run.interruptible(), common.progress.stage("steps", config.sft.loop.steps) as advance:
        log = run.logger(advance)
        figures = run_sft(engine, examples, config, log=log, keeper=keeper, out=run.model_folder)
    run.finish("sft", **figures)


@app.command
def grpo(
    recipe: Path,
    *,
    set_: Overrides = None,
    out: Path | None = None,
    resume: bool = False,
    common: Common = Common(),  # noqa: B008
) -> None:
    """Reinforcement learning from verifiable rewards.

    ponder train grpo recipes/grpo.toml --set grpo.loop.steps=60

    Parameters
    ----------
    recipe
        A TOML file with model, task and [grpo]; see recipes/grpo.toml.
    set_
        Override a recipe's key. May be repeated.
    out
        The run folder.
    resume
        Continue the run in --out after its newest checkpoint.
    """
    from ponder.cli.sampler import open_engine
    from ponder.evaluation.runner import heldout_right
    from ponder.tasks import load_task
    from ponder.training.recipes import GRPORecipe, run_grpo
    from ponder.training.rollout_journal import RolloutJournal

    config, start = _resolved("grpo", GRPORecipe, recipe, set_, out, common, resume=resume)
    engine, task = (
        open_engine(config.model, dtype=_precision(config.lora)),
        load_task(config.task, config.data),
    )
    run = start(config.log)
    keeper = run.keeper(config.guard)
    with run.interruptible(), common.progress.stage("steps", config.grpo.loop.steps) as advance:
        figures = run_grpo(
            engine,
            task,
            config,
            log=run.logger(advance),
            evaluate=heldout_right,
            keeper=keeper,
            out=run.model_folder,
            journal=RolloutJournal(run.log.folder / "rollouts.jsonl"),
        )
    run.finish("grpo", **figures)


@app.command
def distill(
    recipe: Path,
    *,
    set_: Overrides = None,
    out: Path | None = None,
    resume: bool = False,
    common: Common = Common(),  # noqa: B008
) -> None:
    """Teach a student the verified traces of a teacher.

    ponder train distill recipes/distill.toml --set teacher=runs/grpo/model

    Parameters
    ----------
    recipe
        A TOML file with teacher, student, task and [distill]; see recipes/distill.toml.
    set_
        Override a recipe's key. May be repeated.
    out
        The run folder.
    resume
        Continue the run in --out: the teacher is asked nothing a second time, and the student goes on after
        its newest checkpoint. Which traces are kept may be changed while the student has not begun.
    """
    from ponder.cli.sampler import open_engine, open_sampler
    from ponder.evaluation.runner import heldout_right
    from ponder.tasks import load_task
    from ponder.training.distill_methods import Lesson, cut_student, seeded
    from ponder.training.recipes import DistillRecipe, check_method, run_distill
    from ponder.training.traces import FREE

    free = [f"distill.{key}" for key in FREE]
    config, start = _resolved("distill", DistillRecipe, recipe, set_, out, common, resume=resume, free=free)
    teacher, dtype = open_sampler(config.teacher), _precision(config.lora)
    student = cut_student(teacher, config.distill) or open_engine(config.student, dtype=dtype)
    check_method(teacher, student, config)
    task, run = load_task(config.task, config.data), start(config.log)
    lesson = Lesson(
        teacher=teacher, teacher_name=config.teacher, student=student, task=task, evaluate=heldout_right,
        config=seeded(config.distill, config.seed), seed=config.seed, logger=run.logger,
        make_keeper=lambda stage: run.keeper(config.guard, stage), progress=common.progress,
        folder=run.log.folder,
    )  # fmt: skip
    with run.interruptible():
        figures = run_distill(lesson, config, out=run.model_folder)
    run.finish("distill", **figures)


def _resolved(
    name: str,
    kind: type[Recipe],
    recipe: Path,
    overrides: list[str] | None,
    out: Path | None,
    common: Common,
    *,
    resume: bool,
    free: Sequence[str] = (),
) -> tuple[Recipe, Callable[[TrackerName], Run]]:
    """The recipe's config, and what opens the run folder: to be called once all else is found good.

    A run that is resumed may differ in the keys `free`."""
    from ponder.config import resolve
    from ponder.errors import ConfigError
    from ponder.runlog import RunLog, check_same_config, make_manifest, new_run_folder

    if resume and (out is None or not out.is_dir()):
        raise ConfigError("--resume needs --out with the folder of the run to continue")
    resolved = resolve(kind, recipe, overrides or ())
    values = resolved.as_dict()
    manifest = make_manifest(config=values, origins=resolved.origins, seed=int(values.get("seed", 0)))
    if resume and out is not None:
        check_same_config(out, manifest, free=("log", *free))
    elif out is not None:
        new_run_folder(out, name)  # says at once when it is in use

    def start(tracker: TrackerName) -> Run:
        from ponder.training.trackers import open_tracker

        folder = out if resume and out else new_run_folder(out, name)
        command = f"ponder train {name} {recipe}"
        command += "".join(f" --set {shlex.quote(each)}" for each in overrides or ())
        log = RunLog(folder, manifest)
        return Run(log, common, open_tracker(tracker, folder, values), command, resume)

    return resolved.config, start


def _precision(lora: LoRAConfig | None) -> Literal["float32", "bfloat16"]:
    """Of the weights opened to train: what is trained itself needs all its digits."""
    return "float32" if lora is None else lora.precision


def _steps(config: PretrainConfig) -> int:
    return config.pretrain.steps + config.instruct.steps
