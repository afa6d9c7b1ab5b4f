"""The page of a training run: how it ended, what the guard found, a curve for every figure, its config.

Reads what the run wrote down: the lines of `metrics.jsonl` and the manifest. A figure that is not known here
is shown too, last and under its own name. Knows nothing of what was trained or how.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ponder.evaluation import formatting
from ponder.jsonl import Row, read_rows
from ponder.report.charts import Size, curve_chart
from ponder.report.markup import element, escape
from ponder.report.page import page, section
from ponder.storage import write_text

CURVE = Size(420, 236)
FIGURES = {
    "heldout_accuracy": "accuracy on held-out problems",
    "reward": "mean reward of the rollouts",
    "loss": "loss",
    "entropy_estimate": "entropy per token, in nats",
    "completion_tokens": "tokens per completion",
    "truncated": "share of completions cut off",
    "uniform_groups": "share of groups that all earned the same",
    "clipped": "share of tokens outside the clipping bounds",
    "kl": "KL to the model it began with, per token",
    "mismatch": "distance between sampler's and trainer's logprobs",
    "gradient_norm": "norm of the gradient before clipping",
    "learning_rate": "learning rate",
}
"""The order in which curves stand, and what each is."""
SHARES = frozenset({"heldout_accuracy", "truncated", "uniform_groups", "clipped", "masked"})
IN_HEADLINE = frozenset({"accuracy_before", "accuracy_after"})
WRITTEN: dict[str, Callable[[float], str]] = {
    "flops": lambda value: formatting.si(value, "FLOP"),
    "seconds": formatting.duration,
}
HIDDEN = frozenset({"step", "step_seconds", "flops", "tokens", "ratio"})


def write_training(folder: Path, kind: str, figures: Mapping[str, Any]) -> Path:
    """`report.html` beside the run's manifest and metrics."""
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    metrics = folder / "metrics.jsonl"
    rows = [row for _, row in read_rows(metrics)] if metrics.is_file() else []
    write_text(folder / "report.html", render_training(kind, rows, manifest, figures))
    return folder / "report.html"


def render_training(
    kind: str, rows: Sequence[Row], manifest: Mapping[str, Any], figures: Mapping[str, Any]
) -> str:
    """`figures` are the run's last words: numbers, and the guard's events as sentences."""
    events = [row for row in rows if "event" in row]
    stages = list(dict.fromkeys(str(row.get("stage", "")) for row in rows if "event" not in row))
    main = (
        _events(events)
        + "".join(_curves(stage, _of(rows, stage), events) for stage in stages)
        + _origin(manifest)
    )
    return page(f"Training: {kind}", _opening(kind, figures) + element("main", main))


def _opening(kind: str, figures: Mapping[str, Any]) -> str:
    before, after = figures.get("accuracy_before"), figures.get("accuracy_after")
    headline = f"A run of {kind}"
    if before is not None and after is not None:
        headline = f"{formatting.percent(before)} before, {formatting.percent(after)} after"
    shown = [
        WRITTEN[name](value) if name in WRITTEN else f"{name.replace('_', ' ')} {value:.4g}"
        for name, value in figures.items()
        if isinstance(value, float | int) and name not in IN_HEADLINE
    ]
    parts = [
        element("p", f"training, {escape(kind)}", class_="eyebrow"),
        element("h1", escape(headline)),
        element("p", escape(" · ".join(shown)), class_="facts"),
    ]
    return element("header", "".join(parts))


def _events(events: Sequence[Row]) -> str:
    if not events:
        return section("What the guard found", element("p", "Nothing.", class_="note"))
    items = "".join(
        element(
            "li",
            f"<b>Step {escape(str(row.get('step')))}: {escape(str(row['event']))}.</b> "
            f"{escape(str(row.get('detail', '')))}; {escape(str(row.get('action', '')))}.",
        )
        for row in events
    )
    return section("What the guard found", element("ul", items))


def _of(rows: Iterable[Row], stage: str) -> list[Row]:
    return [row for row in rows if str(row.get("stage", "")) == stage and "event" not in row]


def _curves(stage: str, rows: Sequence[Row], events: Sequence[Row]) -> str:
    found = {name for row in rows for name, value in row.items() if _finite(value)} - HIDDEN
    moved = {name for name in found if any(row.get(name) for row in rows)}
    order = [name for name in FIGURES if name in moved] + sorted(moved - FIGURES.keys())
    figures = [_figure(name, rows, events) for name in order]
    if not figures:
        return ""
    still = [FIGURES.get(name, name) for name in sorted(found - moved)]
    words = "Pale: each step; strong: running mean. Dotted: the guard spoke." + (
        f" Always zero: {formatting.listed(still)}." if still else ""
    )
    title = f"How it went: {stage}" if stage else "How it went"
    note = element("p", escape(words), class_="note")
    return section(title, element("div", "".join(figures), class_="pair"), note)


def _figure(name: str, rows: Sequence[Row], events: Sequence[Row]) -> str:
    known = [row for row in rows if "step" in row and _finite(row.get(name))]
    steps, values = [float(row["step"]) for row in known], [float(row[name]) for row in known]
    label = FIGURES.get(name, name)
    marks = [float(row["step"]) for row in events if _finite(row.get("step"))]
    chart = curve_chart(steps, values, CURVE, label=label, share=name in SHARES, marks=marks)
    return element("figure", chart + element("figcaption", f"<b>{escape(label)}</b>"))


def _finite(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _origin(manifest: Mapping[str, Any]) -> str:
    """What was asked: the command and the whole config."""
    facts = [(name, str(manifest[name])) for name in ("command", "seed", "commit") if manifest.get(name)]
    rows = "".join(
        element("div", element("dt", escape(key)) + element("dd", escape(value))) for key, value in facts
    )
    config = json.dumps(manifest.get("config", {}), indent=2, default=str)
    details = element("details", element("summary", "The whole recipe") + element("pre", escape(config)))
    return section("How this was made", element("dl", rows), details)
