"""Several machines on one study in PostgreSQL: each ends as one alone, whoever dies on the way."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import optuna
import pytest
from sqlalchemy import text

from cosearch import Budget, CoSearch
from cosearch.studies.location import StudyLocation
from cosearch.studies.shared_study import SharedStudy
from cosearch.studies.storage import StorageError, open_storage
from cosearch.studies.study import RECORD, read_trials
from nets.errors import InputError, ResumeError
from tests.cosearch.conftest import Cosearch

POSTGRESQL = os.environ.get("POSTGRESQL_TEST_URL", "")
ROOT = Path(__file__).resolve().parents[3]
OPTIONS = ["--network", "alexnet", "--budget", "area=2mm2", "--trials", "48", "--evaluations", "8"]
OPTIONS += ["--last-evaluations", "8", "--last-mapper", "cmaes", "--no-baselines", "--quiet"]
SAME = ("best.yaml", "pareto.csv", "layers.csv")

OPEN = Budget.parse("area=2mm2")

with_server = pytest.mark.skipif(not POSTGRESQL, reason="POSTGRESQL_TEST_URL does not name a server")


def machine(folder: Path, name: str, *words: str) -> subprocess.Popen[bytes]:
    """A process that joins the study, as another machine would."""
    command = [sys.executable, "run_cosearch.py", "search", *OPTIONS, "--storage", POSTGRESQL, "--study-name", name]
    command += ["--join", "--jobs", "1", "--out", str(folder), *words]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def numbers(name: str) -> list[int]:
    """Designs in the shared study, in the order they were written."""
    try:
        study = optuna.load_study(study_name=name, storage=open_storage(POSTGRESQL))
    except KeyError:
        return []
    return [trial.system_attrs[RECORD]["number"] for trial in study.trials]


@with_server
def test_machines_share_the_work_and_end_alike(tmp_path: Path, cosearch: Cosearch) -> None:
    name = f"study-{uuid4()}"
    assert cosearch("search", *OPTIONS, "--jobs", "1", "--out", tmp_path / "alone").status == 0
    first, doomed = machine(tmp_path / "first", name), machine(tmp_path / "doomed", name)
    while len(numbers(name)) < 12 and first.poll() is None:
        time.sleep(0.02)
    doomed.kill()
    late = machine(tmp_path / "late", name, "--jobs", "2")
    for process in (first, late):
        _, said = process.communicate()
        assert process.returncode == 0, said.decode()
    assert doomed.wait() in (-signal.SIGKILL, 0)
    assert cosearch("search", "--resume", tmp_path / "doomed", "--jobs", "1", "--quiet").status == 0
    assert sorted(numbers(name)) == list(range(48)), "every design was evaluated once"
    for folder in (tmp_path / "first", tmp_path / "late", tmp_path / "doomed"):
        for file in SAME:
            assert (folder / file).read_bytes() == (tmp_path / "alone" / file).read_bytes()
        assert read_trials(folder / "study.journal") == read_trials(tmp_path / "alone" / "study.journal")


@with_server
def test_machines_that_begin_together_make_the_tables_once() -> None:
    database = f"fresh_{uuid4().hex}"
    with open_storage(POSTGRESQL).engine.connect().execution_options(isolation_level="AUTOCOMMIT") as line:
        line.execute(text(f"CREATE DATABASE {database}"))
    fresh = POSTGRESQL.rpartition("/")[0] + f"/{database}"
    with ThreadPoolExecutor(6) as machines:
        opened = list(machines.map(open_storage, [fresh] * 6))
    assert all(storage.get_all_studies() == [] for storage in opened)


@with_server
def test_a_claim_is_one_machines_until_it_is_gone() -> None:
    search = CoSearch(budget=OPEN, networks=("squeezenet1_1",))
    location = StudyLocation(POSTGRESQL, f"study-{uuid4()}", join=True)
    one, other = (SharedStudy(location, search.axes, search.hardware, "owner") for _ in range(2))
    assert one.claim(range(5), 3) == [0, 1, 2]
    assert other.claim(range(5), 3) == [3, 4]
    one.release([1])
    assert other.claim(range(5), 3) == [1, 3, 4]  # what is one's own may be claimed again
    one._line.close()
    one._line.engine.dispose()
    deadline = time.monotonic() + 10
    mine: set[int] = set()
    while mine != {0, 2} and time.monotonic() < deadline:  # the server may let go of one before the other
        mine |= set(other.claim([0, 2], 2))
        time.sleep(0.02)
    assert mine == {0, 2}


@with_server
def test_a_study_of_another_search_is_not_joined(tmp_path: Path, cosearch: Cosearch) -> None:
    name = f"study-{uuid4()}"
    words = ["--storage", POSTGRESQL, "--study-name", name, "--join", "--jobs", "1"]
    assert cosearch("search", *OPTIONS, *words, "--trials", "12", "--out", tmp_path / "run").status == 0
    said = cosearch("search", *OPTIONS, *words, "--trials", "12", "--seed", "1", "--out", tmp_path / "other")
    assert said.status == 4
    assert "is another search's" in said.err
    assert not (tmp_path / "other").exists()
    search, location = CoSearch(budget=OPEN), StudyLocation(POSTGRESQL, name, join=True)
    with pytest.raises(ResumeError, match="another search's"):
        SharedStudy(location, search.axes, search.hardware, "somebody else")


@with_server
def test_a_server_that_is_lost_is_said(tmp_path: Path) -> None:
    search = CoSearch(budget=OPEN, networks=("squeezenet1_1",))
    joined = SharedStudy(
        StudyLocation(POSTGRESQL, f"study-{uuid4()}", join=True), search.axes, search.hardware, "owner"
    )
    pid = joined._line.execute(joined._sql("SELECT pg_backend_pid()")).scalar()
    with open_storage(POSTGRESQL).engine.connect() as base:
        base.execute(joined._sql(f"SELECT pg_terminate_backend({pid})"))
    with pytest.raises(StorageError, match="cannot be used"):
        joined.claim([0], 1)


@pytest.mark.parametrize("address", ["sqlite:///there.db", "journal:there"])
def test_only_a_server_can_be_shared(address: str, tmp_path: Path, cosearch: Cosearch) -> None:
    said = cosearch("search", *OPTIONS, "--storage", address, "--join", "--out", tmp_path / "run")
    assert said.status == 2
    assert "is no storage that machines can share" in said.err
    assert not (tmp_path / "run").exists()
    assert cosearch("search", *OPTIONS, "--join", "--out", tmp_path / "run").status == 2
    with pytest.raises(InputError, match="--join"):
        SharedStudy(StudyLocation(address, join=True), (), CoSearch(budget=OPEN).hardware, "owner")
