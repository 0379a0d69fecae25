"""Every search strategy on the Once-for-All MobileNetV3 space and Eyeriss at equal evaluations, over several seeds.

    python benchmarks/strategies.py

Three tables. The most accurate subnet (predicted ImageNet top-1) whose latency is within the limit, by every strategy:
after all evaluations, and after the first hundred, where the Gaussian process ends, each of whose evaluations takes it
seconds to propose; with the hypervolume of all that it evaluated within the limit, as a share of the box of what the
space has in accuracy and in latency up to the limit. The front of accuracy and latency, by those that serve several
objectives: hypervolume as a share of the box of all that the space has. Evolution against random search at six thousand
evaluations each.

The grid takes all kernels, all expansions and all depths alike: 675 points.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from cosearch.nas.compare import compare
from cosearch.nas.search import search
from cosearch.nas.setup import Request
from cosearch.problem.architectures import Problem
from cosearch.problem.budget import Budget
from cosearch.strategies.methods import METHODS, method

EARLY = 100
LONG = 6000
SLOW = ("gp",)
SETTINGS = {"grid": {"tied": True}}


def main() -> None:
    """Search, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--evaluations", type=int, default=1000, help="of every strategy (default: 1000)")
    parser.add_argument("--seeds", type=int, default=5, help="searches of each (default: 5)")
    parser.add_argument("--latency", type=float, default=90.0, metavar="MS", help="limit (default: 90)")
    parser.add_argument("--methods", help="some of them, with commas (default: all)")
    parser.add_argument("--without", choices=("front", "long"), action="append", default=[], help="leave a table out")
    args = parser.parse_args()

    names = args.methods.split(",") if args.methods else list(METHODS)
    limit = Budget(latency_s=args.latency * 1e-3)
    constrained = Request(space="ofa-mobilenetv3", budget=limit).problem()
    print(f"most accurate within {args.latency:g} ms, {args.seeds} seeds: mean ± deviation of predicted top-1 in %")
    print(
        f"{'method':<22}{f'after {EARLY}':>15}{f'after {args.evaluations}':>16}{'found':>7}"
        f"{'hypervolume':>16}{'within':>8}{'seconds':>9}"
    )
    for name in names:
        constrained_row(constrained, name, args)
    if "front" not in args.without:
        both = Request(space="ofa-mobilenetv3", objective="accuracy,latency").problem()
        print("\nfront of accuracy and latency: hypervolume, mean ± deviation")
        print(f"{'method':<22}{'hypervolume':>18}{'seconds':>9}")
        for name in names:
            if method(name).several:
                front_row(both, name, args)
    if "long" not in args.without:
        print(f"\nevolution against random search, {LONG} evaluations each")
        long_rows(constrained, args)


def evaluations_of(name: str, wanted: int) -> int:
    """What a strategy spends."""
    return min(wanted, EARLY) if name in SLOW else wanted


def constrained_row(problem: Problem, name: str, args: argparse.Namespace) -> None:
    """Print what a strategy finds within the limit."""
    evaluations = evaluations_of(name, args.evaluations)
    (row,) = compare(problem, [name], evaluations=evaluations, seeds=args.seeds, settings=SETTINGS).rows
    results = row.results
    early = [-min(history[:EARLY]) for result in results if min((history := result.history())[:EARLY]) < float("inf")]
    ended = "-" if evaluations < args.evaluations else spread(row.best)
    print(
        f"{name:<22}{spread(early):>15}{ended:>16}{f'{len(row.best)}/{len(results)}':>7}"
        f"{spread(row.hypervolumes, 3):>16}{row.kept:>8.0%}{row.seconds:>9.1f}",
        flush=True,
    )


def front_row(problem: Problem, name: str, args: argparse.Namespace) -> None:
    """Print how much a strategy's front dominates."""
    evaluations = evaluations_of(name, args.evaluations)
    comparison = compare(problem, [name], evaluations=evaluations, seeds=args.seeds, settings=SETTINGS)
    (row,) = comparison.rows
    note = f"  after {evaluations}" if evaluations < args.evaluations else ""
    print(f"{name:<22}{spread(row.hypervolumes, 4):>18}{row.seconds:>9.1f}{note}", flush=True)


def long_rows(problem: Problem, args: argparse.Namespace) -> None:
    """Print evolution and random search after many evaluations."""
    best = {
        name: [search(problem, name, evaluations=LONG, seed=seed).best for seed in range(args.seeds)]
        for name in ("evolution", "random")
    }
    means = {name: [found.figures["accuracy"] for found in every if found is not None] for name, every in best.items()}
    for name, values in means.items():
        print(f"{name:<22}{spread(values):>15}", flush=True)
    if all(means.values()):
        gain = statistics.fmean(means["evolution"]) - statistics.fmean(means["random"])
        print(f"evolution finds {gain:+.2f} points")


def spread(values: Sequence[float], digits: int = 2) -> str:
    """Mean ± deviation."""
    if not values:
        return "nothing"
    deviation = statistics.stdev(values) if len(values) > 1 else 0.0
    return f"{statistics.fmean(values):.{digits}f} ± {deviation:.{digits}f}"


if __name__ == "__main__":
    main()
