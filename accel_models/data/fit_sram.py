"""Fit the SRAM power laws of ``technology.py`` to the CACTI rows: ``python -m accel_models.data.fit_sram``.

For each of read energy, write energy and area, one least-squares fit in logarithms over all rows and nodes::

    value = scale[node] * capacity_kb ** a * (width_bits / 64) ** b

The exponents are shared by the nodes, so a node with four rows borrows its shape from those with fifteen. Writes
``sram_fit.json`` beside this file, with the error of the fit (root mean square and worst, of the logarithm).

Sources of the rows: ``sram_cacti.csv`` is CACTI 7 run with the settings of hwcomponents-cacti's ``default_cfg.cfg``;
``sram_below_22nm.csv`` is hwcomponents' SmartBufferSRAM, which below 22 nm scales area by node/22, energy by
sqrt(node/22) and leakage by 0.79 sqrt(node/22). 28 nm is read off between 32 and 22 nm in logarithms.
"""

from __future__ import annotations

import csv
import json
import math
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
REFERENCE_WIDTH_BITS = 64


def rows(name: str) -> list[dict[str, float]]:
    """The rows of a table beside this file, as numbers."""
    with (HERE / name).open(newline="") as file:
        return [{key: float(value) for key, value in row.items()} for row in csv.DictReader(file)]


def fit(quantity: str) -> dict[str, object]:
    """Exponents, scale per node and error of ``read_pj``, ``write_pj`` or ``area_mm2``."""
    table = rows("sram_cacti.csv")
    nodes = sorted({row["node_nm"] for row in table})
    regressors = np.array([law(row, nodes) for row in table])
    target = np.log([row[quantity] for row in table])
    solution = np.linalg.lstsq(regressors, target, rcond=None)[0]
    residual = regressors @ solution - target
    scale = {f"{node:.0f}": math.exp(value) for node, value in zip(nodes, solution[2:])}
    along = math.log(32 / 28) / math.log(32 / 22)
    scale["28"] = scale["32"] ** (1 - along) * scale["22"] ** along
    for node in (16, 7):
        scale[f"{node}"] = scale["22"] * (node / 22 if quantity == "area_mm2" else math.sqrt(node / 22))
    return {
        "capacity_exponent": round(float(solution[0]), 5),
        "width_exponent": round(float(solution[1]), 5),
        "scale": {node: float(f"{scale[node]:.5g}") for node in sorted(scale, key=int, reverse=True)},
        "rms_log_error": round(float(np.sqrt(np.mean(residual**2))), 4),
        "worst_log_error": round(float(np.abs(residual).max()), 4),
    }


def law(row: dict[str, float], nodes: list[float]) -> list[float]:
    """What the logarithms of exponents' bases and scales multiply: capacity, width, and which of ``nodes`` it is."""
    shape = [math.log(row["capacity_kb"]), math.log(row["width_bits"] / REFERENCE_WIDTH_BITS)]
    return shape + [float(row["node_nm"] == node) for node in nodes]


def leakage_mw_per_kb() -> dict[str, float]:
    """Leakage of the largest row of each node, per kilobyte (small rows are rounded to zero by CACTI's report)."""
    largest: dict[float, dict[str, float]] = {}
    for row in rows("sram_cacti.csv") + [row for row in rows("sram_below_22nm.csv") if row["node_nm"] < 22]:
        if row["capacity_kb"] >= largest.get(row["node_nm"], row)["capacity_kb"]:
            largest[row["node_nm"]] = row
    leakage = {f"{node:.0f}": row["leakage_mw"] / row["capacity_kb"] for node, row in largest.items()}
    along = math.log(32 / 28) / math.log(32 / 22)
    leakage["28"] = leakage["32"] ** (1 - along) * leakage["22"] ** along
    return {node: float(f"{leakage[node]:.4g}") for node in sorted(leakage, key=int, reverse=True)}


def cycle_ns() -> dict[str, float]:
    """Cycle time of one 128 KB bank with a 64-bit port by node (22 nm stands for smaller nodes)."""
    table = [r for r in rows("sram_cacti.csv") if (r["capacity_kb"], r["width_bits"], r["banks"]) == (128, 64, 1)]
    cycle = {f"{row['node_nm']:.0f}": row["cycle_ns"] for row in table}
    along = math.log(32 / 28) / math.log(32 / 22)
    cycle["28"] = cycle["32"] ** (1 - along) * cycle["22"] ** along
    cycle["16"] = cycle["7"] = cycle["22"]
    return {node: float(f"{cycle[node]:.4g}") for node in sorted(cycle, key=int, reverse=True)}


def fitted() -> dict[str, object]:
    """Everything that ``sram_fit.json`` holds."""
    out: dict[str, object] = {quantity: fit(quantity) for quantity in ("read_pj", "write_pj", "area_mm2")}
    out["leakage_mw_per_kb"] = leakage_mw_per_kb()
    out["cycle_ns"] = cycle_ns()
    return out


if __name__ == "__main__":
    (HERE / "sram_fit.json").write_text(json.dumps(fitted(), indent=1) + "\n")
