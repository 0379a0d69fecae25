"""Every count and compute cycle of plain JSON nests that carry reference figures, against the cost model.

    python benchmarks/nest_cases.py DIR [--json]

DIR holds nests (``*.json``) with ``expected``: MACs, compute cycles, and reads, fills and updates of every level and
tensor. Exit status 1 when any differs.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from accel_models.cost import evaluate
from accel_models.formats.nest import read_nest
from nets.errors import InputError


def differences(path: Path) -> list[str]:
    """What of the expected figures the model does not give, one line each."""
    nest = read_nest(path)
    if nest.expected is None:
        return ["holds no expected figures"]
    cost = evaluate(nest.layer, nest.accelerator, nest.mapping, convention="timeloop")
    if cost.error is not None:
        return [f"is not valid: {cost.error}"]
    got: dict[str, Any] = cost.to_dict()
    found = [
        f"{figure} {got[figure]:g}, expected {nest.expected[figure]:g}"
        for figure in ("macs", "compute_cycles")
        if got[figure] != nest.expected[figure]
    ]
    for level, tensors in nest.expected["levels"].items():
        for tensor, counts in tensors.items():
            mine = got["levels"].get(level, {}).get(tensor)
            if mine != counts:
                found.append(f"{level} {tensor} {mine}, expected {counts}")
    return found


def main() -> int:
    """Compare and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, metavar="DIR")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    paths = sorted(options.folder.glob("*.json"))
    rows = {}
    for path in paths:
        try:
            rows[path.stem] = differences(path)
        except InputError as error:
            rows[path.stem] = [str(error)]
    different = {name: found for name, found in rows.items() if found}
    summary = {"cases": len(rows), "equal": len(rows) - len(different), "different": different}
    if options.json:
        print(json.dumps(summary))
    else:
        for name, found in different.items():
            print(f"{name}: {'; '.join(found)}")
        print(f"{summary['equal']} of {summary['cases']} nests equal in every count and cycle")
    return 0 if rows and not different else 1


if __name__ == "__main__":
    sys.exit(main())
