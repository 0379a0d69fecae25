"""Every search strategy on several landscapes at equal evaluations: anytime quartiles and rank tests against random.

    python benchmarks/strategies.py [--landscapes ofa,chain] [--methods tpe,random] [--seeds 10] [--jobs 2]

The landscapes are those of benchmarks/landscapes (two of them need ``pip install 'cosearch[graph]'``). For each:
lower quartile, median and upper quartile over seeds of the best within the limits after 100, 300 and all evaluations,
as the distance from the best there is (0 is the optimum); by a two-sided Mann-Whitney test whether a strategy's ends
are better or worse than those of ``random``, which draws gene by gene, with p-values by Holm over the strategies of a
landscape; and seconds of a search. ``exact`` and ``grid`` stand where they can run at all.

``--tuning`` runs on the problems by which settings were chosen, and no other; ``--set tpe.joint=false`` tries settings.
``--front`` is the front of accuracy and latency by strategies that serve several objectives: hypervolume as a share of
the box of all that the space has. ``--long`` is evolution against random search at six thousand evaluations each.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np

from benchmarks.landscapes import JUDGED, TUNED, Landscape, additivity
from cosearch.nas.compare import compare
from cosearch.nas.search import search
from cosearch.nas.setup import Request
from cosearch.problem.architectures import Problem
from cosearch.problem.budget import Budget
from cosearch.strategies.methods import METHODS, method
from nets.errors import CosearchError, InputError, unknown

EARLY = (100, 300)
LONG = 6000
SLOW = ("gp",)
SLOW_EVALUATIONS = 100
SETTINGS: dict[str, dict[str, Any]] = {"grid": {"tied": True}}
BASE = "random"
LEVEL = 0.05


def main() -> int:
    """Search, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--evaluations", type=int, default=1000, help="of every strategy (default: 1000)")
    parser.add_argument("--seeds", type=int, default=10, help="searches of each (default: 10)")
    parser.add_argument("--jobs", type=int, default=1, help="processes (default: 1)")
    parser.add_argument("--methods", help="some of them, with commas (default: all but gp)")
    parser.add_argument("--landscapes", help="some of them, with commas (default: all)")
    parser.add_argument("--tuning", action="store_true", help="the problems by which settings were chosen")
    parser.add_argument("--set", action="append", default=[], metavar="METHOD.SETTING=VALUE", help="as cosearch nas")
    parser.add_argument("--front", action="store_true", help="the front of accuracy and latency instead")
    parser.add_argument("--long", action="store_true", help="evolution against random search, 6,000 evaluations")
    args = parser.parse_args()
    try:
        if args.front or args.long:
            older_tables(args)
            return 0
        known = TUNED if args.tuning else JUDGED
        names = args.landscapes.split(",") if args.landscapes else list(known)
        for name in names:
            if name not in known:
                raise unknown("--landscapes", name, list(known))
        methods = args.methods.split(",") if args.methods else [one for one in METHODS if one not in SLOW]
        for one in methods:
            method(one)
        settings = {**SETTINGS, **asked_settings(args.set)}
        verdicts = {name: landscape_table(name, methods, settings, args) for name in names}
    except CosearchError as error:
        print(error, file=sys.stderr)
        return error.exit_status
    if len(verdicts) > 1:
        print("\nagainst random, by landscape")
        print(f"{'':<22}" + "".join(f"{name:>14}" for name in names))
        for one in methods:
            print(f"{one:<22}" + "".join(f"{verdicts[name].get(one, '-'):>14}" for name in names))
    return 0


def asked_settings(words: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Settings by method.

    Raises:
        InputError: not of the form METHOD.SETTING=VALUE.
    """
    found: dict[str, dict[str, Any]] = {}
    for word in words:
        place, equals, value = word.partition("=")
        name, dot, setting = place.partition(".")
        if not (equals and dot):
            raise InputError("--set", word, "must be METHOD.SETTING=VALUE")
        try:
            found.setdefault(name, {})[setting] = json.loads(value)
        except json.JSONDecodeError:
            found.setdefault(name, {})[setting] = value
    return found


def landscape_table(
    name: str, methods: Sequence[str], settings: dict[str, dict[str, Any]], args: argparse.Namespace
) -> dict[str, str]:
    """Print what every method finds on one landscape; how each stands to random search."""
    landscape = (TUNED if args.tuning else JUDGED)[name]()
    share = additivity(landscape.problem)
    print(f"\n{landscape.title}: best {landscape.best:.4g}; a sum over decisions explains {share:.2f} of its variance")
    marks = (*(early for early in EARLY if early < args.evaluations), args.evaluations)
    print(f"{'distance from it':<22}" + "".join(f"{f'after {mark}':>24}" for mark in marks) + f"{'p':>8}{'s':>7}")
    jobs = [(name, args.tuning, one, args.evaluations, seed, settings) for one in methods for seed in range(args.seeds)]
    with ProcessPoolExecutor(args.jobs) as pool:
        outcomes = list(pool.map(one_search, jobs)) if args.jobs > 1 else [one_search(job) for job in jobs]
    rows = {one: outcomes[place * args.seeds : (place + 1) * args.seeds] for place, one in enumerate(methods)}
    ends = {one: [history[-1] for history, _ in row if history] for one, row in rows.items()}
    verdict = against(ends, BASE)
    for one in sorted((one for one in methods if len(ends[one]) == args.seeds), key=lambda one: np.median(ends[one])):
        cells = "".join(f"{quartiles([history_at(history, mark) for history, _ in rows[one]]):>24}" for mark in marks)
        p, word = verdict.get(one, (math.nan, ""))
        seconds = statistics.fmean(seconds for _, seconds in rows[one])
        print(f"{one:<22}{cells}{'' if math.isnan(p) else f'{p:.3f}':>8}{seconds:>7.1f} {word}", flush=True)
    return {one: word for one, (_, word) in verdict.items()}


_LANDSCAPES: dict[tuple[str, bool], Landscape] = {}


def one_search(job: tuple[str, bool, str, int, int, dict[str, dict[str, Any]]]) -> tuple[list[float], float]:
    """Distance from the best after each evaluation, and seconds; nothing where the method cannot run there."""
    name, tuning, one, evaluations, seed, settings = job
    if (name, tuning) not in _LANDSCAPES:
        _LANDSCAPES[name, tuning] = (TUNED if tuning else JUDGED)[name]()
    landscape = _LANDSCAPES[name, tuning]
    spent = min(evaluations, SLOW_EVALUATIONS) if one in SLOW else evaluations
    try:
        found = search(landscape.problem, one, evaluations=spent, seed=seed, settings=settings.get(one, {}))
    except InputError:
        return [], 0.0
    return [landscape.best + loss for loss in found.history()], found.seconds


def history_at(history: Sequence[float], mark: int) -> float:
    """The best so far; a search that ended before stands at its end."""
    return history[min(mark, len(history)) - 1]


def quartiles(values: Sequence[float]) -> str:
    """Lower quartile, median, upper quartile."""
    low, middle, high = np.percentile(values, [25, 50, 75], method="inverted_cdf")
    return f"{low:.3f} {middle:.3f} {high:.3f}"


def against(ends: dict[str, list[float]], base: str) -> dict[str, tuple[float, str]]:
    """p-value by Holm of each method's ends against those of ``base``, and "better", "worse" or "level"."""
    from scipy.stats import mannwhitneyu

    if len(ends.get(base, ())) < 2:
        return {}
    others = [one for one, values in ends.items() if one != base and len(values) > 1]
    raw = {one: float(mannwhitneyu(ends[one], ends[base], alternative="two-sided").pvalue) for one in others}
    found, highest = {}, 0.0
    for place, one in enumerate(sorted(others, key=raw.__getitem__)):
        highest = max(highest, min(1.0, raw[one] * (len(others) - place)))
        better = sum(mine < theirs for mine in ends[one] for theirs in ends[base])
        worse = sum(mine > theirs for mine in ends[one] for theirs in ends[base])
        found[one] = (highest, "level" if highest > LEVEL else "better" if better > worse else "worse")
    return found


def older_tables(args: argparse.Namespace) -> None:
    """The front of two objectives, and long searches, on Once-for-All MobileNetV3 and Eyeriss."""
    if args.front:
        both = Request(space="ofa-mobilenetv3", objective="accuracy,latency").problem()
        print("front of accuracy and latency: hypervolume, mean ± deviation")
        print(f"{'method':<22}{'hypervolume':>18}{'seconds':>9}")
        for name in args.methods.split(",") if args.methods else METHODS:
            if method(name).several:
                front_row(both, name, args)
    if args.long:
        print(f"evolution against random search, {LONG} evaluations each")
        long_rows(Request(space="ofa-mobilenetv3", budget=Budget(latency_s=90e-3)).problem(), args)


def front_row(problem: Problem, name: str, args: argparse.Namespace) -> None:
    """Print how much a strategy's front dominates."""
    evaluations = min(args.evaluations, SLOW_EVALUATIONS) if name in SLOW else args.evaluations
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
    sys.exit(main())
