"""Processes on this machine, forked from this one: they have whatever was compiled and loaded here by then.

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
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Generic, Self

from accel_models.parent import end_with_parent
from cosearch.executors.executor import ExecutorError, Future, R, T
from cosearch.executors.ledger import Ledger, Task, perform

if TYPE_CHECKING:
    from multiprocessing.context import ForkProcess

MOST_AHEAD: Final = 2
MOST_AHEAD_BYTES: Final = 16 * 1024
"""Of a call that waits in a pipe: sending it must never wait for the worker, which may be sending an answer."""


@dataclass(slots=True, eq=False)
class _Worker:
    """A process, and the tasks it was given: the first is what it does, the others wait in its pipe."""

    process: ForkProcess
    pipe: Connection
    tasks: deque[Task] = field(default_factory=deque)


class Processes:
    """See :class:`cosearch.executors.executor.Executor`; a worker that is killed is replaced, and its task done again.

    Args:
        workers: processes, forked when there is work for them.
    """

    threads = 1
    least_task_s = 0.02

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self._pool: list[_Worker] = []
        self._ledger = Ledger()
        self._background: threading.Thread | None = None

    def submit(self, function: Callable[[T], R], argument: T) -> Future[R]:
        """See :class:`Executor`."""
        task = Task.of(function, argument)
        self._ledger.waiting.append(task)
        self._listen(timeout_s=0.0)
        self._assign()
        return _TaskFuture(self, task)

    def run_in_background(self, function: Callable[[], None]) -> Callable[[], None]:
        """See :class:`Executor`; no process is forked from the middle of it, whose locks it would inherit."""
        while len(self._pool) < self.workers:
            self._fork()
        self._background = threading.Thread(target=function, daemon=True)
        self._background.start()
        return self._background.join

    def wait_for(self, task: Task) -> Any:
        """Serve the workers until one has the answer of a task; what :class:`Future` says of it."""
        while not task.future.done():
            self._assign()
            self._listen()
        return task.future.result()

    def _assign(self) -> None:
        """Give tasks to workers that have none, and then to each some ahead, which wait in its pipe.

        So nobody waits for this process while it does something else.
        """
        waiting = self._ledger.waiting
        while waiting and (worker := self._idle()) is not None:
            self._give(worker, waiting.popleft())
        for ahead in range(1, MOST_AHEAD + 1):
            for worker in [worker for worker in self._pool if len(worker.tasks) == ahead]:
                if waiting and len(waiting[0].call) <= MOST_AHEAD_BYTES:
                    self._give(worker, waiting.popleft())

    def _give(self, worker: _Worker, task: Task) -> None:
        worker.tasks.append(task)
        try:
            worker.pipe.send_bytes(task.call)
        except OSError:
            self._drop(worker)

    def _idle(self) -> _Worker | None:
        for worker in self._pool:
            if not worker.tasks:
                return worker
        return self._fork() if len(self._pool) < self.workers else None

    def _fork(self) -> _Worker:
        if self._background is not None:
            self._background.join()
        context = multiprocessing.get_context("fork")
        ours, its = context.Pipe()
        process = context.Process(
            target=_work, args=(its, [ours, *(worker.pipe for worker in self._pool)]), daemon=True
        )
        process.start()
        its.close()
        self._pool.append(_Worker(process, ours))
        return self._pool[-1]

    def _listen(self, timeout_s: float | None = None) -> None:
        """Wait until a worker has an answer, or is gone."""
        busy = [worker for worker in self._pool if worker.tasks]
        ready = wait([worker.pipe for worker in busy], timeout_s)
        for worker in busy:
            if worker.pipe not in ready:
                continue
            try:
                outcome = worker.pipe.recv_bytes()
            except (EOFError, OSError):
                self._drop(worker)
            else:
                worker.tasks.popleft().settle(outcome)

    def _drop(self, worker: _Worker) -> None:
        """Let others do the tasks of a worker that was killed."""
        self._pool.remove(worker)
        worker.pipe.close()
        worker.process.join()
        for task in self._ledger.take_back(list(worker.tasks), running=1):
            said = f"worker processes were killed {task.deaths} times at the same task; is there enough memory?"
            task.future.set_exception(ExecutorError(said))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the workers at once: nobody waits for what they do."""
        for worker in self._pool:
            worker.process.kill()
            worker.process.join()
            worker.pipe.close()
        self._pool.clear()


@dataclass(frozen=True, slots=True)
class _TaskFuture(Generic[R]):
    """The answer of a task, for which the workers are served."""

    processes: Processes
    task: Task

    def result(self) -> R:
        """See :class:`Future`."""
        answer: R = self.processes.wait_for(self.task)
        return answer


def processors() -> int:
    """How many this process may use; all of the machine where the system does not say."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def can_fork() -> bool:
    """Whether processes can be forked: the threads of a loaded torch would not live on in them."""
    return hasattr(os, "fork") and "torch" not in sys.modules


def _work(pipe: Connection, not_mine: Sequence[Connection]) -> None:
    """Answer calls until the parent hangs up or is gone; Ctrl-C and a lost terminal are for the parent alone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    for other in not_mine:
        other.close()
    parent = multiprocessing.parent_process()
    if parent is not None and parent.pid is not None:
        end_with_parent(parent.pid)
    while True:
        try:
            call = pipe.recv_bytes()
        except EOFError:
            return
        pipe.send_bytes(perform(call))
