"""No password of a storage's address is written or said by a command."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from benchmarks.postgresql_server import PostgresqlServer, find_programs
from cosearch.studies.storage import StorageError, open_storage
from tests.cosearch.conftest import Cosearch
from tests.nets.test_secrets import ADDRESSES


@pytest.mark.parametrize("address", ADDRESSES)
def test_no_command_says_it(address: str, cosearch: Cosearch, tmp_path: Path) -> None:
    words = ["search", "--budget", "area=2mm2", "--network", "squeezenet1_1", "--trials", "1", "--jobs", "1"]
    pytest.importorskip("psycopg")
    for wrong in (["--storage", address], [f"--storage={address}", "--join"], [f"--storge={address}"], [address]):
        said = cosearch(*words, *wrong, "--out", tmp_path / "run")
        assert said.status in (1, 2)
        assert "hunter2" not in said.out + said.err
        assert "Traceback" not in said.err
    for path in tmp_path.rglob("*"):
        assert path.is_dir() or b"hunter2" not in path.read_bytes()


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="no /proc")
def test_the_process_list_does_not_show_it() -> None:
    code = "import sys, cosearch.cli as c; c._dispatch = lambda words: print(open('/proc/self/cmdline').read()) or 0;"
    words = ["search", "--storage", "postgresql://bob:hunter2@host/db"]
    done = subprocess.run(
        [sys.executable, "-c", code + "sys.exit(c.main())", *words], capture_output=True, text=True, check=True
    )
    assert "bob:*******@host" in done.stdout


PASSWORD = "p@s:s/w?rd %41"


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresqlServer]:
    pytest.importorskip("psycopg")
    programs = find_programs()
    if programs is None:
        pytest.skip("no PostgreSQL")
    with PostgresqlServer(programs) as running:
        import psycopg

        with psycopg.connect(running.url, autocommit=True) as line:
            line.execute(f"ALTER USER tester PASSWORD '{PASSWORD}'")
            (running.folder / "data" / "pg_hba.conf").write_text("host all all 127.0.0.1/32 scram-sha-256\n")
            line.execute("SELECT pg_reload_conf()")
        time.sleep(0.5)
        yield running


@pytest.mark.parametrize("form", ["as it is", "encoded", "parameter", "PGPASSWORD", ".pgpass"])
def test_every_way_to_give_a_password_works(
    form: str, server: PostgresqlServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = f"127.0.0.1:{server.port}/postgres"
    address = f"postgresql://tester@{place}"
    with pytest.raises(StorageError, match="no password supplied"):
        open_storage(address)
    if form == "as it is":
        address = f"postgresql://tester:p@s:s%2Fw%3Frd%20%2541@{place}"
    elif form == "encoded":
        address = f"postgresql://tester:{quote(PASSWORD, safe='')}@{place}"
    elif form == "parameter":
        address = f"postgresql://{place}?user=tester&password={quote(PASSWORD, safe='')}"
    elif form == "PGPASSWORD":
        monkeypatch.setenv("PGPASSWORD", PASSWORD)
    else:
        file = tmp_path / "pgpass"
        file.write_text(f"127.0.0.1:{server.port}:postgres:tester:{PASSWORD.replace(':', chr(92) + ':')}\n")
        file.chmod(0o600)
        monkeypatch.setenv("PGPASSFILE", os.fspath(file))
    assert open_storage(address).get_all_studies() == []


def test_a_wrong_password_is_not_quoted(server: PostgresqlServer) -> None:
    for wrong in (f"tester:hunter2@127.0.0.1:{server.port}", f"tester:a/hunter2@127.0.0.1:{server.port}"):
        with pytest.raises(StorageError) as error:
            open_storage(f"postgresql://{wrong}/postgres")
        assert "hunter2" not in str(error.value)
