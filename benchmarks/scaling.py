"""x

python benchmarks/scaling.py
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent


class LocalCluster:
    """A Dask scheduler and workers, each a process of this machine without a nanny: a worker that is killed is gone.

    Args:
        workers: to begin with.
    """

    def __init__(self, workers: int) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.address = f"tcp://127.0.0.1:{port}"
        self.workers: list[subprocess.Popen[bytes]] = []
        self.scheduler = self._start("dask_scheduler", "--host", "127.0.0.1", "--port", str(port))
        while self.scheduler.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        for _ in range(workers):
            self.add_worker()
        self.wait_for(workers)

    def _start(self, module: str, *words: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", f"distributed.cli.{module}", *words, "--no-dashboard"]
        paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(paths), "OPENBLAS_NUM_THREADS": "1"}
        quiet: Any = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        return subprocess.Popen(command, env=environment, **quiet)

    def add_worker(self) -> subprocess.Popen[bytes]:
        """Start another worker; it joins when it is up."""
        self.workers.append(self._start("dask_worker", self.address, "--nthreads", "1", "--no-nanny"))
        return self.workers[-1]

    def wait_for(self, workers: int) -> None:
        """Wait until that many have joined."""
        from distributed import Client

        if workers == 0:
            return
        with Client(self.address, set_as_default=False, timeout=60) as client:
            client.wait_for_workers(workers, timeout=60)

    def mend(self, workers: int) -> None:
        """Have that many workers alive."""
        self.workers = [worker for worker in self.workers if worker.poll() is None]
        while len(self.workers) < workers:
            self.add_worker()
        self.wait_for(workers)

    def kill_worker(self, place: int = 0) -> None:
        """Kill one (SIGKILL)."""
        worker = self.workers.pop(place)
        worker.kill()
        worker.wait()

    def cpu_s(self) -> float:
        """Processor time of the scheduler and the workers so far."""
        ticks = os.sysconf("SC_CLK_TCK")
        fields = [Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split() for process in self._alive()]
        return sum(int(field[11]) + int(field[12]) for field in fields) / ticks

    def _alive(self) -> list[subprocess.Popen[bytes]]:
        return [process for process in (self.scheduler, *self.workers) if process.poll() is None]

    def __enter__(self) -> LocalCluster:
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._alive():
            process.kill()
            process.wait()
