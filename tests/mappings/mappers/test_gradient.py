"""The gradient mapper: the suite, that descending pays, and what it says without PyTorch."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pytest

from accel_models import load_accelerator
from mappings import list_mappers, search
from mappings.encoding import Encoding
from mappings.mappers.draws import Draws
from mappings.mappers.gradient import _descend, _rounded, _stationary_orders
from mappings.mappers.mapper import SearchOptions, score
from mappings.mapspace import MapSpace
from nets.errors import InputError
from tests.mappings.mapper_conformance import CONV, DEPTHWISE, MATMUL, STRIDED, MapperConformance


class TestGradient(MapperConformance):
    name = "gradient"
    budget = 60

    @pytest.fixture(autouse=True)
    def _torch(self) -> None:
        pytest.importorskip("torch", reason="the gradient mapper needs PyTorch")


@pytest.mark.parametrize("objective", ["edp", "latency", "energy"])
def test_a_descent_leads_to_better_mappings(objective: Any) -> None:
    """From random mappings, priced by the cost model after the nearest rounding."""
    pytest.importorskip("torch", reason="the gradient mapper needs PyTorch")
    space = MapSpace.of(
        [CONV, STRIDED, DEPTHWISE, MATMUL], [load_accelerator("eyeriss"), load_accelerator("nvdla_256")]
    )
    encoding, starts = Encoding.of(space), 6
    problem_of = np.repeat(np.arange(len(space)), starts)
    vectors = Draws(space, 3).uniform(starts, encoding.genes).reshape(-1, encoding.longest)
    begin = encoding.decode(vectors, problem_of)
    rows, depth = len(begin), space.depth
    still = np.zeros((rows, depth - 1, 8))
    options = SearchOptions(objective=objective)
    keep_orders = np.ones((rows, 1, depth))
    ends = []
    for steps in (0, 15):
        parts = _descend(space, begin, problem_of, still, steps, 0.05, options)
        assert np.isfinite(parts).all()
        end = _rounded(space, encoding, begin, parts[:, None], problem_of, keep_orders, _stationary_orders(space))
        cost = space.evaluate(end, problem_of)
        ends.append(score(objective, cost.cycles, cost.energy_pj))
    gain = np.log(ends[1] / ends[0])
    assert gain.mean() < -0.1
    assert (gain < 0).sum() > 2 * (gain > 0).sum()


def test_without_pytorch_it_says_so_and_the_others_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    assert "gradient" in list_mappers()
    with pytest.raises(InputError, match=r"needs PyTorch, which is not installed; .*cosearch\[torch\]"):
        search(CONV, load_accelerator("eyeriss"), mapper="gradient")
