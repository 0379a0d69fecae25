"""Processes on this machine, forked from this one: they have everything compiled and loaded from their first moment.

Every worker has a pipe of its own. (Those of :class:`concurrent.futures.ProcessPoolExecutor` share a queue and its
lock, which a worker that is killed takes with it: the others then wait for ever.)
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkProcess
from types import TracebackType
from typing import Any, Self

from cosearch.executors.executor import MOST_DEATHS, ExecutorError, R, T


@dataclass(slots=True, eq=False)
class _Task:
    """A call, what became of it, and how many workers were killed at it."""

    function: Callable[[Any], Any]
    argument: Any
    outcome: tuple[bool, Any] | None = None
    deaths: int = 0


@dataclass(slots=True, eq=False)
class _Worker:
    process: ForkProcess
    pipe: Connection
    task: _Task | None = None


class Processes:
    """See :class:`cosearch.executors.executor.Executor`; a worker that is killed is replaced, and its task done again.

    Args:
        workers: processes, forked when there is work for them.
    """

    threads = 1
    least_task_s = 0.02

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self._crew: list[_Worker] = []
        self._waiting: deque[_Task] = deque()

    def submit(self, function: Callable[[T], R], argument: T) -> Callable[[], R]:
        """See :class:`Executor`."""
        task = _Task(function, argument)
        self._waiting.append(task)
        self._hand_out()
        return partial(self._answer, task)

    def _answer(self, task: _Task) -> Any:
        while task.outcome is None:
            self._hand_out()
            self._listen()
        well, value = task.outcome
        if not well:
            raise value
        return value

    def _hand_out(self) -> None:
        """Give the tasks that wait to workers that do not work."""
        while self._waiting and (worker := self._idle()) is not None:
            worker.task = self._waiting.popleft()
            try:
                worker.pipe.send((worker.task.function, worker.task.argument))
            except OSError:
                self._bury(worker)

    def _idle(self) -> _Worker | None:
        for worker in self._crew:
            if worker.task is None:
                return worker
        return self._fork() if len(self._crew) < self.workers else None

    def _fork(self) -> _Worker:
        context = multiprocessing.get_context("fork")
        ours, its = context.Pipe()
        process = context.Process(
            target=_work, args=(its, [ours, *(worker.pipe for worker in self._crew)]), daemon=True
        )
        process.start()
        its.close()
        self._crew.append(_Worker(process, ours))
        return self._crew[-1]

    def _listen(self) -> None:
        """Wait until a worker has an answer, or is gone."""
        busy = [(worker, task) for worker in self._crew if (task := worker.task) is not None]
        ready = wait([worker.pipe for worker, _ in busy])
        for worker, task in busy:
            if worker.pipe not in ready:
                continue
            try:
                task.outcome = worker.pipe.recv()
                worker.task = None
            except (EOFError, OSError):
                self._bury(worker)

    def _bury(self, worker: _Worker) -> None:
        """Let another do the task of a worker that was killed."""
        self._crew.remove(worker)
        worker.pipe.close()
        worker.process.join()
        if (task := worker.task) is None:
            return
        task.deaths += 1
        if task.deaths <= MOST_DEATHS:
            self._waiting.appendleft(task)
        else:
            said = f"worker processes were killed {task.deaths} times at the same task; is there enough memory?"
            task.outcome = False, ExecutorError(said)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the workers at once: nobody waits for what they do."""
        for worker in self._crew:
            worker.process.kill()
            worker.process.join()
            worker.pipe.close()
        self._crew.clear()


def can_fork() -> bool:
    """Whether processes can be forked: the threads of a loaded torch would not live on in them."""
    return hasattr(os, "fork") and "torch" not in sys.modules


def _work(pipe: Connection, not_mine: Sequence[Connection]) -> None:
    """Answer calls until the parent hangs up or is gone; Ctrl-C is for the parent alone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for other in not_mine:
        other.close()
    threading.Thread(target=_follow_parent, daemon=True).start()
    while True:
        try:
            function, argument = pipe.recv()
        except EOFError:
            return
        try:
            outcome = True, function(argument)
        except Exception as error:
            outcome = False, error
        pipe.send(outcome)


def _follow_parent() -> None:
    """End with the parent, even if it was killed in the middle of a task."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
