"""Frames hold what the objects hold, to the last bit, with units in the names."""

from __future__ import annotations

import csv
import io
import math
import sys
from typing import Any

import pytest

from cosearch import Budget, CoSearch, CoSearchResult
from nets.errors import CosearchError

pandas = pytest.importorskip("pandas")


@pytest.fixture(scope="module")
def result() -> CoSearchResult:
    budget = Budget.parse("area=3mm2,latency=300ms")
    networks = ("squeezenet1_1", "alexnet")
    options: dict[str, Any] = {"networks": networks, "trials": 8, "population": 4, "baselines": False}
    return CoSearch(budget=budget, mapper_budget=20, last_mapper_budget=40, last_mapper="cmaes", **options).run()


def test_a_frame_has_every_trial_with_its_figures(result: CoSearchResult) -> None:
    frame = result.trials_frame()
    assert list(frame["trial"]) == [design.number for design in result.designs]
    assert list(frame["edp_js"]) == [design.value for design in result.designs]
    assert list(frame["feasible"]) == [design.feasible for design in result.designs]
    assert list(frame["area_mm2"]) == [design.machine.area_mm2 for design in result.designs]
    for column, network in ((0, "squeezenet1_1"), (1, "alexnet")):
        works = [design.workloads[column] for design in result.designs]
        assert list(frame[f"{network}: latency_s"]) == [work.latency_s for work in works]
        assert list(frame[f"{network}: energy_pj"]) == [work.energy_pj for work in works]
    own = frame["squeezenet1_1: edp_js"] * frame["alexnet: edp_js"]
    assert list(frame["edp_js"]) == pytest.approx([math.sqrt(product) for product in own])
    assert set(frame["breaks"]) <= {"", "latency"}
    assert list(frame["breaks"] == "") == list(frame["feasible"])


def test_a_frame_has_every_layer_and_adds_up(result: CoSearchResult) -> None:
    assert result.winner is not None
    frame = result.layers_frame()
    for cost in result.winner.costs:
        own = frame[frame["network"] == cost.network.name]
        assert list(own["name"]) == [layer.name for layer in cost.network.layers]
        assert math.fsum(own["energy_pj"]) == cost.energy_pj
        assert math.fsum(own["latency_s"]) == cost.latency_s
        assert list(cost.layers_frame()["energy_pj"]) == list(own["energy_pj"])
    rows = list(csv.DictReader(io.StringIO(frame.to_csv(index=False))))
    assert float(rows[0]["edp_js"]) == frame["edp_js"][0]


def test_without_pandas_the_extra_is_named(result: CoSearchResult, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(CosearchError, match=r"cosearch\[pandas\]"):
        result.trials_frame()
