"""On-chip counts and cycles of MAESTRO cases, against MAESTRO's own figures.

    python benchmarks/maestro_cases.py DIR [--json]

DIR holds ``cases.csv`` (one row per case: layer, dataflow, hardware, counts, cycles), a mapping file ``CASE.m`` for
each and the hardware files ``hw_HARDWARE.m``. Compared are MACs, reads and writes of L1, what L2 reads of weights and
inputs and takes of outputs, and cycles (within 5 %). A difference is explained where MAESTRO is known to err:

- *way back*: when a loop advances that a tensor does not depend on, MAESTRO sends nothing, although the loops inside
  it have gone back to their start and the tile is another one;
- *padding*: the last, smaller piece of a dim is counted as a whole one;
- *no multicast*: windows that overlap between processing elements are sent to each (its multicast factor is always 1)
  or shared, from one loop to the next;
- *refill*: with a Cluster, every step of the outer level waits for the whole tile of the inner one to be sent again,
  whether it changed or not, so steps cost compute plus ingress;
- *off-chip*: with a narrow off-chip bandwidth, everything is fetched again at every step.

The first two and the refill are recomputed here and must give MAESTRO's figure.
Exit status 1 when anything else differs.
"""

from __future__ import annotations

import csv
import dataclasses
import math
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from accel_models.cost import Cost, evaluate
from accel_models.formats.maestro import MaestroCase, load_maestro
from accel_models.loopnest import LevelLoops, Mapping
from benchmarks.cases.comparison import Comparison, compare_all
from nets.layer import DIMS, Layer

TOOL: Final = "MAESTRO"
CYCLES_TOLERANCE: Final = 0.05
DEPENDS: Final = {"W": "GKCRS", "I": "NGCPQRS"}


def padded(layer: Layer, mapping: Mapping) -> Layer:
    """The layer that results when the last piece of every temporal loop is taken to be whole."""
    bounds = dict(zip(DIMS, layer.bounds))
    for level in mapping.levels[:2]:
        for loop in level.temporal:
            bounds[loop.dim] = loop.tile * -(-bounds[loop.dim] // loop.tile)
    return dataclasses.replace(layer, **bounds)


def way_back(case: MaestroCase, layer: Layer, tensor: str, tile_words: int) -> int:
    """Words that MAESTRO leaves out when a loop the tensor does not depend on advances."""
    extent = dict(zip(DIMS, layer.bounds))
    loops = []
    for level in case.mapping.levels[:-1]:
        for loop in level.temporal:
            loops.append((loop.dim, -(-extent[loop.dim] // loop.tile)))
            extent[loop.dim] = loop.tile
        for loop in level.spatial:
            extent[loop.dim] = loop.tile
    lost = 0
    outer = 1
    for number, (dim, trips) in enumerate(loops):
        inner = any(other in DEPENDS[tensor] for other, _ in loops[number + 1 :])
        if dim not in DEPENDS[tensor] and inner:
            lost += outer * (trips - 1) * tile_words
        outer *= trips
    return lost


def first_tile(case: MaestroCase, layer: Layer, tensor: str) -> int:
    """Words of a tensor that all processing elements together want in one step."""
    extent = dict(zip(DIMS, layer.bounds))
    levels = case.mapping.levels
    for level in levels[:-1]:
        for loop in level.temporal:
            extent[loop.dim] = loop.tile
    one_step = dataclasses.replace(layer, **extent)
    idle = tuple(LevelLoops(level.level, (), level.spatial, level.keeps) for level in levels[:-1])
    cost = evaluate(one_step, case.accelerator, Mapping((*idle, levels[-1])), convention="timeloop")
    return cost.traffic["L2"][tensor].reads


def read_cases(folder: Path) -> Iterator[tuple[str, tuple[Path, dict[str, str]]]]:
    """Name, folder and row of ``cases.csv`` of every case that has a mapping file."""
    with (folder / "cases.csv").open(newline="", encoding="utf-8") as file:
        for line in csv.DictReader(file):
            if (folder / f"{line['case']}.m").is_file():
                yield line["case"], (folder, line)


def compare(of: tuple[Path, dict[str, str]]) -> Comparison:
    """Evaluate one case and compare its figures."""
    row, (folder, line) = Comparison(TOOL), of
    (case,) = load_maestro(folder / f"{line['case']}.m", folder / f"hw_{line['hw']}.m")
    cost = evaluate(case.layer, case.accelerator, case.mapping, convention="timeloop")
    if cost.error is not None:
        row.differs.append(f"is not valid: {cost.error}")
        return row
    if not row.equals(case.layer.macs, int(line["macs_exact"])):
        row.differs.append(f"MACs {case.layer.macs:,}, exact {line['macs_exact']}")
    if int(line["macs_maestro"]) != case.layer.macs:
        row.explained.append(f"MACs: MAESTRO does {int(line['macs_maestro']):,} of {case.layer.macs:,} (edge tiles)")
        return row
    _compare_counts(row, case, cost, line)
    _compare_cycles(row, case, cost, line)
    return row


def _compare_counts(row: Comparison, case: MaestroCase, cost: Cost, line: dict[str, str]) -> None:
    l1, l2 = cost.traffic["L1"], cost.traffic["L2"]
    for what, mine, column in (
        ("L1 reads of inputs", l1["I"].reads, "input_l1_read"),
        ("L1 reads of weights", l1["W"].reads, "filter_l1_read"),
        ("L1 writes of outputs", l1["O"].updates, "output_l1_write"),
        ("L2 writes of outputs", l2["O"].updates, "output_l2_write"),
    ):
        row.check(what, mine, int(line[column]))
    full = padded(case.layer, case.mapping)
    whole = evaluate(full, case.accelerator, case.mapping, convention="timeloop")
    for tensor, column in (("W", "filter_l2_read"), ("I", "input_l2_read")):
        mine, theirs = l2[tensor].reads, int(line[column])
        if row.equals(mine, theirs):
            continue
        as_maestro = whole.traffic["L2"][tensor].reads
        lost = way_back(case, full, tensor, first_tile(case, full, tensor))
        text = f"L2 reads of {tensor} {mine:,}, MAESTRO {theirs:,}"
        if as_maestro - lost == theirs:
            causes = [name for name, amount in (("padding", as_maestro - mine), ("way back", lost)) if amount]
            row.explained.append(f"{text}: {' and '.join(causes)}")
        elif tensor == "I" and overlaps(case):
            row.explained.append(f"{text}: no multicast of overlapping windows")
        else:
            row.differs.append(text)


def overlaps(case: MaestroCase) -> bool:
    """Whether the windows of processing elements that work at once overlap."""
    layer = case.layer
    parallel = {loop.dim for level in case.mapping.levels for loop in level.spatial}
    return ("P" in parallel and layer.stride[0] < layer.R) or ("Q" in parallel and layer.stride[1] < layer.S)


def refilled_cycles(case: MaestroCase, cost: Cost) -> float:
    """Cycles when every step first sends the inner cluster its weights and each of its elements its inputs again."""
    inner = case.mapping.levels[-2]
    extent = dict.fromkeys(DIMS, 1)
    for loop in case.mapping.levels[-1].temporal:
        extent[loop.dim] = max(extent[loop.dim], _tile_above(case, loop.dim))
    step = math.prod(extent.values())
    layer = dataclasses.replace(case.layer, **extent)
    own = layer.input_words
    weights = layer.weight_words
    trips = {loop.dim: min(case.units[-1], _trips_at(case, loop.dim)) for loop in inner.spatial}
    elements = math.prod(trips.values())
    distinct = math.prod(count for dim, count in trips.items() if dim in DEPENDS["W"])
    bandwidth = case.accelerator.levels[1].read_bandwidth
    ingress = math.ceil((own * elements + weights * distinct) / bandwidth)
    return cost.compute_cycles / step * (step + ingress)


def _tile_above(case: MaestroCase, dim: str) -> int:
    """Extent of a dim that one processing element works on."""
    extent = dict(zip(DIMS, case.layer.bounds))[dim]
    for level in case.mapping.levels[:-1]:
        for loop in (*level.temporal, *level.spatial):
            if loop.dim == dim:
                extent = loop.tile
    return extent


def _trips_at(case: MaestroCase, dim: str) -> int:
    """Trips of the spatial loop over ``dim`` in the innermost cluster."""
    extent = dict(zip(DIMS, case.layer.bounds))[dim]
    for level in case.mapping.levels[:-1]:
        for loops in (level.temporal, level.spatial):
            for loop in loops:
                if loop.dim == dim:
                    trips = -(-extent // loop.tile)
                    extent = loop.tile
    return trips


def _compare_cycles(row: Comparison, case: MaestroCase, cost: Cost, line: dict[str, str]) -> None:
    theirs = float(line["runtime_cycles"])
    text = f"cycles {cost.cycles:,.0f}, MAESTRO {theirs:,.0f}"
    if row.equals(cost.cycles, theirs, CYCLES_TOLERANCE * theirs):
        return
    refilled = refilled_cycles(case, cost) if len(case.units) > 1 else cost.cycles
    if abs(refilled - theirs) <= CYCLES_TOLERANCE * theirs:
        row.explained.append(f"{text}: refill ({refilled:,.0f})")
    elif float(line["offchip_bw_cstr"]) < float(line["noc_bw_cstr"]) and theirs > refilled:
        row.explained.append(f"{text}: refill ({refilled:,.0f}) and off-chip")
    else:
        row.differs.append(text)


def main() -> int:
    """Compare and print."""
    return compare_all(__doc__, TOOL, read_cases, compare)


if __name__ == "__main__":
    sys.exit(main())
