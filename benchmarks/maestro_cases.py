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

import argparse
import csv
import dataclasses
import json
import math
import sys
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from accel_models.cost import Cost, evaluate
from accel_models.formats.maestro import MaestroCase, load_maestro
from accel_models.loopnest import LevelLoops, Mapping
from nets.errors import InputError
from nets.layer import DIMS, Layer

CYCLES_TOLERANCE = 0.05
DEPENDS = {"W": "GKCRS", "I": "NGCPQRS"}


@dataclass
class Row:
    """One case: what is equal, what differs, and which of MAESTRO's errors explain the rest."""

    equal: int = 0
    differs: list[str] = field(default_factory=list)
    explained: list[str] = field(default_factory=list)

    def check(self, what: str, mine: float, theirs: float) -> bool:
        """Compare one count; whether it is equal."""
        if mine == theirs:
            self.equal += 1
            return True
        return False

    @property
    def verdict(self) -> str:
        """``different``, ``explained`` or ``equal``."""
        return "different" if self.differs else "explained" if self.explained else "equal"


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


def compare(folder: Path, line: dict[str, str]) -> Row:
    """Evaluate one case and compare its figures."""
    row = Row()
    (case,) = load_maestro(folder / f"{line['case']}.m", folder / f"hw_{line['hw']}.m")
    cost = evaluate(case.layer, case.accelerator, case.mapping, convention="timeloop")
    if cost.error is not None:
        row.differs.append(f"is not valid: {cost.error}")
        return row
    if not row.check("MACs", case.layer.macs, int(line["macs_exact"])):
        row.differs.append(f"MACs {case.layer.macs:,}, exact {line['macs_exact']}")
    if int(line["macs_maestro"]) != case.layer.macs:
        row.explained.append(f"MACs: MAESTRO does {int(line['macs_maestro']):,} of {case.layer.macs:,} (edge tiles)")
        return row
    _compare_counts(row, case, cost, line)
    _compare_cycles(row, case, cost, line)
    return row


def _compare_counts(row: Row, case: MaestroCase, cost: Cost, line: dict[str, str]) -> None:
    l1, l2 = cost.traffic["L1"], cost.traffic["L2"]
    for what, mine, column in (
        ("L1 reads of inputs", l1["I"].reads, "input_l1_read"),
        ("L1 reads of weights", l1["W"].reads, "filter_l1_read"),
        ("L1 writes of outputs", l1["O"].updates, "output_l1_write"),
        ("L2 writes of outputs", l2["O"].updates, "output_l2_write"),
    ):
        if not row.check(what, mine, int(line[column])):
            row.differs.append(f"{what} {mine:,}, MAESTRO {int(line[column]):,}")
    full = padded(case.layer, case.mapping)
    whole = evaluate(full, case.accelerator, case.mapping, convention="timeloop")
    for tensor, column in (("W", "filter_l2_read"), ("I", "input_l2_read")):
        mine, theirs = l2[tensor].reads, int(line[column])
        if row.check(f"L2 reads of {tensor}", mine, theirs):
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


def _compare_cycles(row: Row, case: MaestroCase, cost: Cost, line: dict[str, str]) -> None:
    theirs = float(line["runtime_cycles"])
    text = f"cycles {cost.cycles:,.0f}, MAESTRO {theirs:,.0f}"
    if abs(cost.cycles - theirs) <= CYCLES_TOLERANCE * theirs:
        row.equal += 1
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
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, metavar="DIR")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    rows: dict[str, Row] = {}
    with (options.folder / "cases.csv").open(newline="") as file:
        for line in csv.DictReader(file):
            if not (options.folder / f"{line['case']}.m").is_file():
                continue
            try:
                rows[line["case"]] = compare(options.folder, line)
            except InputError as error:
                rows[line["case"]] = Row(differs=[str(error)])
    verdicts = [row.verdict for row in rows.values()]
    summary = {
        "cases": len(rows),
        **{verdict: verdicts.count(verdict) for verdict in ("equal", "explained", "different")},
        "figures_equal": sum(row.equal for row in rows.values()),
        "rows": {
            name: {"verdict": row.verdict, "equal": row.equal, "differs": row.differs, "explained": row.explained}
            for name, row in rows.items()
        },
    }
    if options.json:
        print(json.dumps(summary))
    else:
        for name, row in rows.items():
            print(f"{name:<36}{row.verdict:<11}{row.equal} equal; {'; '.join(row.differs + row.explained)}")
        print(
            f"{summary['equal']} of {summary['cases']} cases equal, {summary['explained']} explained by errors of "
            f"MAESTRO, {summary['different']} different"
        )
    return 1 if summary["different"] or not rows else 0


if __name__ == "__main__":
    sys.exit(main())
