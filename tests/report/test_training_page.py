"""The page of a training run shows every figure that was logged, and what the guard found."""

from __future__ import annotations

import json
from pathlib import Path

from pages import HOSTILE, Page

from ponder.report.training_page import FIGURES, render_training, write_training

ROWS = [
    {"step": 0, "heldout_accuracy": 0.25},
    *(
        {"step": n, "loss": 1 / n, "reward": n / 40, "reward/brevity": 0.5, "flops": 1e9, "clipped": 0.0}
        for n in range(1, 41)
    ),
    {"step": 40, "heldout_accuracy": 0.5},
    {
        "event": "entropy collapse",
        "step": 30,
        "detail": "entropy from 1 to 0.05",
        "action": "back to 20",
    },
]
MANIFEST = {"command": "ponder train grpo recipe.toml", "seed": 3, "config": {"grpo": {"group_size": 8}}}


def test_every_figure_has_a_curve_and_the_guard_a_word() -> None:
    text = render_training("grpo", ROWS, MANIFEST, {"accuracy_before": 0.25, "accuracy_after": 0.5})
    Page(text)  # well-formed, nothing to load
    assert "25.0% before, 50.0% after" in text
    for name in ("heldout_accuracy", "loss", "reward"):
        assert f"{FIGURES[name]}: from" in text
    assert "reward/brevity: from" in text
    assert FIGURES["kl"] not in text and "flops" not in text
    assert f"Always zero: {FIGURES['clipped']}." in text
    assert "<b>Step 30: entropy collapse.</b> entropy from 1 to 0.05; back to 20." in text
    assert 'class="mark"' in text
    assert "ponder train grpo recipe.toml" in text and "group_size" in text


def test_stages_have_curves_of_their_own() -> None:
    rows = [{"stage": stage, "step": n, "loss": 1.0} for stage in ("pretrain", "instruct") for n in (1, 2)]
    text = render_training("pretrain", rows, {}, {})
    assert "How it went: pretrain" in text and "How it went: instruct" in text
    assert "Nothing." in text


def test_nothing_that_was_logged_is_believed() -> None:
    rows = [{"step": 1, HOSTILE: 1.0}, {"event": HOSTILE, "step": 1, "detail": HOSTILE, "action": HOSTILE}]
    Page(render_training(HOSTILE, rows, {"command": HOSTILE, "config": {HOSTILE: HOSTILE}}, {}))


def test_it_is_written_from_what_lies_in_the_folder(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text(json.dumps(MANIFEST))
    (tmp_path / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    report = write_training(tmp_path, "grpo", {})
    assert report == tmp_path / "report.html"
    assert FIGURES["loss"] in report.read_text()
