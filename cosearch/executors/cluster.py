"""A Dask cluster, wherever its workers are; they may join, leave and die at any time."""

from __future__ import annotations

import importlib.util
import logging
import pickle
import re
import socket
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self

from cosearch.executors.executor import MOST_DEATHS, ExecutorError, R, T
from cosearch.executors.processes import Processes, can_fork
from cosearch.run_folder import versions
from nets.errors import CosearchError, InputError

if TYPE_CHECKING:
    import distributed

logger = logging.getLogger(__name__)

SCHEMES: Final = ("tcp://", "tls://")
PATIENCE_S: Final = 10.0
"""How long a scheduler may take to answer."""
WORKER_PATIENCE_S: Final = 60.0
"""How long a cluster may be without any worker."""
LOOK_EVERY_S: Final = 1.0
LOGGERS: Final = ("distributed", "distributed.client")
"""Of Dask, each with a level of its own, that would say in tracebacks what is said once here."""


def check_address(address: str) -> None:
    """Check the form of a scheduler's address.

    Raises:
        InputError: it does not read ``tcp://HOST:PORT``.
    """
    hint = "write tcp://HOST:PORT, as the scheduler prints it"
    if not address.startswith(SCHEMES):
        raise InputError("--cluster", address, f"must begin with {SCHEMES[0]}", hint)
    place = address.split("://", 1)[1]
    host, colon, port = place.rpartition(":")
    if not colon or not re.fullmatch(r"\[[0-9a-fA-F:.]+\]|[\w.-]+", host):
        raise InputError("--cluster", address, "names no host and port", hint)
    if not port.isdecimal() or not 0 < int(port) < 65536:
        raise InputError("--cluster", address, f"has a port that is no number from 1 to 65535: {port!r}", hint)


class Cluster:
    """See :class:`cosearch.executors.executor.Executor`.

    Dask itself gives the tasks of a worker that is gone to another; here is said when that cannot go on. Until its
    client is loaded, which takes as long as a dozen tasks, processes here do the work.

    Args:
        address: of the scheduler, see :func:`check_address`.
        jobs: processes here until then.

    Raises:
        InputError: the address is none.
        ExecutorError: Dask is not installed, or the scheduler does not answer within :data:`PATIENCE_S`.
    """

    threads = 1
    least_task_s = 0.1

    def __init__(self, address: str, jobs: int = 1) -> None:
        check_address(address)
        if importlib.util.find_spec("distributed") is None:
            raise ExecutorError("--cluster needs Dask: pip install 'cosearch[cluster]'")
        self.address = address
        try:
            _greet(address)
        except OSError as error:
            raise self._silent(error) from None
        self._levels: dict[str, int] = {}
        self._versions = versions()
        self._alone_since: float | None = None
        self._here = Processes(jobs)
        self._loaded: Future[distributed.Client] = Future()
        if can_fork():
            self._here.beside(self._load)
        else:
            self._load()

    def _load(self) -> None:
        """Load Dask and connect."""
        try:
            import distributed

            self._levels = {name: logging.getLogger(name).level for name in LOGGERS}
            self._set_levels(dict.fromkeys(LOGGERS, logging.CRITICAL))
            client = distributed.Client(self.address, timeout=PATIENCE_S, set_as_default=False)
        except (OSError, ValueError, RuntimeError) as error:
            self._loaded.set_exception(self._silent(error))
        except Exception as error:
            self._loaded.set_exception(error)
        else:
            self._loaded.set_result(client)

    def _silent(self, error: Exception) -> ExecutorError:
        said = " ".join(str(error).split()) or type(error).__name__
        return ExecutorError(f"{self.address}: no scheduler answers within {PATIENCE_S:g} s ({said})")

    @property
    def _client(self) -> distributed.Client:
        return self._loaded.result()

    @property
    def workers(self) -> int:
        """Threads of all workers, and one where there are none yet."""
        if not self._loaded.done():
            return self._here.workers
        try:
            threads: Mapping[str, int] = self._client.nthreads()
            return max(1, sum(threads.values()))
        except (OSError, RuntimeError):
            raise self._lost("the scheduler is gone") from None

    def submit(self, function: Callable[[T], R], argument: T) -> Callable[[], R]:
        """See :class:`Executor`."""
        if not self._loaded.done():
            return self._here.submit(function, argument)
        return partial(self._wait, function, argument, self._send(function, argument))

    def beside(self, function: Callable[[], None]) -> Callable[[], None]:
        """See :class:`Executor`; not before the client is loaded, since two threads that import disturb each other."""

        def then() -> None:
            self._loaded.exception()
            function()

        aside = threading.Thread(target=then, daemon=True)
        aside.start()
        return aside.join

    def _send(self, function: Callable[[Any], Any], argument: Any) -> distributed.Future[Any]:
        try:
            call = pickle.dumps(_Call(function, argument, self._versions))
            return self._client.submit(pickle.loads, call, pure=False)
        except (OSError, RuntimeError):
            raise self._lost("the scheduler is gone") from None

    def _wait(self, function: Callable[[Any], Any], argument: Any, future: distributed.Future[Any]) -> Any:
        from concurrent.futures import CancelledError

        from distributed.scheduler import KilledWorker

        deaths = 0
        while True:
            try:
                return future.result(timeout=LOOK_EVERY_S)
            except TimeoutError:
                self._look()
            except KilledWorker:
                deaths += 1
                if deaths > MOST_DEATHS:
                    raise ExecutorError(
                        f"{self.address}: workers die of the same task again and again; have they enough memory?"
                    ) from None
                future = self._send(function, argument)
            except ModuleNotFoundError as error:
                raise ExecutorError(f"{self.address}: a worker has no {error.name}; install cosearch there") from None
            except CosearchError:
                raise
            except (CancelledError, OSError, RuntimeError):
                if future.status == "error":  # the function's own
                    raise
                raise self._lost("the scheduler is gone") from None

    def _look(self) -> None:
        """See whether there still is somebody to wait for."""
        if self._client.status not in ("running", "newly-connected"):
            raise self._lost("the scheduler is gone")
        try:
            alone = not self._client.nthreads()
        except (OSError, RuntimeError):
            raise self._lost("the scheduler is gone") from None
        if not alone:
            self._alone_since = None
        elif self._alone_since is None:
            self._alone_since = time.monotonic()
            logger.info("%s has no workers; waiting %g s for one", self.address, WORKER_PATIENCE_S)
        elif time.monotonic() - self._alone_since > WORKER_PATIENCE_S:
            raise self._lost(f"it had no workers for {WORKER_PATIENCE_S:g} s")

    def _lost(self, why: str) -> ExecutorError:
        return ExecutorError(f"{self.address}: the cluster was lost: {why}")

    def _set_levels(self, levels: Mapping[str, int]) -> None:
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let go of the cluster, which goes on without us."""
        self._here.__exit__(kind, error, trace)
        if self._loaded.exception() is None:
            with suppress(OSError, RuntimeError):  # one that is lost or busy does not answer in time
                self._client.close(timeout=LOOK_EVERY_S)
        self._set_levels(self._levels)


def _greet(address: str) -> None:
    """Hear a word from a scheduler, which speaks first; Dask's client waits for ever for one that listens in silence.

    Raises:
        OSError: nobody is there, or says anything within :data:`PATIENCE_S`.
    """
    scheme, place = address.split("://", 1)
    host, _, port = place.rpartition(":")
    with socket.create_connection((host.strip("[]"), int(port)), timeout=PATIENCE_S) as line:
        if scheme == "tcp" and not line.recv(1):
            raise ConnectionError("it hung up")


class _Call:
    """A call that is made where its pickle is loaded: on a worker, so that a scheduler needs nothing of ours."""

    def __init__(self, *arguments: Any) -> None:
        self._arguments = arguments

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return _answer, self._arguments


def _answer(function: Callable[[Any], Any], argument: Any, asked_by: Mapping[str, str]) -> Any:
    """Run on a worker: the function, if what it rests on is the same there as where it was asked for."""
    if (here := versions()) != asked_by:
        differing = ", ".join(
            f"{name} {here.get(name)} instead of {version}"
            for name, version in asked_by.items()
            if here.get(name) != version
        )
        raise ExecutorError(f"a worker would compute something else: it runs {differing}")
    return function(argument)
