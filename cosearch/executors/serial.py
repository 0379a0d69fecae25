"""This process does the work itself, when an answer is waited for."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from types import TracebackType
from typing import Self

from cosearch.executors.executor import Executor, ExecutorError, R, T

logger = logging.getLogger(__name__)


class Serial:
    """See :class:`cosearch.executors.executor.Executor`.

    Args:
        threads: that a task may use.
    """

    workers = 1
    least_task_s = 0.25
    """Mapped side by side, candidates share what a task takes whatever is in it."""

    def __init__(self, threads: int = 1) -> None:
        self.threads = threads

    def submit(self, function: Callable[[T], R], argument: T) -> Callable[[], R]:
        """See :class:`Executor`; the work is done by whoever waits."""
        return partial(function, argument)

    def beside(self, function: Callable[[], None]) -> Callable[[], None]:
        """See :class:`Executor`: nothing is done."""
        return _nothing

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing is held."""


def _nothing() -> None:
    """There is nothing to wait for."""


class OrHere:
    """Another executor as long as it lasts, and then this process.

    Args:
        executor: that may be lost.
        threads: that a task may use here.
    """

    def __init__(self, executor: Executor, threads: int) -> None:
        self._there, self._here = executor, Serial(threads)
        self.threads, self.least_task_s = executor.threads, executor.least_task_s

    @property
    def workers(self) -> int:
        """See :class:`Executor`; one where there are none any more."""
        try:
            return self._there.workers
        except ExecutorError:
            return 1

    def submit(self, function: Callable[[T], R], argument: T) -> Callable[[], R]:
        """See :class:`Executor`; nothing that happens to workers is raised."""
        try:
            return partial(self._answer, self._there.submit(function, argument), function, argument)
        except ExecutorError:
            return self._here.submit(function, argument)

    def _answer(self, begun: Callable[[], R], function: Callable[[T], R], argument: T) -> R:
        try:
            return begun()
        except ExecutorError as error:
            logger.info("%s; its task is done here", error)
            return function(argument)

    def beside(self, function: Callable[[], None]) -> Callable[[], None]:
        """See :class:`Executor`."""
        return self._there.beside(function)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Whoever opened the other executor closes it."""
