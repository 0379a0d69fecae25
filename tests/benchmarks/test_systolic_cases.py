"""SCALE-Sim's cases: its two known errors are explained, anything else is not."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks.systolic_cases import compare


@pytest.fixture
def case() -> dict[str, Any]:
    """A 10x6x7 product on an output-stationary 4x4 array, as SCALE-Sim 3.0.0 gives it."""
    return {
        "layer": {"kind": "gemm", "name": "gemm", "M": 10, "N": 6, "K": 7},
        "gemm_view": {"M_out_pixels": 10, "N_filters": 6, "K_window": 7, "macs": 420},
        "array": {"rows": 4, "cols": 4, "dataflow": "os"},
        "outputs": {
            "compute_cycles": 77.0,
            "stall_cycles": 0.0,
            "overall_util_pct": 34.09090909090909,
            "mapping_efficiency_pct": 62.5,
            "sram": {"ifmap_reads": 140.0, "filter_reads": 126.0, "ofmap_writes": 108.0},
            "dram": {"ifmap_reads": 70.0, "filter_reads": 42.0},
        },
    }


def test_too_many_output_writes_are_explained(case: dict[str, Any]) -> None:
    row = compare(case)
    assert (row.verdict, row.explained) == ("explained", ["48 output writes too many (issue 166)"])
    case["outputs"]["sram"]["ofmap_writes"] = 107.0
    assert compare(case).differs == ["output writes 60, SCALE-Sim 107"]


def test_stalls_are_set_apart(case: dict[str, Any]) -> None:
    case["outputs"]["stall_cycles"] = 23.0
    case["outputs"]["compute_cycles"] = 100.0
    case["outputs"]["overall_util_pct"] = 26.25
    row = compare(case)
    assert row.verdict == "explained"
    assert row.explained[0].startswith("23 stalls that are not modelled")
    case["outputs"]["compute_cycles"] = 101.0
    assert compare(case).verdict == "different"


def test_the_last_window_may_hang_over_the_input(case: dict[str, Any]) -> None:
    """A stride of 2 from 224 to a window of 7 leaves 110 positions for SCALE-Sim, 109 for others."""
    case["layer"] = {
        "kind": "conv", "name": "conv", "H": 224, "W": 224, "R": 7, "S": 7, "C": 3, "K": 64, "stride": 2,
    }  # fmt: skip
    assert "M 12,100, SCALE-Sim 10" in compare(case).differs
    case["gemm_view"]["M_out_pixels"] = 12100
    assert not any(text.startswith("M ") for text in compare(case).differs)


@pytest.mark.parametrize("figure", ["ifmap_reads", "filter_reads"])
def test_reads_that_differ_are_found(case: dict[str, Any], figure: str) -> None:
    case["outputs"]["sram"][figure] += 1
    assert compare(case).verdict == "different"
