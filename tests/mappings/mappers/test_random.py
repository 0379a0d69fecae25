"""Random search, and that what is led beats it."""

from __future__ import annotations

import numpy as np
import pytest

from accel_models import load_accelerator
from mappings import search_many
from tests.mappings.mapper_conformance import CONV, DEPTHWISE, MATMUL, STRIDED, MapperConformance


class TestRandom(MapperConformance):
    name = "random"


class TestRandomByIndex(MapperConformance):
    name = "random"
    settings = {"encoding": "index"}  # noqa: RUF012


@pytest.mark.parametrize(
    ("mapper", "machines", "budget", "seeds"),
    [
        ("cmaes", ["eyeriss"], 150, 3),
        ("cmaes", ["nvdla_256"], 150, 3),
        ("cmaes", ["gemmini"], 150, 3),
        ("annealing", ["eyeriss", "nvdla_256"], 600, 4),
        ("genetic", ["eyeriss", "nvdla_256"], 600, 4),
    ],
)
def test_others_beat_it_at_the_same_budget(mapper: str, machines: list[str], budget: int, seeds: int) -> None:
    layers, accelerators = [CONV, STRIDED, DEPTHWISE, MATMUL], [load_accelerator(machine) for machine in machines]
    ratios = []
    for seed in range(seeds):
        blind = search_many(layers, accelerators, mapper="random", budget=budget, seed=seed).found.score
        led = search_many(layers, accelerators, mapper=mapper, budget=budget, seed=seed).found.score
        ratios.append(np.log(led / blind).mean())
    assert np.mean(ratios) < 0
