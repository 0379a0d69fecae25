"""Latency measured on the RTL of Gemmini against what models say of the same mappings.

    python benchmarks/rtl_latency.py FILE [--json] [--nested] [--write]

FILE is a table as ``benchmarks/gemmini_rows.py`` reads it, with cycles measured on RTL in ``target.gemmini_cycle``.
Its P is the dim along an image's lines. Rows that took fewer cycles than their multiplications need on the array are
left out, and counted.

``timeloop`` is Timeloop's figure in the file; ``cost_model`` the cost model's, with fill and drain, at the bandwidths
of ``gemmini_rows.py``; ``analytic`` the slower of array and DRAM in the order and the bursts of Gemmini's hardware
(``accel_models/calibration/``), without any fitted number; ``calibrated`` the same counts with costs and a ridge that
were learnt from *other layers*: every layer is predicted without its rows, interval included. ``calibrated_hardware``
holds out every hardware configuration instead. ``shipped`` is the calibration that the package brings along, which
may have seen these rows. ``--nested`` adds ``calibrated_nested``: features and penalty of the ridge are chosen by other
layers, too, so that the choice has not seen the rows either (half a minute).

``mape`` is the mean of |model / measured - 1|, ``log_rmse`` the root mean square of log(model / measured),
``pair_order`` the share of pairs of rows of one layer, over 10 % apart, that the model puts in the right order, ties
counting half. ``inside`` is the share of rows inside the 90 % interval.

``--write`` learns from all rows of the file and writes what the package ships.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
from dataclasses import asdict, dataclass
from itertools import combinations
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from accel_models.calibration.fit import Rows, fit, held_out_cycles, nested_cycles
from accel_models.calibration.latency_models import LATENCY_MODELS, load_calibration
from accel_models.calibration.model import Calibration
from accel_models.calibration.overlap import overlapped_cycles
from accel_models.calibration.sizes import GemminiSizes, range_figures
from accel_models.calibration.tile_work import TileWork, tile_work
from accel_models.cost import evaluate_batch
from accel_models.loopnest import MappingArrays
from accel_models.tables import LayerTable
from benchmarks.gemmini_rows import DRAM_WORDS_PER_CYCLE, read_rows
from nets.errors import InputError
from nets.layer import DIMS

Array = NDArray[np.float64]
MEASURED: Final = "target.gemmini_cycle"
SOURCE: Final = "DOSA's data set (Hong et al., MICRO 2023; BSD-2-Clause, (c) 2022 Charles Hong): Gemmini's RTL, 16x16"
APART: Final = 1.1
SHIPPED: Final = "rtl-gemmini"


@dataclass(frozen=True, slots=True)
class Measured:
    """Measured rows (B,), and what models need of them.

    Attributes:
        cycles: on RTL; timeloop: Timeloop's; cost_model: the cost model's.
        work: counts of the mappings.
        sizes: of each row's machine.
        layer_of, hardware_of: which rows have the same.
        figures: whose range a calibration keeps.
        left_out: rows faster than the array.
    """

    cycles: Array
    timeloop: Array
    cost_model: Array
    work: TileWork
    sizes: list[GemminiSizes]
    layer_of: NDArray[np.int64]
    hardware_of: NDArray[np.int64]
    figures: dict[str, Array]
    left_out: int

    def rows(self, groups: NDArray[np.int64]) -> Rows:
        """What a calibration learns from, holding out ``groups``."""
        return Rows.of(self.work, self.figures["accumulator_rows"], self.cycles, groups)


def read_measured(path: Path) -> Measured:
    """Read a table.

    Raises:
        InputError: it cannot be read, has no measured cycles, fewer than two layers, or arrays of several sizes.
    """
    rows = read_rows(path)
    with path.open(newline="") as file:
        table = list(csv.DictReader(file))
    if MEASURED not in table[0]:
        raise InputError(str(path), MEASURED, "is a column that is missing")
    cycles = np.array([float(row[MEASURED]) for row in table])
    layers, machines = LayerTable.of(rows.layers), [GemminiSizes.of(machine) for machine in rows.accelerators]
    arrays = {(size.rows, size.columns) for size in machines}
    if len(arrays) > 1:
        raise InputError(str(path), sorted(arrays), "are arrays of several sizes", "give rows of one")
    ((array_rows, array_columns),) = arrays
    kept = cycles * array_rows * array_columns >= layers.bounds[rows.layer_of].prod(axis=1)
    mappings = MappingArrays(*(getattr(rows.mappings, name)[kept] for name in MappingArrays.__dataclass_fields__))
    layer_of, hardware_of = rows.layer_of[kept], rows.accelerator_of[kept]
    if len(np.unique(layer_of)) < 2:
        raise InputError(str(path), len(np.unique(layer_of)), "layers with plausible rows; at least 2 are needed")
    along = np.full(len(layer_of), DIMS.index("P"))
    work = tile_work(layers, mappings, rows=array_rows, columns=array_columns, layer_of=layer_of, along=along)
    batch = evaluate_batch(layers, rows.accelerators, mappings, layer_of=layer_of, accelerator_of=hardware_of)
    sizes = [machines[at] for at in hardware_of]
    figures = range_figures(work, layers, layer_of, sizes)
    return Measured(
        cycles[kept], rows.cycles[kept], batch.cycles, work, sizes, layer_of, hardware_of, figures, int((~kept).sum())
    )


def score(predicted: Array, measured: Array, layer_of: NDArray[np.int64]) -> dict[str, float]:
    """``mape``, ``log_rmse`` and ``pair_order`` (0.5 where no two rows of a layer are far enough apart)."""
    right, pairs = 0.0, 0
    for layer in np.unique(layer_of):
        for i, j in combinations(np.flatnonzero(layer_of == layer), 2):
            if max(measured[i], measured[j]) > APART * min(measured[i], measured[j]):
                pairs += 1
                right += (1 + np.sign((predicted[i] - predicted[j]) * (measured[i] - measured[j]))) / 2
    return {
        "mape": float(np.abs(predicted / measured - 1).mean()),
        "log_rmse": float(np.sqrt(np.square(np.log(predicted / measured)).mean())),
        "pair_order": float(right / pairs) if pairs else 0.5,
    }


def compare(measured: Measured, *, nested: bool = False) -> dict[str, Any]:
    """Score of every model, and what there was to score them by; ``nested`` adds the one that is chosen by others."""
    shipped = load_calibration(SHIPPED).correction
    rows = measured.rows(measured.layer_of)
    calibrated, inside = held_out_cycles(rows)
    predictions = {
        "timeloop": measured.timeloop,
        "cost_model": measured.cost_model,
        "analytic": overlapped_cycles(measured.work, DRAM_WORDS_PER_CYCLE),
        "calibrated": calibrated,
        "shipped": shipped.cycles(rows.counts, rows.features),
    }
    if nested:
        predictions["calibrated_nested"] = nested_cycles(rows)
    share = {"calibrated": float(inside.mean())}
    if len(np.unique(measured.hardware_of)) > 1:
        predictions["calibrated_hardware"], within = held_out_cycles(measured.rows(measured.hardware_of))
        share["calibrated_hardware"] = float(within.mean())
    models = {name: score(cycles, measured.cycles, measured.layer_of) for name, cycles in predictions.items()}
    return {
        "rows": len(measured.cycles),
        "left_out": measured.left_out,
        "layers": len(np.unique(measured.layer_of)),
        "hardware": len(np.unique(measured.hardware_of)),
    } | {name: figures | ({"inside": share[name]} if name in share else {}) for name, figures in models.items()}


def learn(measured: Measured) -> Calibration:
    """The calibration of all rows."""
    return fit(measured.rows(measured.layer_of), source=SOURCE, figures=measured.figures)


def report(summary: dict[str, Any]) -> None:
    """Print as a table for people."""
    print(f"{summary['rows']} rows of {summary['layers']} layers on {summary['hardware']} hardware configurations; "
          f"{summary['left_out']} faster than their array are left out\n")  # fmt: skip
    print(f"{'':22}{'mape':>8}{'log_rmse':>10}{'pair_order':>12}{'inside':>8}")
    for name, figures in summary.items():
        if isinstance(figures, dict):
            inside = f"{figures['inside']:>8.3f}" if "inside" in figures else ""
            print(f"{name:22}{figures['mape']:>8.3f}{figures['log_rmse']:>10.3f}{figures['pair_order']:>12.3f}{inside}")


def main() -> int:
    """Compare and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path, metavar="FILE", help="table of measured rows (CSV)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--write", action="store_true", help="learn from all rows and write what the package ships")
    parser.add_argument("--nested", action="store_true", help="choose features and penalty by other layers, too")
    options = parser.parse_args()
    try:
        measured = read_measured(options.file)
        if options.write:
            import accel_models.calibration as package

            path = Path(str(package.__file__)).parent / LATENCY_MODELS[SHIPPED]
            path.write_text(json.dumps(asdict(learn(measured)), indent=1) + "\n")
        summary = compare(measured, nested=options.nested)
    except (InputError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    if options.json:
        print(json.dumps(summary))
    else:
        report(summary)
    return 0


if __name__ == "__main__":
    sys.exit(main())
