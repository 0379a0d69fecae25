"""The optimal mapper against brute force, closed answers and the conformance suite."""

from __future__ import annotations

import dataclasses
import math
import random
from typing import Any, ClassVar

import numpy as np
import pytest

import mappings.mappers.optimal.solve as solving
from accel_models import Accelerator, Axis, Level, load_accelerator
from accel_models.precision import LeastBits
from mappings import search
from mappings.mappers.mapper import SearchOptions, load_mapper
from mappings.mapspace import MapSpace, smallest_tiles
from nets import Layer, load_network
from nets.errors import InputError
from nets.layer import DIMS
from tests.mappings.mapper_conformance import CONV, DEPTHWISE, FREE, MapperConformance
from tests.mappings.mappers.brute_force import brute_force

ONE_PE = Accelerator(
    name="one PE",
    levels=(
        Level(name="DRAM", read_pj=200.0, write_pj=200.0),
        Level(name="GLB", capacity_words=4096, read_pj=6.0, write_pj=6.0),
        Level(name="RF", capacity_words=96, read_pj=1.0, write_pj=1.0),
    ),
    mac_pj=1.0,
)
GEMM16 = Layer(name="gemm16", kind="matmul", P=16, C=16, K=16, psum_bits=8)


def draw_layer(rng: random.Random, most: int) -> Layer:
    """A layer of at most ``most`` MACs, with any stride, dilation and precision."""
    bounds = dict.fromkeys(DIMS, 1)
    left = most
    for dim in rng.sample(DIMS, len(DIMS)):
        fits = [n for n in (1, 1, 2, 2, 3, 4) if n <= left and (n <= 3 or dim not in "RS")]
        bounds[dim] = rng.choice(fits)
        left //= bounds[dim]
    return Layer(
        name="drawn",
        **bounds,
        stride=(rng.randint(1, 3), rng.randint(1, 3)),
        dilation=(rng.randint(1, 3), rng.randint(1, 3)),
        weight_bits=rng.choice([4, 8]),
        input_bits=rng.choice([4, 8, 16]),
        output_bits=rng.choice([8, 16]),
        psum_bits=rng.choice([16, 24, 32]),
    )


def draw_machine(rng: random.Random, depth: int) -> Accelerator:
    """A machine with bypass, fan-outs, partitions, double buffers, mixed word widths and any bandwidth."""
    levels = []
    for i in range(depth):
        axes = []
        if rng.random() < 0.45:
            for name in "XY"[: rng.randint(1, 2)]:
                dims = tuple(rng.sample(DIMS, 2)) if rng.random() < 0.4 else ()
                axes.append(Axis(name, rng.choice([2, 3, 4]), dims))
        bandwidths = [rng.choice([0.5, 1.0, 2.0, 4.0, math.inf]) for _ in range(3)]
        levels.append(
            Level(
                name=f"L{i}",
                keeps=tuple(t for t in "WIO" if i == 0 or rng.random() < 0.75),
                word_bits=rng.choice([None, 8, 8, 16]),
                capacity_words=math.inf if i == 0 else rng.choice([12, 24, 60, math.inf, math.inf]),
                partition_words={} if i == 0 or rng.random() < 0.8 else {rng.choice("WIO"): rng.choice([2, 4, 8])},
                double_buffered=i > 0 and rng.random() < 0.4,
                read_bandwidth=bandwidths[0],
                write_bandwidth=bandwidths[1],
                shared_bandwidth=bandwidths[2],
                read_pj=rng.choice([0, 1, 2, 5.5, 20]),
                write_pj=rng.choice([0, 1, 3, 7.5, 20]),
                network_pj=rng.choice([0, 0.5, 2]),
                leakage_mw=rng.choice([0, 0.3]),
                fanout=tuple(axes),
            )
        )
    return Accelerator(name="drawn", levels=tuple(levels), mac_pj=1.0)


def with_formats(rng: random.Random, machine: Accelerator) -> Accelerator:
    """The machine with narrower weights and inputs unpacked at some levels."""
    levels = [
        dataclasses.replace(level, least_bits=LeastBits(*(rng.choice((0, 8, most)) for most in (12, 16, 32))))
        if level.word_bits
        else level
        for level in machine.levels
    ]
    return dataclasses.replace(machine, levels=tuple(levels))


def with_levels_of_one_tensor(rng: random.Random, machine: Accelerator) -> Accelerator:
    """The machine with a single tensor in every level but the outermost, as scratchpads of one kind each."""
    levels = [
        dataclasses.replace(level, keeps=(rng.choice("WIO"),), partition_words={}) for level in machine.levels[1:]
    ]
    return dataclasses.replace(machine, levels=(machine.levels[0], *levels))


class TestOptimal(MapperConformance):
    name = "optimal"
    budget: ClassVar[int] = 1000
    lockstep: ClassVar[bool] = False

    def test_keeps_to_its_budget_and_the_best_never_worsens(self) -> None:
        """Its budget is time: of no time it makes a valid bound and no proof."""
        space = MapSpace.of([CONV, DEPTHWISE], self.machines()[1:], tiles="perfect")
        done = self.run(space)
        cut = self.run(space, time_limit_s=0.0)
        assert done.extra["proven"].all()
        assert not cut.extra["proven"].any()
        assert done.lower_bound is not None
        assert cut.lower_bound is not None
        assert (cut.lower_bound > 0).all()
        assert (cut.lower_bound <= done.score).all()
        assert np.array_equal(done.lower_bound, done.score)


@pytest.mark.parametrize("seed", range(60))
def test_equals_brute_force(seed: int) -> None:
    rng = random.Random(seed)
    depth = rng.choice([1, 2, 2, 3, 3, 3, 4])
    layer = draw_layer(rng, {1: 256, 2: 96, 3: 48, 4: 16}[depth])
    machine = draw_machine(rng, depth)
    objective: Any = rng.choice(["edp", "latency", "energy"])
    convention: Any = rng.choice(["default", "default", "timeloop", "drain-reads"])
    bypass = rng.random() < 0.15
    if seed % 2:
        machine = with_formats(rng, machine)
    least, _ = brute_force(layer, machine, objective, convention=convention, bypass=bypass)
    space = MapSpace.of([layer], [machine], tiles="perfect", convention=convention, bypass=bypass)
    found = load_mapper("optimal")(space, SearchOptions(objective=objective))
    assert found.score[0] == pytest.approx(least, rel=1e-12)
    assert found.extra["proven"].all()


@pytest.mark.parametrize("seed", range(24))
def test_equals_brute_force_where_levels_hold_one_tensor(seed: int) -> None:
    rng = random.Random(1000 + seed)
    depth = rng.choice([4, 4, 5])
    layer = draw_layer(rng, {4: 24, 5: 12}[depth])
    machine = with_levels_of_one_tensor(rng, draw_machine(rng, depth))
    objective: Any = rng.choice(["edp", "latency", "energy"])
    least, _ = brute_force(layer, machine, objective)
    found = load_mapper("optimal")(MapSpace.of([layer], [machine], tiles="perfect"), SearchOptions(objective=objective))
    assert found.score[0] == pytest.approx(least, rel=1e-12)
    assert found.extra["proven"].all()


def test_a_tensor_may_move_again_after_a_block_that_leaves_another_in_place() -> None:
    """Outputs stay in their register while weights move above it and below: no bound may leave that nest out."""
    registers = [Level(name=f"Reg{t}", keeps=(t,), capacity_words=1, read_pj=0.5, write_pj=0.5) for t in "OW"]
    dram, l2 = Level(name="DRAM", read_pj=64, write_pj=64), Level(name="L2", read_pj=4, write_pj=4)
    machine = Accelerator(name="two registers", levels=(dram, l2, *registers), mac_pj=0.3)
    layer = Layer(name="small", K=2, C=2, P=2, psum_bits=8)
    options: Any = {"objective": "energy", "tiles": "perfect", "convention": "drain-reads"}
    result = search(layer, machine, mapper="optimal", **options)
    assert result.score == pytest.approx(914.4, rel=1e-12)
    assert result.proven


@pytest.mark.parametrize(
    "constraints",
    [
        ["L2.tile.K <= 2"],
        ["L1.tile.C = 2", "L1.tile.P >= 2"],
        ["L2.order = P*C"],
        ["DRAM.stationary = W", "L2.stationary = I"],
        ["L2.order = KC*"],
        ["L2.keeps = W,O"],
        ["L2.X.parallel = K", "L2.Y.width <= 2"],
    ],
)
def test_equals_brute_force_under_constraints(constraints: list[str]) -> None:
    layer = Layer(name="small", N=2, K=4, C=4, P=4, R=2)
    space = MapSpace.of([layer], [FREE], tiles="perfect", constraints=constraints)
    options = SearchOptions(budget=40_000_000)
    found = load_mapper("optimal")(space, options)
    least, _ = brute_force(layer, FREE, "edp", space=space, cap=3_000_000)
    assert found.score[0] == pytest.approx(least, rel=1e-12)


@pytest.mark.parametrize(("convention", "energy_pj"), [("timeloop", 185_600.0), ("drain-reads", 187_392.0)])
def test_the_optimum_that_timeloop_and_accelforge_agree_on(convention: Any, energy_pj: float) -> None:
    result = search(GEMM16, ONE_PE, mapper="optimal", objective="energy", tiles="perfect", convention=convention)
    assert result.cost.energy_pj == energy_pj
    assert result.proven


def test_a_larger_buffer_or_bandwidth_never_worsens_latency() -> None:
    layer = Layer(name="conv", K=16, C=12, P=14, Q=14, R=3, S=3)
    before = math.inf
    for factor in (1, 2, 4, 8):
        levels = [
            dataclasses.replace(
                level,
                capacity_words=level.capacity_words * factor,
                read_bandwidth=level.read_bandwidth * factor,
                shared_bandwidth=level.shared_bandwidth * factor,
            )
            for level in FREE.levels
        ]
        machine = dataclasses.replace(FREE, levels=tuple(levels))
        result = search(layer, machine, mapper="optimal", objective="latency", tiles="perfect")
        assert result.proven
        assert result.score <= before
        before = result.score


def test_proves_a_resnet_layer_on_eyeriss() -> None:
    layer = Layer(name="conv", K=64, C=64, P=56, Q=56, R=3, S=3)
    machine = load_accelerator("eyeriss", node_nm=45)
    result = search(layer, machine, mapper="optimal", tiles="perfect")
    assert result.proven
    other = search(layer, machine, mapper="random", tiles="perfect", budget=5000)
    assert other.score >= result.score


def test_a_start_that_is_the_optimum_stays() -> None:
    space = MapSpace.of([CONV], [FREE], tiles="perfect")
    mapper = load_mapper("optimal")
    best = mapper(space, SearchOptions())
    again = mapper(space, SearchOptions(start=best.mappings))
    assert again.score[0] == best.score[0]
    assert again.extra["proven"].all()
    poor = mapper(space, SearchOptions(start=smallest_tiles(space)))
    assert poor.score[0] == best.score[0]


def test_refuses_a_convention_it_does_not_know() -> None:
    with pytest.raises(InputError, match="systolic"):
        search(CONV, FREE, mapper="optimal", convention="systolic")


def test_ragged_tiles_help_where_dims_are_prime() -> None:
    layer = Layer(name="primes", K=17, C=11, P=13, Q=13)
    perfect = search(layer, FREE, mapper="optimal", tiles="perfect")
    ragged = search(layer, FREE, mapper="optimal", tiles="ragged")
    assert perfect.proven
    assert ragged.score < 0.8 * perfect.score
    assert ragged.lower_bound <= ragged.score


def test_the_bound_of_ragged_tiles_holds_for_all_of_them() -> None:
    layer = Layer(name="small", K=5, C=3, P=5)
    result = search(layer, FREE, mapper="optimal", tiles="ragged")
    every = search(layer, FREE, mapper="exhaustive", tiles="ragged", budget=3_000_000)
    assert result.lower_bound <= every.score <= result.score


def test_its_own_optimum_as_a_start_is_proven_again() -> None:
    layer = {la.name: la for la in load_network("resnet50").layers}["stage1.block1.conv2"]
    machine = load_accelerator("eyeriss")
    first = search(layer, machine, mapper="optimal", tiles="perfect")
    again = search(layer, machine, mapper="optimal", tiles="perfect", start=first.mapping)
    assert again.proven
    assert again.score == pytest.approx(first.score, rel=1e-9)


PJ: dict[str, Any] = {"read_pj": 1.0, "write_pj": 1.0}
TWO = Axis("Y", 2)


@pytest.mark.parametrize(
    ("layer", "levels", "energy_pj"),
    [
        # labels at one node whose windows stand side by side at other distances
        (
            Layer(name="windows", C=2, P=8, R=2, stride=(2, 1), dilation=(2, 1), psum_bits=8),
            (
                Level(name="L0", fanout=(TWO,), **PJ),
                Level(name="L1", keeps=(), fanout=(TWO,), **PJ),
                Level(name="L2", keeps=(), **PJ),
                Level(name="L3", keeps=("O",), fanout=(Axis("X", 2), TWO), **PJ),
            ),
            76.0,
        ),
        # a memory that has room for final sums alone, known only when the next one that holds sums is placed
        (
            Layer(name="sums", P=2, R=2, weight_bits=16, psum_bits=32),
            (
                Level(name="L0", **PJ),
                Level(name="L1", keeps=("O",), capacity_words=4, **PJ),
                Level(name="L2", keeps=("W",), capacity_words=2, **PJ),
                Level(name="L3", keeps=("O",), **PJ),
            ),
            56.0,
        ),
    ],
)
def test_labels_are_compared_only_where_what_follows_costs_alike(
    layer: Layer, levels: tuple[Level, ...], energy_pj: float
) -> None:
    machine = Accelerator(name="drawn", levels=levels, mac_pj=1.0)
    least, _ = brute_force(layer, machine, "energy")
    found = load_mapper("optimal")(MapSpace.of([layer], [machine], tiles="perfect"), SearchOptions(objective="energy"))
    assert found.score[0] == pytest.approx(least, rel=1e-12)
    assert found.extra["proven"].all()


@pytest.mark.parametrize(
    ("layer", "levels", "bypass"),
    [
        # the reduction runs in parallel below the level that holds the sum
        (
            Layer(name="a", R=2),
            (Level(name="L0"), Level(name="L1", keeps=("O",), capacity_words=1, fanout=(TWO,))),
            False,
        ),
        # ... or some of it there, and the rest inside the next one that holds sums
        (
            Layer(name="a", S=8, weight_bits=16),
            (
                Level(name="L0"),
                Level(name="L2", keeps=("O",), partition_words={"O": 2}, fanout=(Axis("X", 2),)),
                Level(name="L3", keeps=("W", "O"), capacity_words=11),
            ),
            False,
        ),
        # ... or inside a level that may be bypassed
        (Layer(name="a", P=8, Q=2, R=2), (Level(name="L0", capacity_words=36), Level(name="L1", keeps=("O",))), True),
        (
            Layer(name="a", P=2, R=2, weight_bits=16),
            (Level(name="L0"), Level(name="L1", keeps=("O",), capacity_words=2), Level(name="L2", keeps=("O",))),
            False,
        ),
    ],
)
def test_a_mapping_that_fits_with_final_sums_alone_exists(
    layer: Layer, levels: tuple[Level, ...], bypass: bool
) -> None:
    machine = Accelerator(name="tight", levels=levels, mac_pj=1.0)
    least, _ = brute_force(layer, machine, "energy", bypass=bypass)
    result = search(layer, machine, mapper="optimal", tiles="perfect", objective="energy", bypass=bypass)
    assert result.score == least < math.inf
    assert result.proven


def test_a_dim_runs_on_several_axes() -> None:
    machine = dataclasses.replace(
        ONE_PE,
        levels=(
            ONE_PE.levels[0],
            dataclasses.replace(ONE_PE.levels[1], fanout=(Axis("X", 4), Axis("Y", 4))),
            *ONE_PE.levels[2:],
        ),
    )
    layer = Layer(name="long", K=16, C=3)
    result = search(layer, machine, mapper="optimal", objective="latency", tiles="perfect", convention="timeloop")
    assert result.cost.compute_cycles == 3
    spatial = [(loop.dim, loop.axis) for at in result.mapping.levels for loop in at.spatial]
    assert spatial == [("K", "X"), ("K", "Y")]


def test_constraints_order_the_innermost_loops_too() -> None:
    layer = Layer(name="small", N=2, K=4, C=4, P=4, R=2)
    result = search(layer, FREE, mapper="optimal", tiles="perfect", constraints=["L1.order = PK*"])
    assert result.score == search(layer, FREE, mapper="optimal", tiles="perfect").score


def test_time_is_looked_at_before_tables_are_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    layer = Layer(name="x", K=64, C=64, P=8, Q=8)
    space = MapSpace.of([layer], [load_accelerator("eyeriss_chip")], tiles="perfect")
    best = solving.solve(space, 0, "energy", stop=lambda: False).score
    made, prepare = [0], solving.kernel.prepare_tables

    def counted(state: Any, tables: Any) -> None:
        made[0] += 1
        prepare(state, tables)

    monkeypatch.setattr(solving, "MOST_CHILDREN", 1)  # too few for any case: tables are made again and again
    monkeypatch.setattr(solving.kernel, "prepare_tables", counted)
    cut = solving.solve(space, 0, "energy", stop=lambda: made[0] > 0)
    assert made == [1]
    assert not cut.proven
    assert 0 < cut.lower_bound <= best
