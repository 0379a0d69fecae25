"""SRAM energy and area against the rows of CACTI that they were fitted to, and against rows held out.

    python benchmarks/sram_fit.py [--json]

``law`` is what the package uses: a power law with two exponents shared by the nodes and a scale for each.
``interpolated`` follows the rows: to the same law are added corrections at every capacity, on a line in logarithms
between neighbours, shared by the nodes and of each node's own, with an exponent for banks; a ridge keeps them small.
``monotone`` follows the rows too, but grows with capacity and width by construction, as proofs over boxes of designs
need: exponents between neighbours that are not negative, shared and of each node's own, and none of banks.
Held-out errors are those of rows that were left out of the fit one by one, where others of their node lie on both sides
of their capacity.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import lsq_linear

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from accel_models.data.fit_sram import law, rows

Array = NDArray[np.float64]
Row = dict[str, float]
QUANTITIES: Final = ("read_pj", "write_pj", "area_mm2")
KNOTS_KB: Final = tuple(2.0**power for power in range(-1, 12))
WIDTHS: Final = (32.0, 64.0, 256.0)
SHARED, OWN, FREE = 0.1, 0.2, 1e-5
"""Weights of the ridge, in rows: on corrections that the nodes share, on each node's own, on the law itself."""
BETWEEN: Final = 0.01
"""The same on what a node adds to the exponents of all."""


@dataclass(frozen=True, slots=True)
class Model:
    """What logarithms are a sum of.

    Attributes:
        regressors: of rows, (n, k). penalty: what the ridge weighs each of the k by. least: that each may be.
    """

    regressors: Array
    penalty: Array
    least: Array


def power_law(table: list[Row], nodes: list[float]) -> Model:
    """The law of the package."""
    matrix = np.array([law(row, nodes) for row in table])
    return _unbounded(matrix, np.full(matrix.shape[1], FREE))


def interpolated(table: list[Row], nodes: list[float]) -> Model:
    """The law and its corrections: of capacity and banks, of each node's slope, capacity and banks."""
    plain = power_law(table, nodes)
    of_node = [[float(row["node_nm"] == node) for node in nodes] for row in table]
    shared = np.array([[*_weights(row["capacity_kb"]), math.log(row["banks"])] for row in table])
    slopes = [np.multiply(math.log(row["capacity_kb"]), chosen) for row, chosen in zip(table, of_node)]
    own = np.array([np.outer(chosen, values).ravel() for chosen, values in zip(of_node, shared)])
    lighter = np.hstack([np.array(slopes), shared])
    return _unbounded(
        np.hstack([plain.regressors, lighter, own]),
        np.concatenate([plain.penalty, np.full(lighter.shape[1], SHARED), np.full(own.shape[1], OWN)]),
    )


def monotone(table: list[Row], nodes: list[float]) -> Model:
    """Exponents of capacity and width between neighbours, none negative: of all nodes, and what each adds."""
    of_node = np.array([[float(row["node_nm"] == node) for node in nodes] for row in table])
    rising = np.array([[*_rises(row["capacity_kb"], KNOTS_KB), *_rises(row["width_bits"], WIDTHS)] for row in table])
    own = np.array([np.outer(chosen, values).ravel() for chosen, values in zip(of_node, rising)])
    parts = ((of_node, FREE, -math.inf), (rising, FREE, 0.0), (own, BETWEEN, 0.0))
    return Model(
        np.hstack([matrix for matrix, _, _ in parts]),
        np.concatenate([np.full(matrix.shape[1], weight) for matrix, weight, _ in parts]),
        np.concatenate([np.full(matrix.shape[1], least) for matrix, _, least in parts]),
    )


def _unbounded(regressors: Array, penalty: Array) -> Model:
    return Model(regressors, penalty, np.full(len(penalty), -math.inf))


def _rises(value: float, knots: tuple[float, ...]) -> list[float]:
    """How much of each piece between two knots lies below a value, in logarithms."""
    logs = np.log(knots)
    return [float(part) for part in np.clip(math.log(value) - logs[:-1], 0.0, np.diff(logs))]


def _weights(capacity_kb: float) -> list[float]:
    """Of each knot at a capacity: a line between two neighbours, drawn on beyond the ends."""
    logs = np.log(KNOTS_KB)
    left = min(max(int(np.searchsorted(logs, math.log(capacity_kb))) - 1, 0), len(logs) - 2)
    share = (math.log(capacity_kb) - logs[left]) / (logs[left + 1] - logs[left])
    weights = np.zeros(len(logs))
    weights[left], weights[left + 1] = 1 - share, share
    return [float(weight) for weight in weights]


MODELS: Final[dict[str, Callable[[list[Row], list[float]], Model]]] = {
    "law": power_law,
    "interpolated": interpolated,
    "monotone": monotone,
}


def compare() -> dict[str, dict[str, dict[str, float]]]:
    """Errors (shares of CACTI's figure) of every model and quantity: median and worst, of fitted and held-out rows."""
    table = rows("sram_cacti.csv")
    nodes = sorted({row["node_nm"] for row in table})
    between = np.array([_has_neighbours(row, table) for row in table])
    indices = np.arange(len(table))
    found: dict[str, dict[str, dict[str, float]]] = {}
    for name, make in MODELS.items():
        model = make(table, nodes)
        for quantity in QUANTITIES:
            target = np.log([row[quantity] for row in table])
            fitted = _errors(_predicted(model, target, np.ones(len(table), dtype=np.bool_)), target)
            held = np.array([_predicted(model, target, indices != index)[index] for index in indices])
            unseen = _errors(held, target)[between]
            found.setdefault(quantity, {})[name] = {
                "median": float(np.median(fitted)),
                "worst": float(fitted.max()),
                "held_out_median": float(np.median(unseen)),
                "held_out_worst": float(unseen.max()),
            }
    return found


def _has_neighbours(row: Row, table: list[Row]) -> bool:
    """Whether rows of the same node have less and more capacity."""
    sizes = [other["capacity_kb"] for other in table if other["node_nm"] == row["node_nm"] and other is not row]
    return min(sizes) <= row["capacity_kb"] <= max(sizes)


def _predicted(model: Model, target: Array, seen: NDArray[np.bool_]) -> Array:
    """Logarithms of all rows, learnt from those that are seen."""
    return np.asarray(model.regressors @ _coefficients(model, target, seen))


def _coefficients(model: Model, target: Array, seen: NDArray[np.bool_]) -> Array:
    """What multiplies the regressors, learnt from the rows that are seen."""
    ridge = np.diag(np.sqrt(model.penalty))
    known = np.vstack([model.regressors[seen], ridge])
    wanted = np.concatenate([target[seen], np.zeros(len(ridge))])
    return np.asarray(lsq_linear(known, wanted, (model.least, math.inf), tol=1e-12).x)


def _errors(found: Array, target: Array) -> Array:
    return np.asarray(np.abs(np.expm1(found - target)))


def report(found: dict[str, dict[str, dict[str, Any]]]) -> None:
    """Print as a table for people."""
    print(f"{'':10}{'':14}{'median':>8}{'worst':>8}{'held-out median':>17}{'held-out worst':>16}")
    for quantity, models in found.items():
        for name, at in models.items():
            print(
                f"{quantity:10}{name:14}{at['median']:>8.1%}{at['worst']:>8.1%}{at['held_out_median']:>17.1%}"
                f"{at['held_out_worst']:>16.1%}"
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
