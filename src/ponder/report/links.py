"""Where the pages of a ladder lie and what their anchors are called.

`report.html` lies beside `arms/`, which has a page for each arm. An arm's name may hold anything; its
page's name may not, so a name that is not plain gets what is plain of it and a hash.
"""

from __future__ import annotations

import hashlib
import re

FOLDER = "arms"
_PLAIN = re.compile(r"[a-z0-9][a-z0-9_-]{0,79}")
_RESERVED = re.compile(r"con|prn|aux|nul|(com|lpt)\d")  # names of devices on Windows


def page_name(name: str) -> str:
    """The name of an arm's page without its folder; different for different names, in any letter case."""
    if _PLAIN.fullmatch(name) and not _RESERVED.fullmatch(name):
        return f"{name}.html"
    plain = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:60] or "arm"
    return f"{plain}-{hashlib.sha256(name.encode('utf-8', 'surrogatepass')).hexdigest()[:10]}.html"


def arm_link(name: str, problem: int | None = None) -> str:
    """From the report to an arm's page, or to a problem on it, counted from 1."""
    anchor = "" if problem is None else f"#{problem_anchor(problem)}"
    return f"{FOLDER}/{page_name(name)}{anchor}"


def row_link(name: str) -> str:
    """From an arm's page back to its row in the report's table."""
    return f"../report.html#{row_anchor(name)}"


def row_anchor(name: str) -> str:
    return f"arm-{page_name(name).removesuffix('.html')}"


def problem_anchor(number: int) -> str:
    return f"problem-{number}"
