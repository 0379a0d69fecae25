"""Other storages: a run's study kept there too, brought up to date by resuming, and typed errors for bad ones."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import optuna
import pytest
import yaml

from cosearch.problem.axes import load_axes
from cosearch.problem.budget import Budget
from cosearch.problem.template_space import TemplateSpace
from cosearch.studies.location import StudyLocation
from cosearch.studies.mirror import Mirror
from cosearch.studies.storage import StorageError, check_address, open_storage, storage_errors
from cosearch.studies.study import Finished, StudyFile, read_trials
from nets.errors import InputError, ResumeError
from nets.secrets import shown
from tests.cosearch.conftest import Cosearch

WORDS = ["search", "--network", "alexnet", "--budget", "area=2mm2", "--trials", "30", "--evaluations", "4"]
WORDS += ["--last-evaluations", "8", "--last-mapper", "cmaes", "--no-baselines", "--quiet", "--jobs", "1"]
POSTGRESQL = os.environ.get("POSTGRESQL_TEST_URL")


@pytest.fixture(params=["journal", "sqlite", "postgresql"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "postgresql":
        if POSTGRESQL is None:
            pytest.skip("POSTGRESQL_TEST_URL does not name a server")
        yield POSTGRESQL
    else:
        yield {"journal": f"journal:{tmp_path}/there", "sqlite": f"sqlite:///{tmp_path}/there.db"}[request.param]


def points(address: str, name: str) -> list[tuple[float | None, dict[str, float]]]:
    study = optuna.load_study(study_name=name, storage=open_storage(address))
    return [(trial.value, trial.params) for trial in study.trials]


def test_a_study_is_kept_there_too_and_brought_up_to_date(address: str, tmp_path: Path, cosearch: Cosearch) -> None:
    name, run = f"study-{uuid4()}", tmp_path / "run"
    words = [*WORDS, "--storage", address, "--study-name", name]
    assert cosearch(*words, "--out", run).status == 0
    whole = points(address, name)
    here = read_trials(run / "study.journal")
    assert [value for value, _ in whole] == [point.value for point in here]
    assert len(whole) == 30

    taken = cosearch(*words, "--out", tmp_path / "other")
    assert taken.status == 2
    assert "holds already" in taken.err
    assert not (tmp_path / "other").exists()

    journal = run / "study.journal"
    journal.write_bytes(b"".join(journal.read_bytes().splitlines(keepends=True)[:20]))
    fresh = f"study-{uuid4()}"
    again = ["search", "--resume", run, "--jobs", "1", "--quiet", "--storage", address, "--study-name"]
    assert cosearch(*again, fresh).status == 0
    assert points(address, fresh) == whole
    assert cosearch(*again, fresh).status == 0
    assert points(address, fresh) == whole, "nothing is written twice"

    assert cosearch(*WORDS, "--seed", "1", "--out", tmp_path / "seed").status == 0
    alien = cosearch("search", "--resume", tmp_path / "seed", "--storage", address, "--study-name", fresh)
    assert alien.status == 4
    assert "is another run's" in alien.err


def test_the_storage_is_remembered_but_no_password(tmp_path: Path, cosearch: Cosearch) -> None:
    address = f"sqlite:///{tmp_path}/there.db"
    assert cosearch(*WORDS, "--storage", address, "--out", tmp_path / "run").status == 0
    config = tmp_path / "run" / "config.yaml"
    data = yaml.safe_load(config.read_text())
    assert data["storage"] == {"address": address, "name": "cosearch"}
    data["storage"]["address"] = shown("postgresql://me:secret@host/base")
    assert data["storage"]["address"] == "postgresql://me:***@host/base"
    config.write_text(yaml.safe_dump(data))
    said = cosearch("search", "--resume", tmp_path / "run")
    assert said.status == 4
    assert "give --storage again" in said.err


def test_a_storage_lost_on_the_way_ends_with_what_was_found(
    tmp_path: Path, cosearch: Cosearch, monkeypatch: pytest.MonkeyPatch
) -> None:
    address, run = f"sqlite:///{tmp_path}/there.db", tmp_path / "run"
    write = StudyFile.add
    written = []

    def lose(study: StudyFile, finished: list[Finished]) -> None:
        written.append(study)
        if len(written) == 4:  # each generation is written here and there: this is there, the second
            with sqlite3.connect(tmp_path / "there.db") as base:
                base.execute("DROP TABLE trials")
        write(study, finished)

    monkeypatch.setattr(StudyFile, "add", lose)
    said = cosearch(*WORDS, "--storage", address, "--out", run)
    assert said.status == 1
    assert "no such table: trials" in said.err
    assert f"--resume {run}" in said.err
    assert len(read_trials(run / "study.journal")) == 24
    monkeypatch.undo()
    assert cosearch("evaluate", run / "best.yaml", "--json").json["exact"] is True
    fresh = f"sqlite:///{tmp_path}/fresh.db"
    assert cosearch("search", "--resume", run, "--quiet", "--jobs", "1", "--storage", fresh).status == 0
    assert len(points(fresh, "cosearch")) == len(read_trials(run / "study.journal")) == 30


@pytest.mark.parametrize("text", ["", "study.db", "sqlite:there.db", "sqlite:///", "mysql://host/base", "journal:"])
def test_what_is_no_address_is_refused(text: str, cosearch: Cosearch, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is no address of a storage"):
        check_address(text)
    said = cosearch(*WORDS, "--storage", text, "--out", tmp_path / "run")
    assert said.status == 2
    assert not (tmp_path / "run").exists()


def test_storages_that_cannot_be_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(StorageError, match="unable to open"):
        open_storage(f"sqlite:///{tmp_path}/no/such/folder.db")
    with pytest.raises(StorageError, match="No such file"):
        open_storage(f"journal:{tmp_path}/no/such/journal")
    (tmp_path / "text").write_text("not a data base, but long enough to be looked at as one\n" * 20)
    with pytest.raises(StorageError, match="not a database"):
        open_storage(f"sqlite:///{tmp_path}/text")
    with pytest.raises(StorageError, match="is not a storage of Optuna"):
        open_storage(f"journal:{tmp_path}/text")
    monkeypatch.setattr("cosearch.studies.storage.PATIENCE_S", 0)
    open_storage(f"sqlite:///{tmp_path}/there.db").get_all_studies()
    with sqlite3.connect(tmp_path / "there.db", isolation_level=None) as base:
        base.execute("BEGIN EXCLUSIVE")
        with pytest.raises(StorageError, match="is locked by another process"):
            open_storage(f"sqlite:///{tmp_path}/there.db")
        base.execute("ROLLBACK")
        base.execute("UPDATE version_info SET schema_version = 1")
        base.execute("UPDATE alembic_version SET version_num = 'v0.9.0.a'")
    with pytest.raises(StorageError, match="is of another schema"):
        open_storage(f"sqlite:///{tmp_path}/there.db")


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE trials SET state = 'mended'",
        "UPDATE trials SET datetime_start = 'noon'",
        "UPDATE study_directions SET direction = 'UP'",
        "UPDATE trial_params SET distribution_json = '[]'",
        "UPDATE trial_system_attributes SET value_json = '[' || char(0)",
        "UPDATE version_info SET schema_version = 'x'",
        "UPDATE alembic_version SET version_num = 'v9.9.9'",
        "DROP TABLE trial_values",
    ],
)
def test_rows_that_no_study_wrote(change: str, tmp_path: Path) -> None:
    address = f"sqlite:///{tmp_path}/there.db"
    study = optuna.create_study(storage=open_storage(address), study_name="mine")
    study.add_trial(
        optuna.trial.create_trial(
            params={"x": 1.0},
            distributions={"x": optuna.distributions.FloatDistribution(0, 2)},
            value=1.0,
            system_attrs={"cosearch": {}},
        )
    )
    with sqlite3.connect(tmp_path / "there.db") as line:
        line.execute(change)
    mirrored = load_axes(["edp"]), TemplateSpace(Budget.parse("area=2mm2"))
    with pytest.raises((StorageError, ResumeError)):
        Mirror(StudyLocation(address, "mine"), *mirrored, "me", resume=True)


def test_a_server_that_does_not_answer() -> None:
    pytest.importorskip("psycopg")
    with pytest.raises(StorageError, match=r"postgresql://me:\*\*\*@127.0.0.1:1/base: cannot be used"):
        open_storage("postgresql://me:secret@127.0.0.1:1/base")


@pytest.mark.skipif(POSTGRESQL is None, reason="POSTGRESQL_TEST_URL does not name a server")
def test_data_bases_of_a_server_that_cannot_be_used() -> None:
    import psycopg

    assert POSTGRESQL is not None
    name = f"base_{uuid4().hex}"
    address = POSTGRESQL.rpartition("/")[0] + "/" + name
    with pytest.raises(StorageError, match="does not exist"):
        open_storage(address)
    with psycopg.connect(POSTGRESQL, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")  # type: ignore[call-overload]
    open_storage(address).get_all_studies()
    with psycopg.connect(address, autocommit=True) as base:
        base.execute("UPDATE version_info SET schema_version = 1")
        base.execute("UPDATE alembic_version SET version_num = 'v0.9.0.a'")
    with pytest.raises(StorageError, match="is of another schema"):
        open_storage(address)


@pytest.mark.parametrize(
    ("said", "way_out"),
    [
        ("fe_sendauth: no password supplied", "give it as PGPASSWORD, or in ~/.pgpass"),
        ("SSL error: certificate verify failed", "sslrootcert=FILE in the address names the authority"),
    ],
)
def test_what_a_server_wants_is_told_with_the_way_to_give_it(said: str, way_out: str) -> None:
    import sqlalchemy.exc

    with pytest.raises(StorageError) as refused, storage_errors("postgresql://bob@host/db"):
        raise sqlalchemy.exc.OperationalError("", {}, Exception(said))
    assert str(refused.value).startswith(f"postgresql://bob@host/db: cannot be used ({said}); {way_out}")
