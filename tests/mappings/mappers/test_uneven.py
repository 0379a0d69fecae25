"""Uneven mappings proven: against brute force, against AccelForge's optima, and what they may not do."""

from __future__ import annotations

import dataclasses
import math
import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from accel_models import Accelerator, Axis, Level, evaluate, load_accelerator
from mappings import search
from mappings.mappers.mapper import SearchOptions, load_mapper
from mappings.mappers.optimal import arrangements as of_arrangements
from mappings.mappers.optimal import uneven_kernel
from mappings.mappers.optimal.arrangements import arrangements, count_arrangements
from mappings.mappers.optimal.cases import enter_case, list_cases
from mappings.mappers.optimal.memory_bounds import MemoryBounds
from mappings.mappers.optimal.problem import bound_case, new_state
from mappings.mappers.optimal.uneven import nodes_of
from mappings.mapspace import MapSpace
from nets import Layer
from nets.errors import InputError
from tests.mappings.mappers.brute_force import brute_force
from tests.mappings.mappers.test_optimal import draw_layer, draw_machine

MATMUL = Layer(name="matmul", P=64, C=64, K=64, psum_bits=8)
POINTWISE = Layer(name="pointwise", C=256, K=64, P=56, Q=56, psum_bits=8)


def three_memories(l2: int, registers: int, *lanes: int) -> Accelerator:
    """DRAM, a shared buffer and registers of so many words, with axes of so many lanes between the last two."""
    axes = tuple(Axis(name, size) for name, size in zip("XY", lanes))
    return Accelerator(
        name="three memories",
        levels=(
            Level(name="DRAM", read_pj=64, write_pj=64),
            Level(name="L2", capacity_words=l2, read_pj=4, write_pj=4, fanout=axes),
            Level(name="Reg", capacity_words=registers, read_pj=0.5, write_pj=0.5),
        ),
        mac_pj=0.3,
    )


@pytest.mark.parametrize(
    ("layer", "machine", "energy_pj"),
    [
        (MATMUL, three_memories(4096, 32), 2_323_251.2),
        (MATMUL, three_memories(4096, 32, 64), 1_844_019.2),
        (MATMUL, three_memories(4096, 32, 8, 8), 1_844_019.2),
        (POINTWISE, three_memories(65536, 32), 303_936_307.2),
        (POINTWISE, three_memories(65536, 32, 8), 230_535_987.2),
        (POINTWISE, three_memories(65536, 32, 8, 8), 213_103_411.2),
        (POINTWISE, three_memories(65536, 3, 64), 291_091_251.2),
    ],
)
def test_the_optima_of_accelforge(layer: Layer, machine: Accelerator, energy_pj: float) -> None:
    """AccelForge 1.0.467; on 8 x 8 lanes its search stops at 1,868,595.2, its evaluation knows the better one."""
    options: Any = {"objective": "energy", "convention": "drain-reads", "mapper": "optimal"}
    uneven = search(layer, machine, tiles="uneven", **options)
    assert uneven.score == pytest.approx(energy_pj, rel=1e-12)
    assert uneven.proven
    even = search(layer, machine, tiles="even", **options)
    assert even.proven
    assert even.score >= uneven.score


def test_a_window_beats_accelforge_with_a_bound() -> None:
    layer = Layer(name="conv", C=8, K=8, P=8, Q=8, R=3, S=3, psum_bits=8)
    result = search(
        layer, three_memories(4096, 32), mapper="optimal", objective="energy", convention="drain-reads", tiles="uneven"
    )
    assert result.score <= 270_515.2
    assert result.lower_bound <= result.score


@pytest.mark.parametrize("seed", range(60))
def test_equals_brute_force(seed: int) -> None:
    rng = random.Random(seed)
    depth = rng.choice([2, 2, 3, 3, 4])
    layer, machine = draw_layer(rng, {2: 32, 3: 8, 4: 4}[depth]), draw_machine(rng, depth)
    if sum(len(level.keeps) for level in machine.levels[1:]) > 6:
        machine = dataclasses.replace(machine, levels=machine.levels[:3])
    objective: Any = rng.choice(["edp", "latency", "energy"])
    convention: Any = rng.choice(["default", "default", "timeloop", "drain-reads"])
    space = MapSpace.of([layer], [machine], tiles="uneven", convention=convention, bypass=rng.random() < 0.15)
    least, _ = brute_force(layer, machine, objective, space=space)
    found = load_mapper("optimal")(space, SearchOptions(objective=objective))
    assert found.lower_bound is not None
    assert found.lower_bound[0] <= least * (1 + 1e-12)
    assert found.score[0] >= least * (1 - 1e-12)
    slides = (layer.P > 1 and layer.R > 1) or (layer.Q > 1 and layer.S > 1)
    if not slides:
        assert found.score[0] == pytest.approx(least, rel=1e-12)
        assert found.extra["proven"].all()


@pytest.mark.parametrize(
    ("layer", "inner", "convention", "least_pj"),
    [
        (
            Layer(name="columns", Q=6, S=2, stride=(3, 3), dilation=(1, 3), input_bits=16, psum_bits=16),
            [
                Level(
                    name="L1", keeps=("W", "I"), capacity_words=16, partition_words={"W": 2, "I": 4}, word_bits=8,
                    read_pj=24, write_pj=24, leakage_mw=0.3, network_pj=2,
                ),
                Level(name="L2", keeps=("I",), word_bits=8, capacity_words=2, read_pj=4, write_pj=6, network_pj=2),
            ],
            "default",
            5519.6,
        ),
        (
            Layer(name="both", P=2, Q=2, R=3, S=2, stride=(1, 3), input_bits=16, output_bits=16, psum_bits=8),
            [
                Level(
                    name="L1", keeps=("I", "O"), word_bits=16, capacity_words=4, double_buffered=True, read_pj=0,
                    write_pj=7.5, network_pj=2,
                )
            ],
            "timeloop",
            961.2,
        ),
    ],
)  # fmt: skip
def test_a_loop_that_slides_inputs_may_stand_where_it_moves_outputs(
    layer: Layer, inner: list[Level], convention: Any, least_pj: float
) -> None:
    """Found by the hunt: the loop was moved out over a node of outputs, past the one that the window slides by."""
    outermost = (
        Level(name="L0", word_bits=8, read_pj=64, write_pj=96)
        if convention == "default"
        else Level(name="L0", word_bits=16, read_pj=20, write_pj=1, leakage_mw=0.3, network_pj=2)
    )
    machine = Accelerator(name="drawn", levels=(outermost, *inner), mac_pj=1)
    space = MapSpace.of([layer], [machine], tiles="uneven", convention=convention)
    assert brute_force(layer, machine, "energy", space=space)[0] == pytest.approx(least_pj)
    found = load_mapper("optimal")(space, SearchOptions(objective="energy"))
    assert found.lower_bound is not None
    assert found.lower_bound[0] <= least_pj * (1 + 1e-12)
    assert found.score[0] == pytest.approx(least_pj)


def test_a_mapping_names_a_memory_more_than_once_and_is_priced_as_found() -> None:
    layer = Layer(name="conv", K=17, C=12, P=14, Q=14)
    machine = load_accelerator("eyeriss")
    result = search(layer, machine, mapper="optimal", tiles="uneven")
    names = [at.level for at in result.mapping.levels]
    assert len(names) > len(set(names)) == 3
    assert set(names) == set(machine.level_names)
    assert evaluate(layer, machine, result.mapping).edp == result.cost.edp
    again = search(layer, machine, mapper="optimal", tiles="uneven", start=result.mapping)
    assert again.score == result.score
    assert again.proven
    assert search(layer, machine, mapper="optimal", tiles="even").score >= result.score


def test_nodes_of_one_tensor_keep_their_order() -> None:
    nodes = ((1, 0), (2, 1), (3, 0), (4, 1), (5, 2))
    found = list(arrangements(nodes, (0, 1, 1, 3, 3, 3)))
    assert len(found) == len(set(found)) == count_arrangements(nodes) == 30
    for order in found:
        assert order.index((1, 0)) < order.index((3, 0))
        assert order.index((2, 1)) < order.index((4, 1))


def test_constraints_do_not_go_with_uneven_tiles() -> None:
    with pytest.raises(InputError, match="does not go with constraints"):
        search(MATMUL, three_memories(4096, 32), tiles="uneven", constraints=["L2.tile.K <= 2"])


def test_an_outermost_memory_that_is_too_small_for_partial_sums_proves_nothing() -> None:
    """Whether the sums there are partial depends on the nest, which arrangements do not look at."""
    pj: Any = {"read_pj": 1.0, "write_pj": 1.0}
    levels = (Level(name="DRAM", capacity_words=6, **pj), Level(name="L1", keeps=("O", "W"), **pj))
    layer = Layer(name="sum", C=2, K=2, psum_bits=16)
    machine = Accelerator(name="small", levels=levels)
    space = MapSpace.of([layer], [machine], tiles="uneven")
    found = load_mapper("optimal")(space, SearchOptions(objective="energy"))
    least, _ = brute_force(layer, machine, "energy", space=space)
    assert found.lower_bound is not None
    assert found.lower_bound[0] <= least <= found.score[0]


def least_of_walk(space: MapSpace, *, square: bool) -> list[float]:
    """What each arrangement of each case costs at least, with windows that slide in any way or in none.

    Of rows and columns that mirror each other one is walked through if ``square``.
    """
    state = new_state(space, 0, "energy")
    leasts = []
    for case in list_cases(space, 0, state):
        enter_case(space, 0, state, case)
        bound_case(state)
        nodes, memory_of = nodes_of(state)
        room = of_arrangements.Arrangements(len(nodes), memory_of)
        for order in list(arrangements(nodes, memory_of))[::7]:
            for way in (of_arrangements.ANY, of_arrangements.NONE):
                state["best"] = math.inf
                room.begin(state, order, square and of_arrangements.is_square(state), (way,) * len(nodes))
                while room.walk(state) != uneven_kernel.DONE:
                    pass
                leasts.append(float(state["best"]))
    return leasts


def test_of_mirrored_rows_and_columns_one_is_enough() -> None:
    rng = random.Random(5)
    for _ in range(3):
        side, taps, step = rng.choice((4, 6)), rng.choice((2, 3)), rng.choice((1, 2))
        layer = Layer(name="square", K=2, C=2, P=side, Q=side, R=taps, S=taps, stride=(step, step), psum_bits=16)
        lanes = rng.choice(((), (2,), (2, 2)))
        space = MapSpace.of([layer], [three_memories(40, 14, *lanes)], tiles="uneven")
        mirrored = least_of_walk(space, square=True)
        assert mirrored == pytest.approx(least_of_walk(space, square=False), rel=1e-12)
        assert any(math.isfinite(least) for least in mirrored)


def bounds_of_memories(space: MapSpace, stop: Callable[[], bool]) -> list[NDArray[np.float64]]:
    """What flows into every memory costs at least in each case, in energy and in cycles."""
    state = new_state(space, 0, "edp")
    found = []
    for case in list_cases(space, 0, state):
        enter_case(space, 0, state, case)
        bound_case(state)
        state["best"] = 1e6
        before = state.copy()
        bounds = MemoryBounds(*nodes_of(state), stop).of_case(state)
        assert all(state[name] == before[name] for name in ("objective", "static_pj", "best"))
        found += [*bounds.energies_pj, *bounds.cycles]
    return found


def test_bounds_of_memories_end_with_the_time_and_are_the_same_in_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    layer = Layer(name="square", K=6, C=4, P=6, Q=6, R=3, S=3, psum_bits=16)
    space = MapSpace.of([layer], [three_memories(60, 20, 2)], tiles="uneven")
    whole = bounds_of_memories(space, lambda: False)
    looks = 0

    def look() -> bool:
        nonlocal looks
        looks += 1
        return looks > 12

    monkeypatch.setattr(of_arrangements, "STEPS", 50)
    sliced = bounds_of_memories(space, lambda: False)
    assert all((one == other).all() for one, other in zip(sliced, whole, strict=True))
    ended = bounds_of_memories(space, look)
    assert looks < 12 + 2 * len(whole)
    assert all((one >= 0).all() and (one <= other * (1 + 1e-12)).all() for one, other in zip(ended, whole, strict=True))
    assert any((one < other).any() for one, other in zip(ended, whole, strict=True))
