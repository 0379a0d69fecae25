"""Networks searched for three accelerators, each run on all three: does every accelerator run its own fastest?

    python benchmarks/specialisation.py [--seeds N] [--evaluations N] [--min-accuracy PERCENT] [--accelerators A,B,C]

The goal of every search is the least latency among Once-for-All subnets with at least the given predicted ImageNet
top-1, so every network of a matrix may stand anywhere in it and only latency differs along a row. One matrix for each
seed: latency over that of the accelerator's own network. The exit status is 1 if another network is faster anywhere.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from cosearch.exhibits.specialised import ACCELERATORS, EVALUATIONS, MIN_ACCURACY, Matrix, specialise
from cosearch.nas.setup import QUICK
from nets.errors import CosearchError


def main() -> int:
    """Search from every seed, and print the matrices."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=5, help="matrices (default: 5)")
    parser.add_argument("--evaluations", type=int, default=EVALUATIONS, help=f"of each search (default: {EVALUATIONS})")
    parser.add_argument("--min-accuracy", type=float, default=MIN_ACCURACY, help=f"default: {MIN_ACCURACY:g}")
    parser.add_argument("--accelerators", default=",".join(ACCELERATORS), help=f"default: {','.join(ACCELERATORS)}")
    parser.add_argument("--mappings", type=int, default=QUICK, help=f"tried for each layer shape (default: {QUICK})")
    parser.add_argument("--json", action="store_true", help="print JSON")
    args = parser.parse_args()
    made = []
    for seed in range(args.seeds):
        began = time.perf_counter()
        try:
            matrix = specialise(
                args.accelerators.split(","),
                min_accuracy=args.min_accuracy,
                evaluations=args.evaluations,
                seed=seed,
                mappings=args.mappings,
            )
        except CosearchError as error:
            print(error, file=sys.stderr)
            return error.exit_status
        made.append(matrix)
        if not args.json:
            print_matrix(matrix, seed, time.perf_counter() - began)
    wins = sum(matrix.diagonal_wins for matrix in made)
    if args.json:
        print(json.dumps([{"latency_s": m.latency_s, "lost": m.lost, "diagonal_wins": m.diagonal_wins} for m in made]))
    else:
        closest = min(matrix.least_lead for matrix in made)
        print(
            f"diagonal best in every row: {wins} of {len(made)} matrices; the closest other takes {closest:.3f} times"
        )
    return 0 if wins == len(made) else 1


def print_matrix(matrix: Matrix, seed: int, seconds: float) -> None:
    """Latency over that of the row's own network; accuracy and latency of that network."""
    names = matrix.accelerators
    print(f"seed {seed}, {seconds:.0f} s")
    print(f"{'runs on':<12}" + "".join(f"{f'for {name}':>18}" for name in names) + f"{'own (ms)':>12}{'own top-1':>11}")
    for i, (name, row) in enumerate(zip(names, matrix.lost)):
        own = matrix.networks[i].figures["accuracy"]
        cells = "".join(f"{value:>17.3f}x" for value in row)
        print(f"{name:<12}{cells}{matrix.latency_s[i][i] * 1e3:>12.3f}{own:>11.2f}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
