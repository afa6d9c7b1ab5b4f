"""The files of a ladder: `ladder.json`, `.md`, `.svg`, `report.html` and a page an arm, written whole."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from ponder.evaluation.ladder import Ladder
from ponder.report.arm_page import render_arm
from ponder.report.cost_chart import ladder_svg
from ponder.report.html import render_report
from ponder.report.links import arm_link
from ponder.report.traces import pick_traces
from ponder.storage import write_text


def write_ladder(folder: Path, ladder: Ladder, meta: Mapping[str, str], *, newest_only: bool = False) -> None:
    """`meta` says in words where the figures come from. Of the pages of the arms only that of the newest
    is written if the others were before: a page does not depend on the arms that came after it."""
    meta = {**meta, "written": datetime.now().strftime("%Y-%m-%d %H:%M")}
    write_text(folder / "ladder.json", json.dumps(ladder.to_json(), indent=2) + "\n")
    write_text(folder / "ladder.md", ladder.to_markdown())
    write_text(folder / "ladder.svg", ladder_svg(ladder))
    write_text(folder / "report.html", render_report(ladder, ladder.curves, pick_traces(ladder), meta))
    for arm in ladder.arms[-1:] if newest_only else ladder.arms:
        items = f"items/{arm.name}.jsonl"
        known = items if "/" not in arm.name and (folder / items).is_file() else ""
        write_text(folder / arm_link(arm.name), render_arm(ladder, arm, whole_texts=known))
