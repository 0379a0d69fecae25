"""Ctrl-C that waits: what has begun ends, then the interruption takes place."""

from __future__ import annotations

import signal
import threading
from types import FrameType, TracebackType
from typing import Self


class WholeSteps:
    """While it is entered, the first Ctrl-C is only noted, and raised on leaving; a second one is raised at once.

    Attributes:
        interrupted: whether one was noted.
    """

    def __init__(self) -> None:
        self.interrupted = False

    def __enter__(self) -> Self:
        # Only the main thread hears signals; elsewhere, and where somebody else handles them, nothing is done.
        mine = threading.current_thread() is threading.main_thread()
        self._replaced = mine and signal.getsignal(signal.SIGINT) is signal.default_int_handler
        if self._replaced:
            signal.signal(signal.SIGINT, self._note)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._replaced:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        if self.interrupted and kind is None:
            raise KeyboardInterrupt

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self.interrupted:
            raise KeyboardInterrupt
        self.interrupted = True
