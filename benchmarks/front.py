"""Fronts of EDP and area: how much of what single searches dominate does one search for a front dominate?

    python benchmarks/front.py [--areas 20] [--most 20] [--trials 400] [--seeds 1] [--networks NAME ...] [--json]

One search for ``edp,area`` with as many trials as each of the single searches for EDP, which have a budget each: areas
evenly spaced up to the largest. The *hypervolume* is the area between a front and a reference point that it dominates,
here of areas against EDPs and against their logarithms; the reference is the budget's area and the largest EDP of the
single searches. Printed is that of the front over that of all single answers together; the EDP of each single search
beside that of the front's best design no larger than the budget; and how many points of the front a single search
beats: one that ended with no more area and less EDP.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from cosearch import Budget, CoSearch
from cosearch.evaluation.front import volume

Point = tuple[float, float]
"""Area in mm2, EDP in J s."""
SCALES: Final[dict[str, Callable[[float], float]]] = {"plain": float, "log": math.log}


def single(area: float, args: argparse.Namespace, seed: int) -> Point:
    """What a search for the least EDP in a budget ends with."""
    result = CoSearch(budget=Budget(area_mm2=area), seed=seed, **_common(args)).run()
    if result.winner is None:
        raise SystemExit(f"nothing fits {area:g} mm2: begin with larger areas")
    return result.winner.accelerator.area_mm2, result.value


def front(args: argparse.Namespace, seed: int) -> tuple[list[Point], float]:
    """The points that one search for both ends with, and its seconds."""
    result = CoSearch(budget=Budget(area_mm2=args.most), objectives=("edp", "area"), seed=seed, **_common(args)).run()
    return [(design.figure("area"), design.figure("edp")) for design in result.front], result.wall_s


def _common(args: argparse.Namespace) -> dict[str, Any]:
    return {"networks": tuple(args.networks), "trials": args.trials, "jobs": args.jobs, "baselines": False}


def ratio(found: Sequence[Point], singles: Sequence[Point], reference: Point, scale: str) -> float:
    """Hypervolume of a front over that of single answers; EDPs on a scale."""
    of = SCALES[scale]
    worst = reference[0], of(reference[1])
    ours, theirs = (volume([(area, of(edp)) for area, edp in points], worst) for points in (found, singles))
    return ours / theirs


def beaten(found: Sequence[Point], singles: Sequence[Point]) -> list[float]:
    """By how much less EDP each point of a front that a single answer no larger beats is beaten."""
    excess = [edp / min((e for a, e in singles if a <= area), default=math.inf) - 1 for area, edp in found]
    return [one for one in excess if one > 0]


def compared(args: argparse.Namespace, seed: int) -> dict[str, Any]:
    """The front and all single searches of a seed."""
    areas = [args.most * (step + 1) / args.areas for step in range(args.areas)]
    found, seconds = front(args, seed)
    print(f"seed {seed}: {len(found)} points in {seconds:.0f} s", flush=True)
    singles = []
    for area in areas:
        singles.append(single(area, args, seed))
        ours = min((edp for mm2, edp in found if mm2 <= area), default=math.inf)
        print(
            f"  {area:5.2f} mm2: alone {singles[-1][1]:.4g}, front {ours:.4g}, {ours / singles[-1][1] - 1:+.2%}",
            flush=True,
        )
    reference = args.most, max(edp for _, edp in singles)
    lost = beaten(found, singles)
    return {
        "seed": seed,
        "front": found,
        "singles": singles,
        "reference": reference,
        "ratio": {scale: ratio(found, singles, reference, scale) for scale in SCALES},
        "beaten": len(lost),
        "beaten_by": max(lost, default=0.0),
        "seconds": seconds,
    }


def main() -> int:
    """Search, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--areas", type=int, default=20, help="single searches")
    parser.add_argument("--most", type=float, default=20.0, metavar="MM2", help="the largest area")
    parser.add_argument("--trials", type=int, default=400, help="of every search")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--networks", nargs="*", default=[], metavar="NAME", help="instead of searching a subnet")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    rows = []
    for seed in range(args.seeds):
        rows.append(compared(args, seed))
        row = rows[-1]
        print(
            f"  hypervolume over that of {args.areas} single searches: {row['ratio']['plain']:.4f}, "
            f"of log EDP {row['ratio']['log']:.4f}; reference {row['reference'][0]:g} mm2, "
            f"{row['reference'][1]:.4g} J s\n"
            f"  {row['beaten']} of {len(row['front'])} points are beaten by a single search, by "
            f"{row['beaten_by']:.2%} at most",
            flush=True,
        )
    if args.json:
        print(json.dumps(rows))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
