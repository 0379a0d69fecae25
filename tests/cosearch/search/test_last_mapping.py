"""The last mapping under limits: layers are mapped for cycles to count more, or less, where a limit asks for it."""

from __future__ import annotations

import math

import numpy as np
import pytest

from cosearch import Budget, CoSearch
from cosearch.evaluation.design import Design
from cosearch.evaluation.mapping_table import MappingTable
from cosearch.evaluation.workload_spec import WorkloadSpec
from cosearch.problem.template_space import TemplateSpace
from cosearch.search.candidates import LOOK, Candidate, map_again
from cosearch.search.last_mapping import _hoped
from cosearch.strategies.accelerators import Look
from nets import load_network

TEMPLATE = TemplateSpace(Budget.parse("area=20mm2")).design((8, 4, 14), ("K", "C", "P"), 64, 65536, 32.0)
CANDIDATE = Candidate(0, TEMPLATE, look=Look(None, math.inf, 40))


def mapped(objective: str, limits: str = "") -> Design:
    """A design for one network, mapped as a search maps what may be the best."""
    budget = Budget.parse(f"area=20mm2{limits}")
    options = CoSearch(budget=budget, networks=("squeezenet1_1",), objective=objective).options
    return map_again(WorkloadSpec(options, None), CANDIDATE, precise=True, threads=1).design


@pytest.mark.parametrize("objective, limited", [("energy", "latency"), ("latency", "energy")])
def test_a_limit_that_mappings_for_the_objective_alone_break_is_kept(objective: str, limited: str) -> None:
    free, least = mapped(objective), mapped(limited)
    assert least.measures()[limited] < 0.95 * free.measures()[limited]
    most = 0.2 * free.measures()[limited] + 0.8 * least.measures()[limited]
    unit = "s" if limited == "latency" else "J"
    kept = mapped(objective, f",{limited}={most:.9g}{unit}")
    assert kept.feasible
    assert kept.measures()[limited] <= most
    # each layer is mapped to within a gap of its optimum, so what is mapped within a limit may end a little below
    assert free.value / (1 + LOOK["gap"]) <= kept.value <= least.measures()[objective] * (1 + 1e-9)


def test_what_is_mapped_again_is_what_it_was() -> None:
    assert mapped("edp") == mapped("edp")
    assert mapped("edp", ",latency=10s") == mapped("edp")  # a limit that is far changes nothing


def test_layers_that_were_not_mapped_precisely_are_hoped_to_be_like_those_that_were() -> None:
    layers = [load_network("alexnet").layers[at] for at in (0, 1, 3, 2)]
    assert [layer.is_mac for layer in layers] == [True, False, False, True]
    quick = np.array([[8.0, 3.0, 3.0, 10.0]])
    table = MappingTable(layers, quick, 2 * quick, (0,), ())
    known = MappingTable(layers, np.array([[4.0, 3.0, 3.0, 10.0]]), np.array([[16.0, 6.0, 6.0, 20.0]]), (0,), ())
    gained = _hoped(table, known, [0], {})
    assert gained.energy_pj.tolist() == [[4.0, 3.0, 3.0, 5.0]]  # half of what it was, as the first one is
    assert gained.latency_s.tolist() == [[16.0, 6.0, 6.0, 20.0]]
    bounds = {layers[0].shape_key: (2.0, 8.0), layers[3].shape_key: (1.0, 3.0)}
    bounded = _hoped(table, known, [0], bounds)
    assert bounded.energy_pj.tolist() == [[4.0, 3.0, 3.0, 2.0]]  # twice its bound, as the first one is
    assert bounded.latency_s.tolist() == [[16.0, 6.0, 6.0, 6.0]]
