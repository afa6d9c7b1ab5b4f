"""Ctrl-C that waits for a good moment: the first is remembered, the second stops at once.

Knows nothing of what is interrupted.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType


@dataclass(slots=True)
class Interrupt:
    asked: bool = False


@contextmanager
def deferred_interrupt(say: Callable[[str], None]) -> Generator[Interrupt]:
    """Within, ask `asked` between two pieces of work. Outside the main thread nothing is deferred."""
    interrupt = Interrupt()

    def remember(number: int, frame: FrameType | None) -> None:
        if interrupt.asked:
            raise KeyboardInterrupt
        interrupt.asked = True
        say("stopping after this step; Ctrl-C again stops at once, at the last checkpoint")

    if threading.current_thread() is not threading.main_thread():
        yield interrupt
        return
    before = signal.signal(signal.SIGINT, remember)
    try:
        yield interrupt
    finally:
        signal.signal(signal.SIGINT, before)
