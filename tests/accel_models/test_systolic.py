"""The closed forms of systolic arrays, against an array walked cycle by cycle and against SCALE-Sim."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accel_models.systolic import STATIONARY, MatrixProduct, Ragged, Stationary, cycles
from nets.errors import InputError
from nets.layer import Layer
from tests.accel_models.systolic_array import walk

# M, N, K, rows, columns, dataflow; last cycle (from zero), reads of inputs and weights, writes of outputs: SCALE-Sim
# 3.0.0, its output-stationary writes less folds x (rows + columns) (its issue 166).
SCALE_SIM = [
    (10, 6, 7, 4, 4, "input", 95, 70, 126, 120),
    (10, 6, 7, 4, 4, "output", 77, 140, 126, 60),
    (10, 6, 7, 4, 4, "weight", 79, 140, 42, 120),
    (128, 96, 200, 32, 32, "weight", 4661, 76800, 19200, 86016),
    (144, 256, 2304, 32, 32, "weight", 137087, 2654208, 589824, 2654208),
]

sizes = st.integers(1, 9)
arrays = st.integers(1, 5)


@settings(max_examples=60)
@given(M=sizes, N=sizes, K=sizes, rows=arrays, columns=arrays, stationary=st.sampled_from(STATIONARY))
@pytest.mark.parametrize("ragged", ["padded", "exact"])
def test_every_cycle_and_word_is_that_of_an_array_walked_cycle_by_cycle(
    M: int, N: int, K: int, rows: int, columns: int, stationary: Stationary, ragged: Ragged
) -> None:
    random = np.random.default_rng(0)
    A, B = random.integers(1, 100, (M, K)), random.integers(1, 100, (K, N))
    walked = walk(A, B, rows, columns, stationary, padded=ragged == "padded")
    assert np.array_equal(walked.product, A @ B)
    cost = cycles(MatrixProduct(M, N, K), rows, columns, stationary=stationary, ragged=ragged)
    assert cost.cycles == walked.cycles
    assert (cost.input_reads, cost.weight_reads) == (walked.reads["A"], walked.reads["B"])
    assert (cost.output_writes, cost.psum_reads) == (walked.writes, walked.reads["sums"])


@pytest.mark.parametrize("M, N, K, rows, columns, stationary, last, inputs, weights, outputs", SCALE_SIM)
def test_golden_cases_of_scale_sim(
    M: int, N: int, K: int, rows: int, columns: int, stationary: Stationary,
    last: int, inputs: int, weights: int, outputs: int,
) -> None:  # fmt: skip
    cost = cycles(MatrixProduct(M, N, K), rows, columns, stationary=stationary)
    assert cost.cycles - 1 == last
    assert (cost.input_reads, cost.weight_reads, cost.output_writes) == (inputs, weights, outputs)


@given(M=sizes, N=sizes, K=sizes, rows=arrays, columns=arrays, stationary=st.sampled_from(STATIONARY))
def test_padding_never_makes_an_array_faster_and_changes_nothing_where_folds_are_full(
    M: int, N: int, K: int, rows: int, columns: int, stationary: Stationary
) -> None:
    gemm = MatrixProduct(M, N, K)
    padded, exact = (cycles(gemm, rows, columns, stationary=stationary, ragged=way) for way in ("padded", "exact"))
    assert exact.cycles <= padded.cycles
    assert exact.cycles >= -(-gemm.M * gemm.N * gemm.K // (rows * columns))
    assert 0 < exact.utilization <= 1
    full = MatrixProduct(M * rows * columns, N * rows * columns, K * rows * columns)
    a, b = (cycles(full, rows, columns, stationary=stationary, ragged=way) for way in ("padded", "exact"))
    assert a == b
    assert a.mapping_efficiency == 1


def test_groups_run_one_after_the_other_as_products_of_their_own() -> None:
    one = Layer(name="one", K=6, C=4, P=5, Q=5, R=3, S=3)
    grouped = Layer(name="eight", G=8, K=6, C=4, P=5, Q=5, R=3, S=3)
    for stationary in ("weight", "output", "input"):
        alone, all_groups = (cycles(layer, 8, 8, stationary=stationary) for layer in (one, grouped))
        assert all_groups.cycles == 8 * alone.cycles
        assert all_groups.weight_reads == 8 * alone.weight_reads
        assert all_groups.utilization == pytest.approx(alone.utilization)


def test_a_depthwise_layer_fills_one_column() -> None:
    cost = cycles(Layer(name="depthwise", G=32, P=7, Q=7, R=3, S=3), 9, 16, stationary="weight")
    assert (cost.folds, cost.mapped_pes) == (32, 9)


@pytest.mark.parametrize(
    "arguments, place",
    [
        ({"rows": 0}, "rows"),
        ({"columns": -4}, "columns"),
        ({"rows": 2.5}, "rows"),
        ({"stationary": "weights"}, "stationary"),
        ({"ragged": "clipped"}, "ragged"),
    ],
)
def test_bad_input_names_the_place(arguments: dict[str, object], place: str) -> None:
    with pytest.raises(InputError, match=place):
        cycles(MatrixProduct(4, 4, 4), **({"rows": 4, "columns": 4} | arguments))  # type: ignore[arg-type]


def test_a_layer_without_macs_is_refused() -> None:
    with pytest.raises(InputError, match="pool"):
        cycles(Layer(name="pool", kind="pool", G=8, P=4, Q=4, R=2, S=2), 4, 4)
