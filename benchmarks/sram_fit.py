"""SRAM energy and area against CACTI's rows, and against SRAMs that no figure was made from.

    python benchmarks/sram_fit.py [--json]

``table`` is what the package uses: CACTI's figures at capacities a factor of two apart, straight lines between them
(:mod:`accel_models.sram_law`). ``power law`` is what one with two exponents shared by the nodes and a scale for each,
fitted to the rows, would make of them. *Rows* are the 44 of ``accel_models/data/sram_cacti.csv``, of 1 to 16 banks;
*unseen* are the SRAMs of ``sram_grid.csv`` halfway between two capacities of the table: neither knows them.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from accel_models.data.fit_sram import CAPACITIES_BYTES, QUANTITIES, law, rows

Row = dict[str, float]
Law = Callable[[Row], float]
NODES_NM: Final = (90, 65, 45, 32, 22)


def reference_rows() -> list[Row]:
    """CACTI's rows, capacities in bytes."""
    return [row | {"capacity_bytes": row["capacity_kb"] * 1024} for row in rows("sram_cacti.csv")]


def unseen_rows() -> list[Row]:
    """SRAMs of capacities between those of the table."""
    return [row for row in rows("sram_grid.csv") if row["capacity_bytes"] not in CAPACITIES_BYTES]


def table(quantity: str) -> Law:
    """The figures in use."""
    grid = rows("sram_grid.csv")
    laws = {node: law(grid, node, quantity) for node in NODES_NM}
    return lambda row: laws[int(row["node_nm"])].at(row["capacity_bytes"], row["width_bits"])


def power_law(quantity: str) -> Law:
    """A scale for each node and two exponents, fitted to the 44 rows by least squares in logarithms."""
    fitted = reference_rows()
    target = np.log([row[quantity] for row in fitted])
    coefficients = np.linalg.lstsq(np.array([_regressors(row) for row in fitted]), target, rcond=None)[0]
    return lambda row: math.exp(float(np.dot(_regressors(row), coefficients)))


def _regressors(row: Row) -> list[float]:
    shape = [math.log(row["capacity_bytes"]), math.log(row["width_bits"])]
    return shape + [float(row["node_nm"] == node) for node in NODES_NM]


LAWS: Final[dict[str, Callable[[str], Law]]] = {"table": table, "power law": power_law}


def compare() -> dict[str, dict[str, dict[str, float]]]:
    """Errors (shares of CACTI's figure) of every law and quantity: median and worst, of rows and of unseen SRAMs."""
    of = {"": reference_rows(), "unseen_": unseen_rows()}
    found: dict[str, dict[str, dict[str, float]]] = {}
    for quantity in QUANTITIES:
        for name, make in LAWS.items():
            figure, errors_of = make(quantity), found.setdefault(quantity, {}).setdefault(name, {})
            for which, sought in of.items():
                errors = np.array([abs(figure(row) / row[quantity] - 1) for row in sought])
                errors_of[f"{which}median"] = float(np.median(errors))
                errors_of[f"{which}worst"] = float(errors.max())
    return found


def report(found: dict[str, dict[str, dict[str, Any]]]) -> None:
    """Print as a table for people."""
    print(f"{len(reference_rows())} rows of CACTI, {len(unseen_rows())} unseen SRAMs")
    print(f"{'':10}{'':11}{'median':>8}{'worst':>8}{'unseen median':>15}{'unseen worst':>14}")
    for quantity, laws in found.items():
        for name, at in laws.items():
            print(
                f"{quantity:10}{name:11}{at['median']:>8.1%}{at['worst']:>8.1%}{at['unseen_median']:>15.1%}"
                f"{at['unseen_worst']:>14.1%}"
            )


def main() -> None:
    """Compare and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    found = compare()
    if options.json:
        print(json.dumps(found))
    else:
        report(found)


if __name__ == "__main__":
    main()
