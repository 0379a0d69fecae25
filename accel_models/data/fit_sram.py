"""Make the SRAM figures of ``technology.py`` of CACTI's rows: ``python -m accel_models.data.fit_sram``.

Of read energy, write energy and area there is one figure for every node, width of the port and capacity of
``sram_grid.csv`` (:mod:`accel_models.data.run_cacti`) that is 256 bytes times a power of two. A memory of this package
says nothing of its banks, so where the table has it in one and in 8 it is their geometric mean. CACTI's optimiser moves
in steps, and a larger memory takes less here and there: figures are then halfway (in logarithms) between the least
table above and the largest below CACTI's that fall along neither capacity nor width. Writes ``sram_fit.json`` beside
this file, with the error against the rows of ``sram_cacti.csv`` (root mean square and worst, of the logarithm).

Below 22 nm hwcomponents' SmartBufferSRAM (``sram_below_22nm.csv``) scales area by node/22, energy by sqrt(node/22) and
leakage by 0.79 sqrt(node/22). 28 nm is read off between 32 and 22 nm in logarithms.
"""

from __future__ import annotations

import csv
import json
import math
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from accel_models.sram_law import LEAST_BYTES, WIDTHS_BITS, SramLaw

HERE = Path(__file__).parent
QUANTITIES: Final = ("read_pj", "write_pj", "area_mm2")
CAPACITIES_BYTES: Final = tuple(LEAST_BYTES << doublings for doublings in range(16))
LEAST_ROWS: Final = 64
TOWARDS_22_NM: Final = math.log(32 / 28) / math.log(32 / 22)
"""How far 28 nm is from 32 nm on the way to 22."""


def rows(name: str) -> list[dict[str, float]]:
    """The rows of a table beside this file, as numbers."""
    with (HERE / name).open(newline="") as file:
        return [{key: float(value) for key, value in row.items()} for row in csv.DictReader(file)]


def law(table: list[dict[str, float]], node_nm: int, quantity: str) -> SramLaw:
    """CACTI's figures of a node, made to fall nowhere."""
    figures = np.array(
        [[_mean_log(table, node_nm, width, at, quantity) for at in CAPACITIES_BYTES] for width in WIDTHS_BITS]
    )
    above = np.maximum.accumulate(np.maximum.accumulate(figures, axis=0), axis=1)
    below = np.minimum.accumulate(np.minimum.accumulate(figures[::-1, ::-1], axis=0), axis=1)[::-1, ::-1]
    return _rounded(np.exp((above + below) / 2))


def _mean_log(table: list[dict[str, float]], node_nm: int, width: int, capacity: int, quantity: str) -> float:
    capacity = max(capacity, LEAST_ROWS * width // 8)
    sought = (node_nm, width, capacity)
    found = [row for row in table if (row["node_nm"], row["width_bits"], row["capacity_bytes"]) == sought]
    return math.fsum(math.log(row[quantity]) for row in found) / len(found)


def _rounded(figures: NDArray[np.float64]) -> SramLaw:
    return SramLaw(tuple(tuple(float(f"{value:.5g}") for value in row) for row in figures.tolist()))


def fit(quantity: str) -> dict[str, object]:
    """Figures by node and error of ``read_pj``, ``write_pj`` or ``area_mm2``."""
    table = rows("sram_grid.csv")
    laws = {node: law(table, node, quantity) for node in (90, 65, 45, 32, 22)}
    logs = {node: np.log(laws[node].figures) for node in (32, 22)}
    laws[28] = _rounded(np.exp(logs[32] * (1 - TOWARDS_22_NM) + logs[22] * TOWARDS_22_NM))
    for node in (16, 7):
        shrunk = node / 22 if quantity == "area_mm2" else math.sqrt(node / 22)
        laws[node] = _rounded(np.array(laws[22].figures) * shrunk)
    errors = np.array([error(laws[int(row["node_nm"])], row, quantity) for row in rows("sram_cacti.csv")])
    return {
        "figures": {str(node): [list(row) for row in laws[node].figures] for node in sorted(laws, reverse=True)},
        "rms_log_error": round(float(np.sqrt(np.mean(errors**2))), 4),
        "worst_log_error": round(float(np.abs(errors).max()), 4),
    }


def error(of: SramLaw, row: dict[str, float], quantity: str) -> float:
    """How far a law is above a row of ``sram_cacti.csv``, in logarithms."""
    return math.log(of.at(row["capacity_kb"] * 1024, row["width_bits"]) / row[quantity])


def leakage_mw_per_kb() -> dict[str, float]:
    """Leakage of the largest row of each node, per kilobyte (small rows are rounded to zero by CACTI's report)."""
    largest: dict[float, dict[str, float]] = {}
    for row in rows("sram_cacti.csv") + [row for row in rows("sram_below_22nm.csv") if row["node_nm"] < 22]:
        if row["capacity_kb"] >= largest.get(row["node_nm"], row)["capacity_kb"]:
            largest[row["node_nm"]] = row
    leakage = {f"{node:.0f}": row["leakage_mw"] / row["capacity_kb"] for node, row in largest.items()}
    leakage["28"] = leakage["32"] ** (1 - TOWARDS_22_NM) * leakage["22"] ** TOWARDS_22_NM
    return {node: float(f"{leakage[node]:.4g}") for node in sorted(leakage, key=int, reverse=True)}


def cycle_ns() -> dict[str, float]:
    """Cycle time of one 128 KB bank with a 64-bit port by node (22 nm stands for smaller nodes)."""
    table = [r for r in rows("sram_cacti.csv") if (r["capacity_kb"], r["width_bits"], r["banks"]) == (128, 64, 1)]
    cycle = {f"{row['node_nm']:.0f}": row["cycle_ns"] for row in table}
    cycle["28"] = cycle["32"] ** (1 - TOWARDS_22_NM) * cycle["22"] ** TOWARDS_22_NM
    cycle["16"] = cycle["7"] = cycle["22"]
    return {node: float(f"{cycle[node]:.4g}") for node in sorted(cycle, key=int, reverse=True)}


def fitted() -> dict[str, object]:
    """Everything that ``sram_fit.json`` holds."""
    out: dict[str, object] = {quantity: fit(quantity) for quantity in QUANTITIES}
    out["leakage_mw_per_kb"] = leakage_mw_per_kb()
    out["cycle_ns"] = cycle_ns()
    return out


if __name__ == "__main__":
    (HERE / "sram_fit.json").write_text(json.dumps(fitted()).replace('], "', '],\n "').replace("[[", "\n [[") + "\n")
