"""Write report.html of a run again, from the other files of its folder."""

from __future__ import annotations

import argparse
from pathlib import Path

EXAMPLE = "cosearch report runs/001"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Define the options."""
    parser.add_argument("run", type=Path, help="folder of a run")


def run(args: argparse.Namespace) -> int:
    """Write it and print where it is."""
    from cosearch.commands.output import print_json
    from cosearch.report import write_report

    path = write_report(args.run)
    if args.json:
        print_json({"report": str(path)})
    else:
        print(path)
    return 0
