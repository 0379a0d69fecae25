"""Counts, cycles and energy of Timeloop cases, against Timeloop's own figures.

    python benchmarks/timeloop_cases.py DIR [--json]

DIR holds a folder for each case (its YAML files) and ``summary.csv`` with Timeloop's figures, one row per case, level
and tensor. A figure that differs is an error unless the case is known to be wrong there:

- a ragged spatial factor: Timeloop v3.0.3 counts the idle instances as busy (NVlabs/timeloop #328), so its counts,
  utilization and energy are those of a padded layer; its cycles are right;
- energy where the files give none (Timeloop then uses tables of its own);
- files without a mapping (made for a mapper): there is nothing to evaluate.

Inputs are counted by Timeloop's own rules here (``accel_models.formats.timeloop.inputs``), which fetch more than the
exact counts of the cost model where windows overlap in several ways; ``exact`` says where, in the JSON.

Exit status 1 when anything else differs.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from accel_models.cost import Cost, evaluate
from accel_models.formats.timeloop import TimeloopCase, load_timeloop
from accel_models.formats.timeloop.inputs import count_inputs_as_timeloop
from nets.errors import InputError
from nets.layer import DIMS

# Timeloop prints energies and areas with two decimals, utilization as a rounded share.
ENERGY_ROUNDING_PJ = 0.1
UTILIZATION_ROUNDING = 0.0051


@dataclass
class Row:
    """One case: figures compared, those that differ, known errors that explain some, where exact ones are less."""

    compared: int = 0
    differs: list[str] = field(default_factory=list)
    explained: list[str] = field(default_factory=list)
    exact: list[str] = field(default_factory=list)

    def check(self, what: str, mine: float, theirs: float, tolerance: float = 0.0) -> None:
        """Compare one figure."""
        self.compared += 1
        if abs(mine - theirs) > tolerance:
            self.differs.append(f"{what} {mine:,.10g}, Timeloop {theirs:,.10g}")

    @property
    def verdict(self) -> str:
        """``different``, ``explained``, ``not evaluated`` or ``equal``."""
        if self.differs:
            return "different"
        if not self.compared:
            return "not evaluated"
        return "explained" if self.explained else "equal"


def ragged_axes(case: TimeloopCase) -> list[str]:
    """Dims whose spatial loop does not divide its extent somewhere."""
    assert case.mapping is not None
    extents = {dim: {bound} for dim, bound in zip(DIMS, case.layer.bounds)}
    ragged = []
    for level in case.mapping.levels:
        for spatial, loops in ((False, level.temporal), (True, level.spatial)):
            for loop in loops:
                sizes = extents[loop.dim]
                if spatial and (len(sizes) > 1 or any(size % loop.tile for size in sizes)):
                    ragged.append(loop.dim)
                extents[loop.dim] = {
                    piece for size in sizes for piece in (min(loop.tile, size), size % loop.tile) if piece
                }
    return ragged


def compare(folder: Path, reference: list[dict[str, str]]) -> Row:
    """Evaluate one case and compare every figure of its reference rows."""
    case, row = load_timeloop(folder), Row()
    if case.mapping is None:
        row.explained.append("no mapping in the files")
        return row
    cost = evaluate(case.layer, case.accelerator, case.mapping, convention="timeloop")
    if cost.error is not None:
        row.differs.append(f"is not valid: {cost.error}")
        return row
    exact, cost = cost, count_inputs_as_timeloop(cost, case.names)
    row.check("cycles", cost.cycles, float(reference[0]["total_cycles"]))
    if ragged := ragged_axes(case):
        row.explained.append(f"ragged spatial factor of {', '.join(ragged)}: Timeloop counts idle instances (#328)")
        return row
    for level, tensors in exact.traffic.items():
        if "I" in tensors and tensors["I"] != cost.traffic[level]["I"]:
            row.exact.append(f"inputs read at {level}: {tensors['I'].reads:,} where {cost.traffic[level]['I'].reads:,}")
    _compare_counts(row, case, cost, reference)
    share = reference[0]["utilization"]
    theirs = float(share.rstrip(" %")) / (100 if share.endswith("%") else 1)
    row.check("utilization", cost.utilization, theirs, UTILIZATION_ROUNDING)
    if any("no energy" in line for line in case.lacks):
        row.explained.append("no energies in the files")
    else:
        theirs = float(reference[0]["total_energy_pJ"])
        row.check("energy_pj", cost.energy_pj, theirs, ENERGY_ROUNDING_PJ + _whole_vectors_pj(case, cost))
    return row


def _compare_counts(row: Row, case: TimeloopCase, cost: Cost, reference: list[dict[str, str]]) -> None:
    traffic = case.rename(cost.traffic)
    for line in reference:
        level, tensor = line["level"], line["tensor"]
        counts = traffic.get(level, {}).get(tensor)
        if counts is None:
            row.differs.append(f"{level} {tensor} is not counted")
            continue
        mine = {"reads": counts.reads, "fills": counts.fills, "updates": counts.updates}
        theirs = {name: float(line[f"{name}_total"]) for name in mine}
        for name, value in mine.items():
            row.check(f"{level} {tensor} {name}", value, theirs[name])


def _whole_vectors_pj(case: TimeloopCase, cost: Cost) -> float:
    """The most that Timeloop's energy can be above: it rounds the accesses of each kind up to whole vectors."""
    total = 0.0
    for number, level in enumerate(case.accelerator.levels):
        for counts in cost.traffic[level.name].values():
            for words, energy_pj in (
                (counts.reads, level.read_pj),
                (counts.fills, level.write_pj),
                (counts.updates, level.write_pj),
            ):
                block = case.blocks[level.name]
                if words % block:
                    total += (block - 1) * energy_pj * case.accelerator.instances(number)
    return total


def main() -> int:
    """Compare and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, metavar="DIR")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    reference = defaultdict(list)
    with (options.folder / "summary.csv").open(newline="") as file:
        for line in csv.DictReader(file):
            reference[line["case"]].append(line)
    rows: dict[str, Row] = {}
    for name in sorted(reference):
        try:
            rows[name] = compare(options.folder / name, reference[name])
        except InputError as error:
            rows[name] = Row(differs=[str(error)])
    verdicts = [row.verdict for row in rows.values()]
    summary = {
        "cases": len(rows),
        **{
            verdict.replace(" ", "_"): verdicts.count(verdict)
            for verdict in ("equal", "explained", "different", "not evaluated")
        },
        "figures_compared": sum(row.compared for row in rows.values()),
        "rows": {
            name: {"verdict": row.verdict, "differs": row.differs, "explained": row.explained, "exact": row.exact}
            for name, row in rows.items()
        },
    }
    if options.json:
        print(json.dumps(summary))
    else:
        for name, row in rows.items():
            print(f"{name:<42}{row.verdict:<14}{row.compared:>4} figures  {'; '.join(row.differs + row.explained)}")
        print(
            f"{summary['equal']} of {summary['cases']} cases equal, {summary['explained']} but for a known error, "
            f"{summary['different']} different, {summary['not_evaluated']} without a mapping"
        )
    return 1 if summary["different"] or not rows else 0


if __name__ == "__main__":
    sys.exit(main())
