"""The files of a ladder: `ladder.json`, `ladder.md`, `ladder.svg` and `report.html`, written whole."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from ponder.evaluation.ladder import Ladder
from ponder.report.charts import ladder_svg
from ponder.report.html import render_report
from ponder.report.traces import pick_traces
from ponder.storage import write_text


def write_ladder(folder: Path, ladder: Ladder, meta: Mapping[str, str]) -> None:
    """`meta` says in words where the figures come from."""
    meta = {**meta, "written": datetime.now().strftime("%Y-%m-%d %H:%M")}
    write_text(folder / "ladder.json", json.dumps(ladder.to_json(), indent=2) + "\n")
    write_text(folder / "ladder.md", ladder.to_markdown())
    write_text(folder / "ladder.svg", ladder_svg(ladder))
    write_text(folder / "report.html", render_report(ladder, ladder.curves, pick_traces(ladder), meta))
