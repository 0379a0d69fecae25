"""Show a fact of hardware-aware architecture search: tables, a plot as SVG, and a sentence with its figures.

cosearch exhibit list    the exhibits"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cosearch.exhibits.exhibit import Exhibit, Table

EXAMPLE = "cosearch exhibit macs-are-not-latency --out figures"

EXHIBITS = ("macs-are-not-latency", "specialised", "ofa-against-scaling", "roofline", "peak-memory")
"""Names of :data:`cosearch.exhibits.gallery.EXHIBITS`, for the help, which imports nothing."""
OPTIONS = ("accelerator", "evaluations", "mappings", "seed", "out")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Define the options."""
    parser.add_argument("name", metavar="NAME", choices=("list", *EXHIBITS), help="one of " + ", ".join(EXHIBITS))
    parser.add_argument(
        "--accelerator", metavar="NAME", help="published ones, or files, with commas between (default: the exhibit's)"
    )
    parser.add_argument("--evaluations", type=int, metavar="N", help="of each search (default: the exhibit's)")
    parser.add_argument("--mappings", type=int, metavar="N", help="tried for each layer shape (default: 100)")
    parser.add_argument("--seed", type=int, help="same seed, same figures (default: 0)")
    parser.add_argument("--out", type=Path, metavar="DIR", help="folder of the plot (default: this one)")
    parser.set_defaults(usual={"seed": 0, "out": Path()})


def run(args: argparse.Namespace) -> int:
    """List them, or make one."""
    from cosearch.commands.options import refuse_of_other_actions, settle
    from cosearch.commands.output import print_json
    from cosearch.exhibits.exhibit import Settings
    from cosearch.exhibits.gallery import EXHIBITS, exhibit
    from nets.documents import require_folder, write_whole

    if args.name == "list":
        refuse_of_other_actions(args, "list", {"an exhibit": OPTIONS})
        if args.json:
            print_json([{"exhibit": name, "title": title} for name, (_, title) in EXHIBITS.items()])
        else:
            print("\n".join(f"{name}: {title}" for name, (_, title) in EXHIBITS.items()))
        return 0
    settle(args)
    given: dict[str, Any] = {} if args.mappings is None else {"mappings": args.mappings}
    names = tuple(name.strip() for name in args.accelerator.split(",")) if args.accelerator else ()
    require_folder("--out", args.out)
    shown = exhibit(args.name, Settings(accelerators=names, evaluations=args.evaluations, seed=args.seed, **given))
    args.out.mkdir(parents=True, exist_ok=True)
    plot = args.out / f"{args.name}.svg"
    write_whole(plot, shown.figure.file())
    if args.json:
        print_json(shown.to_dict() | {"plot": str(plot)})
    else:
        print_exhibit(shown)
        print(f"plot: {plot}")
    return 0


def print_exhibit(shown: Exhibit) -> None:
    """Its tables, and what they say."""
    print(f"{shown.title}\n")
    for table in shown.tables:
        _print(table)
    for sentence in shown.said:
        print(sentence)


def _print(table: Table) -> None:
    from rich.console import Console
    from rich.table import Table as RichTable

    grid = RichTable(title=table.title, title_justify="left")
    for column in table.columns:
        grid.add_column(column.heading, justify="right" if column.form else "left")
    for row in table.rows:
        grid.add_row(*(column.show(value) for column, value in zip(table.columns, row)))
    Console(file=sys.stdout, highlight=False, width=None if sys.stdout.isatty() else 110).print(grid)
