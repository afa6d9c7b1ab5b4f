"""Writes the README's tables from the committed result files: `make docs`, or python tests/readme_figures.py.

Results lie in docs/results: `tour-seed-N/ladder.json` from `ponder tour --seed N`, `smollm2-gsm8k/eval.json`
from `ponder eval`, `engine-*.json` and `verify-*.json` from the benchmarks. A test holds the README
to them.
"""

from __future__ import annotations

import json
import re
import statistics
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "docs" / "results"
HEAD = "| arm | correct (95% interval) | tokens | FLOPs | seconds | training FLOPs | against `direct` |"
RULE = "| --- | ---: | ---: | ---: | ---: | ---: | ---: |"


def filled(text: str) -> str:
    """The README with every figure taken anew from the results."""
    text = between(text, "tour", tour_section())
    text = between(text, "engine", engine_section())
    text = between(text, "training", training_section())
    text = between(text, "verify", verify_section())
    return between(text, "smollm2", smollm2_section())


def between(text: str, name: str, body: str) -> str:
    pattern = re.compile(rf"<!-- {name} -->.*?<!-- /{name} -->", re.DOTALL)
    assert pattern.search(text), f"the README lacks its {name} section"
    return pattern.sub(lambda _: f"<!-- {name} -->\n{body}\n<!-- /{name} -->", text)


def tour_section() -> str:
    ladders = {path.parent.name[-1]: read(path) for path in sorted(RESULTS.glob("tour-seed-*/ladder.json"))}
    first = ladders["0"]
    problems = first["arms"][0]["n"]
    minutes = first["seconds"] / 60
    lines = [
        f"`ponder tour --seed 0`, {problems} held-out problems per arm, {minutes:.1f} minutes on two cores; "
        "tokens, FLOPs and seconds are per problem:",
        "",
        HEAD,
        RULE,
        *arm_rows(first),
        "",
        f"> {first['verdict']}",
        "",
        "GRPO against the base that thinks, for three seeds: " + "; ".join(map(lift, ladders.items())) + ".",
    ]
    return "\n".join(lines)


def arm_rows(ladder: dict[str, Any]) -> list[str]:
    against = {comparison["b"]: comparison for comparison in ladder["comparisons"]}
    rows = list[str]()
    for arm in ladder["arms"]:
        cost, (low, high) = arm["cost_per_problem"], arm["interval"]
        training = f"{arm['training_cost']['flops']:.1e}" if arm["training_cost"] else "–"
        paired = against.get(arm["name"])
        delta = f"{100 * paired['delta']:+.1f} points (p = {paired['p_value']:.1g})" if paired else "–"
        rows.append(
            f"| {arm['name']} | {100 * arm['accuracy']:.1f}% ({100 * low:.1f}–{100 * high:.1f}) "
            f"| {cost['generated_tokens']:.0f} | {cost['flops']:.1e} | {cost['seconds']:.3f} "
            f"| {training} | {delta} |"
        )
    return rows


def lift(item: tuple[str, dict[str, Any]]) -> str:
    seed, ladder = item
    arms = {arm["name"]: arm for arm in ladder["arms"]}
    return f"seed {seed} " + " to ".join(
        "{:.1f}% ({:.1f}–{:.1f})".format(
            *(100 * x for x in (arms[name]["accuracy"], *arms[name]["interval"]))
        )
        for name in ("chain-of-thought", "grpo")
    )


def engine_section() -> str:
    """Ratios within rounds of one run; absolute speeds are the machine's."""
    one, many = read(RESULTS / "engine-peers.json")["results"].values()
    batching, memory = read(RESULTS / "engine-batching.json"), read(RESULTS / "engine-memory.json")
    int8 = read(RESULTS / "engine-int8.json")
    low, high = int8["interval"]
    steps = {
        (row["batch"], row["context"]): row["ms_per_token"]
        for row in read(RESULTS / "engine-bench.json")["rows"]
        if row["kernels"] == "native"
    }
    lines = [
        "SmolLM2-135M in bfloat16 on two cores, same weights, alternately in one run "
        "(min–median–max of rounds):",
        "",
        f"- one stream: {times(one, 'llama.cpp')} llama.cpp, {times(one, 'transformers')} transformers, "
        f"{share(one)} of what memory allows",
        f"- {many['rows']} samples of one prompt: {times(many, 'transformers')} transformers, "
        f"{share(many)} of what arithmetic allows",
        f"- 8-bit weights: {inverse(one, 'ponder, int8')} the bfloat16 stream; perplexity on GSM8K's text "
        f"{100 * int8['int8_over_bfloat16'] - 100:+.2f}% ({100 * low - 100:+.2f} to {100 * high - 100:+.2f})",
        f"- a step after 4,096 tokens takes {steps[1, 4096] / steps[1, 128]:.2f} times one after 128",
        f"- {batching['requests']} prompts of 16 to 1,024 tokens: {spread(batching['ratios'])} times the "
        f"quickest fixed batches ({batching['best_fixed'].removeprefix('fixed, ')})",
        f"- peak memory {memory['ratio']:.2f} times weights, cache and one step's activations",
        "",
        "`python benchmarks/engine_vs_peers.py`, `engine_int8.py`, `engine_batching.py` and "
        "`engine_memory.py`, and "
        "`ponder bench engine -m smollm2-135m`.",
    ]
    return "\n".join(lines)


def times(result: dict[str, Any], peer: str) -> str:
    return f"{spread(result['ratios'][f'ponder / {peer}'])} times"


def inverse(result: dict[str, Any], peer: str) -> str:
    return f"{spread([1 / ratio for ratio in result['ratios'][f'ponder / {peer}']])} times"


def share(result: dict[str, Any]) -> str:
    return spread([100 * share for share in result["limits"]["share"]], ".0f") + "%"


def spread(values: list[float], form: str = ".2f") -> str:
    return "–".join(format(value, form) for value in (min(values), statistics.median(values), max(values)))


def training_section() -> str:
    """A step and the way to an accuracy beside TRL, what long runs came to, and what was lost by kills."""
    step, way = read(RESULTS / "grpo-vs-trl.json"), read(RESULTS / "grpo-time-to-accuracy.json")
    kills, students = (
        read(RESULTS / "resume-after-kill.json"),
        read(RESULTS / "distilled-student.json")["seeds"],
    )
    memory = step["peak_mb"]["ponder"] / step["peak_mb"]["trl"]
    kept = "–".join(f"{100 * bound(each['kept'] for each in students):.0f}" for bound in (min, max))
    lines = [
        f"- a GRPO step of SmolLM2-135M takes {spread(step['ratios'])} of the time of TRL's GRPOTrainer "
        f"(min–median–max of {len(step['ratios'])}, two cores) and {memory:.2f} of its memory",
        f"- the embedded model reaches {100 * way['target']:.1f}% held-out accuracy, what TRL reaches in "
        f"{way['steps']['trl']} steps, in {way['ratio']:.2f} of TRL's time",
        *stability_lines(read(RESULTS / "grpo-stability.json")["runs"]),
        f"- {kills['kills']} times `kill -9`, {kills['while_saving']} of them while saving: resumed runs end "
        f"{'bit-identically' if kills['identical'] else 'otherwise'}",
        f"- a student with {100 * students[0]['parameters_share']:.0f}% of the parameters keeps {kept}% of "
        f"its teacher's gain ({len(students)} seeds)",
        "",
        "`python benchmarks/grpo_vs_trl.py`, `grpo_time_to_accuracy.py`, `grpo_stability.py`, "
        "`resume_after_kill.py`, `distilled_student.py`.",
    ]
    return "\n".join(lines)


def stability_lines(runs: list[dict[str, Any]]) -> list[str]:
    """Of each variant how far its runs end below their own best, and what the guard found."""
    lines = list[str]()
    for variant in dict.fromkeys(run["variant"] for run in runs):
        chosen = [run for run in runs if run["variant"] == variant]
        last = max(run["best"] - run["last"] for run in chosen)
        saved = max(run["best"] - run["saved"] for run in chosen)
        causes = dict.fromkeys(event["cause"] for run in chosen for event in run["events"])
        found = ", ".join(causes) or "nothing"
        ends = "–".join(f"{100 * bound(run['saved'] for run in chosen):.0f}" for bound in (min, max))
        lines.append(
            f"- GRPO up to 500 steps, {variant}, {len(chosen)} seeds: the last look is at most "
            f"{100 * last:.1f} points below a run's own best, the model kept "
            f"{100 * saved:.1f} ({ends}% right); the guard found {found}"
        )
    return lines


def verify_section() -> str:
    """How many right answers are taken, how many wrong ones paid, and how fast."""
    gsm8k, tables = read(RESULTS / "verify-gsm8k.json"), read(RESULTS / "verify-tables.json")
    rates = {row["kind"]: row["verdicts_per_second"] for row in read(RESULTS / "verify-bench.json")["rows"]}
    lines = [
        f"Of GSM8K's {gsm8k['golds']:,} golds in {gsm8k['spellings']:,} spellings {gsm8k['false_negatives']} "
        f"are refused, of {gsm8k['near_misses']:,} near misses {gsm8k['false_positives']} are paid. "
        + told_of(tables),
        "",
    ]
    for level in read(RESULTS / "verify-programs.json")["levels"]:
        lines.append(
            f"- `{level['level']}`: {level['canonical']['passed']} of 164 HumanEval solutions pass, "
            f"{164 - level['mutated'].get('passed', 0)} of 164 mutated ones fail, "
            f"{level['seconds_for_both']:.1f} s for both; "
            f"{level['median_ms_per_check']['human_eval']:.1f} ms a warm check, "
            f"{level['small_checks_per_second']} small programs a second"
        )
    told = ", ".join(f"{rate:,.0f} {kind}" for kind, rate in rates.items() if rate)
    return "\n".join([*lines, "", f"Verdicts a second on two cores, `ponder bench verify`: {told}."])


def told_of(tables: dict[str, Any]) -> str:
    """Ours beside others on our own tables, which were written for our rules."""
    judges = [
        f"{name} pays {judge['false_positives']} and refuses {judge['false_negatives']}"
        for name, judge in tables["judges"].items()
    ]
    return (
        f"Of {tables['near_misses']} near misses and {tables['equivalents']} equivalent forms, written for "
        f"these rules, {', '.join(judges)}."
    )


def smollm2_section() -> str:
    result = read(RESULTS / "smollm2-gsm8k" / "eval.json")
    cost, (low, high), verdicts = result["cost_per_problem"], result["interval"], result["verdicts"]
    told = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in verdicts.items() if count)
    return (
        f"That run: {100 * result['accuracy']:.1f}% ({100 * low:.1f}–{100 * high:.1f}) correct of "
        f"{result['n']} problems ({told}), {cost['generated_tokens']:.0f} tokens, {cost['flops']:.1e} FLOPs "
        f"and {cost['seconds']:.1f} seconds a problem on two cores."
    )


def read(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text())


if __name__ == "__main__":
    readme = ROOT / "README.md"
    readme.write_text(filled(readme.read_text()))
