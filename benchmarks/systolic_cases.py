"""Stall-free cycles and SRAM counts of SCALE-Sim cases, against the systolic model.

    python benchmarks/systolic_cases.py DIR [--json]

DIR holds JSON files with ``layer``, ``gemm_view``, ``array`` and SCALE-Sim's ``outputs``. Two of its figures are known
to be wrong:

- ``ofmap_writes`` of an output-stationary array is too high by folds x (rows + columns) (SCALE-Sim issue 166);
- a bandwidth-limited run (mode ``USER``) on small SRAM fetches every word from DRAM several times over: its stalls are
  not believable, and nothing models them here. Cycles are compared without them; the SRAM counts are unaffected.

Exit status 1 when anything else differs.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from accel_models.systolic import MatrixProduct, Stationary, cycles
from benchmarks.cases.comparison import Comparison, compare_all, json_cases
from nets.layer import Layer

TOOL: Final = "SCALE-Sim"
DATAFLOWS: Final[dict[str, Stationary]] = {"os": "output", "ws": "weight", "is": "input"}
PERCENT_ROUNDING: Final = 1e-9


def read_layer(layer: dict[str, Any]) -> Layer:
    """A matrix product, or a convolution without padding, whose last window may hang over the input (rounded up)."""
    if layer["kind"] == "gemm":
        return Layer(name=layer["name"], kind="matmul", P=layer["M"], K=layer["N"], C=layer["K"])
    rows, columns = (
        -(-(layer[size] - layer[window]) // layer["stride"]) + 1 for size, window in (("H", "R"), ("W", "S"))
    )
    return Layer(
        name=layer["name"],
        K=layer["K"],
        C=layer["C"],
        P=rows,
        Q=columns,
        R=layer["R"],
        S=layer["S"],
        stride=(layer["stride"], layer["stride"]),
    )


def compare(case: dict[str, Any]) -> Comparison:
    """Compare one case."""
    row = Comparison(TOOL)
    view, array, out = case["gemm_view"], case["array"], case["outputs"]
    gemm = MatrixProduct.of(read_layer(case["layer"]))
    for name, mine, theirs in (("M", gemm.M, "M_out_pixels"), ("N", gemm.N, "N_filters"), ("K", gemm.K, "K_window")):
        row.check(name, mine, view[theirs])
    stationary = DATAFLOWS[array["dataflow"]]
    cost = cycles(gemm, array["rows"], array["cols"], stationary=stationary)
    stalls = out["stall_cycles"]
    if stalls:
        row.explained.append(f"{stalls:,.0f} stalls that are not modelled ({_dram_excess(out)})")
    # SCALE-Sim counts cycles from zero and gives the number of the last one.
    row.check("stall-free cycles", cost.cycles - 1, out["compute_cycles"] - stalls)
    row.check("macs", cost.macs, view["macs"])
    row.check("mapping efficiency", 100 * cost.mapping_efficiency, out["mapping_efficiency_pct"], PERCENT_ROUNDING)
    share = 100 * cost.macs / (out["compute_cycles"] * cost.rows * cost.columns)
    row.check("utilization", share, out["overall_util_pct"], PERCENT_ROUNDING)
    sram = out["sram"]
    row.check("input reads", cost.input_reads, sram["ifmap_reads"])
    row.check("weight reads", cost.weight_reads, sram["filter_reads"])
    excess = cost.folds * (cost.rows + cost.columns) if stationary == "output" else 0
    if excess and sram["ofmap_writes"] == cost.output_writes + excess:
        row.explained.append(f"{excess:,} output writes too many (issue 166)")
    else:
        row.check("output writes", cost.output_writes, sram["ofmap_writes"])
    return row


def _dram_excess(out: dict[str, Any]) -> str:
    ratios = [
        f"DRAM reads {out['dram'][name] / out['sram'][name]:.1f} times the SRAM reads of {name.split('_')[0]}"
        for name in ("ifmap_reads", "filter_reads")
        if out["dram"][name] > out["sram"][name]
    ]
    return ", ".join(ratios) or "bandwidth below what prefetching needs"


def main() -> int:
    """Compare and print."""
    return compare_all(__doc__, TOOL, json_cases, compare)


if __name__ == "__main__":
    sys.exit(main())
