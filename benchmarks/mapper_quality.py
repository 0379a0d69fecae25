"""How near the mappers come to the best mapping known, and how many mappings a second they try.

    python benchmarks/mapper_quality.py [--json] [--accelerators NAME ...] [--mappers NAME ...] [--every N] [--seeds N]

The distinct layers of ResNet-50 and MobileNetV2, energy-delay product, one thread. The gap of a layer is its score over
the best that any run here found, less one: no proof, but the same yardstick for all.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from accel_models import load_accelerator
from mappings import search_layers
from nets import Layer, load_network

MAPPERS = {
    "random": ("random", {}),
    "random, index": ("random", {"encoding": "index"}),
    "genetic": ("genetic", {}),
    "annealing": ("annealing", {}),
    "cmaes": ("cmaes", {}),
    "cmaes, full covariance": ("cmaes", {"covariance": "full"}),
    "cmaes from the centre": ("cmaes", {"begin": "centre", "sigma": 0.5}),
    "cmaes from the centre, index": ("cmaes", {"begin": "centre", "sigma": 0.5, "encoding": "index"}),
    "gradient": ("gradient", {}),
    "gradient, no descent": ("gradient", {"steps": 0}),
}
SLOW = ("gradient", "gradient, no descent")
BUDGETS = (100, 300, 1000, 3000)


def measure(
    layers: Sequence[Layer], options: argparse.Namespace
) -> tuple[dict[str, dict[str, float]], dict[str, float]]:
    """(gaps to the best known by mapper and budget, mappings a second by mapper)."""
    runs: dict[tuple[str, int], list[np.ndarray]] = {}
    rates: dict[str, list[float]] = {name: [] for name in options.mappers}
    for machine in map(load_accelerator, options.accelerators):
        search_layers(layers[:2], machine, budget=30)  # compile
        known = search_layers(layers, machine, budget=options.best, seed=99, settings={"population": 64}).found.score
        rows: dict[tuple[str, int], list[np.ndarray]] = {}
        for name in options.mappers:
            mapper, settings = MAPPERS[name]
            for budget in options.budgets:
                for seed in range(options.seeds):
                    run = search_layers(layers, machine, mapper=mapper, budget=budget, seed=seed, settings=settings)
                    rows.setdefault((name, budget), []).append(run.found.score)
                    known = np.minimum(known, run.found.score)
                    if budget == options.budgets[-1]:
                        rates[name].append(run.evaluations / run.seconds)
        for key, scores in rows.items():
            runs.setdefault(key, []).append(np.concatenate(scores) / np.tile(known, options.seeds))
    figures = {
        f"{name} at {budget}": {
            "median_gap": float(np.median(np.concatenate(ratios)) - 1),
            "geomean_ratio": float(np.exp(np.log(np.concatenate(ratios)).mean())),
            "gap_90_percent": float(np.quantile(np.concatenate(ratios), 0.9) - 1),
        }
        for (name, budget), ratios in runs.items()
    }
    speed = {name: float(np.median(values)) for name, values in rates.items()}
    return figures, speed


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--accelerators", nargs="+", default=["eyeriss", "nvdla_256", "edgetpu_like"], metavar="NAME")
    parser.add_argument("--seeds", type=int, default=3, help="seeds of each run (default 3)")
    parser.add_argument("--best", type=int, default=20_000, help="evaluations of the long run (default 20000)")
    parser.add_argument(
        "--mappers", nargs="+", choices=MAPPERS, default=[name for name in MAPPERS if name not in SLOW], metavar="NAME",
        help=f"of {', '.join(MAPPERS)}; all but the slow ({', '.join(SLOW)}) by default",
    )  # fmt: skip
    parser.add_argument("--every", type=int, default=1, help="take only every Nth layer (default 1)")
    parser.add_argument("--budgets", type=int, nargs="+", default=list(BUDGETS), help="evaluations of each run")
    options = parser.parse_args()
    layers = [la for name in ("resnet50", "mobilenet_v2") for la, _ in load_network(name).unique_layers() if la.is_mac]
    layers = layers[:: options.every]
    figures, speed = measure(layers, options)
    if options.json:
        print(json.dumps({"gaps": figures, "evaluations_per_second": speed, "accelerators": options.accelerators}))
        return
    print(f"{len(layers)} layers on {', '.join(options.accelerators)}, {options.seeds} seeds, one thread\n")
    print(f"{'':42s} {'median gap':>10s} {'geomean ratio':>14s} {'90 % gap':>9s}")
    for name, row in figures.items():
        print(f"{name:42s} {row['median_gap']:10.4f} {row['geomean_ratio']:14.4f} {row['gap_90_percent']:9.4f}")
    print(f"\n{'evaluations a second, everything included':42s}")
    for name, rate in speed.items():
        print(f"{name:42s} {rate:10,.0f}")


if __name__ == "__main__":
    main()
