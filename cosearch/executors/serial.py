"""This process does the work itself, when an answer is waited for."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Generic, Self

from cosearch.executors.executor import Executor, ExecutorError, Future, R, T

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

    def submit(self, function: Callable[[T], R], argument: T) -> Future[R]:
        """See :class:`Executor`; the work is done by whoever waits."""
        return _DeferredFuture(function, argument)

    def run_in_background(self, function: Callable[[], None]) -> Callable[[], None]:
        """See :class:`Executor`: nothing is done."""
        return _nothing

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing is held."""


@dataclass(frozen=True, slots=True)
class _DeferredFuture(Generic[T, R]):
    """A call that is made when its answer is wanted."""

    function: Callable[[T], R]
    argument: T

    def result(self) -> R:
        """See :class:`Future`."""
        return self.function(self.argument)


def _nothing() -> None:
    """There is nothing to wait for."""


class WithFallback:
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

    def submit(self, function: Callable[[T], R], argument: T) -> Future[R]:
        """See :class:`Executor`; nothing that happens to workers is raised."""
        here = self._here.submit(function, argument)
        try:
            return _FallbackFuture(self._there.submit(function, argument), here)
        except ExecutorError:
            return here

    def run_in_background(self, function: Callable[[], None]) -> Callable[[], None]:
        """See :class:`Executor`."""
        return self._there.run_in_background(function)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Whoever opened the other executor closes it."""


@dataclass(frozen=True, slots=True)
class _FallbackFuture(Generic[R]):
    """The answer of a worker, or of this process where the worker is lost."""

    there: Future[R]
    here: Future[R]

    def result(self) -> R:
        """See :class:`Future`."""
        try:
            return self.there.result()
        except ExecutorError as error:
            logger.info("%s; its task is done here", error)
            return self.here.result()
