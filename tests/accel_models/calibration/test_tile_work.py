"""Counts of passes, bursts and commands against a walk over every tile of a nest."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accel_models.calibration.overlap import overlapped_cycles
from accel_models.calibration.tile_work import BURST_WORDS, LEAST_PIECE_CYCLES, tile_work
from accel_models.loopnest import MappingArrays
from accel_models.tables import LayerTable
from nets.layer import DIMS, Layer

SIZE = 6
DEPENDS = {"W": "GKCRS", "I": "NGCPQRS", "O": "NGKPQ"}


def arrays(layer: Layer, tile: dict[str, int], order: list[str]) -> MappingArrays:
    """A nest whose DRAM has loops in ``order`` (outermost first) over tiles; what stands below does not count."""
    extents = np.array([[[tile.get(dim, bound) for dim, bound in zip(DIMS, layer.bounds)]]], dtype=np.int64)
    dims = [DIMS.index(dim) for dim in order]
    permutation = np.array([[dims + [d for d in range(8) if d not in dims]]], dtype=np.int8)
    return MappingArrays(
        extents, extents, permutation, np.zeros((1, 1, 8), dtype=np.int8), np.ones((1, 1, 3), dtype=np.bool_)
    )


def walked(layer: Layer, tile: dict[str, int], order: list[str]) -> dict[str, float]:
    """The same counts, tile by tile and pass by pass."""
    extent = dict(zip(DIMS, layer.bounds))
    loops = [(dim, extent[dim] // tile[dim]) for dim in order]
    at = extent | tile
    held: dict[str, tuple[int, ...] | None] = dict.fromkeys(DEPENDS)
    found = dict.fromkeys(("tiles", "array_cycles", "input_bursts", "weight_bursts", "output_bursts", "stores"), 0.0)
    rows = (at["P"] - 1) * layer.stride[0] + (at["R"] - 1) * layer.dilation[0] + 1
    columns = (at["Q"] - 1) * layer.stride[1] + (at["S"] - 1) * layer.dilation[1] + 1
    for place in product(*(range(trips) for _, trips in loops)):
        found["tiles"] += 1
        fresh = {}
        for tensor, dims in DEPENDS.items():
            here = tuple(index for index, (dim, _) in zip(place, loops) if dim in dims)
            fresh[tensor], held[tensor] = here != held[tensor], here
        passes = at["G"] * at["R"] * at["S"] * math.ceil(at["C"] / SIZE) * math.ceil(at["K"] / SIZE)
        for line in range(at["N"] * at["P"]):
            for start in range(0, at["Q"], SIZE):
                cycles = max(min(SIZE, at["Q"] - start), LEAST_PIECE_CYCLES)
                found["array_cycles"] += passes * (max(cycles, SIZE) if line == start == 0 else cycles)
        if fresh["I"]:
            found["input_bursts"] += at["N"] * rows * columns * math.ceil(at["G"] * at["C"] / BURST_WORDS)
        if fresh["W"]:
            found["weight_bursts"] += at["G"] * at["C"] * at["R"] * at["S"] * math.ceil(at["K"] / BURST_WORDS)
        if fresh["O"]:
            pixels = at["N"] * at["P"] * at["Q"]
            found["output_bursts"] += pixels * math.ceil(at["G"] * at["K"] / BURST_WORDS)
            blocks = at["G"] * math.ceil(at["K"] / SIZE)
            found["stores"] += at["N"] * at["P"] * math.ceil(at["Q"] / SIZE) * blocks
    return found


@st.composite
def nests(draw: st.DrawFn) -> tuple[Layer, dict[str, int], list[str]]:
    """A layer, a tile that divides it, and the order of DRAM's loops."""
    trips = {dim: draw(st.integers(1, 2)) for dim in DIMS}
    most = {"K": 70, "C": 70, "P": 9, "Q": 9, "R": 3, "S": 3, "N": 2, "G": 2}
    tile = {dim: draw(st.integers(2 if dim == "Q" else 1, most[dim])) for dim in DIMS}
    layer = Layer(
        name="drawn",
        stride=(draw(st.integers(1, 2)), draw(st.integers(1, 2))),
        dilation=(draw(st.integers(1, 2)), 1),
        **{dim: tile[dim] * trips[dim] for dim in DIMS},  # type: ignore[arg-type]
    )
    return layer, tile, draw(st.permutations(DIMS))


@settings(max_examples=15, deadline=None)
@given(nests())
def test_counts_are_those_of_a_walk(nest: tuple[Layer, dict[str, int], list[str]]) -> None:
    layer, tile, order = nest
    work = tile_work(LayerTable.of([layer]), arrays(layer, tile, order), rows=SIZE, columns=SIZE)
    expected = walked(layer, tile, order)
    for name in ("tiles", "array_cycles", "input_bursts", "weight_bursts", "output_bursts"):
        assert getattr(work, name)[0] == pytest.approx(expected[name]), name
    assert work.store_commands[0] == pytest.approx(expected["stores"])
    assert work.macs[0] == layer.macs


def test_a_matrix_product_runs_along_its_rows() -> None:
    """120 rows through one block of weights: 120 cycles, not 120 pieces of a single pixel."""
    layer = Layer(name="product", P=120, K=SIZE, C=SIZE)
    work = tile_work(LayerTable.of([layer]), arrays(layer, {}, []), rows=SIZE, columns=SIZE)
    assert work.array_cycles[0] == 120


def test_one_tile_overlaps_with_nothing_and_many_with_nearly_all() -> None:
    layer = Layer(name="conv", K=64, C=64, P=64, Q=64)
    table = LayerTable.of([layer])
    whole = tile_work(table, arrays(layer, {}, []), rows=SIZE, columns=SIZE)
    cut = tile_work(table, arrays(layer, {"P": 1}, ["P"]), rows=SIZE, columns=SIZE)
    transfers = (64 * 64 + 64 + 64 * 64) * BURST_WORDS / 8
    assert overlapped_cycles(whole, 8.0)[0] == pytest.approx(whole.array_cycles[0] + transfers)
    assert overlapped_cycles(cut, 8.0)[0] == pytest.approx(cut.array_cycles[0] + transfers / 64)
