"""An environment of your own: whenever the model writes `=`, the sum is completed for it.

python examples/calculator_environment.py

In a recipe, `--set grpo.environment=my_module:SumCompleter` trains with it.
"""

from dataclasses import dataclass

import ponder
from ponder.environments.exact_arithmetic import NotArithmetic, evaluate, written
from ponder.records import Problem, Sampling
from ponder.tasks import TASKS
from ponder.training.episodes import Turns, ask, play


@dataclass(frozen=True)
class SumCompleter:
    pause: tuple[str, ...] = ("=",)
    instruction: str = ""  # the small model needs no telling

    def respond(self, problem: Problem, text: str) -> str | None:
        last_line = text.rpartition("\n")[2]
        try:
            return written(evaluate(last_line.rstrip("=")))
        except NotArithmetic:
            return ""  # it goes on by itself


def main() -> None:
    model = ponder.load("tiny")
    task = TASKS["arithmetic"]
    problems = task.problems(split="test", count=40, seed=0)
    sampling = Sampling(max_tokens=160, temperature=1.0)
    prompts = {problem.id: model.prompt_ids(ask(problem, None)) for problem in problems}
    for name, turns in (
        ("alone", None),
        ("with the environment", Turns(SumCompleter(), model.tokenizer.encode, most=16)),
    ):
        episodes = [group[0] for group in play(problems, model, sampling, prompts, turns)]
        right = sum(task.judge(p, e.completion).correct for p, e in zip(problems, episodes, strict=True))
        print(f"{name}: {right} of {len(problems)} right")
    longest = max(episodes, key=lambda episode: episode.turns)
    print(f"{longest.turns} turns, {longest.own_tokens} tokens of its own:\n{longest.completion.text}")


if __name__ == "__main__":
    main()
