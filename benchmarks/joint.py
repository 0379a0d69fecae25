"""Joint searches: how near to the best design known each seed ends, on problems of every kind.

    python benchmarks/joint.py [--problems NAME ...] [--seeds 5] [--samplers race cmaes ...] [--long 5] [--json]

Each problem is searched once for each seed and sampler; and once, with a seed of its own and ``--long`` times the
trials, for a better answer. The *best known* is the least value that any of these runs found, so a figure is a distance
to what is known, not to the optimum. Printed are each seed's excess over it, their median and worst, the time of a
search, and the bound that no design of the problem is below (``cosearch prove`` goes on with it).

``--areas`` searches one problem at areas of 1 to 20 mm2: no larger area may end above a smaller one.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from cosearch import Budget, CoSearch

PROBLEMS: Final[dict[str, dict[str, Any]]] = {
    "ofa-mbv3, 5 mm2": {"budget": "area=5mm2"},
    "ofa-mbv3, 2 mm2, latency": {"budget": "area=2mm2", "objective": "latency"},
    "ofa-mbv3, 5 mm2, 3 ms, energy": {"budget": "area=5mm2,latency=3ms", "objective": "energy"},
    "ofa-resnet50 78 %, 5 mm2": {"budget": "area=5mm2", "space": "ofa-resnet50", "min_accuracy": 78.0},
    "mobilenet_v2, 5 mm2": {"budget": "area=5mm2", "networks": ("mobilenet_v2",)},
    "mobilenet_v2, 2 mm2": {"budget": "area=2mm2", "networks": ("mobilenet_v2",)},
    "proxyless_mobile, 5 mm2": {"budget": "area=5mm2", "networks": ("proxyless_mobile",)},
    "resnet50, 10 mm2": {"budget": "area=10mm2", "networks": ("resnet50",)},
    "vgg16, 5 mm2, energy": {"budget": "area=5mm2", "networks": ("vgg16",), "objective": "energy"},
    "bert_base, 8 mm2": {"budget": "area=8mm2", "networks": ("bert_base",)},
    "gpt2, 5 mm2": {"budget": "area=5mm2", "networks": ("gpt2",)},
    "vit_b_16, 12 mm2": {"budget": "area=12mm2", "networks": ("vit_b_16",)},
}
AREAS: Final = (1, 2, 3, 5, 8, 12, 20)
LONG_SEED: Final = 97


def searched(problem: dict[str, Any], jobs: int, **options: Any) -> dict[str, float]:
    """Value, seconds and joint bound of one search."""
    given = {**problem, "budget": Budget.parse(problem["budget"]), "jobs": jobs, "baselines": False, **options}
    result = CoSearch(**given).run()
    bound = None if result.joint is None else result.joint.lower_bound
    return {"value": result.value, "wall_s": result.wall_s, "lower_bound": 0.0 if bound is None else bound}


def compared(name: str, args: argparse.Namespace) -> dict[str, Any]:
    """Every seed of every sampler on one problem, and a longer search."""
    problem = PROBLEMS[name]
    runs = {
        sampler: [searched(problem, args.jobs, sampler=sampler, seed=seed) for seed in range(args.seeds)]
        for sampler in args.samplers
    }
    longer = []
    if args.long > 1:
        trials = args.long * CoSearch(**{**problem, "budget": Budget.parse(problem["budget"])}).trials
        longer = [searched(problem, args.jobs, seed=LONG_SEED, trials=trials)]
    every = [run for found in runs.values() for run in found] + longer
    best, bound = min(run["value"] for run in every), max(run["lower_bound"] for run in every)
    row: dict[str, Any] = {"problem": name, "best_known": best, "lower_bound": bound, "samplers": {}}
    for sampler, found in runs.items():
        excess = [run["value"] / best - 1 for run in found]
        row["samplers"][sampler] = {
            "excess": excess,
            "median": statistics.median(excess),
            "worst": max(excess),
            "seconds": statistics.median(run["wall_s"] for run in found),
        }
    if longer:
        row["long_excess"] = longer[0]["value"] / best - 1
    return row


def say(row: dict[str, Any]) -> None:
    """One problem for a person."""
    bound = f", none below {row['lower_bound']:.4g}" if row["lower_bound"] else ""
    print(f"{row['problem']}: best known {row['best_known']:.4g}{bound}", flush=True)
    for sampler, figures in row["samplers"].items():
        seeds = " ".join(f"{excess:.2%}" for excess in figures["excess"])
        print(
            f"  {sampler:8} {seeds} | median {figures['median']:.2%}, worst {figures['worst']:.2%}, "
            f"{figures['seconds']:.0f} s a search",
            flush=True,
        )
    if "long_excess" in row:
        print(f"  longer   {row['long_excess']:.2%}", flush=True)


def by_area(args: argparse.Namespace) -> dict[str, Any]:
    """The values at each area, seed by seed, and how often a larger one ended above a smaller one."""
    rows = []
    for seed in range(args.seeds):
        values = [
            searched({"budget": f"area={area}mm2", "networks": ("mobilenet_v2",)}, args.jobs, seed=seed)["value"]
            for area in AREAS
        ]
        rows.append(values)
        print(
            f"  seed {seed}: " + ", ".join(f"{area} mm2 {value:.4g}" for area, value in zip(AREAS, values)), flush=True
        )
    worse = sum(later > min(values[: at + 1]) for values in rows for at, later in enumerate(values[1:]))
    print(f"{worse} of {len(rows) * (len(AREAS) - 1)} larger areas end above a smaller one")
    return {"areas": AREAS, "values": rows, "worse": worse}


def main() -> int:
    """Search, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--problems", nargs="+", choices=list(PROBLEMS), default=list(PROBLEMS), metavar="NAME")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--samplers", nargs="+", default=["race"])
    parser.add_argument("--long", type=int, default=5, help="times the trials of the longer search; 1 for none")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--areas", action="store_true", help="one problem at areas of 1 to 20 mm2")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    if args.areas:
        found: Any = by_area(args)
    else:
        found = []
        for name in args.problems:
            found.append(compared(name, args))
            say(found[-1])
    if args.json:
        print(json.dumps(found))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
