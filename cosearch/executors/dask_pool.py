"""Actors on the workers of a Dask cluster, which do what this process gives them.

Calling one of Dask's actors is a message there and one back, where a task of Dask's takes a dozen and several times the
processors. So this process says who does what, and gives to another what was given to a worker that is gone.
Of a :class:`DaskPool`, only what has no underscore may be called from another thread than the client's event loop.
"""

from __future__ import annotations

import asyncio
import logging
import pickle
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

from cosearch.executors.executor import ExecutorError
from cosearch.executors.ledger import Ledger, Task, perform
from cosearch.studies.versions import versions

logger = logging.getLogger(__name__)

WORKER_PATIENCE_S: Final = 60.0
"""How long a cluster may be without any worker."""
LOOK_EVERY_S: Final = 1.0
"""Which workers there are."""
ASK_EVERY_S: Final = 0.02
"""Whether an actor is made by now."""
MOST_GIVEN: Final = 2
"""To a thread at a time: what it does, and what waits there until that is done."""


@dataclass(slots=True, eq=False)
class _Worker:
    """A worker of the cluster, the actor made there, how to call it once it is, and the tasks given to it."""

    address: str
    threads: int
    actor: Any
    work: Callable[[bytes], Any] | None = None
    given: dict[Task, asyncio.Task[None]] = field(default_factory=dict)

    @property
    def load(self) -> float:
        """Tasks for each thread."""
        return len(self.given) / self.threads


class DaskPool:
    """The actors of a cluster.

    Args:
        client: of the cluster, a ``distributed.Client`` (much of which has no types).
        address: to name in errors.
    """

    def __init__(self, client: Any, address: str) -> None:
        self._client, self._address = client, address
        self._versions = versions()
        self._workers: dict[str, _Worker] = {}
        self._refused: dict[str, str] = {}
        self._ledger = Ledger()
        self._alone_since: float | None = None
        self._lost: Exception | None = None
        self._settled = threading.Event()
        self._watch = asyncio.run_coroutine_threadsafe(self._watch_workers(), self._client.loop.asyncio_loop)

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
        task = Task.of(function, argument)
        self._client.loop.add_callback(self._enqueue, task)
        return task.future

    def close(self) -> None:
        """Let go of the cluster, which goes on without us."""
        self._watch.cancel()
        with suppress(OSError, RuntimeError):  # one that is lost or busy does not answer in time
            self._client.close(timeout=LOOK_EVERY_S)

    def _enqueue(self, task: Task) -> None:
        self._ledger.waiting.append(task)
        self._assign()

    def _assign(self) -> None:
        """Give tasks to those who have the least to do."""
        waiting = self._ledger.waiting
        while waiting and self._lost is not None:
            waiting.popleft().future.set_exception(self._lost)
        while waiting:
            free = [worker for worker in self._workers.values() if worker.work and worker.load < MOST_GIVEN]
            if not free:
                return
            worker, task = min(free, key=lambda worker: worker.load), waiting.popleft()
            worker.given[task] = asyncio.ensure_future(self._run(worker, task))

    async def _run(self, worker: _Worker, task: Task) -> None:
        """Send a task, and wait for its outcome; without one, the worker or its actor is gone."""
        assert worker.work is not None
        try:
            outcome = await worker.work(task.call)
        except Exception as error:
            logger.info("%s does not answer (%s); others do its tasks", worker.address, error)
            self._drop(worker)
            return
        del worker.given[task]
        task.settle(outcome)
        self._assign()

    def _drop(self, worker: _Worker) -> None:
        """Have others do what was given to a worker that is gone, unless too many have died of it."""
        if self._workers.get(worker.address) is worker:
            del self._workers[worker.address]
        given, worker.given = worker.given, {}
        for sending in given.values():
            if sending is not asyncio.current_task():
                sending.cancel()
        for task in self._ledger.take_back(list(given), running=worker.threads):
            said = f"{self._address}: workers die of the same task again and again; have they enough memory?"
            task.future.set_exception(ExecutorError(said))
        self._assign()

    async def _watch_workers(self) -> None:
        """Have an actor on every worker, until the cluster is lost."""
        try:
            while self._lost is None:
                if self._client.status not in ("running", "newly-connected"):
                    raise ConnectionError
                self._update(await self._client.nthreads())
                look_again = time.monotonic() + LOOK_EVERY_S
                while self._lost is None and (left_s := look_again - time.monotonic()) > 0:
                    await self._admit()
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

    def _update(self, there: Mapping[str, int]) -> None:
        """Make actors on workers that joined, and drop those that left."""
        for address, worker in list(self._workers.items()):
            if address not in there or worker.actor.status in ("error", "lost", "cancelled"):
                logger.info("%s is gone; others do its tasks", address)
                self._drop(worker)
        self._refused = {address: why for address, why in self._refused.items() if address in there}
        for address, threads in there.items():
            if address not in self._workers and address not in self._refused:
                actor = pickle.dumps(_PickledActor(threads, self._versions))
                made = self._client.submit(pickle.loads, actor, workers=[address], actor=True, pure=False)
                self._workers[address] = _Worker(address, threads, made)
        self._check_left()

    def _check_left(self) -> None:
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

    async def _admit(self) -> None:
        """Give tasks to the actors that are made by now."""
        for address, worker in list(self._workers.items()):
            if worker.work is not None or not worker.actor.done():
                continue
            try:
                with self._client.as_current():  # or the actor would be called through whatever client is
                    worker.work = (await worker.actor).work
            except ModuleNotFoundError as error:
                self._refuse(address, f"a worker has no {error.name}; install cosearch there")
            except ExecutorError as error:
                self._refuse(address, str(error))
            except (OSError, RuntimeError, ValueError):  # it died meanwhile
                self._drop(worker)
            except Exception as error:
                self._refuse(address, f"a worker cannot work: {type(error).__name__}: {error}")
            else:
                self._settled.set()
                self._assign()

    def _refuse(self, address: str, why: str) -> None:
        logger.warning("%s is not used: %s", address, why)
        self._refused[address] = why
        del self._workers[address]
        self._check_left()

    def _gone(self, why: str) -> ExecutorError:
        return ExecutorError(f"{self._address}: the cluster was lost: {why}")

    def _lose(self, error: Exception) -> None:
        """Answer whatever is and will be asked with an error."""
        self._lost = error
        while self._workers:
            self._drop(next(iter(self._workers.values())))
        self._assign()


class _PickledActor:
    """An actor, made where its pickle is loaded: on a worker, so that a scheduler needs nothing of ours."""

    def __init__(self, *arguments: Any) -> None:
        self._arguments = arguments

    def __reduce__(self) -> tuple[type[Actor], tuple[Any, ...]]:
        return Actor, self._arguments


class Actor:
    """What does the tasks on a worker.

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
        """Do a task, see :func:`perform`, beside others."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, perform, call)
