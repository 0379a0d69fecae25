"""This process does the work itself, when an answer is waited for."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from types import TracebackType
from typing import Self

from cosearch.executors.executor import R, T


class Serial:
    """See :class:`cosearch.executors.executor.Executor`.

    Args:
        threads: that a task may use.
    """

    workers = 1
    least_task_s = 0.0

    def __init__(self, threads: int = 1) -> None:
        self.threads = threads

    def submit(self, function: Callable[[T], R], argument: T) -> Callable[[], R]:
        """See :class:`Executor`; the work is done by whoever waits."""
        return partial(function, argument)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing is held."""
