"""A limit on a microcontroller's memory beyond what any network reaches is found out before any evaluation."""

from __future__ import annotations

import numpy as np
import pytest

from cosearch.nas.search import search
from cosearch.nas.setup import Request
from cosearch.problem.measures import FLASH, SRAM
from cosearch.problem.network_limits import read_network_limits
from nets.errors import InfeasibleError

SPACES = ("tinynas", "ofa-digits", "ofa-proxyless-w1.3", "ofa-resnet50")


@pytest.mark.parametrize("space", SPACES)
def test_no_network_is_outside_the_bounds(space: str) -> None:
    problem = _request("sram=320KB,flash=1MB", space).problem()
    bounds = problem.evaluator.bounds()
    rng = np.random.default_rng(0)
    for figures in problem.evaluator.screen(
        [problem.space.sample(rng) for _ in range(200 if space == "tinynas" else 30)]
    ):
        for measure in (SRAM, FLASH):
            least, most = bounds[measure.name]
            assert least <= figures[measure.name] <= most
    ends = problem.evaluator.screen(problem.evaluator.landmarks())
    assert bounds[SRAM.name] == (ends[0][SRAM.name], ends[1][SRAM.name])


@pytest.mark.parametrize("space", SPACES)
@pytest.mark.parametrize(("limits", "named"), [("sram=1KB", "sram"), ("sram=320MB,flash=1KB", "flash")])
def test_what_nothing_keeps_is_refused_with_the_best_within_reach(limits: str, named: str, space: str) -> None:
    with pytest.raises(InfeasibleError, match=rf"no architecture of {space} keeps {named} <=.*within reach is"):
        search(_request(limits, space).problem(), "random", evaluations=10)


def _request(limits: str, space: str) -> Request:
    return Request(
        space=space,
        accelerator="nvdla_256",
        objective="capacity",
        resolutions={"tinynas": (112,), "ofa-digits": (16,)}.get(space, (128,)),
        mapper_budget=1,
        limits=read_network_limits(limits),
    )
