"""A whole search for a front: it resumes exactly, spreads over accuracies, and refuses what contradicts itself."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any, cast

import optuna
import pytest

from accel_models.families import load_family
from cosearch import Budget, CoSearch
from cosearch.problem.axes import AXES
from cosearch.studies.config_file import write_config
from cosearch.studies.storage import open_journal
from tests.cosearch.conftest import QUICK, Cosearch

SMALL: dict[str, Any] = {
    "population": 4,
    "mapper_budget": 4,
    "last_mapper_budget": 8,
    "last_mapper": "cmaes",
    "baselines": False,
}


@pytest.mark.parametrize("sampler", ["race", "nsga2", "tpe", "random"])
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
    assert {entry["trial"] for entry in front} <= {trial.number for trial in study.trials}

    journal = tmp_path / "study.journal"
    journal.write_bytes(b"".join(journal.read_bytes().splitlines(keepends=True)[:9]))
    again = search.run(None, tmp_path, resume=True)
    assert again.designs == whole.designs
    assert again.front == whole.front
    assert again.hypervolumes == whole.hypervolumes


@pytest.mark.parametrize("sampler", ["race", "nsga2"])
def test_accuracy_as_an_objective_spreads_over_accuracies(sampler: str, tmp_path: Path) -> None:
    names = ("edp", "accuracy", "area")
    search = CoSearch(
        budget=Budget.parse("area=2mm2"),
        objectives=names,
        sampler=sampler,
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
        asked = 72.0 + (design.demand.accuracy - 0.05) * (search_highest(search) - 72.0)
        assert design.workloads[0].accuracy >= asked - 1e-9


def search_highest(search: CoSearch) -> float:
    return float(cast(Any, search.workload())._search.highest)


def test_bad_combinations_are_refused(cosearch: Cosearch, tmp_path: Path) -> None:
    words = ["search", "--out", tmp_path / "run", *QUICK]
    for more, named in (
        (["--objectives", "edp,area", "--sampler", "cmaes"], "these do: race, tpe, nsga2"),
        (["--objectives", "edp,accuracy", "--network", "alexnet"], "is that of the networks"),
        (["--objectives", "edp,area", "--objective", "edp"], "contradicts --objectives"),
        (["--objectives", "edp,aera"], "did you mean 'area'?"),
    ):
        said = cosearch(*words, *more)
        assert said.status == 2
        assert named in said.err
    assert not (tmp_path / "run").exists()


def test_a_front_begins_with_the_best_of_the_first_and_ends_with_the_smallest_design() -> None:
    search = CoSearch(
        budget=Budget.parse("area=2mm2"), networks=("squeezenet1_1",), objectives=("edp", "area"), trials=60, **SMALL
    )
    result = search.run()
    areas = [AXES["area"].of(design) for design in result.front]
    assert result.winner is not None
    assert result.front[0].value == pytest.approx(result.value)
    assert min(areas) <= search.hardware.smallest.area_mm2 * (1 + 1e-9)
    assert areas == sorted(areas, reverse=True)


@pytest.mark.parametrize("objectives", [("edp", "latency"), ("latency", "energy"), ("energy", "power", "area")])
def test_fronts_of_every_figure(objectives: tuple[str, ...]) -> None:
    search = CoSearch(
        budget=Budget.parse("area=1mm2"), networks=("squeezenet1_1",), objectives=objectives, trials=36, **SMALL
    )
    result = search.run()
    assert len(result.designs) == 36
    losses = [tuple(AXES[name].of(design) for name in objectives) for design in result.front]
    assert len(set(losses)) == len(losses)
    assert not any(all(a <= b for a, b in zip(one, other)) for one in losses for other in losses if one != other)


def test_the_same_front_by_any_number_of_workers() -> None:
    asked: dict[str, Any] = {"networks": ("squeezenet1_1",), "objectives": ("edp", "area"), "trials": 24, **SMALL}
    fronts = [CoSearch(budget=Budget.parse("area=1mm2"), jobs=jobs, **asked).run().front for jobs in (1, 2)]
    assert fronts[0] == fronts[1]


def test_a_front_of_variants_of_a_machine() -> None:
    machine, vary = load_family("two_level")
    search = CoSearch(
        budget=Budget.parse("area=2mm2"), machine=machine, vary=vary, networks=("alexnet",),
        objectives=("edp", "area"), trials=24, **SMALL,
    )  # fmt: skip
    result = search.run()
    areas = [AXES["area"].of(design) for design in result.front]
    assert len(result.front) > 2
    assert max(areas) <= 2.0
    assert min(areas) < 0.5 * max(areas)
    assert all(not search.hardware.violations(design.machine) for design in result.front)
