"""Hands on the workers of a Dask cluster, which do what this process gives them.

A hand is one of Dask's actors: a call is a message there and one back, where a task of Dask's takes a dozen and several
times the processors. So this process says who does what, and gives to another what was given to a worker that is gone.
Of a :class:`Crew`, only what has no underscore may be called from another thread than the client's event loop.
"""

from __future__ import annotations

import asyncio
import logging
import pickle
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

from cosearch.executors.executor import MOST_DEATHS, ExecutorError
from cosearch.studies.versions import versions

logger = logging.getLogger(__name__)

WORKER_PATIENCE_S: Final = 60.0
"""How long a cluster may be without any worker."""
LOOK_EVERY_S: Final = 1.0
"""Which workers there are."""
ASK_EVERY_S: Final = 0.02
"""Whether a hand is made by now."""
MOST_GIVEN: Final = 2
"""To a thread at a time: what it does, and what waits there until that is done."""


@dataclass(slots=True, eq=False)
class _Task:
    """A pickled call, its answer, and how many workers may have died of it."""

    call: bytes
    answer: Future[Any] = field(default_factory=Future)
    deaths: int = 0


@dataclass(slots=True, eq=False)
class _Worker:
    """A worker of the cluster, the hand made there, how to call it once it is, and the tasks given to it."""

    address: str
    threads: int
    hand: Any
    work: Callable[[bytes], Any] | None = None
    given: dict[_Task, asyncio.Task[None]] = field(default_factory=dict)

    @property
    def load(self) -> float:
        """Tasks for each thread."""
        return len(self.given) / self.threads


class Crew:
    """All hands on a cluster.

    Args:
        client: of the cluster, a ``distributed.Client`` (much of which has no types).
        address: to name in errors.
    """

    def __init__(self, client: Any, address: str) -> None:
        self._client, self._address = client, address
        self._versions = versions()
        self._workers: dict[str, _Worker] = {}
        self._refused: dict[str, str] = {}
        self._waiting: deque[_Task] = deque()
        self._alone_since: float | None = None
        self._lost: Exception | None = None
        self._settled = threading.Event()
        self._watch = asyncio.run_coroutine_threadsafe(self._look_after(), self._client.loop.asyncio_loop)

    def wait(self) -> None:
        """Wait until somebody can work, or it is clear that nobody can for now."""
        self._settled.wait()

    @property
    def threads(self) -> int:
        """Tasks that run at the same time, as of now.

        Raises:
            ExecutorError: the cluster is lost.
        """
        if self._lost is not None:
            raise self._lost
        return sum(worker.threads for worker in list(self._workers.values()) if worker.work is not None)

    def submit(self, function: Callable[[Any], Any], argument: Any) -> Future[Any]:
        """Have somebody call a function; the answer is what it returns or raises, or how the cluster was lost.

        Raises:
            ExecutorError: it is lost already.
        """
        if self._lost is not None:
            raise self._lost
        task = _Task(pickle.dumps((function, argument), pickle.HIGHEST_PROTOCOL))
        self._client.loop.add_callback(self._take, task)
        return task.answer

    def close(self) -> None:
        """Let go of the cluster, which goes on without us."""
        self._watch.cancel()
        with suppress(OSError, RuntimeError):  # one that is lost or busy does not answer in time
            self._client.close(timeout=LOOK_EVERY_S)

    def _take(self, task: _Task) -> None:
        self._waiting.append(task)
        self._hand_out()

    def _hand_out(self) -> None:
        """Give tasks to those who have the least to do."""
        while self._waiting and self._lost is not None:
            self._waiting.popleft().answer.set_exception(self._lost)
        while self._waiting:
            free = [worker for worker in self._workers.values() if worker.work and worker.load < MOST_GIVEN]
            if not free:
                return
            worker, task = min(free, key=lambda worker: worker.load), self._waiting.popleft()
            worker.given[task] = asyncio.ensure_future(self._have_done(worker, task))

    async def _have_done(self, worker: _Worker, task: _Task) -> None:
        """Send a task, and hear the answer; without one, the worker or its hand is gone."""
        assert worker.work is not None
        try:
            said = await worker.work(task.call)
        except Exception as error:
            logger.info("%s does not answer (%s); others do its tasks", worker.address, error)
            self._let_go(worker)
            return
        try:
            well, value = pickle.loads(said)
        except Exception as error:
            well, value = False, error
        del worker.given[task]
        if well:
            task.answer.set_result(value)
        else:
            task.answer.set_exception(value)
        self._hand_out()

    def _let_go(self, worker: _Worker) -> None:
        """Have others do what was given to a worker that is gone, unless too many have died of it."""
        if self._workers.get(worker.address) is worker:
            del self._workers[worker.address]
        given, worker.given = worker.given, {}
        for sending in given.values():
            if sending is not asyncio.current_task():
                sending.cancel()
        for place, task in enumerate(given):
            task.deaths += place < worker.threads
        for task in reversed(given):
            if task.deaths > MOST_DEATHS:
                said = f"{self._address}: workers die of the same task again and again; have they enough memory?"
                task.answer.set_exception(ExecutorError(said))
            else:
                self._waiting.appendleft(task)
        self._hand_out()

    async def _look_after(self) -> None:
        """Have a hand on every worker, until the cluster is lost."""
        try:
            while self._lost is None:
                if self._client.status not in ("running", "newly-connected"):
                    raise ConnectionError
                self._meet(await self._client.nthreads())
                look_again = time.monotonic() + LOOK_EVERY_S
                while self._lost is None and (left_s := look_again - time.monotonic()) > 0:
                    await self._welcome()
                    waited_for = any(worker.work is None for worker in self._workers.values())
                    await asyncio.sleep(min(left_s, ASK_EVERY_S) if waited_for else left_s)
        except (OSError, RuntimeError):
            self._lose(self._gone("the scheduler is gone"))
        except Exception as error:
            self._lose(error)
        finally:
            if self._lost is None:
                self._lose(self._gone("its client was closed"))
            self._settled.set()

    def _meet(self, there: Mapping[str, int]) -> None:
        """Make hands on workers that joined, and let go of those that left."""
        for address, worker in list(self._workers.items()):
            if address not in there or worker.hand.status in ("error", "lost", "cancelled"):
                logger.info("%s is gone; others do its tasks", address)
                self._let_go(worker)
        self._refused = {address: why for address, why in self._refused.items() if address in there}
        for address, threads in there.items():
            if address not in self._workers and address not in self._refused:
                hand = pickle.dumps(_Made(threads, self._versions))
                made = self._client.submit(pickle.loads, hand, workers=[address], actor=True, pure=False)
                self._workers[address] = _Worker(address, threads, made)
        self._count()

    def _count(self) -> None:
        """See whether there is anybody left."""
        if self._workers:
            self._alone_since = None
            return
        self._settled.set()
        if self._refused:
            self._lose(ExecutorError(f"{self._address}: {next(iter(self._refused.values()))}"))
        elif self._alone_since is None:
            self._alone_since = time.monotonic()
            logger.info("%s has no workers; waiting %g s for one", self._address, WORKER_PATIENCE_S)
        elif time.monotonic() - self._alone_since > WORKER_PATIENCE_S:
            self._lose(self._gone(f"it had no workers for {WORKER_PATIENCE_S:g} s"))

    async def _welcome(self) -> None:
        """Give tasks to the hands that are made by now."""
        for address, worker in list(self._workers.items()):
            if worker.work is not None or not worker.hand.done():
                continue
            try:
                with self._client.as_current():  # or the hand would be called through whatever client is
                    worker.work = (await worker.hand).work
            except ModuleNotFoundError as error:
                self._refuse(address, f"a worker has no {error.name}; install cosearch there")
            except ExecutorError as error:
                self._refuse(address, str(error))
            except (OSError, RuntimeError, ValueError):  # it died meanwhile
                self._let_go(worker)
            except Exception as error:
                self._refuse(address, f"a worker cannot work: {type(error).__name__}: {error}")
            else:
                self._settled.set()
                self._hand_out()

    def _refuse(self, address: str, why: str) -> None:
        logger.warning("%s is not used: %s", address, why)
        self._refused[address] = why
        del self._workers[address]
        self._count()

    def _gone(self, why: str) -> ExecutorError:
        return ExecutorError(f"{self._address}: the cluster was lost: {why}")

    def _lose(self, error: Exception) -> None:
        """Answer whatever is and will be asked with an error."""
        self._lost = error
        while self._workers:
            self._let_go(next(iter(self._workers.values())))
        self._hand_out()


class _Made:
    """A hand, made where its pickle is loaded: on a worker, so that a scheduler needs nothing of ours."""

    def __init__(self, *arguments: Any) -> None:
        self._arguments = arguments

    def __reduce__(self) -> tuple[type[Hand], tuple[Any, ...]]:
        return Hand, self._arguments


class Hand:
    """An actor on a worker.

    Args:
        threads: of the worker, each of which does a task at a time.
        asked_by: versions of what this rests on where it is asked for.

    Raises:
        ExecutorError: they are others here: this worker would compute something else.
    """

    def __init__(self, threads: int, asked_by: Mapping[str, str]) -> None:
        if (here := versions()) != asked_by:
            differing = ", ".join(
                f"{name} {here.get(name)} instead of {version}"
                for name, version in asked_by.items()
                if here.get(name) != version
            )
            raise ExecutorError(f"a worker would compute something else: it runs {differing}")
        self._threads = ThreadPoolExecutor(threads)

    async def work(self, call: bytes) -> bytes:
        """Call a function; whether it went well, and what it returned or raised."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, _outcome, call)


def _outcome(call: bytes) -> bytes:
    try:
        function, argument = pickle.loads(call)
        return pickle.dumps((True, function(argument)), pickle.HIGHEST_PROTOCOL)
    except Exception as error:
        return pickle.dumps((False, error), pickle.HIGHEST_PROTOCOL)
