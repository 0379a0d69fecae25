"""Searches of machines that are not the template's: time, distance to the best design known, and what is proven.

    python benchmarks/own_machine.py [--families eyeriss_like,...] [--network mobilenet_v2] [--budget area=5mm2]
                                     [--trials N] [--seeds 3] [--samplers race,cmaes,tpe,random] [--json]

Every family is searched by every sampler with every seed, ``--trials`` accelerators each (default: as many as a search
takes). For each sampler, over its seeds:

- *seconds*: the slowest search, baselines left out;
- *over the best*: how far each search's design ends above the best design of its family found here by any of them,
  median and worst;
- *joint gap*: how far the design may be above any variant of the machine inside the budget, the largest;
- *below*: designs evaluated whose value is below the bound of their search; there must be none.

Exit status 1 when a bound was beaten, or when a sampler's median is nearer the best than that of the first one.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from accel_models.families import list_families, load_family
from cosearch import Budget, CoSearch


def searched(family: str, sampler: str, seed: int, args: argparse.Namespace) -> dict[str, Any]:
    """One search: seconds, value, joint gap, and how many designs were below the bound."""
    machine, vary = load_family(family)
    trials = {} if args.trials is None else {"trials": args.trials}
    search = CoSearch(
        budget=Budget.parse(args.budget), machine=machine, vary=vary, networks=(args.network,), sampler=sampler,
        seed=seed, jobs=args.jobs, baselines=False, **trials,
    )  # fmt: skip
    began = time.perf_counter()
    result = search.run()
    assert result.joint is not None
    assert result.joint.lower_bound is not None
    values = [design.value for design in result.designs if design.feasible]
    return {
        "seconds": time.perf_counter() - began,
        "value": result.value,
        "gap": result.joint.gap,
        "below": sum(value < result.joint.lower_bound * (1 - 1e-9) for value in [result.value, *values]),
    }


def main() -> int:
    """Search, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--families", default=",".join(list_families()))
    parser.add_argument("--network", default="mobilenet_v2")
    parser.add_argument("--budget", default="area=5mm2")
    parser.add_argument("--trials", type=int)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--samplers", default="race,cmaes,tpe,random")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    samplers, rows, failed = args.samplers.split(","), [], False
    if not args.json:
        print(
            f"{'family':<14}{'sampler':<9}{'seconds':>8}{'best':>12}  over the best: median, worst   joint gap  below"
        )
    for family in args.families.split(","):
        found = {name: [searched(family, name, seed, args) for seed in range(args.seeds)] for name in samplers}
        best = min(run["value"] for runs in found.values() for run in runs)
        medians = {}
        for name, runs in found.items():
            over = [run["value"] / best - 1 for run in runs]
            medians[name] = statistics.median(over)
            row = {
                "family": family, "sampler": name, "seconds": max(run["seconds"] for run in runs),
                "best": min(run["value"] for run in runs), "median": medians[name], "worst": max(over),
                "gap": max(run["gap"] for run in runs), "below": sum(run["below"] for run in runs),
            }  # fmt: skip
            rows.append(row)
            failed |= row["below"] > 0
            if not args.json:
                print(
                    f"{family:<14}{name:<9}{row['seconds']:>8.1f}{row['best']:>12.4g}{row['median']:>20.2%}"
                    f"{row['worst']:>9.2%}{row['gap']:>12.1%}{row['below']:>7}"
                )
        failed |= any(medians[name] < medians[samplers[0]] for name in samplers)
    if args.json:
        print(json.dumps(rows, indent=1))
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
