"""Exhaustive search: counts its space, refuses large ones, and is the truth that others are held to."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from accel_models import Accelerator, Axis, Level, load_accelerator
from mappings import search
from mappings.bounds import lower_bounds
from mappings.mappers.mapper import SearchOptions, load_mapper
from mappings.mapspace import MapSpace
from nets import Layer
from nets.errors import InputError

MACHINE = Accelerator(
    name="small",
    levels=(
        Level(name="DRAM", shared_bandwidth=2.0, read_pj=20.0, write_pj=20.0, fanout=(Axis("X", 3, ("K", "C")),)),
        Level(name="L1", capacity_words=40, double_buffered=True, read_bandwidth=4.0, read_pj=1.0, write_pj=1.0),
    ),
    mac_pj=0.5,
)
LAYERS = [
    Layer(name="matmul", kind="matmul", P=4, C=6, K=2),
    Layer(name="row", C=3, Q=5, S=2),
    Layer(name="rows", K=3, Q=4, S=3, stride=(1, 2)),
]


def test_it_counts_before_it_starts() -> None:
    layer = Layer(name="matmul", kind="matmul", C=4, K=3)
    one_level = Accelerator(name="flat", levels=(Level(name="DRAM", fanout=(Axis("X", 2, ("K",)),)),))
    # C: 4 -> 1. K: 3 -> 1, or 3 -> 2 -> 1 on the axis. Two orders.
    result = search(layer, one_level, mapper="exhaustive", budget=4, objective="latency")
    assert result.evaluations == 4
    assert result.cost.cycles == 4 * 2
    with pytest.raises(InputError, match="3 is less than the 4 mappings"):
        search(layer, one_level, mapper="exhaustive", budget=3)


def test_it_refuses_a_real_layer_with_the_count() -> None:
    with pytest.raises(InputError, match=r"is less than the [\d,]{15,} mappings"):
        search(Layer(name="conv", K=64, C=64, P=56, Q=56, R=3, S=3), load_accelerator("eyeriss"), mapper="exhaustive")


@pytest.mark.parametrize("objective", ["edp", "latency", "energy"])
@pytest.mark.parametrize("tiles", ["ragged", "perfect"])
def test_no_mapper_beats_it_and_no_bound_exceeds_it(objective: str, tiles: str) -> None:
    space = MapSpace.of(LAYERS, [MACHINE], tiles=tiles)  # type: ignore[arg-type]
    options = SearchOptions(objective=objective, budget=400_000)  # type: ignore[arg-type]
    best = load_mapper("exhaustive")(space, options)
    assert (lower_bounds(space, objective) <= best.score * (1 + 1e-12)).all()  # type: ignore[arg-type]
    near = load_mapper("cmaes")(space, dataclasses.replace(options, budget=1500))
    assert (near.score >= best.score * (1 - 1e-12)).all()
    assert np.median(near.score / best.score) < 1.05


def test_bypass_is_tried_too() -> None:
    layer = Layer(name="row", C=3, Q=3)
    kept = search(layer, MACHINE, mapper="exhaustive", budget=100_000, objective="energy")
    free = search(layer, MACHINE, mapper="exhaustive", budget=100_000, objective="energy", bypass=True)
    assert free.evaluations == 8 * kept.evaluations
    assert free.score <= kept.score
