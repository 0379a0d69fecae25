"""Cycles, energy and area of (layer, Gemmini-like hardware, mapping) rows of Timeloop, against the cost model.

    python benchmarks/gemmini_rows.py FILE [--json] [--limit N]

FILE is a table in the format of DOSA's data set (Hong et al., MICRO 2023): ``target.cycle``, ``target.energy`` (uJ),
``mapping.mapping``, ``arch.*`` and ``prob.*``. A mapping such as ``L3[WIO] P28 K8 - L2[WI] N1 K4X - L1[O] K2 C3X -
L0[W] P2`` lists the levels from the outer inwards, with the tensors they keep; the loops of a level stand outermost
first; ``X`` marks a spatial loop.

Bandwidths are words per cycle and instance, reads and writes together: 8 for DRAM, as the hardware columns say for
scratchpad and accumulators, none for the registers. Counts are the cost model's under its ``timeloop`` convention, with
two rules of the Timeloop that made these rows:

1. *First fills.* An accumulator is filled for every tile it starts, also the first time, when there is nothing to fetch
   (mended in Timeloop v3.0, commit 59fdc83 "First fills are now correctly elided"; the cost model leaves them out too).
2. *Windows* (``SaveAndSubtractIfSameStride``, on by default up to v3.0.3). A tile reuses what overlaps with the tile
   before only while tiles keep moving by one vector: the first move may be any; a move that differs from the one before
   fetches the whole tile and forgets the vector. Only steps 0 and 1 of every loop are walked, and step 1 stands for all
   later ones. The cost model counts the exact difference.

The shares ``*_exact_windows`` are without rule 2. Energy is a table fitted by least squares on every tenth row and
tested on the others (with too few rows for that, fitted and tested on all): one constant for a MAC with its register
read, one for a register fill and one for a DRAM access of 64 words; an accumulator's read, fill and update and a
scratchpad word's read and fill are linear in their entries. A vector access of the scratchpad is as wide as the array.

Areas (``target.area``, mm2, where the table has them) are four constants times the sizes of the hardware, each design
predicted from the others (``benchmarks/cases/gemmini_area.py``).

Exit status 1 when a row is unexplained.
"""

from __future__ import annotations

import argparse
import csv
import itertools
import json
import math
import re
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from accel_models.accelerator import Accelerator, Axis, Level
from accel_models.cost import STATUS_NAMES, evaluate_batch
from accel_models.loopnest import MappingArrays
from benchmarks.cases.gemmini_area import compare_areas
from nets.errors import InputError
from nets.layer import DIMS, TENSORS, Layer

Array = NDArray[np.float64]
DRAM, SCRATCHPAD, ACCUMULATOR, REGISTERS = range(4)
READS, FILLS, UPDATES = range(3)
WEIGHTS, INPUTS, OUTPUTS = range(3)
DRAM_WORDS_PER_CYCLE: Final = 8.0
DRAM_BLOCK_WORDS: Final = 64
FIT_EVERY: Final = 10


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows as arrays (n rows) over distinct layers and accelerators.

    Attributes:
        layers, accelerators: the distinct ones; ``layer_of`` and ``accelerator_of`` index them.
        mappings: n mappings.
        dram_loops: the temporal loops of DRAM, outermost first, as (dim, trips).
        cycles, energy_pj: Timeloop's figures.
        mesh, scratchpad_words, accumulator_words: columns of the hardware, the last per instance.
        area_mm2: of every accelerator, ``nan`` where the table does not say it.
    """

    layers: list[Layer]
    accelerators: list[Accelerator]
    layer_of: NDArray[np.int64]
    accelerator_of: NDArray[np.int64]
    mappings: MappingArrays
    dram_loops: list[tuple[tuple[str, int], ...]]
    cycles: Array
    energy_pj: Array
    mesh: Array
    scratchpad_words: Array
    accumulator_words: Array
    area_mm2: Array


def parse_mapping(text: str) -> list[tuple[str, list[tuple[str, int, bool]]]]:
    """Levels of a mapping string, outermost first: tensors kept, and loops as (dim, trips, spatial).

    Raises:
        InputError: a level or loop that cannot be read.
    """
    levels = []
    for part in text.split(" - "):
        head, *words = part.split()
        match = re.fullmatch(r"L\d+\[([WIO]+)\]", head)
        if not match:
            raise InputError("mapping.mapping", head, "is not a level", "write L2[WI]")
        loops = []
        for word in words:
            loop = re.fullmatch(r"([NKCPQRS])(\d+)([XY]?)", word)
            if not loop:
                raise InputError("mapping.mapping", word, "is not a loop", "write P28, or K4X for a spatial one")
            loops.append((loop[1], int(loop[2]), bool(loop[3])))
        levels.append((match[1], loops))
    return levels


def read_layer(row: dict[str, str]) -> Layer:
    """The layer of a row; P goes with R and the ``W`` columns, as in Timeloop's shape ``cnn-layer``."""
    bounds = {dim: int(row[f"prob.{dim}"]) for dim in DIMS if dim != "G"}
    stride, dilation = ((int(row[f"prob.W{what}"]), int(row[f"prob.H{what}"])) for what in ("stride", "dilation"))
    return Layer(name="x".join(str(bound) for bound in bounds.values()), stride=stride, dilation=dilation, **bounds)  # type: ignore[arg-type]


def read_accelerator(row: dict[str, str]) -> Accelerator:
    """The hardware of a row: DRAM, scratchpad, one accumulator per column of the array, one register per PE."""
    columns = int(row["arch.meshX"])
    pes = int(row["arch.pe"]) // columns
    return Accelerator(
        name=f"gemmini {pes}x{columns}, {row['arch.mem2_entries']}, {row['arch.mem1_entries']}",
        levels=(
            Level(name="DRAM", word_bits=None, shared_bandwidth=DRAM_WORDS_PER_CYCLE),
            Level(
                name="Scratchpad",
                keeps=("W", "I"),
                word_bits=None,
                capacity_words=float(row["arch.mem2_entries"]),
                shared_bandwidth=float(row["arch.mem2_shared_bandwidth"]),
                fanout=(Axis("X", columns),),
            ),
            Level(
                name="Accumulator",
                keeps=("O",),
                word_bits=None,
                capacity_words=float(row["arch.mem1_entries"]),
                shared_bandwidth=float(row["arch.mem1_shared_bandwidth"]),
                fanout=(Axis("Y", pes),),
            ),
            Level(name="Registers", keeps=("W",), word_bits=None, capacity_words=1),
        ),
    )


def read_rows(path: Path, limit: int | None = None) -> Rows:
    """Read the table.

    Raises:
        InputError: a missing column, a mapping that cannot be read, or loops whose product is not the layer's bound.
    """
    with path.open(newline="") as file:
        table = list(itertools.islice(csv.DictReader(file), limit))
    if not table:
        raise InputError(str(path), 0, "rows; the table is empty")
    mappings = MappingArrays(
        np.empty((len(table), 4, 8), dtype=np.int64),
        np.empty((len(table), 4, 8), dtype=np.int64),
        np.empty((len(table), 4, 8), dtype=np.int8),
        np.zeros((len(table), 4, 8), dtype=np.int8),
        np.zeros((len(table), 4, 3), dtype=np.bool_),
    )
    layers: dict[tuple[str, ...], tuple[int, Layer]] = {}
    accelerators: dict[tuple[str, ...], tuple[int, Accelerator]] = {}
    area_mm2 = []
    layer_of, accelerator_of = np.empty(len(table), dtype=np.int64), np.empty(len(table), dtype=np.int64)
    dram_loops = []
    try:
        for i, row in enumerate(table):
            key = tuple(value for name, value in row.items() if name.startswith("prob."))
            if key not in layers:
                layers[key] = len(layers), read_layer(row)
            layer_of[i], layer = layers[key]
            key = tuple(value for name, value in row.items() if name.startswith("arch."))
            if key not in accelerators:
                accelerators[key] = len(accelerators), read_accelerator(row)
                area_mm2.append(float(row.get("target.area", "nan")))
            accelerator_of[i] = accelerators[key][0]
            dram_loops.append(_read_mapping(row["mapping.mapping"], layer, mappings, i))

        def column(name: str) -> Array:
            return np.array([float(row[name]) for row in table])

        return Rows(
            [layer for _, layer in layers.values()], [machine for _, machine in accelerators.values()],
            layer_of, accelerator_of, mappings, dram_loops, column("target.cycle"), column("target.energy") * 1e6,
            column("arch.meshX"), column("arch.mem2_entries"), column("arch.mem1_entries"), np.array(area_mm2),
        )  # fmt: skip
    except KeyError as error:
        raise InputError(str(path), str(error.args[0]), "is a column that is missing") from error


def _read_mapping(text: str, layer: Layer, mappings: MappingArrays, i: int) -> tuple[tuple[str, int], ...]:
    """Write a mapping string into row ``i`` of the arrays; returns the temporal loops of DRAM."""
    place = f"row {i + 1}: mapping.mapping"
    levels = parse_mapping(text)
    if [kept for kept, _ in levels] != ["WIO", "WI", "O", "W"]:
        raise InputError(place, text, "must have levels WIO, WI, O and W")
    extent = list(layer.bounds)
    for at, (kept, loops) in enumerate(levels):
        mappings.keep[i, at] = [tensor in kept for tensor in TENSORS]
        dims = [DIMS.index(dim) for dim, _, spatial in loops if not spatial]
        mappings.order[i, at] = dims + [d for d in range(8) if d not in dims]
        for spatial, extents in ((False, mappings.tile), (True, mappings.part)):
            for dim, trips, is_spatial in loops:
                if is_spatial == spatial:
                    d = DIMS.index(dim)
                    if extent[d] % trips:
                        raise InputError(place, text, f"has a loop {dim}{trips} that does not divide {extent[d]}")
                    extent[d] //= trips
            extents[i, at] = extent
    if max(extent) > 1:
        raise InputError(place, text, f"does not cover its layer: {dict(zip(DIMS, extent))} is left")
    return tuple((dim, trips) for dim, trips, spatial in levels[0][1] if trips > 1 and not spatial)


def timeloop_input_words(layer: Layer, loops: Sequence[tuple[str, int]]) -> int:
    """Input words that Timeloop fetches into the level below ``loops`` (outermost first), by the rule of windows above.

    The box and its moves are over (N, C, rows, columns).
    """
    extent = dict(zip(DIMS, layer.bounds))
    steps: list[tuple[int, tuple[int, int, int, int]]] = []
    weight = {
        "N": (1, 0, 0, 0),
        "C": (0, 1, 0, 0),
        "P": (0, 0, layer.stride[0], 0),
        "R": (0, 0, layer.dilation[0], 0),
        "Q": (0, 0, 0, layer.stride[1]),
        "S": (0, 0, 0, layer.dilation[1]),
        "K": (0, 0, 0, 0),
    }
    for dim, trips in loops:
        extent[dim] //= trips
        by = weight[dim]
        steps.append((trips, (by[0] * extent[dim], by[1] * extent[dim], by[2] * extent[dim], by[3] * extent[dim])))
    box = (
        extent["N"],
        extent["C"],
        (extent["P"] - 1) * layer.stride[0] + (extent["R"] - 1) * layer.dilation[0] + 1,
        (extent["Q"] - 1) * layer.stride[1] + (extent["S"] - 1) * layer.dilation[1] + 1,
    )
    total, whole = 0, math.prod(box)
    before: tuple[int, ...] | None = None
    vector: tuple[int, ...] | None = None
    for at in itertools.product((0, 1), repeat=len(steps)):
        place = tuple(sum(i * by[axis] for i, (_, by) in zip(at, steps)) for axis in range(4))
        new = whole
        if before is not None:
            move = tuple(here - there for here, there in zip(place, before))
            if vector is None or move == vector:
                new -= math.prod(max(0, size - abs(shift)) for size, shift in zip(box, move))
                vector = move
            else:
                vector = None
        before = place
        total += new * math.prod(trips - 1 for i, (trips, _) in zip(at, steps) if i)
    return total


@dataclass(frozen=True, slots=True)
class Counts:
    """Counts (n, 4, 3, 3) as in ``BatchCost.counts``, used instances of every level (n, 4), and cycles (n,)."""

    counts: Array
    instances: Array
    cycles: Array


def with_timeloop_rules(rows: Rows, counts: NDArray[np.int64], compute_cycles: Array, *, windows: bool) -> Counts:
    """Counts by the rules above (the second only with ``windows``), and the cycles of the slowest level."""
    words = counts.astype(np.float64)
    # Every output is new to its accumulator once.
    words[:, ACCUMULATOR, OUTPUTS, FILLS] += words[:, DRAM, OUTPUTS, UPDATES] - words[:, DRAM, OUTPUTS, READS]
    if windows:
        known: dict[tuple[int, tuple[tuple[str, int], ...]], int] = {}
        for i, (layer, loops) in enumerate(zip(rows.layer_of, rows.dram_loops)):
            key = (int(layer), loops)
            if key not in known:
                known[key] = timeloop_input_words(rows.layers[layer], loops)
            words[i, DRAM, INPUTS, READS] = words[i, SCRATCHPAD, INPUTS, FILLS] = known[key]
    used = (rows.mappings.tile // rows.mappings.part).prod(axis=2).astype(np.float64)
    instances = np.concatenate([np.ones((len(used), 1)), np.cumprod(used, axis=1)[:, :-1]], axis=1)
    bandwidth = np.array([[level.shared_bandwidth for level in at.levels] for at in rows.accelerators])
    need = words.sum(axis=(2, 3)) / instances / bandwidth[rows.accelerator_of]
    return Counts(words, instances, np.maximum(compute_cycles, need.max(axis=1)))


def energy_features(rows: Rows, counts: Counts) -> Array:
    """What the fitted energies multiply, one column each, as the table above says."""
    words, instances = counts.counts, counts.instances

    def vectors(level: int, tensor: int, what: int, block: Array | int) -> Array:
        """Vector accesses; Timeloop rounds up per instance."""
        return np.ceil(words[:, level, tensor, what] / instances[:, level] / block) * instances[:, level]

    dram = sum(
        vectors(DRAM, tensor, what, DRAM_BLOCK_WORDS)
        for tensor in (WEIGHTS, INPUTS, OUTPUTS)
        for what in (READS, UPDATES)
    )
    columns = [words[:, REGISTERS, WEIGHTS, READS], words[:, REGISTERS, WEIGHTS, FILLS], dram]
    for what in (READS, FILLS, UPDATES):
        accumulator = words[:, ACCUMULATOR, OUTPUTS, what]
        columns += [accumulator, accumulator * rows.accumulator_words]
    for what in (READS, FILLS):
        scratchpad = sum(vectors(SCRATCHPAD, tensor, what, rows.mesh) for tensor in (WEIGHTS, INPUTS)) * rows.mesh
        columns += [scratchpad, scratchpad * rows.scratchpad_words]
    return np.stack([np.asarray(column) for column in columns], axis=1)


ENERGY_NAMES: Final = (
    "mac_and_register_read", "register_fill", "dram_vector_access",
    "accumulator_read", "accumulator_read_per_entry", "accumulator_fill", "accumulator_fill_per_entry",
    "accumulator_update", "accumulator_update_per_entry",
    "scratchpad_read", "scratchpad_read_per_entry", "scratchpad_fill", "scratchpad_fill_per_entry",
)  # fmt: skip


def fit_energy(features: Array, energy_pj: Array) -> Array:
    """The energies (pJ, none negative) with the least sum of squared relative errors."""
    from scipy.optimize import nnls

    if not len(features):
        return np.zeros(features.shape[1])
    relative = features / energy_pj[:, None]
    scale = np.maximum(np.abs(relative).max(axis=0), np.finfo(float).tiny)
    weights: Array = nnls(relative / scale, np.ones(len(relative)), maxiter=1000)[0]
    return np.asarray(weights / scale, dtype=np.float64)


def compare(rows: Rows) -> dict[str, Any]:
    """Evaluate and compare; the summary that is printed."""
    started = time.perf_counter()
    batch = evaluate_batch(
        rows.layers,
        rows.accelerators,
        rows.mappings,
        layer_of=rows.layer_of,
        accelerator_of=rows.accelerator_of,
        convention="timeloop",
        full=True,
    )
    seconds = time.perf_counter() - started
    valid = batch.status == 0
    fit = (np.arange(len(rows.cycles)) % FIT_EVERY == 0) & valid
    test = ~fit
    if fit.sum() < 2 * len(ENERGY_NAMES):
        fit, test = valid, np.ones_like(valid)
    summary: dict[str, Any] = {
        "rows": len(rows.cycles),
        "evaluation_seconds": seconds,
        "energy_fitted_rows": int(fit.sum()),
        "energy_tested_rows": int(test.sum()),
    }
    classes = np.full(len(rows.cycles), "unexplained", dtype=object)
    for suffix, windows in (("_exact_windows", False), ("", True)):
        counts = with_timeloop_rules(
            rows, np.where(valid[:, None, None, None], batch.counts, 0), batch.details[:, 2], windows=windows
        )
        cycles = np.where(valid, np.ceil(counts.cycles - 1e-6), np.inf)
        cycles_equal = np.abs(cycles - rows.cycles) <= 1
        features = energy_features(rows, counts)
        table = fit_energy(features[fit], rows.energy_pj[fit])
        error = np.where(valid, np.abs(features @ table / rows.energy_pj - 1), np.inf)
        summary |= {
            f"cycles_equal_share{suffix}": float(cycles_equal.mean()),
            f"cycles_mape{suffix}": _mean(np.abs(cycles / rows.cycles - 1)[valid]),
            f"energy_within_1pct_share{suffix}": float((error[test] <= 0.01).mean()),
            f"energy_mape{suffix}": _mean(error[test & valid]),
            f"energy_worst_error{suffix}": float(error[test & valid].max(initial=0)),
        }
        agrees = cycles_equal & (error <= 0.01)
        classes[agrees & (classes == "unexplained")] = "windows" if windows else "equal"
    for code in np.unique(batch.status[~valid]):
        classes[batch.status == code] = f"invalid: {STATUS_NAMES[int(code) & 255]}"
    names, numbers = np.unique(classes.astype(str), return_counts=True)
    not_equal = np.flatnonzero((classes != "equal") & (classes != "windows"))
    areas = {} if np.isnan(rows.area_mm2).any() else compare_areas(rows.accelerators, rows.area_mm2)
    return (
        summary
        | areas
        | {
            "unexplained": len(not_equal),
            "unexplained_rows": [int(i) + 1 for i in not_equal[:20]],
            "classes": dict(zip(names.tolist(), numbers.tolist())),
            "energy_table_pj": dict(zip(ENERGY_NAMES, table.tolist())),
        }
    )


def _mean(errors: Array) -> float:
    return float(errors.mean()) if len(errors) else 0.0


def report(summary: dict[str, Any]) -> None:
    """Print as a table for people."""
    print(f"{summary['rows']} rows, evaluated in {summary['evaluation_seconds']:.2f} s\n")
    print(f"{'':32}{'Timeloop rules':>16}{'exact windows':>16}")
    for name in (
        "cycles_equal_share", "cycles_mape", "energy_within_1pct_share", "energy_mape", "energy_worst_error",
    ):  # fmt: skip
        print(f"{name:32}{summary[name]:>16.6f}{summary[f'{name}_exact_windows']:>16.6f}")
    print("\nrows by what explains them")
    meaning = {
        "equal": "cycles within one and energy within 1 % with exact counts",
        "windows": "the same once inputs are counted by Timeloop's rule of windows (2); the exact count is ours",
    }
    for name, number in summary["classes"].items():
        print(f"{name:24}{number:>8}  {meaning.get(name, '')}")
    if summary["unexplained"]:
        print(f"first unexplained rows: {summary['unexplained_rows']}")
    fitted, tested = summary["energy_fitted_rows"], summary["energy_tested_rows"]
    print(f"\nenergy table (pJ), fitted on {fitted} rows, tested on {tested}")
    for name, value in summary["energy_table_pj"].items():
        print(f"{name:32}{value:>16.6g}")
    if "area_mape" in summary:
        print(f"\nareas of {summary['area_designs']} designs, each from the others")
        for name in ("area_mape", "area_worst_error"):
            print(f"{name:32}{summary[name]:>16.6f}")
        print("area table (mm2)")
        for name, value in summary["area_table_mm2"].items():
            print(f"{name:32}{value:>16.6g}")


def main() -> int:
    """Compare and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path, metavar="FILE", help="table of rows (CSV)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--limit", type=int, metavar="N", help="only the first N rows")
    options = parser.parse_args()
    try:
        summary = compare(read_rows(options.file, options.limit))
    except (InputError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    if options.json:
        print(json.dumps(summary))
    else:
        report(summary)
    return 1 if summary["unexplained"] else 0


if __name__ == "__main__":
    sys.exit(main())
