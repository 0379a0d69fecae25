"""Every space of networks maps to layers that the cost model scores, whatever it is a space of."""

from __future__ import annotations

import math

import pytest

from accel_models import load_accelerator
from cosearch.evaluation.layer_costs import LayerCosts
from cosearch.nas.search import search
from cosearch.nas.subnets import SubnetEvaluator
from cosearch.problem.architectures import Problem
from cosearch.problem.goals import Best
from cosearch.problem.mapper_options import MapperOptions
from cosearch.problem.measures import LATENCY
from nets.spaces import list_spaces, load_space

COSTS = LayerCosts(load_accelerator("nvdla_256"), MapperOptions(), 10)


@pytest.mark.parametrize("id", list_spaces())
@pytest.mark.parametrize("method", ["random", "aging"])
def test_a_space_can_be_searched_for_latency(id: str, method: str) -> None:
    """Every network met has a finite latency and an energy, and the fastest is found again in the history."""
    space = load_space(id)
    settings = {"population": 3, "sample": 2} if method == "aging" else None
    problem = Problem(space, SubnetEvaluator(space, COSTS), Best(LATENCY))
    result = search(problem, method, evaluations=4, seed=0, settings=settings)
    figures = [found.figures for found in result.evaluated]
    assert len(figures) == 4
    assert all(math.isfinite(one["latency"]) and one["latency"] > 0 and one["energy"] > 0 for one in figures)
    assert result.best is not None
    assert result.best.figures["latency"] == min(one["latency"] for one in figures)
