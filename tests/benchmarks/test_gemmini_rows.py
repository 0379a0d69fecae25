"""Rows of Timeloop's figures: what is read, and that the rules stated for them do what they say."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import pytest

from accel_models.cost import evaluate
from accel_models.loopnest import LevelLoops, Loop, Mapping
from benchmarks.gemmini_rows import (
    compare,
    parse_mapping,
    read_accelerator,
    read_layer,
    read_rows,
    timeloop_input_words,
)
from nets.errors import InputError
from nets.layer import Layer

HARDWARE = {
    "arch.pe": "1024", "arch.meshX": "32", "arch.mem1_entries": "128", "arch.mem1_shared_bandwidth": "2",
    "arch.mem2_entries": "2048", "arch.mem2_shared_bandwidth": "64",
}  # fmt: skip
PROBLEM = {
    "prob.C": "3", "prob.K": "64", "prob.N": "1", "prob.P": "112", "prob.Q": "112", "prob.R": "7", "prob.S": "7",
    "prob.Hstride": "2", "prob.Wstride": "2", "prob.Hdilation": "1", "prob.Wdilation": "1",
}  # fmt: skip
ROW = HARDWARE | PROBLEM
# Two rows of DOSA's data set (Timeloop of 2022): mapping, cycles, energy in uJ.
ROWS = [
    ("L3[WIO] P28 R7 Q56 K8 - L2[WI] N1 K4X - L1[O] K2 S7 Q2 P2 C3X - L0[W] P2", "10436608", "3057.01"),
    ("L3[WIO] P28 Q56 K8 S7 - L2[WI] N1 K4X - L1[O] K2 R7 Q2 C3X - L0[W] P4", "9834496", "2318.097536"),
]


def write(path: Path, rows: list[dict[str, str]]) -> Path:
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def table(path: Path, **changes: str) -> Path:
    rows = [
        {"target.cycle": cycle, "target.energy": energy, "mapping.mapping": text} | ROW | changes
        for text, cycle, energy in ROWS
    ]
    return write(path, rows)


def test_a_mapping_string_runs_from_the_outer_level_inwards() -> None:
    levels = parse_mapping("L3[WIO] P28 K8 - L2[WI] N1 K4X - L1[O] C3X - L0[W] P4")
    assert levels == [
        ("WIO", [("P", 28, False), ("K", 8, False)]),
        ("WI", [("N", 1, False), ("K", 4, True)]),
        ("O", [("C", 3, True)]),
        ("W", [("P", 4, False)]),
    ]


def test_rows_become_nests_of_their_layer(tmp_path: Path) -> None:
    rows = read_rows(table(tmp_path / "rows.csv"))
    assert [layer.bounds for layer in rows.layers] == [(1, 1, 64, 3, 112, 112, 7, 7)]
    assert rows.layers[0].stride == (2, 2)
    machine = rows.accelerators[0]
    assert [machine.instances(level) for level in range(5)] == [1, 1, 32, 1024, 1024]
    assert rows.dram_loops[0] == (("P", 28), ("R", 7), ("Q", 56), ("K", 8))
    assert rows.energy_pj[0] == pytest.approx(3057.01e6)


def test_cycles_are_timeloops(tmp_path: Path) -> None:
    summary = compare(read_rows(table(tmp_path / "rows.csv")))
    assert summary["cycles_equal_share"] == summary["cycles_equal_share_exact_windows"] == 1
    assert summary["classes"] == {"equal": 2}


def test_a_row_that_differs_is_unexplained(tmp_path: Path) -> None:
    summary = compare(read_rows(table(tmp_path / "rows.csv", **{"target.cycle": "10436610"})))
    assert summary["unexplained"] == 2
    assert summary["unexplained_rows"] == [1, 2]


def test_a_mapping_that_does_not_fit_says_so(tmp_path: Path) -> None:
    summary = compare(read_rows(table(tmp_path / "rows.csv", **{"arch.mem1_entries": "4"})))
    assert summary["classes"] == {"invalid: capacity": 2}


@pytest.mark.parametrize(
    "mapping, what",
    [
        ("L3[WIO] P28 - L2[WI] K4X - L1[O] K16 S7 R7 Q112 C3X - L0[W] P2", "does not cover"),
        ("L3[WIO] P5 - L2[WI] N1 - L1[O] N1 - L0[W] N1", "does not divide"),
        ("L3[WIO] Z5 - L2[WI] N1 - L1[O] N1 - L0[W] N1", "is not a loop"),
        ("DRAM P5 - L2[WI] N1", "is not a level"),
        ("L3[WIO] P112 - L2[WIO] N1 - L1[O] N1 - L0[W] N1", "must have levels"),
    ],
)
def test_a_bad_mapping_is_refused(tmp_path: Path, mapping: str, what: str) -> None:
    with pytest.raises(InputError, match=what):
        read_rows(table(tmp_path / "rows.csv", **{"mapping.mapping": mapping}))


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    path = table(tmp_path / "rows.csv")
    path.write_text(path.read_text().replace("arch.pe", "arch.cores"))
    with pytest.raises(InputError, match=r"arch\.pe"):
        read_rows(path)


def exact_input_words(layer: Layer, loops: list[tuple[str, int]]) -> int:
    """Inputs that the cost model fetches into a scratchpad below the same loops."""
    extent = dict(zip(("N", "G", "K", "C", "P", "Q", "R", "S"), layer.bounds))
    cuts = []
    for dim, trips in loops:
        extent[dim] //= trips
        cuts.append(Loop(dim, extent[dim]))
    machine = read_accelerator(ROW | {"arch.mem1_entries": "1000000", "arch.mem2_entries": "1000000"})
    below = tuple(Loop(dim, 1) for dim in extent)
    names = machine.level_names
    mapping = Mapping((LevelLoops(names[0], tuple(cuts)), LevelLoops(names[1], below), *map(LevelLoops, names[2:])))
    cost = evaluate(layer, machine, mapping, convention="timeloop")
    assert cost.error is None
    return cost.traffic[names[1]]["I"].fills


@pytest.mark.parametrize(
    "loops",
    [[], [("P", 4)], [("K", 4), ("Q", 8), ("C", 2)], [("C", 4), ("P", 2), ("K", 2), ("Q", 4)], [("Q", 2), ("K", 4)]],
)
def test_without_windows_timeloop_and_the_cost_model_fetch_the_same_inputs(loops: list[tuple[str, int]]) -> None:
    layer = Layer(name="pointwise", K=4, C=4, P=8, Q=8)
    assert timeloop_input_words(layer, loops) == exact_input_words(layer, loops)


def test_one_moving_window_is_reused_by_both() -> None:
    layer = Layer(name="conv", K=4, C=2, P=8, Q=8, R=3, S=3)
    assert timeloop_input_words(layer, [("P", 4)]) == exact_input_words(layer, [("P", 4)]) == 2 * 10 * 10


def test_a_window_that_turns_back_is_fetched_whole_by_timeloop() -> None:
    """Right and left again, K times: the cost model keeps the halo both ways, Timeloop only on the way right."""
    layer = Layer(name="conv", K=128, C=16, P=14, Q=14, R=3, S=3)
    loops = [("K", 128), ("Q", 2)]
    assert timeloop_input_words(layer, loops) == 16 * 16 * 128 * (9 + 7)
    assert exact_input_words(layer, loops) == 16 * 16 * (9 + 255 * 7)


def test_a_window_that_rests_before_it_moves_is_fetched_whole_by_timeloop() -> None:
    """The filters inside make every other move one of zero, so no move equals the one before."""
    layer = Layer(name="conv", K=16, C=64, P=27, Q=27, R=5, S=5)
    loops = [("P", 27), ("Q", 27), ("K", 16)]
    assert timeloop_input_words(layer, loops) == 27 * 27 * 64 * 25
    assert exact_input_words(layer, loops) == 27 * 64 * 5 * (5 + 26)


def test_strides_of_rows_are_the_columns_named_w() -> None:
    layer = read_layer(ROW | {"prob.Wstride": "3", "prob.Hdilation": "2"})
    assert (layer.stride, layer.dilation) == ((3, 2), (1, 2))
    assert math.prod(layer.bounds) == 64 * 3 * 112 * 112 * 49
