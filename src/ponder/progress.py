"""Progress on standard error: bars with the time left in a terminal, plain lines anywhere else."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager

PLAIN_SECONDS = 10.0

Advance = Callable[[int], None]


class Progress:
    """One at a time: `with progress.stage("sampling", 400) as advance: advance(1)`."""

    def __init__(self, *, quiet: bool = False) -> None:
        self.quiet = quiet
        self.terminal = sys.stderr.isatty()

    def say(self, line: str) -> None:
        if not self.quiet:
            print(line, file=sys.stderr, flush=True)

    @contextmanager
    def stage(self, title: str, total: int) -> Generator[Advance]:
        if self.quiet:
            yield lambda _: None
        elif self.terminal:
            with _bar(title, total) as advance:
                yield advance
        else:
            with self._lines(title, total) as advance:
                yield advance

    @contextmanager
    def _lines(self, title: str, total: int) -> Generator[Advance]:
        began = last = time.monotonic()
        done = 0

        def advance(count: int) -> None:
            nonlocal done, last
            done += count
            now = time.monotonic()
            if now - last >= PLAIN_SECONDS and done:
                last, left = now, (now - began) / done * (total - done)
                # A search cannot know how many pieces its samples will be cut into.
                of_total = f"/{total}, about {left:.0f} s left" if done <= total else " so far"
                self.say(f"{title}: {done}{of_total}")

        yield advance
        self.say(f"{title}: {done} in {time.monotonic() - began:.1f} s")


@contextmanager
def _bar(title: str, total: int) -> Generator[Advance]:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )
    from rich.progress import Progress as Bars

    columns = (
        TextColumn("{task.description:<34}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Bars(*columns, console=Console(stderr=True)) as bars:
        task = bars.add_task(title, total=total)
        yield lambda count: bars.update(task, advance=count)
