"""Processes on this machine, forked from this one: they have everything compiled and loaded from their first moment."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import partial
from types import TracebackType
from typing import Any, Self

from cosearch.executors.executor import MOST_DEATHS, ExecutorError, R, T


@dataclass(slots=True, eq=False)
class _Open:
    """A task without an answer yet, and how often its pool broke."""

    function: Callable[[Any], Any]
    argument: Any
    future: Future[Any] | None = None
    deaths: int = 0


class Processes:
    """See :class:`cosearch.executors.executor.Executor`.

    A worker that is killed breaks its pool; a new one is forked and gets what had no answer.

    Args:
        workers: processes.
    """

    threads = 1
    least_task_s = 0.02

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self._pool = self._fork()
        self._open: list[_Open] = []

    def _fork(self) -> ProcessPoolExecutor:
        context = multiprocessing.get_context("fork")
        return ProcessPoolExecutor(self.workers, context, initializer=_begin_work)

    def submit(self, function: Callable[[T], R], argument: T) -> Callable[[], R]:
        """See :class:`Executor`."""
        task = _Open(function, argument)
        self._open.append(task)
        self._send(task)
        return partial(self._wait, task)

    def _send(self, task: _Open) -> None:
        try:
            task.future = self._pool.submit(task.function, task.argument)
        except BrokenProcessPool:
            task.future = None  # as all that were under way: whoever waits renews the pool

    def _wait(self, task: _Open) -> Any:
        while True:
            try:
                if task.future is None:
                    raise BrokenProcessPool
                answer = task.future.result()
            except BrokenProcessPool:
                self._renew(task)
            else:
                self._open.remove(task)
                return answer

    def _renew(self, waited_for: _Open) -> None:
        """Fork a new pool, and give it every task that the broken one left open."""
        self._pool.shutdown(wait=True, cancel_futures=True)
        waited_for.deaths += 1
        if waited_for.deaths > MOST_DEATHS:
            raise ExecutorError(
                f"worker processes were killed {waited_for.deaths} times at the same task; is there enough memory?"
            )
        self._pool = self._fork()
        for task in self._open:
            if task.future is None or _was_lost(task.future):
                self._send(task)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Wait for what is under way, which is short."""
        self._pool.shutdown(wait=True, cancel_futures=True)


def _was_lost(future: Future[Any]) -> bool:
    return future.cancelled() or isinstance(future.exception(), BrokenProcessPool)


def can_fork() -> bool:
    """Whether processes can be forked: the threads of a loaded torch would not live on in them."""
    return hasattr(os, "fork") and "torch" not in sys.modules


def _begin_work() -> None:
    """Leave Ctrl-C to the parent, and end when it is gone, even if it was killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()

    def follow() -> None:
        if parent is not None:
            parent.join()
            os._exit(1)

    threading.Thread(target=follow, daemon=True).start()
