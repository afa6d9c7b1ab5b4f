"""The battery of hostile programs: every row by category, and the few that are run every time."""

from __future__ import annotations

from verify.sandbox.hostile_escapes import ESCAPES
from verify.sandbox.hostile_exhaustion import EXHAUSTION
from verify.sandbox.hostile_processes import PROCESSES
from verify.sandbox.hostile_replies import REPLIES
from verify.sandbox.hostile_rewards import REWARDS
from verify.sandbox.hostile_row import Row

CATEGORIES: dict[str, tuple[Row, ...]] = {
    "rewards": REWARDS,
    "replies": REPLIES,
    "exhaustion": EXHAUSTION,
    "escapes": ESCAPES,
    "processes": PROCESSES,
}
HOSTILE = {row.name: row for rows in CATEGORIES.values() for row in rows}
