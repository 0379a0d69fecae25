"""The annealing mapper: the suite, and that it beats random search."""

from __future__ import annotations

import numpy as np

from accel_models import load_accelerator
from mappings import search_many
from tests.mappings.mapper_conformance import CONV, DEPTHWISE, MATMUL, STRIDED, MapperConformance


class TestAnnealing(MapperConformance):
    name = "annealing"


def test_it_beats_random_search_at_the_same_budget() -> None:
    layers, machines = [CONV, STRIDED, DEPTHWISE, MATMUL], [load_accelerator("eyeriss"), load_accelerator("nvdla_256")]
    ratios = []
    for seed in range(4):
        blind = search_many(layers, machines, mapper="random", budget=600, seed=seed).found.score
        led = search_many(layers, machines, mapper="annealing", budget=600, seed=seed).found.score
        ratios.append(np.log(led / blind).mean())
    assert np.mean(ratios) < 0
