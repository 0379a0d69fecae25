"""What the optimal mapper proves: closed optima that other tools agree on, and brute force on small random problems.

    python benchmarks/proven_optima.py [--problems 200] [--seed 0] [--cap 200000] [--json]

Exit status 1 when any answer is not the optimum.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from mappings import search
from mappings.mappers.mapper import OBJECTIVES, SearchOptions, load_mapper
from mappings.mapspace import MapSpace
from tests.mappings.mappers.brute_force import brute_force
from tests.mappings.mappers.test_optimal import GEMM16, ONE_PE, draw_layer, draw_machine, with_levels_of_one_tensor

GEMM16_PJ = {"timeloop": 185_600.0, "drain-reads": 187_392.0}
MOST_MACS = {1: 256, 2: 144, 3: 96, 4: 48, 5: 16}
TOLERANCE = 1e-12


def gemm16() -> dict[str, Any]:
    """The optimum of ``cases/timeloop/mapper_onepe_gemm16`` by each convention."""
    rows = {}
    for convention, expected in GEMM16_PJ.items():
        options: Any = {"objective": "energy", "tiles": "perfect", "convention": convention}
        result = search(GEMM16, ONE_PE, mapper="optimal", **options)
        rows[convention] = {
            "energy_pj": result.cost.energy_pj,
            "expected_pj": expected,
            "proven": result.proven,
            "equal": result.cost.energy_pj == expected and result.proven,
        }
    return rows


def against_brute_force(problems: int, seed: int, cap: int) -> dict[str, Any]:
    """Random layers on random machines, every objective; those of more than ``cap`` mappings are drawn again."""
    done = equal = mappings = infeasible = 0
    while done < problems:
        rng = random.Random(seed)
        seed += 1
        depth = rng.choice([1, 2, 2, 3, 3, 3, 4, 4, 5])
        layer, machine = draw_layer(rng, MOST_MACS[depth]), draw_machine(rng, depth)
        if depth > 3 and rng.random() < 0.6:
            machine = with_levels_of_one_tensor(rng, machine)
        convention: Any = rng.choice(["default", "default", "timeloop", "drain-reads"])
        bypass = rng.random() < 0.15
        space = MapSpace.of([layer], [machine], tiles="perfect", convention=convention, bypass=bypass)
        same = True
        for objective in OBJECTIVES:
            least, count = brute_force(layer, machine, objective, space=space, cap=cap)
            if math.isnan(least):
                break
            found = load_mapper("optimal")(space, SearchOptions(objective=objective)).score[0]
            same = same and (found == least or abs(found / least - 1) <= TOLERANCE)
        else:
            done, equal, mappings = done + 1, equal + same, mappings + count
            infeasible += math.isinf(least)
    return {"problems": done, "equal": equal, "infeasible": infeasible, "mappings": mappings}


def main() -> int:
    """Compare and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--problems", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--cap", type=int, default=200_000, help="most mappings of a problem")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    closed = gemm16()
    drawn = against_brute_force(options.problems, options.seed, options.cap)
    if options.json:
        print(json.dumps({"gemm16": closed, "brute_force": drawn}))
    else:
        for convention, row in closed.items():
            proof = "proven" if row["proven"] else "not proven"
            print(
                f"16x16x16 GEMM, {convention}: {row['energy_pj']:,.0f} pJ, {proof}; expected {row['expected_pj']:,.0f}"
            )
        print(
            f"equal to brute force for energy, latency and EDP: {drawn['equal']} of {drawn['problems']} problems "
            f"({drawn['mappings']:,} mappings; {drawn['infeasible']} fit nowhere)"
        )
    return 0 if all(row["equal"] for row in closed.values()) and drawn["equal"] == drawn["problems"] else 1


if __name__ == "__main__":
    raise SystemExit(main())
