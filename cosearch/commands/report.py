"""Write report.html of a run again from the other files of its folder, with report.json and report.csv beside it; of
several runs also one page that compares them."""

from __future__ import annotations

import argparse
from pathlib import Path

EXAMPLE = "cosearch report runs/001 runs/002 --out comparison.html"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Define the options."""
    parser.add_argument("run", type=Path, nargs="+", help="folder of a run")
    parser.add_argument("--svg", action="store_true", help="also write every figure as a file, in RUN/figures")
    parser.add_argument(
        "--explain", action="store_true", help="explain the winners first, as 'cosearch explain' does (takes seconds)"
    )
    parser.add_argument(
        "--out",
        type=Path,
        metavar="FILE",
        help="page that compares several runs (default: comparison.html)",
    )


def run(args: argparse.Namespace) -> int:
    """Write them and print where they are."""
    from cosearch.commands.explain import write_explanation
    from cosearch.commands.output import print_json
    from cosearch.reports import write_comparison, write_report
    from nets.documents import require_writable
    from nets.errors import InputError

    if args.out is not None and len(args.run) == 1:
        raise InputError("--out", str(args.out), "is for comparing several runs", "the report of one is in its folder")
    comparison = Path("comparison.html") if args.out is None else args.out
    if len(args.run) > 1:
        require_writable("--out", comparison)
    if args.explain:
        for folder in args.run:
            write_explanation(folder, None, {})
    paths = [write_report(folder, svg=args.svg) for folder in args.run]
    said: dict[str, object] = {"report": str(paths[0])}
    if len(paths) > 1:
        paths.append(write_comparison(args.run, comparison))
        said = {"reports": [str(path) for path in paths[:-1]], "comparison": str(comparison)}
    if args.json:
        print_json(said)
    else:
        print(*paths, sep="\n")
    return 0
