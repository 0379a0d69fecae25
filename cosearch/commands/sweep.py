"""Search a design for each of several budgets that differ in one limit, several searches at once, and show in one
report what more of it buys. Each point is a run of its own; a better design of a tighter budget is taken over."""

from __future__ import annotations

import argparse
import os
import shlex
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cosearch.commands.sweep_runs import Ended
    from cosearch.problem.sweep import Sweep

EXAMPLE = "cosearch sweep --budget area=1..20mm2 --network mobilenet_v2"

REFUSED = ("objectives", "cluster", "storage", "study_name", "join", "time_limit")
"""Options of a search that no sweep takes: fronts have no one value, and a study in a storage is of one search."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Define the options: those of a search, a budget with a range, and how many points of it."""
    from cosearch.commands.search import add_how, add_what

    add_what(
        parser.add_argument_group("what is designed (--budget with one range, e.g. area=1..20mm2, power=0.2W|0.5W)")
    )
    add_how(parser.add_argument_group("how each point is searched (--jobs: processes of all points together)"))
    where = parser.add_argument_group("the sweep")
    where.add_argument(
        "--points", type=int, metavar="N", help="of a range without a step, at equal ratios (default: 6)"
    )
    where.add_argument("--out", type=Path, metavar="DIR", help="folder of the sweep (default: runs/001, 002, ...)")
    where.add_argument(
        "--resume", action="store_true", help="go on with the sweep that --out holds, given the same options"
    )
    where.add_argument("--quiet", action="store_true", default=None, help="show no progress and no closing lines")
    parser.add_argument("--config", type=Path, metavar="FILE", help="options of the searches as TOML, as for search")
    parser.set_defaults(storage=None, study_name=None, join=None)  # which the environment and a file may ask for


def run(args: argparse.Namespace) -> int:
    """Search every point, print what was found, and write the report."""
    from cosearch.commands.search import KINDS, given_options, search_of
    from cosearch.commands.settings import fill
    from cosearch.commands.sweep_runs import read_ended, words_of
    from cosearch.executors.processes import processors
    from cosearch.problem.sweep import Sweep
    from cosearch.studies.lock import locked
    from cosearch.studies.run_folder import claim, next_run
    from nets.errors import NO_VALUE, InputError

    fill(args, KINDS, os.environ, args.config)
    out: Path | None = args.out
    for name in REFUSED:
        if getattr(args, name, None) is not None:
            rule = "is of one search, not of a sweep"
            raise InputError(f"--{name.replace('_', '-')}", str(getattr(args, name)), rule, "leave it out")
    if not args.budget:
        raise InputError("--budget", NO_VALUE, "is missing", "write e.g. --budget area=1..20mm2")
    sweep = Sweep.parse(args.budget, args.points)
    args.budget = None
    search_of(given_options(args) | {"budget": sweep.budgets()[-1]})  # refuses what no point could be searched with
    if args.resume and out is None:
        raise InputError("--resume", NO_VALUE, "needs the folder of a sweep", "write --out DIR --resume")
    folder = out if out is not None and args.resume and out.is_dir() else claim(out or next_run())
    points = [folder / f"{sweep.quantity.name}-{sweep.shown(limit).replace('/', 'p')}" for limit in sweep.limits]
    jobs = processors() if args.jobs is None else args.jobs
    at_once = min(jobs, len(points))
    options = [*words_of(args, KINDS), f"--jobs={max(1, jobs // at_once)}", "--quiet"]
    commands = [
        ["search", f"--budget={text}", *options, f"--out={point}", "--resume"]
        for text, point in zip(sweep.texts(), points)
    ]
    with locked(folder):
        ended = read_ended(folder) if args.resume else {}
        said = _searched(sweep, commands, at_once, folder, ended, quiet=args.quiet)
        return _say(sweep, points, said, folder, args)


def _searched(
    sweep: Sweep, commands: list[list[str]], at_once: int, folder: Path, ended: dict[str, Ended], *, quiet: bool
) -> list[Ended]:
    """How each point's search ended, this time or before."""
    from cosearch.commands.sweep_runs import Ended, key_of, run_points, write_ended

    keys = [key_of(words) for words in commands]
    left = [index for index, key in enumerate(keys) if key not in ended]
    began = time.monotonic()
    try:
        for done, (number, status, words) in enumerate(run_points([commands[index] for index in left], at_once), 1):
            ended[keys[left[number]]] = Ended(status, words)
            write_ended(folder, ended)
            if not quiet:
                seconds = (time.monotonic() - began) / done * (len(left) - done)
                name = f"{sweep.quantity.name} {sweep.shown(sweep.limits[left[number]])}"
                how = "done" if status == 0 else words
                print(f"{name}: {how}; {done} of {len(left)} points, some {seconds:.0f} s left", file=sys.stderr)
    except KeyboardInterrupt:
        print(f"go on with it: the same command with --out {shlex.quote(str(folder))} --resume", file=sys.stderr)
        raise
    return [ended[key] for key in keys]


def _say(sweep: Sweep, folders: list[Path], ended: list[Ended], folder: Path, args: argparse.Namespace) -> int:
    """Print what the points found and write it; the exit status: 1 where a search failed, 3 without any design."""
    from cosearch.commands.output import print_json
    from cosearch.commands.sweep_runs import KEPT
    from cosearch.reports.sweep import describe, describe_end, points_of, write_sweep

    points = points_of(sweep.limits, folders, ["" if end.status == 0 else end.words for end in ended])
    data = write_sweep(folder, sweep, points)
    if args.json:
        print_json(data)
    else:
        sys.stdout.write(describe(sweep, points))
    if not args.quiet:
        print(describe_end(folder, points), file=sys.stderr)
    if any(end.status not in KEPT for end in ended):
        return 1
    return 0 if any(point.best is not None for point in points) else 3
