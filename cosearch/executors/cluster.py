"""A Dask cluster, wherever its workers are; they may join, leave and die at any time."""

from __future__ import annotations

import concurrent.futures
import importlib.util
import logging
import re
import socket
import threading
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Final, Self

from cosearch.executors.dask_pool import DaskPool
from cosearch.executors.executor import ExecutorError, Future, R, T
from cosearch.executors.processes import Processes, can_fork
from nets.documents import read_bytes
from nets.errors import InputError

SCHEMES: Final = ("tcp://", "tls://")
PATIENCE_S: Final = 10.0
"""How long a scheduler may take to answer."""
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
    if not re.fullmatch(r"[0-9]{1,5}", port) or not 0 < int(port) < 65536:
        raise InputError("--cluster", address, f"has a port that is no number from 1 to 65535: {port!r}", hint)


CERTIFICATES: Final = ("ca-file", "client.cert", "client.key")
"""Dask's settings for ``tls://``, below ``distributed.comm.tls``."""


class Cluster:
    """See :class:`cosearch.executors.executor.Executor`.

    Until Dask is loaded and a worker can work, which takes as long as a dozen tasks, processes here do.

    Args:
        address: of the scheduler, see :func:`check_address`.
        jobs: processes here until then.

    Raises:
        InputError: the address is none, or of TLS and no certificates are named.
        ExecutorError: Dask is not installed, or the scheduler does not answer within :data:`PATIENCE_S`.
    """

    threads = 1
    least_task_s = 0.1

    def __init__(self, address: str, jobs: int = 1) -> None:
        check_address(address)
        if importlib.util.find_spec("distributed") is None:
            raise ExecutorError("--cluster needs Dask: pip install 'cosearch[cluster]'")
        self.address = address
        if address.startswith("tls://"):
            _require_certificates(address)
        try:
            _greet(address)
        except OSError as error:
            raise self._silent(error) from None
        self._levels: dict[str, int] = {}
        self._here = Processes(jobs)
        self._loaded: concurrent.futures.Future[DaskPool] = concurrent.futures.Future()
        if can_fork():
            self._here.run_in_background(self._load)
        else:
            self._load()

    def _load(self) -> None:
        """Load Dask, connect, and wait for a worker."""
        try:
            import distributed

            self._levels = {name: logging.getLogger(name).level for name in LOGGERS}
            self._set_levels(dict.fromkeys(LOGGERS, logging.CRITICAL))
            pool = DaskPool(distributed.Client(self.address, timeout=PATIENCE_S, set_as_default=False), self.address)
            pool.wait()
        except (OSError, ValueError, RuntimeError) as error:
            self._loaded.set_exception(self._silent(error))
        except Exception as error:
            self._loaded.set_exception(error)
        else:
            self._loaded.set_result(pool)

    def _silent(self, error: Exception) -> ExecutorError:
        said = " ".join(str(error).split()) or type(error).__name__
        way_out = _whose_certificates() if "certificate" in said else ""
        return ExecutorError(f"{self.address}: no scheduler answers within {PATIENCE_S:g} s ({said}){way_out}")

    @property
    def workers(self) -> int:
        """Threads of all workers, and one where there are none yet."""
        return max(1, self._loaded.result().threads) if self._loaded.done() else self._here.workers

    def submit(self, function: Callable[[T], R], argument: T) -> Future[R]:
        """See :class:`Executor`."""
        if not self._loaded.done():
            return self._here.submit(function, argument)
        return self._loaded.result().submit(function, argument)

    def run_in_background(self, function: Callable[[], None]) -> Callable[[], None]:
        """See :class:`Executor`; not before the client is loaded, since two threads that import disturb each other."""

        def then() -> None:
            self._loaded.exception()
            function()

        aside = threading.Thread(target=then, daemon=True)
        aside.start()
        return aside.join

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
            self._loaded.result().close()
        self._set_levels(self._levels)


def _whose_certificates() -> str:
    """What the files of :data:`CERTIFICATES` must be, in words that follow others."""
    import dask.config

    authority, own = (dask.config.get(f"distributed.comm.tls.{name}") for name in CERTIFICATES[:2])
    return f"; the authority of {authority} must have signed both the scheduler's certificate and {own}"


def _require_certificates(address: str) -> None:
    """Look whether Dask, which reads them itself, is told which certificates to show and to believe.

    Raises:
        InputError: a file is not named, or cannot be read.
    """
    import dask.config
    import distributed.config  # noqa: F401  (its defaults)

    for setting in CERTIFICATES:
        file = dask.config.get(f"distributed.comm.tls.{setting}", None)
        named = "DASK_DISTRIBUTED__COMM__TLS__" + setting.replace("-", "_").replace(".", "__").upper()
        if not file:
            raise InputError("--cluster", address, "needs certificates", f"name the file in {named}")
        read_bytes(named, str(file))


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
