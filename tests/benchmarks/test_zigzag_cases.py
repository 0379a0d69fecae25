"""ZigZag's cases: a small one by hand, and what counts as explained."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from benchmarks.zigzag_cases import FIGURES, compare
from nets.errors import InputError


def level(memory: str, temporal: list[list[Any]], spatial: list[list[Any]], *moves: int) -> dict[str, Any]:
    return {
        "memory": memory,
        "temporal_loops_inner_to_outer": temporal,
        "spatial_loops_below": spatial,
        "element_moves_per_instance": dict(zip(FIGURES, moves)),
    }


def memory(operands: str, bits: int) -> dict[str, Any]:
    return {"ports": [{"bandwidth_max": bits, "allocation": [f"{name}, tl" for name in operands.split()]}]}


@pytest.fixture
def gemm() -> dict[str, Any]:
    """An 8x8x8 product on 4x4 PEs, C inside B, K and B again; ZigZag 3.9.1 gives these counts."""
    spatial = [["K", 4.0], ["C", 4.0]]
    outer: list[list[Any]] = [["B", 2.0], ["K", 2.0], ["B", 2.0], ["B", 2.0]]
    every: list[list[Any]] = [["C", 2.0], *outer]
    return {
        "name": "gemm",
        "layer": {
            "definition": {
                "dimension_relations": [],
                "loop_dims": ["B", "K", "C"],
                "loop_sizes": [8, 8, 8],
                "operand_precision": {"W": 8, "I": 8, "O": 24},
            }
        },
        "hardware": {
            "memories": {
                "rf_I": memory("I1", 8),
                "rf_W": memory("I2", 8),
                "rf_O": memory("O", 24),
                "sram": memory("I1 I2 O", 64),
            }
        },
        "outputs": {
            "operands": {
                "W": {
                    "memory_operand": "I2",
                    "levels": [level("rf_W", every, [], 512, 0, 0, 64), level("sram", [], spatial, 64, 0, 0, 0)],
                },
                "I": {
                    "memory_operand": "I1",
                    "levels": [level("rf_I", [], [], 512, 0, 0, 512), level("sram", every, spatial, 128, 0, 0, 0)],
                },
                "O": {
                    "memory_operand": "O",
                    "levels": [
                        level("rf_O", [["C", 2.0]], [], 448, 512, 256, 0),
                        level("sram", outer, spatial, 0, 64, 0, 0),
                    ],
                },
            }
        },
    }


@pytest.fixture
def window() -> dict[str, Any]:
    """A 3-tap window over 8 outputs in tiles of 4, on one PE: halos of two words between the tiles."""
    case = {
        "name": "window",
        "layer": {
            "definition": {
                "dimension_relations": ["ix=1*ox+1*fx"],
                "loop_dims": ["OX", "FX"],
                "loop_sizes": [8, 3],
                "operand_precision": {"W": 8, "I": 8, "O": 24},
            }
        },
        "hardware": {"memories": {"rf": memory("I1 I2 O", 8), "sram": memory("I1 I2 O", 64)}},
        "outputs": {"operands": {}},
    }
    inner, outer = [["FX", 3.0], ["OX", 4.0]], [["OX", 2.0]]
    moves = {
        "W": ((24, 0, 0, 3), (3, 0, 0, 0)),
        "I": ((24, 0, 0, 12), (12, 0, 0, 0)),
        "O": ((16, 24, 8, 0), (0, 8, 0, 0)),
    }
    names = {"W": "I2", "I": "I1", "O": "O"}
    for operand, (low, high) in moves.items():
        case["outputs"]["operands"][operand] = {  # type: ignore[index]
            "memory_operand": names[operand],
            "levels": [level("rf", inner, [], *low), level("sram", outer, [], *high)],
        }
    return case


def test_every_count_of_a_hand_checkable_product_is_equal(gemm: dict[str, Any]) -> None:
    row = compare(gemm)
    assert (row.verdict, row.compared) == ("equal", 24)


@pytest.mark.parametrize("operand", ["W", "I", "O"])
@pytest.mark.parametrize("at", [0, 1])
@pytest.mark.parametrize("figure", FIGURES)
def test_any_count_that_differs_is_found(gemm: dict[str, Any], operand: str, at: int, figure: str) -> None:
    case = copy.deepcopy(gemm)
    case["outputs"]["operands"][operand]["levels"][at]["element_moves_per_instance"][figure] += 1
    row = compare(case)
    assert row.verdict == "different"
    assert len(row.differs) == 1


def test_whole_tiles_of_overlapping_windows_are_explained(window: dict[str, Any]) -> None:
    """The cost model fetches 10 inputs; ZigZag two tiles of 6."""
    row = compare(window)
    assert row.verdict == "explained"
    assert row.differs == []
    assert [text.split(":")[0] for text in row.explained] == [
        "sram I read_to_lower 10, ZigZag 12",
        "rf I write_from_higher 10, ZigZag 12",
    ]


def test_an_operand_is_read_once_while_it_stays_on_the_pins(window: dict[str, Any]) -> None:
    """With the window outside, a weight stays for four cycles: three weights, twice."""
    for operand in window["outputs"]["operands"].values():
        operand["levels"][0]["temporal_loops_inner_to_outer"].reverse()
    window["outputs"]["operands"]["W"]["levels"][0]["element_moves_per_instance"]["read_to_lower"] = 6
    assert compare(window).differs == []
    window["hardware"]["memories"]["rf"] = memory("I1 I2 O", 4)
    assert compare(window).differs == ["rf W read_to_lower 24, ZigZag 6"]


def test_fractional_trips_have_no_nest(gemm: dict[str, Any]) -> None:
    gemm["outputs"]["operands"]["W"]["levels"][0]["temporal_loops_inner_to_outer"][0][1] = 1.5
    row = compare(gemm)
    assert row.verdict == "explained"
    assert "whole number" in row.explained[0]


def test_unknown_dims_and_relations_are_refused(gemm: dict[str, Any]) -> None:
    definition = gemm["layer"]["definition"]
    definition["dimension_relations"] = ["ix=ox*fx"]
    with pytest.raises(InputError, match="dimension_relations"):
        compare(gemm)
    definition["dimension_relations"], definition["loop_dims"] = [], ["B", "K", "Z"]
    with pytest.raises(InputError, match="loop dim"):
        compare(gemm)
