"""The check of proofs against brute force and the optimal mapper, and its bounds against the cost model."""

from __future__ import annotations

import dataclasses
import math
import random
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from accel_models import evaluate, load_accelerator
from accel_models.loopnest import MappingArrays
from mappings import search
from mappings.mappers.mapper import SearchOptions, load_mapper, score
from mappings.mapspace import MapSpace, take
from mappings.proof_check import check
from mappings.proof_check.compulsory import Compulsory
from mappings.proof_check.nests import Nests, keeps
from nets import Layer
from nets.errors import InputError
from tests.mappings.mapper_conformance import FREE
from tests.mappings.mappers.brute_force import brute_force
from tests.mappings.mappers.test_optimal import draw_layer, draw_machine, with_formats, with_levels_of_one_tensor

SMALL = Layer(name="small", N=2, K=4, C=4, P=4, R=2)


def draw_problem(seed: int, macs: dict[int, int], *, uneven: bool = False) -> tuple[MapSpace, Any]:
    """A layer on a machine of as many levels as ``macs`` has MACs for, and an objective."""
    rng = random.Random(seed)
    depth = rng.choice(list(macs))
    layer, machine = draw_layer(rng, macs[depth]), draw_machine(rng, depth)
    if depth > 3:
        machine = with_levels_of_one_tensor(rng, machine)
    if seed % 2:
        machine = with_formats(rng, machine)
    convention: Any = rng.choice(["default", "timeloop", "drain-reads"])
    tiles: Any = "uneven" if uneven else "perfect"
    bypass = depth < 4 and rng.random() < 0.2
    space = MapSpace.of([layer], [machine], tiles=tiles, convention=convention, bypass=bypass)
    return space, rng.choice(["edp", "latency", "energy"])


@pytest.mark.parametrize(
    "seed, macs, uneven",
    [(seed, {1: 128, 2: 64, 3: 24, 4: 12}, False) for seed in range(30)]
    + [(seed, {2: 24, 3: 4}, True) for seed in range(10)],
)
def test_agrees_with_brute_force(seed: int, macs: dict[int, int], uneven: bool) -> None:
    space, objective = draw_problem(seed, macs, uneven=uneven)
    layer, machine = space.layers[0], space.given[0]
    least, _ = brute_force(layer, machine, objective, space=space)
    if math.isinf(least):
        assert check(space, 0, objective, 1e99).best == math.inf
        return
    right = check(space, 0, objective, least)
    assert (right.agrees, right.complete, right.mapping) == (True, True, None)
    assert right.best >= least * (1 - 1e-9)
    wrong = check(space, 0, objective, 1.01 * least)
    assert (wrong.agrees, wrong.complete) == (False, True)
    assert least * (1 - 1e-12) <= wrong.best < 1.01 * least
    assert wrong.mapping is not None
    cost = evaluate(layer, machine, wrong.mapping, convention=space.convention)
    figures = {"edp": cost.cycles * cost.energy_pj, "latency": cost.cycles, "energy": cost.energy_pj}
    assert figures[objective] == wrong.best


@pytest.mark.parametrize(
    "seed, macs, uneven",
    [(seed, {2: 800, 3: 800, 4: 300, 5: 100}, False) for seed in range(40, 60)]
    + [(seed, {2: 200}, True) for seed in range(8)],
)
def test_no_bound_is_above_a_mapping_that_goes_on_from_there(seed: int, macs: dict[int, int], uneven: bool) -> None:
    space, objective = draw_problem(seed, macs, uneven=uneven)
    rng = np.random.default_rng(seed)
    for keep in keeps(space, 0)[:2]:
        nests = Nests(space, 0, keep)
        mappings = draw_mappings(nests, rng)
        cost = space.evaluate(mappings, np.zeros(len(mappings), dtype=np.int64))
        scores = score(objective, cost.cycles, cost.energy_pj)
        below = np.zeros(len(mappings))
        for level in range(space.depth):
            bound = Compulsory(nests, objective).scores(cut_short(mappings, level), level)
            assert (bound <= scores * (1 + 1e-12)).all()
            assert (bound >= below * (1 - 1e-12)).all()
            below = bound
        # With filters MACs side by side may share inputs by chance; levels of one memory share its bandwidth.
        if max(space.layers[0].R, space.layers[0].S) == 1 and not uneven:
            assert bound[np.isfinite(scores)] == pytest.approx(scores[np.isfinite(scores)], rel=1e-12)


def draw_mappings(nests: Nests, rng: np.random.Generator) -> MappingArrays:
    """Some hundred mappings from all over a space."""
    batch = next(nests.begin())
    for level in range(nests.space.depth - 1):
        batch = next(nests.deepen(take(batch, rng.integers(0, len(batch), 50)), level))
    return take(batch, rng.integers(0, len(batch), 300))


def cut_short(mappings: MappingArrays, level: int) -> MappingArrays:
    """The nests begun down to ``level`` from which the mappings go on."""
    nests = take(mappings, np.arange(len(mappings)))
    widths = mappings.tile // mappings.part
    least = np.cumprod(widths[:, ::-1], axis=1)[:, ::-1]
    nests.tile[:, level:], nests.part[:, level:] = least[:, level:], (least // widths)[:, level:]
    return nests


@pytest.mark.parametrize("seed", range(8))
def test_every_mapping_is_enumerated_once(seed: int) -> None:
    space, objective = draw_problem(seed, {1: 64, 2: 32, 3: 12})
    layer, machine = space.problem(0)
    levels = tuple(dataclasses.replace(level, capacity_words=math.inf, partition_words={}) for level in machine.levels)
    machine = dataclasses.replace(machine, levels=levels)
    space = MapSpace.of([layer], [machine], tiles="perfect", bypass=space.bypass)
    _, expected = brute_force(layer, machine, objective, space=space)
    seen = [row for keep in keeps(space, 0) for row in every_mapping(Nests(space, 0, keep))]
    assert len(seen) == len(set(seen)) == expected


def every_mapping(nests: Nests) -> Iterator[bytes]:
    """All of one kind, each as its bytes."""
    batches: Any = nests.begin()
    for level in range(nests.space.depth - 1):
        batches = [deeper for batch in batches for deeper in nests.deepen(batch, level)]
    for batch in batches:
        for index in range(len(batch)):
            one = take(batch, np.array([index]))
            yield b"".join(array.tobytes() for array in (one.tile, one.part, one.order, one.axis, one.keep))


@pytest.mark.parametrize("objective", ["edp", "latency"])
@pytest.mark.parametrize("name", ["eyeriss", "nvdla_256", "gemmini"])
def test_agrees_with_the_optimal_mapper(name: str, objective: Any) -> None:
    layer, machine = Layer(name="conv", K=64, C=32, P=14, Q=14, R=3, S=3), load_accelerator(name)
    result = search(layer, machine, mapper="optimal", tiles="perfect", objective=objective)
    space = MapSpace.of([layer], [machine], tiles="perfect")
    assert result.proven
    assert check(space, 0, objective, result.score).agrees
    assert not check(space, 0, objective, result.score * 1.01).agrees


@pytest.mark.parametrize(
    "constraints",
    [
        ["L2.tile.K <= 2"],
        ["L1.tile.C = 2", "L1.tile.P >= 2"],
        ["L2.order = P*C"],
        ["DRAM.stationary = W", "L2.stationary = I"],
        ["L2.keeps = W,O"],
        ["L2.X.parallel = K", "L2.Y.width <= 2"],
    ],
)
@pytest.mark.parametrize("bypass", [False, True])
def test_keeps_to_constraints(constraints: list[str], bypass: bool) -> None:
    space = MapSpace.of([SMALL], [FREE], tiles="perfect", constraints=constraints, bypass=bypass)
    found = load_mapper("optimal")(space, SearchOptions())
    assert check(space, 0, "edp", found.score[0]).agrees
    wrong = check(space, 0, "edp", 1.01 * found.score[0])
    assert found.score[0] * (1 - 1e-9) <= wrong.best < 1.01 * found.score[0]


def test_an_order_of_the_innermost_loops_changes_nothing() -> None:
    free = MapSpace.of([SMALL], [FREE], tiles="perfect", bypass=True)
    ordered = MapSpace.of([SMALL], [FREE], tiles="perfect", bypass=True, constraints=["L1.order = RPCK*"])
    least = float(load_mapper("optimal")(free, SearchOptions()).score[0])
    assert check(ordered, 0, "edp", least).agrees
    assert check(ordered, 0, "edp", least * (1 + 1e-8)).best == pytest.approx(least, rel=1e-12)


def test_says_nothing_when_it_is_stopped() -> None:
    space = MapSpace.of([SMALL], [FREE], tiles="perfect")
    least = float(load_mapper("optimal")(space, SearchOptions()).score[0])
    for limit in ({"most": 1}, {"time_limit_s": 0.0}):
        stopped = check(space, 0, "edp", least, **limit)
        assert (stopped.agrees, stopped.complete) == (False, False)


def test_refuses_what_is_not_enumerated() -> None:
    with pytest.raises(InputError, match="ragged"):
        check(MapSpace.of([SMALL], [FREE]), 0, "edp", 1.0)
    with pytest.raises(InputError, match="systolic"):
        check(MapSpace.of([SMALL], [FREE], tiles="perfect", convention="systolic"), 0, "edp", 1.0)
    with pytest.raises(InputError, match="claimed"):
        check(MapSpace.of([SMALL], [FREE], tiles="perfect"), 0, "edp", math.nan)
