"""Grids of accelerators searched to their end: how far from the best of all each strategy stays after 500 of them.

    python benchmarks/exhausted.py [--problems NAME ...] [--samplers race cmaes ...] [--tables DIR] [--json]

A grid holds every wiring of up to three axes with widths, L1, L2 and bandwidth from short lists, inside 2 mm2: tens of
thousands of accelerators for two networks, and for a space whose best subnet is found on each. Its best design is
known: designs are looked at from the least bound on, by closer and closer bounds, until all that were not mapped by the
optimal mapper (to within 1 %, or 1,000 cuts for a layer) are proven to cost more than the best that was. ``--check`` of
those that bounds discarded are mapped all the same: none may be below its bound or the best.

Then strategies search the grid, each as a search of the project does (`benchmarks/grids/runs.py`). *Regret* is how much
more the best design costs that was mapped by the optimal mapper than the best of the grid. The race decides itself
which it has mapped so; others hear that value of every design, but of those proven to be 20 % above the best what a
quick mapping finds (one that is the best so far by that is mapped optimally, too, for the regret). *race, 240* is a
search with as many trials as a user's has by default. What the optimal mapper left open is how much less than the best
one a design of the grid may cost, with any mappings: regrets are right to that.

``--tables`` keeps what each design costs: a second run is quick. Exit status 1 when a bound was wrong.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.grids.best import Exhausted, exhaust, sampled
from benchmarks.grids.problem import BUDGET, GRIDS, PROBLEMS
from benchmarks.grids.runs import Found, Run, run
from benchmarks.grids.table import Place
from cosearch.executors.executor import Executor
from cosearch.executors.processes import Processes
from cosearch.problem.stated import USUAL_TRIALS
from cosearch.strategies.samplers import RACE

DEFAULT_TRIALS: Final = USUAL_TRIALS["networks"]
SAMPLERS: Final = (RACE, "random", "tpe", "cmaes")


def compared(place: Place, args: argparse.Namespace, executor: Executor) -> dict[str, Any]:
    """The best of one grid, and every strategy's regrets."""
    began = time.perf_counter()
    problem, _ = place.table()
    grid = exhaust(place, executor)
    seconds = time.perf_counter() - began
    checked = sampled(place, grid, args.check, executor)
    row: dict[str, Any] = {
        "problem": f"{place.name}, {BUDGET.removeprefix('area=')}",
        "designs": len(grid.designs),
        "best": grid.best,
        "design": problem.grid.space.parameters(problem.grid.machine(grid.best_design)),
        "lower_bound": grid.lower_bound,
        "discarded": grid.discarded,
        "mapped": grid.mapped,
        "seconds": seconds,
        "checked": {"designs": checked.designs, "least": checked.least, "wrong": checked.wrong},
        "samplers": {},
    }
    say_grid(row, grid)
    asked = [(sampler, args.trials) for sampler in args.samplers]
    if RACE in args.samplers and args.trials > DEFAULT_TRIALS:
        asked.append((RACE, DEFAULT_TRIALS))
    for sampler, trials in asked:
        begun = [executor.submit(run, Run(place, sampler, seed, trials, grid.best)) for seed in range(args.seeds)]
        name = sampler if trials == args.trials else f"{sampler}, {trials}"
        row["samplers"][name] = summed([future.result() for future in begun], trials)
        say_sampler(name, row["samplers"][name])
    return row


def summed(found: Sequence[Found], trials: int) -> dict[str, Any]:
    """Regrets of all seeds after some trials and at the end, and what it took."""
    at: dict[int, Any] = {}
    for tried in sorted({min(100, trials), trials}):
        regrets = [one.regrets[tried - 1] for one in found]
        at[tried] = {"regrets": regrets, "median": statistics.median(regrets), "worst": max(regrets)}
    return {
        "at": at,
        "mapped": statistics.mean(one.mapped for one in found),
        "distinct": statistics.mean(one.distinct for one in found),
        "seconds": statistics.median(one.seconds for one in found),
    }


def say_grid(row: dict[str, Any], grid: Exhausted) -> None:
    """What is known of one grid, for a person."""
    design = ", ".join(f"{name} {size}" for name, size in row["design"].items())
    print(f"{row['problem']}: {row['designs']:,} designs; the best, {grid.best:.4g}: {design}")
    discarded = ", ".join(f"{count:,} by {name}" for name, count in row["discarded"].items())
    print(f"  discarded {discarded}; {grid.mapped} mapped, {row['seconds']:.0f} s; none below {grid.lower_bound:.4g}")
    checked = row["checked"]
    if checked["designs"]:
        print(
            f"  {checked['designs']} discarded designs mapped: {checked['wrong']} below their bounds or the best, "
            f"the least {checked['least']:.3f} times the best"
        )
    print(
        f"  {'regret':10} {'after':>5} {'median':>8} {'worst':>8}  (the mapper leaves {grid.gap:.2%} open)", flush=True
    )


def say_sampler(name: str, figures: dict[str, Any]) -> None:
    """What one strategy found, for a person."""
    for tried, one in figures["at"].items():
        seeds = " ".join(f"{regret:.2%}" for regret in one["regrets"])
        print(f"  {name:10} {tried:5} {one['median']:8.2%} {one['worst']:8.2%}  {seeds}")
    print(
        f"  {'':10} {figures['distinct']:.0f} different designs, {figures['mapped']:.0f} mapped by the optimal mapper, "
        f"{figures['seconds']:.0f} s a run",
        flush=True,
    )


def main() -> int:
    """Search grids to their end, run strategies, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--problems", nargs="+", choices=list(PROBLEMS), default=list(PROBLEMS), metavar="NAME")
    parser.add_argument("--samplers", nargs="*", default=list(SAMPLERS), metavar="NAME")
    parser.add_argument(
        "--grid",
        choices=list(GRIDS),
        default="full",
        help="fine: twelve times as many designs; small: a few hundred, for a look",
    )
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--trials", type=int, default=500, help="accelerators of each run")
    parser.add_argument("--check", type=int, default=200, metavar="N", help="discarded designs that are mapped")
    parser.add_argument("--tables", type=Path, default=Path("runs/grids"), metavar="DIR", help="where costs are kept")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    with Processes(args.jobs) as executor:
        rows = [compared(Place(name, args.grid, args.tables), args, executor) for name in args.problems]
    if args.json:
        print(json.dumps(rows))
    return 1 if any(row["checked"]["wrong"] for row in rows) else 0


if __name__ == "__main__":
    raise SystemExit(main())
