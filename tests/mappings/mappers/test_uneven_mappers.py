"""Every mapper where each tensor may stay at a memory over its own loops: none beats a proof, trying all meets it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from accel_models import Accelerator, Axis, Level
from mappings import search_layers
from mappings.mappers.mapper import SearchOptions, load_mapper
from mappings.mapspace import MapSpace
from mappings.stationary import stationary_mappings
from nets import Layer
from nets.errors import InputError

SMALL = Accelerator(
    name="small",
    levels=(
        Level(name="DRAM", read_pj=20.0, write_pj=20.0, shared_bandwidth=2.0),
        Level(
            name="L1", capacity_words=14, word_bits=8, read_pj=1.0, write_pj=1.0,
            fanout=(Axis("X", 2), Axis("Y", 2, ("K", "C"))),
        ),
    ),
    mac_pj=0.5,
)  # fmt: skip
MATMUL = Layer(name="matmul", kind="matmul", P=2, C=4)
BROAD = Layer(name="broad", kind="matmul", P=12, C=20, K=16)


@pytest.mark.parametrize("bypass", [False, True])
@pytest.mark.parametrize("objective", ["edp", "latency", "energy"])
def test_trying_all_meets_the_proof_and_nothing_beats_it(objective: Any, bypass: bool) -> None:
    space = MapSpace.of([MATMUL], [SMALL], tiles="uneven", bypass=bypass)
    best = load_mapper("optimal")(space, SearchOptions(objective=objective))
    assert best.extra["proven"].all()
    every = load_mapper("exhaustive")(space, SearchOptions(objective=objective, budget=1_000_000))
    np.testing.assert_allclose(every.score, best.score, rtol=1e-9)
    for name in ("random", "cmaes", "genetic", "annealing"):
        found = load_mapper(name)(space, SearchOptions(objective=objective, budget=400))
        assert np.isfinite(found.score).all()
        assert (found.score >= best.score * (1 - 1e-12)).all()
        assert np.median(found.score / best.score) < 1.5


@pytest.mark.parametrize("mapper", ["random", "cmaes", "genetic", "annealing"])
@pytest.mark.parametrize("tiles", ["uneven", "ragged-uneven"])
def test_what_is_found_can_be_written_down_for_the_machine_as_it_was_given(mapper: str, tiles: Any) -> None:
    found = search_layers([MATMUL, BROAD], SMALL, mapper=mapper, budget=200, tiles=tiles)
    for layer in range(2):
        cost = found.cost(layer)
        assert cost.cycles == pytest.approx(found.cycles[0, layer], rel=1e-12)
        assert cost.energy_pj == pytest.approx(found.energy_pj[0, layer], rel=1e-12)


def test_starting_mappings_are_those_of_the_even_space() -> None:
    space = MapSpace.of([MATMUL, BROAD], [SMALL], tiles="uneven")
    mappings, each = stationary_mappings(space)
    even, _ = stationary_mappings(space.even())
    problem_of = np.repeat(np.arange(2), each)
    cost, same = space.evaluate(mappings, problem_of), space.even().evaluate(even, problem_of)
    np.testing.assert_allclose(cost.cycles, same.cycles)
    np.testing.assert_allclose(cost.energy_pj, same.energy_pj)


def test_the_gradient_mapper_refuses_and_names_others() -> None:
    space = MapSpace.of([MATMUL], [SMALL], tiles="uneven")
    with pytest.raises(InputError, match=r"uneven.*take 'cmaes' or 'optimal'"):
        load_mapper("gradient")(space, SearchOptions())
