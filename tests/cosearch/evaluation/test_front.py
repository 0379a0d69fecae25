"""Several objectives: which designs are on the front, how much it dominates, and a whole search for one."""

from __future__ import annotations

import csv
import math
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import optuna
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cosearch import Budget, CoSearch
from cosearch.evaluation.design import Design
from cosearch.evaluation.front import hypervolumes, pareto
from cosearch.problem.axes import AXES, Axis, load_axes
from cosearch.studies.run_folder import write_config
from cosearch.studies.storage import open_journal
from nets.errors import InputError
from tests.cosearch.conftest import QUICK, Cosearch

PLANE = (
    Axis("x", "x", ""),
    Axis("y", "y", "", larger=True),
)
SMALL: dict[str, Any] = {"population": 4, "mapper_budget": 4, "last_mapper_budget": 8, "baselines": False}


def point(x: float, y: float, feasible: bool = True) -> Design:
    figures = {"x": math.exp(x), "y": y}
    return cast(Design, SimpleNamespace(x=x, y=y, feasible=feasible, value=x, figure=figures.__getitem__))


POINTS = st.lists(st.builds(point, st.integers(0, 9), st.integers(0, 9), st.booleans()), min_size=1, max_size=30)


@given(POINTS)
def test_the_front_is_what_nothing_feasible_beats(points: list[Any]) -> None:
    front = cast(list[Any], pareto(points, PLANE))
    feasible = [p for p in points if p.feasible]
    for p in feasible:
        beaten = any(q.x <= p.x and q.y >= p.y and (q.x < p.x or q.y > p.y) for q in feasible)
        assert (p in front) != beaten
    assert [p.x for p in front] == sorted(p.x for p in front)


@given(POINTS)
def test_a_front_only_grows(points: list[Any]) -> None:
    shares = hypervolumes(points, PLANE, step=2)
    assert len(shares) == (len(points) + 1) // 2
    assert shares == sorted(shares)
    assert all(0.0 <= share <= 1.0 + 1e-12 for share in shares)


def test_hypervolume_of_a_staircase() -> None:
    """Corners (0, 0) and (4, 4) of the box; (1, 3) leaves 3/4 x 3/4, then (2, 4) adds 2/4 x 1/4; y is made large."""
    points = [point(0, 0), point(4, 4), point(1, 3), point(2, 4), point(0, 4, feasible=False)]
    assert hypervolumes(points, PLANE, step=1) == pytest.approx([0, 0, 9 / 16, 11 / 16, 11 / 16])


@pytest.mark.parametrize(
    "names, rule",
    [
        (["area"], "cannot be the first"),
        ([], "cannot be the first"),
        (["edp", "aera"], "'area'"),
        (["edp"] * 2, "twice"),
    ],
)
def test_objectives_that_make_no_sense(names: list[str], rule: str) -> None:
    with pytest.raises(InputError, match=rule):
        load_axes(names)


@pytest.mark.parametrize("sampler", ["nsga2", "tpe", "random"])
def test_a_search_for_several_objectives_resumes_exactly(sampler: str, tmp_path: Path) -> None:
    budget = Budget.parse("area=2mm2,latency=200ms")
    search = CoSearch(
        budget=budget, networks=("squeezenet1_1",), objectives=("edp", "area"), sampler=sampler, trials=16, **SMALL
    )
    write_config(tmp_path, search)
    whole = search.run(None, tmp_path)
    assert len(whole.hypervolumes) == 4
    front = whole.to_dict()["front"]
    rows = list(csv.DictReader((tmp_path / "pareto.csv").open()))
    assert [int(row["trial"]) for row in rows] == [entry["trial"] for entry in front]
    assert [float(row["area_mm2"]) for row in rows] == [entry["area"] for entry in front]
    study = optuna.load_study(study_name="cosearch", storage=open_journal(tmp_path / "study.journal"))
    assert study.metric_names == ["EDP (J s)", "area (mm2)"]
    assert {trial.number for trial in study.best_trials} == {entry["trial"] for entry in front}

    journal = tmp_path / "study.journal"
    journal.write_bytes(b"".join(journal.read_bytes().splitlines(keepends=True)[:9]))
    again = search.run(None, tmp_path, resume=True)
    assert again.designs == whole.designs
    assert again.hypervolumes == whole.hypervolumes


def test_accuracy_as_an_objective_spreads_over_accuracies(tmp_path: Path) -> None:
    names = ("edp", "accuracy", "area")
    search = CoSearch(
        budget=Budget.parse("area=2mm2"),
        objectives=names,
        sampler="nsga2",
        min_accuracy=72.0,
        resolution=192,
        trials=12,
        **SMALL,
    )
    result = search.run()
    reached = [AXES["accuracy"].of(design) for design in result.designs]
    assert min(reached) >= 72.0
    assert max(reached) - min(reached) > 1.0
    for design in result.designs:
        assert design.workloads[0].accuracy is not None
        asked = 72.0 + (design.knobs["accuracy"] - 0.05) * (search_highest(search) - 72.0)
        assert design.workloads[0].accuracy >= asked - 1e-9


def search_highest(search: CoSearch) -> float:
    return cast(Any, search.workload())._search.highest


def test_bad_combinations_are_refused(cosearch: Cosearch, tmp_path: Path) -> None:
    words = ["search", "--out", tmp_path / "run", *QUICK]
    for more, named in (
        (["--objectives", "edp,area", "--sampler", "cmaes"], "these do: tpe, nsga2"),
        (["--objectives", "edp,accuracy", "--network", "alexnet"], "is that of the networks"),
        (["--objectives", "edp,area", "--objective", "edp"], "contradicts --objectives"),
        (["--objectives", "edp,aera"], "did you mean 'area'?"),
    ):
        said = cosearch(*words, *more)
        assert said.status == 2
        assert named in said.err
    assert not (tmp_path / "run").exists()
