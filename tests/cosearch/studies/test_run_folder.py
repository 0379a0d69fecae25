"""A run from Python keeps its folder as one from the command line does."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from cosearch import Budget, CoSearch
from cosearch.studies.run_folder import check_claimable, claim
from nets.errors import InputError
from tests.cosearch.conftest import Cosearch

SEARCH = CoSearch(
    budget=Budget.parse("area=2mm2"),
    networks=("squeezenet1_1",),
    trials=4,
    population=2,
    mapper_budget=10,
    last_mapper_budget=20,
    baselines=False,
)


def test_a_run_from_python_can_be_reported_and_replayed(tmp_path: Path, cosearch: Cosearch) -> None:
    folder = tmp_path / "new" / "run"
    result = SEARCH.run(folder=folder)
    names = {path.name for path in folder.iterdir()}
    assert names >= {"config.yaml", "study.journal", "best.yaml", "report.html", "artifacts"}
    assert cosearch("report", folder).status == 0
    assert cosearch("evaluate", folder / "best.yaml", "--json").json["value"] == result.value
    assert cosearch("search", "--resume", folder, "--quiet", "--json").json["value"] == result.value


def test_a_folder_that_holds_something_is_refused(tmp_path: Path) -> None:
    SEARCH.run(folder=tmp_path / "run")
    journal = (tmp_path / "run" / "study.journal").read_bytes()
    with pytest.raises(InputError, match="holds a run already"):
        SEARCH.run(folder=tmp_path / "run")
    assert (tmp_path / "run" / "study.journal").read_bytes() == journal
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "mine.txt").write_text("precious")
    with pytest.raises(InputError, match="in use"):
        SEARCH.run(folder=tmp_path / "other")
    assert [path.name for path in (tmp_path / "other").iterdir()] == ["mine.txt"]


def test_where_a_run_could_not_be_is_said_before_it_is_planned(tmp_path: Path, cosearch: Cosearch) -> None:
    used, file = tmp_path / "used", tmp_path / "file"
    used.mkdir()
    (used / "mine").touch()
    file.touch()
    (tmp_path / "nowhere").symlink_to(tmp_path / "none")
    plan = ["search", "--network", "squeezenet1_1", "--trials", 4, "--dry-run", "--quiet"]
    for out, rule in (
        (used, "is in use"),
        (file, "is a file or lies below one"),
        (file / "run", "is a file or lies below one"),
        (tmp_path / "nowhere", "is a file or lies below one"),
        (tmp_path / ("x" * 300), "cannot be written: File name too long"),
    ):
        refused = cosearch(*plan, "--out", out)
        assert (refused.status, rule in refused.err) == (2, True), refused.err
        with pytest.raises(InputError, match=rule):
            claim(out)
    before = sorted(tmp_path.iterdir())
    check_claimable(tmp_path / "new" / "run")
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize("check", [claim, check_claimable])
def test_a_name_that_is_none_is_refused(check: Callable[[Path], object]) -> None:
    for name in ("a\0b", "\ud800"):
        with pytest.raises(InputError, match="is no name of a folder"):
            check(Path(name))
