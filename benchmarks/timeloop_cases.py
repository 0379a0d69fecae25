"""Counts, cycles and energy of Timeloop cases, against Timeloop's own figures.

    python benchmarks/timeloop_cases.py DIR [--json]

DIR holds a folder for each case (its YAML files) and ``summary.csv`` with Timeloop's figures, one row per case, level
and tensor; without it every folder holds the ``.stats.txt`` that Timeloop wrote, as its exercises have them. A figure
that differs is an error unless the case is known to be wrong there:

- a ragged spatial factor: Timeloop v3.0.3 counts the idle instances as busy (NVlabs/timeloop #328), so its counts,
  utilization and energy are those of a padded layer; its cycles are right;
- energy where the files give none (Timeloop then uses tables of its own), or have clusters (charged once for all);
- files without a mapping (made for a mapper): there is nothing to evaluate.

Inputs are counted by Timeloop's own rules here (``accel_models.formats.timeloop.inputs``), which fetch more than the
exact counts of the cost model where windows overlap in several ways; ``exact`` says where, in the JSON.

Exit status 1 when anything else differs.
"""

from __future__ import annotations

import csv
import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from accel_models.cost import Cost, evaluate
from accel_models.formats.timeloop import TimeloopCase, load_timeloop
from accel_models.formats.timeloop.inputs import count_inputs_as_timeloop
from benchmarks.cases.comparison import Comparison, compare_all
from nets.layer import DIMS

TOOL: Final = "Timeloop"

# Timeloop prints energies and areas with two decimals, utilization as a rounded share.
ENERGY_ROUNDING_PJ = 0.1
ENERGY_ROUNDING_PJ_A_MAC = 1e-5
"""Of statistics that give femtojoules a computation."""
UTILIZATION_ROUNDING = 0.0051


@dataclass
class Row(Comparison):
    """One case; ``exact`` says where exact counts of inputs are less than Timeloop's."""

    tool: str = TOOL
    exact: list[str] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """See :meth:`Comparison.to_dict`."""
        return super().to_dict() | {"exact": self.exact}


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


def read_cases(folder: Path) -> Iterator[tuple[str, tuple[Path, list[dict[str, str]]]]]:
    """Name, folder and rows of every case, of ``summary.csv`` or of Timeloop's own statistics."""
    if not (folder / "summary.csv").is_file():
        for path in sorted(folder.glob("*/*.stats.txt")):
            yield path.parent.name, (path.parent, read_statistics(path.read_text(encoding="utf-8")))
        return
    rows = defaultdict(list)
    with (folder / "summary.csv").open(newline="", encoding="utf-8") as file:
        for line in csv.DictReader(file):
            rows[line["case"]].append(line)
    for name in sorted(rows):
        yield name, (folder / name, rows[name])


def read_statistics(text: str) -> list[dict[str, str]]:
    """Rows as ``summary.csv`` has them; Timeloop charges leakage here, which is taken off."""
    rows: list[dict[str, str]] = []
    level, instances, leakage_pj = "", 1.0, 0.0
    for line in text.splitlines():
        if match := re.fullmatch(r"=== (\S+) ===", line):
            level = match[1]
        elif match := re.fullmatch(r" {4}(\w+):", line):
            rows.append({"level": level, "tensor": match[1]})
        elif match := re.fullmatch(r"\s+Utilized instances \(max\)\s*: ([\d.]+)", line):
            instances = float(match[1])
        elif match := re.fullmatch(r"\s+Scalar (reads|fills|updates) \(per-instance\)\s*: ([\d.]+)", line):
            rows[-1][f"{match[1]}_total"] = str(float(match[2]) * instances)
        elif match := re.fullmatch(r"\s+Leakage energy \(total\)\s*: ([\d.]+) pJ", line):
            leakage_pj += float(match[1])
    found = {
        key: match[1]
        for key, pattern in {
            "total_cycles": r"^Cycles: (\d+)",
            "utilization": r"^Utilization: (\S+)",
            "computes": r"^Computes = (\d+)",
            "femtojoules": r"^ {4}Total\s+= ([\d.]+)",
        }.items()
        if (match := re.search(pattern, text, re.MULTILINE))
    }
    energy_pj = float(found["femtojoules"]) * float(found["computes"]) / 1000 - leakage_pj
    shared = {key: found[key] for key in ("total_cycles", "utilization")}
    return [row | shared | {"total_energy_pJ": str(energy_pj)} for row in rows if "reads_total" in row]


def compare(of: tuple[Path, list[dict[str, str]]]) -> Row:
    """Evaluate one case and compare every figure of its reference rows."""
    folder, reference = of
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
    elif any("clusters of" in line for line in case.lacks):
        row.explained.append("energy: Timeloop charges an access of a cluster once for all of its instances")
    else:
        theirs = float(reference[0]["total_energy_pJ"])
        rounding = ENERGY_ROUNDING_PJ + ENERGY_ROUNDING_PJ_A_MAC * cost.layer.macs
        row.check("energy_pj", cost.energy_pj, theirs, rounding + _whole_vectors_pj(case, cost))
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
    return compare_all(__doc__, TOOL, read_cases, compare)


if __name__ == "__main__":
    sys.exit(main())
