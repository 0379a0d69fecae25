"""The bound over boxes of ragged tilings: below every mapping, and equal to the best where all of them are tried."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
import pytest
from numba import boolean, float64

from accel_models import Accelerator, Axis, Level
from accel_models.codes import O
from accel_models.compiled import entry
from accel_models.cost import evaluate_batch
from accel_models.loopnest import MappingArrays
from accel_models.precision import LeastBits
from accel_models.presets import load_accelerator
from accel_models.template import Template
from mappings import search
from mappings.bounds import lower_bounds
from mappings.mappers.mapper import OBJECTIVES, score
from mappings.mappers.optimal import boxes
from mappings.mappers.optimal.boxes_kernel import bounds, capacity
from mappings.mappers.optimal.boxes_kernel.state import BOUNDS, BOX
from mappings.mapspace import MapSpace
from nets import Layer
from nets.errors import InputError
from nets.layer import DIMS

SLACK = 1 + 1e-9


@entry(float64(BOUNDS, BOX))
def bound(w, b):  # type: ignore[no-untyped-def]
    return bounds.bound(w, b)


@entry(boolean(BOUNDS, BOX))
def shrink(w, b):  # type: ignore[no-untyped-def]
    return capacity.shrink(w, b)


def random_layer(rng: np.random.Generator, most: int) -> Layer:
    """A convolution of any stride and dilation, most dims short."""
    sizes = {"N": 3, "G": 4, "K": most, "C": most, "P": most, "Q": most, "R": 5, "S": 4}
    dims: dict[str, Any] = {
        dim: int(rng.integers(1, size + 1)) if rng.random() < 0.6 else 1 for dim, size in sizes.items()
    }
    stride, dilation = rng.choice([1, 1, 2, 3], size=2), rng.choice([1, 1, 2], size=2)
    return Layer(
        name="conv", stride=(int(stride[0]), int(stride[1])), dilation=(int(dilation[0]), int(dilation[1])), **dims
    )  # fmt: skip


def random_machine(rng: np.random.Generator) -> Accelerator:
    """Three levels; up to three axes of one dim each below the second."""
    dims = rng.permutation(list(DIMS))
    axes = tuple(Axis("XYZ"[a], int(rng.integers(2, 9)), (str(dims[a]),)) for a in range(rng.integers(0, 4)))
    word_bits = (None, 8, 16)[rng.integers(3)]
    speed = [0.5, 1.0, 2.0, 8.0, 64.0]
    levels = []
    for at, name in enumerate(("DRAM", "L2", "L1")):
        given: dict[str, Any] = {}
        if at < 2:
            given["read_bandwidth"], given["write_bandwidth"] = (float(rng.choice(speed)) for _ in range(2))
        if at == 1:
            given["fanout"] = axes
        if at > 0:
            words = int(rng.integers(10, 60))
            given["capacity_words"] = words * (20 if at == 1 else 1)
            given["double_buffered"] = bool(rng.random() < 0.5)
        read, write, network = rng.random(3)
        levels.append(
            Level(
                name=name, word_bits=word_bits, read_pj=10 * read, write_pj=10 * write, network_pj=2 * network, **given
            )
        )
    return Accelerator(name="machine", levels=tuple(levels), mac_pj=1.0, static_mw=float(rng.choice([0, 5])))


def inner_levels(machine: Accelerator) -> Accelerator:
    """The machine without its outermost level; the next holds whatever there is."""
    return replace(machine, levels=(replace(machine.levels[1], capacity_words=np.inf), *machine.levels[2:]))


def packed(layer: Layer, machine: Accelerator) -> tuple[Layer, Accelerator]:
    """Weights of 4.125 bits that a level unpacks to 16, inputs of 4 that the innermost one does."""
    dram, l2, l1 = (replace(level, word_bits=8) for level in machine.levels)
    l1 = replace(l1, least_bits=LeastBits(I=16, O=32), capacity_words=2 * l1.capacity_words)
    at = replace(l2, least_bits=LeastBits(W=16)), l1
    return replace(layer, weight_bits=4.125, input_bits=4), replace(machine, levels=(dram, *at))


def random_tilings(rng: np.random.Generator, w: Any, count: int) -> np.ndarray:
    """(count, 8, 3) tiles, joint tiles and parts."""
    tilings = np.empty((count, 8, 3), dtype=np.int64)
    for d in range(8):
        tilings[:, d, 0] = extent = np.full(count, w.bound[d])
        for at in range(w.at_home, 2):
            whole, one = rng.random(count) < 0.25, rng.random(count) < 0.2
            extent = np.where(whole, extent, np.where(one, 1, rng.integers(1, extent + 1)))
            tilings[:, d, at] = extent
        tilings[:, d, 2] = -(-extent // rng.integers(1, w.axis[d] + 1, count))
    return tilings


def as_mappings(rng: np.random.Generator, space: MapSpace, tilings: np.ndarray) -> MappingArrays:
    """Tilings with orders drawn at random."""
    count, depth = len(tilings), space.depth
    shared = depth - 2
    tile, part = np.ones((count, depth, 8), dtype=np.int64), np.ones((count, depth, 8), dtype=np.int64)
    tile[:, :shared] = part[:, :shared] = tilings[:, None, :, 0]
    tile[:, shared], part[:, shared] = tilings[:, :, 1], tilings[:, :, 2]
    order = rng.permuted(np.tile(np.arange(8, dtype=np.int8), (count, depth, 1)), axis=2)
    axis = np.zeros((count, depth, 8), dtype=np.int8)
    for a, at in enumerate(space.accelerators[0].levels[shared].fanout):
        axis[:, shared, DIMS.index(at.dims[0])] = a
    return MappingArrays(tile, part, order, axis, np.ones((count, depth, 3), dtype=np.bool_))


@pytest.mark.parametrize("at_home", [False, True], ids=["three levels", "two levels"])
@pytest.mark.parametrize("seed", range(24))
def test_never_above_a_mapping(seed: int, at_home: bool) -> None:
    """Neither for its own tiling nor for any box around it; and no box that holds a mapping is thrown away."""
    rng = np.random.default_rng(seed)
    layer, machine = random_layer(rng, 6 + seed), random_machine(rng)
    if seed % 2:
        layer, machine = packed(layer, machine)
    if at_home:
        machine = inner_levels(machine)
    convention = ("default", "timeloop", "drain-reads")[seed % 3]
    space = MapSpace.of([layer], [machine], convention=convention)  # type: ignore[arg-type]
    assert boxes.applies(space, 0)
    for objective in OBJECTIVES:
        w = boxes.problems_of(space, np.array([0]), objective)[0]
        tilings = random_tilings(rng, w, 1500)
        mappings = as_mappings(rng, space, tilings)
        cost = space.evaluate(mappings, np.zeros(len(mappings), dtype=np.int64))
        scores = score(objective, cost.cycles, cost.energy_pj)
        for tiling, exact in zip(tilings[np.isfinite(scores)], scores[np.isfinite(scores)]):
            point = np.repeat(tiling, 2, axis=1)
            assert bound(w, point) <= exact * SLACK
            around = point.copy()
            wider = rng.choice([1.0, 1.0, 1.5, 3.0], size=point.shape)
            around[:, ::2] = np.maximum(1, around[:, ::2] / wider[:, ::2])
            around[:, 1::2] = np.minimum(w.bound[:, None], np.ceil(around[:, 1::2] * wider[:, 1::2]))
            if at_home:
                around[:, 0] = w.bound
            if w.square:  # of two transposed tilings one is enough
                continue
            assert shrink(w, around)
            assert (around[:, ::2] <= point[:, ::2]).all()
            assert (around[:, 1::2] >= point[:, 1::2]).all()
            assert bound(w, around) <= exact * SLACK


@pytest.mark.parametrize("seed", range(24))
def test_never_above_a_mapping_that_sends_up_finished_outputs_alone(seed: int) -> None:
    rng = np.random.default_rng(200 + seed)
    layer, machine = random_layer(rng, 4 + seed % 8), random_machine(rng)
    if seed % 2:
        layer, machine = packed(layer, machine)
    machine = inner_levels(machine)
    space = MapSpace.of([layer], [machine])
    outputs = layer.output_words
    for objective in OBJECTIVES:
        w = boxes.problems_of(space, np.array([0]), objective, finished=True)[0]
        tilings = random_tilings(rng, w, 1500)
        mappings = as_mappings(rng, space, tilings)
        cost = evaluate_batch(space.layer_table, space.accelerator_table, mappings, full=True)
        scores = score(objective, cost.cycles, cost.energy_pj)
        allowed = np.isfinite(scores) & (cost.counts[:, 0, O, 2] == outputs)
        assert allowed.any()
        for tiling, exact in zip(tilings[allowed], scores[allowed]):
            point = np.repeat(tiling, 2, axis=1)
            assert bound(w, point) <= exact * SLACK
            around = point.copy()
            around[:, 2::2] = np.maximum(1, around[:, 2::2] // 2)
            around[:, 3::2] = np.minimum(w.bound[:, None], 2 * around[:, 3::2])
            if not w.square:  # of two transposed tilings one is enough
                assert shrink(w, around)
                assert bound(w, around) <= exact * SLACK


def best_of_all(space: MapSpace, objective: Any) -> float:
    """The least objective of every tiling under every order of its loops."""
    w = boxes.problems_of(space, np.array([0]), objective)[0]
    chains = [
        [
            (tile, joint, part)
            for tile in range(w.bound[d] if w.at_home else 1, w.bound[d] + 1)
            for joint in range(1, tile + 1)
            for part in range(-(-joint // w.axis[d]), joint + 1)
        ]
        for d in range(8)
    ]
    best = np.inf
    for tiling in product(*chains):
        mappings = boxes.orders_of(space, 0, np.repeat(np.array(tiling), 2, axis=1))
        assert mappings is not None
        cost = space.evaluate(mappings, np.zeros(len(mappings), dtype=np.int64))
        best = min(best, float(score(objective, cost.cycles, cost.energy_pj).min()))
    return best


@pytest.mark.parametrize("at_home", [False, True], ids=["three levels", "two levels"])
@pytest.mark.parametrize("seed", range(12))
def test_equals_brute_force(seed: int, at_home: bool) -> None:
    """Asked for no gap at all, it proves what trying every ragged mapping finds."""
    rng = np.random.default_rng(100 + seed)
    dims = rng.choice(list("KCPQRS"), 3, replace=False)
    shape: dict[str, Any] = {str(dim): int(size) for dim, size in zip(dims, rng.integers(3, 6, 3))}
    layer = Layer(name="small", **shape)
    machine, objective = random_machine(rng), OBJECTIVES[seed % 3]
    if seed % 2:
        layer, machine = packed(layer, machine)
    if at_home:
        machine = inner_levels(machine)
    tried = best_of_all(MapSpace.of([layer], [machine]), objective)
    proven = search(layer, machine, mapper="optimal", tiles="ragged", objective=objective, settings={"gap": 0})
    assert proven.score == pytest.approx(tried, rel=1e-12)
    assert proven.lower_bound == pytest.approx(tried, rel=1e-12)


def test_ragged_tiles_beat_perfect_ones() -> None:
    """512 channels in tiles of 198: a third of a percent from the best there is, and well below any perfect mapping."""
    layer = Layer(name="last", K=512, C=512, P=7, Q=7, R=3, S=3, stride=(2, 2))
    machine = load_accelerator("eyeriss", node_nm=45)
    perfect = search(layer, machine, mapper="optimal", tiles="perfect")
    ragged = search(layer, machine, mapper="optimal", tiles="ragged")
    assert perfect.proven
    assert ragged.gap <= 0.01 * SLACK
    assert ragged.score < 0.97 * perfect.score
    assert ragged.lower_bound > lower_bounds(MapSpace.of([layer], [machine]), "edp")[0]


def test_speaks_of_the_template_alone() -> None:
    layer = Layer(name="small", K=8, C=8, P=6, Q=6)
    template, deep = load_accelerator("eyeriss", node_nm=45), load_accelerator("gemmini", node_nm=45)
    assert boxes.applies(MapSpace.of([layer], [template]), 0)
    assert not boxes.applies(MapSpace.of([layer], [deep]), 0)
    assert not boxes.applies(MapSpace.of([layer], [template], bypass=True), 0)
    assert not boxes.applies(MapSpace.of([layer], [template], constraints=("L2.tile.K = 4",)), 0)
    found = search(layer, deep, mapper="optimal", tiles="ragged")
    assert found.lower_bound <= found.score


@pytest.mark.parametrize("gap", [-0.1, "small", True, float("inf")])
def test_refuses_a_gap_that_is_none(gap: object) -> None:
    layer, machine = Layer(name="small", K=8, C=8, P=6), load_accelerator("eyeriss", node_nm=45)
    with pytest.raises(InputError, match="gap"):
        search(layer, machine, mapper="optimal", tiles="ragged", settings={"gap": gap})


def test_refuses_a_number_of_boxes_that_is_none() -> None:
    layer, machine = Layer(name="small", K=8, C=8, P=6), load_accelerator("eyeriss", node_nm=45)
    with pytest.raises(InputError, match="boxes"):
        search(layer, machine, mapper="optimal", tiles="ragged", settings={"boxes": -1})


def test_ends_without_a_time_limit() -> None:
    """However few boxes it may cut, it answers a mapping and a bound, and the same ones each time."""
    layer = Layer(name="windows", K=64, C=64, P=28, Q=28, R=3, S=3)
    machine = load_accelerator("shidiannao", node_nm=45)
    one, two = (search(layer, machine, mapper="optimal", tiles="ragged", settings={"boxes": 300}) for _ in range(2))
    assert not one.proven
    assert one.lower_bound <= one.score
    assert (one.score, one.lower_bound) == (two.score, two.lower_bound)


@pytest.mark.parametrize("cases", [-1, 1.5, True])
def test_refuses_a_number_of_cases_that_is_none(cases: object) -> None:
    layer, machine = Layer(name="small", K=8, C=8, P=6), load_accelerator("eyeriss", node_nm=45)
    with pytest.raises(InputError, match="cases"):
        search(layer, machine, mapper="optimal", tiles="ragged", settings={"cases": cases})


def test_fewer_cases_begin_with_no_better_mapping_and_prove_as_much() -> None:
    layer = Layer(name="windows", K=24, C=16, P=14, Q=14, R=3, S=3)
    machine = load_accelerator("shidiannao", node_nm=45)
    few, many = (
        search(layer, machine, mapper="optimal", tiles="ragged", settings={"boxes": 0, "cases": cases})
        for cases in (1, 0)
    )
    assert few.score >= many.score
    assert few.lower_bound <= many.score
    perfect = (search(layer, machine, mapper="optimal", tiles="perfect", settings={"cases": cases}) for cases in (1, 0))
    assert len({found.score for found in perfect}) == 1  # of perfect tiles all cases are always searched


def test_few_cases_for_energy_are_those_that_use_the_array() -> None:
    """Bounds on energy hardly tell them apart: the four of the least end half above the best of all."""
    layer = Layer(name="project", K=64, C=384, P=14, Q=14)
    machine = Template(
        array=(24, 8, 4), parallel=("K", "C", "P"), l1_bytes=64, l2_bytes=72 * 1024, noc_bandwidth=24
    ).accelerator()
    few, all_of_them = (
        search(layer, machine, mapper="optimal", objective="energy", settings={"boxes": 0, "cases": cases})
        for cases in (4, 0)
    )
    assert all_of_them.score <= few.score <= 1.02 * all_of_them.score
