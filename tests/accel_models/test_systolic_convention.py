"""The ``systolic`` convention of the nest model equals the closed forms of a systolic array."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accel_models import systolic
from accel_models.accelerator import Accelerator, Axis, Level
from accel_models.cost import evaluate
from accel_models.loopnest import LevelLoops, Loop, Mapping
from nets.layer import Layer

PARALLEL = {"weight": ("C", "K"), "output": ("P", "K"), "input": ("C", "P")}
INNERMOST = {"weight": "P", "output": "C", "input": "K"}


def _machine(rows: int, columns: int, *, double_buffered: bool = False) -> Accelerator:
    return Accelerator(
        name="systolic",
        levels=(
            Level(name="SRAM", fanout=(Axis("Y", rows), Axis("X", columns))),
            Level(name="PE", double_buffered=double_buffered),
        ),
    )


def _mapping(layer: Layer, rows: int, columns: int, stationary: str) -> Mapping:
    """Folds outside, the streamed dim innermost, all of it at the level above the array."""
    extent = dict(zip("NGKCPQRS", layer.bounds))
    wide = dict(zip(PARALLEL[stationary], (rows, columns)))
    held = {dim: min(size, extent[dim]) for dim, size in wide.items()}
    inner = INNERMOST[stationary]
    temporal = [Loop(dim, held[dim]) for dim in held]
    temporal.append(Loop(inner, 1))
    spatial = [Loop(dim, 1, axis) for dim, axis in zip(PARALLEL[stationary], ("Y", "X"))]
    return Mapping((LevelLoops("SRAM", tuple(temporal), tuple(spatial)), LevelLoops("PE")))


@settings(max_examples=100, deadline=None)
@given(
    sizes=st.tuples(*(st.integers(1, 40) for _ in range(3))),
    array=st.tuples(st.integers(2, 9), st.integers(2, 9)),
    stationary=st.sampled_from(["weight", "output", "input"]),
)
def test_the_nest_takes_the_cycles_of_the_array(
    sizes: tuple[int, int, int], array: tuple[int, int], stationary: systolic.Stationary
) -> None:
    rows_m, inner_k, columns_n = sizes
    layer = Layer(name="gemm", kind="matmul", P=rows_m, C=inner_k, K=columns_n)
    if {"weight": rows_m, "output": inner_k, "input": columns_n}[stationary] == 1:
        return  # nothing streams, so nothing is stationary
    cost = evaluate(layer, _machine(*array), _mapping(layer, *array, stationary), convention="systolic")
    assert cost.valid, cost.error
    closed = systolic.cycles(layer, *array, stationary=stationary)
    assert cost.compute_cycles + cost.pipeline_cycles == closed.cycles
    assert cost.pipeline_cycles == closed.fill_cycles + closed.skew_cycles + closed.drain_cycles


def test_a_double_buffered_array_takes_in_the_next_weights_meanwhile() -> None:
    layer = Layer(name="gemm", kind="matmul", P=30, C=16, K=16)
    mapping = _mapping(layer, 4, 8, "weight")
    plain = evaluate(layer, _machine(4, 8), mapping, convention="systolic")
    hidden = evaluate(layer, _machine(4, 8, double_buffered=True), mapping, convention="systolic")
    folds = math.ceil(16 / 4) * math.ceil(16 / 8)
    assert plain.pipeline_cycles - hidden.pipeline_cycles == folds * 4


def test_without_an_array_there_is_nothing_to_fill() -> None:
    layer = Layer(name="gemm", kind="matmul", P=3, C=2, K=2)
    machine = Accelerator(name="one MAC", levels=(Level(name="SRAM"),))
    mapping = Mapping((LevelLoops("SRAM", tuple(Loop(dim, 1) for dim in "PCK")),))
    cost = evaluate(layer, machine, mapping, convention="systolic")
    assert cost.pipeline_cycles == 0
    assert cost.cycles == pytest.approx(12)
