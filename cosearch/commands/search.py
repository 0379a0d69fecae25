"""Find an accelerator inside a budget, a network for it (a subnet of a Once-for-All space, unless --network names some)
and a mapping for every layer, together."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cosearch.result import CoSearchResult
    from cosearch.search import CoSearch

EXAMPLE = "cosearch search --budget area=5mm2,latency=10ms --min-accuracy 76"

DEFAULT_BUDGET = "area=5mm2"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Define the options."""
    parser.add_argument(
        "--budget",
        action="append",
        metavar="LIMITS",
        help="e.g. area=5mm2,latency=10ms; also power, energy, pes, sram, bandwidth (default: area=5mm2)",
    )
    parser.add_argument(
        "--network",
        action="append",
        default=[],
        metavar="NAME[,NAME]",
        help="design for these networks instead of searching one; several count by their geometric mean",
    )
    parser.add_argument("--space", default=None, help="search space of subnets (default: ofa-mbv3-w1.0)")
    parser.add_argument("--min-accuracy", type=float, default=None, metavar="PERCENT", help="top-1 (default: 75)")
    parser.add_argument("--resolution", type=int, help="of the input image (default: chosen, or as published)")
    parser.add_argument("--objective", default="edp", help="edp, latency or energy (default: edp)")
    parser.add_argument("--trials", type=int, default=None, help="accelerators to evaluate")
    parser.add_argument(
        "--evaluations", type=int, metavar="N", help="mappings tried for each layer shape on each accelerator"
    )
    parser.add_argument(
        "--last-evaluations", type=int, metavar="N", help="the same for the design found and the baselines"
    )
    parser.add_argument("--no-baselines", action="store_true", help="do not compare published designs")
    parser.add_argument("--sampler", default="cmaes", help="cmaes or random (default: cmaes)")
    parser.add_argument(
        "--time-limit", type=float, metavar="SECONDS", help="begin nothing new after this long (default: no limit)"
    )
    parser.add_argument("--seed", type=int, default=0, help="same seed, same result, whatever --jobs (default: 0)")
    parser.add_argument("--node", type=int, default=45, metavar="NM", help="technology (default: 45)")
    parser.add_argument("--jobs", type=int, default=None, help="threads (default: the cores there are)")
    parser.add_argument("--out", type=Path, metavar="DIR", help="folder of the run (default: runs/001, 002, ...)")
    parser.add_argument("--quiet", action="store_true", help="show no progress")


def run(args: argparse.Namespace) -> int:
    """Search, print what was found, and write the run's folder."""
    from cosearch.progress import Progress
    from cosearch.run_folder import claim, next_run, write_config

    search = _search(args)
    folder = claim(args.out if args.out is not None else next_run())
    try:
        write_config(folder, search)
        with Progress(search.trials, search.goal, quiet=args.quiet) as progress:
            result = search.run(progress, folder)
    except BaseException:
        _leave_nothing(folder)
        raise
    _say(result, folder, args)
    if result.interrupted:
        return 130
    return 0 if result.feasible else 3


def _search(args: argparse.Namespace) -> CoSearch:
    from cosearch.budget import Budget
    from cosearch.search import CoSearch
    from nets.errors import InputError

    networks = tuple(name.strip() for given in args.network for name in given.split(","))
    for option, value in (("--space", args.space), ("--min-accuracy", args.min_accuracy)):
        if networks and value is not None:
            raise InputError(option, value, "is for searching a network and contradicts --network", "drop one of them")
    given = {
        "space": args.space,
        "min_accuracy": args.min_accuracy,
        "trials": args.trials,
        "mapper_budget": args.evaluations,
        "last_mapper_budget": args.last_evaluations,
    }
    return CoSearch(
        budget=Budget.parse(*(args.budget or [DEFAULT_BUDGET])),
        networks=networks,
        resolution=args.resolution,
        objective=args.objective,
        sampler=args.sampler,
        time_limit_s=args.time_limit,
        baselines=not args.no_baselines,
        seed=args.seed,
        node_nm=args.node,
        jobs=len(os.sched_getaffinity(0)) if args.jobs is None else args.jobs,
        **{name: value for name, value in given.items() if value is not None},
    )


def _leave_nothing(folder: Path) -> None:
    """Remove the folder of a run that evaluated nothing; one that did keeps its study."""
    from cosearch.run_folder import CONFIG, STUDY

    if not (folder / STUDY).exists():
        (folder / CONFIG).unlink(missing_ok=True)
        folder.rmdir()


def _say(result: CoSearchResult, folder: Path, args: argparse.Namespace) -> None:
    from cosearch.commands.output import print_json
    from cosearch.summary import describe_closest, describe_effort, print_winner

    if args.json:
        print_json(result.to_dict() | {"folder": str(folder)})
    elif result.winner is not None:
        print_winner(result.winner, result.objective, [line.to_dict() for line in result.baselines], sys.stdout)
    if result.closest is not None:
        print(f"cosearch: {describe_closest(result.closest)}", file=sys.stderr)
    if not args.quiet:
        print(describe_effort(result), file=sys.stderr)
        print(f"run folder: {folder}", file=sys.stderr)
