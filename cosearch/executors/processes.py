"""Processes on this machine, forked from this one: they have whatever was compiled and loaded here by then.

Every worker has a pipe of its own. (Those of :class:`concurrent.futures.ProcessPoolExecutor` share a queue and its
lock, which a worker that is killed takes with it: the others then wait for ever.)
"""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkProcess
from types import TracebackType
from typing import Any, Final, Self

from cosearch.executors.executor import MOST_DEATHS, ExecutorError, R, T

MOST_AHEAD: Final = 2
MOST_AHEAD_BYTES: Final = 16 * 1024
"""Of a call that waits in a pipe: sending it must never wait for the worker, which may be sending an answer."""


@dataclass(slots=True, eq=False)
class _Task:
    """A pickled call, what became of it, and how many workers were killed at it."""

    call: bytes
    outcome: tuple[bool, Any] | None = None
    deaths: int = 0


@dataclass(slots=True, eq=False)
class _Worker:
    """A process, and the tasks it was given: the first is what it does, the others wait in its pipe."""

    process: ForkProcess
    pipe: Connection
    tasks: deque[_Task] = field(default_factory=deque)


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
        self._aside: threading.Thread | None = None

    def submit(self, function: Callable[[T], R], argument: T) -> Callable[[], R]:
        """See :class:`Executor`."""
        task = _Task(pickle.dumps((function, argument), pickle.HIGHEST_PROTOCOL))
        self._waiting.append(task)
        self._listen(timeout_s=0.0)
        self._hand_out()
        return partial(self._answer, task)

    def beside(self, function: Callable[[], None]) -> Callable[[], None]:
        """See :class:`Executor`; no process is forked from the middle of it, whose locks it would inherit."""
        while len(self._crew) < self.workers:
            self._fork()
        self._aside = threading.Thread(target=function, daemon=True)
        self._aside.start()
        return self._aside.join

    def _answer(self, task: _Task) -> Any:
        while task.outcome is None:
            self._hand_out()
            self._listen()
        well, value = task.outcome
        if not well:
            raise value
        return value

    def _hand_out(self) -> None:
        """Give tasks to workers that have none, and then to each some ahead, which wait in its pipe.

        So nobody waits for this process while it does something else.
        """
        while self._waiting and (worker := self._idle()) is not None:
            self._give(worker, self._waiting.popleft())
        for ahead in range(1, MOST_AHEAD + 1):
            for worker in [worker for worker in self._crew if len(worker.tasks) == ahead]:
                if self._waiting and len(self._waiting[0].call) <= MOST_AHEAD_BYTES:
                    self._give(worker, self._waiting.popleft())

    def _give(self, worker: _Worker, task: _Task) -> None:
        worker.tasks.append(task)
        try:
            worker.pipe.send_bytes(task.call)
        except OSError:
            self._bury(worker)

    def _idle(self) -> _Worker | None:
        for worker in self._crew:
            if not worker.tasks:
                return worker
        return self._fork() if len(self._crew) < self.workers else None

    def _fork(self) -> _Worker:
        if self._aside is not None:
            self._aside.join()
        context = multiprocessing.get_context("fork")
        ours, its = context.Pipe()
        process = context.Process(
            target=_work, args=(its, [ours, *(worker.pipe for worker in self._crew)]), daemon=True
        )
        process.start()
        its.close()
        self._crew.append(_Worker(process, ours))
        return self._crew[-1]

    def _listen(self, timeout_s: float | None = None) -> None:
        """Wait until a worker has an answer, or is gone."""
        busy = [worker for worker in self._crew if worker.tasks]
        ready = wait([worker.pipe for worker in busy], timeout_s)
        for worker in busy:
            if worker.pipe not in ready:
                continue
            try:
                outcome = worker.pipe.recv()
            except (EOFError, OSError):
                self._bury(worker)
            else:
                worker.tasks.popleft().outcome = outcome

    def _bury(self, worker: _Worker) -> None:
        """Let others do the tasks of a worker that was killed."""
        self._crew.remove(worker)
        worker.pipe.close()
        worker.process.join()
        if worker.tasks:
            killed_at = worker.tasks[0]
            killed_at.deaths += 1
            if killed_at.deaths > MOST_DEATHS:
                worker.tasks.popleft()
                said = (
                    f"worker processes were killed {killed_at.deaths} times at the same task; is there enough memory?"
                )
                killed_at.outcome = False, ExecutorError(said)
        self._waiting.extendleft(reversed(worker.tasks))

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
