"""List published accelerators, or show one: sizes, bandwidths, energies, area by part, sources."""

from __future__ import annotations

import argparse

EXAMPLE = "cosearch accelerators show eyeriss --node 28"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Define the options."""
    parser.add_argument("action", choices=("list", "show"))
    parser.add_argument("name", nargs="?", help="a glob for list; a name or a YAML file for show")
    parser.add_argument("--node", type=int, metavar="NM", help="carry it to this technology (default: its own)")


def run(args: argparse.Namespace) -> int:
    """List or show."""
    from accel_models.datasheet import datasheet, describe
    from accel_models.presets import list_accelerators, load_machine
    from cosearch.commands.output import print_json, print_names
    from cosearch.reports.printable import printable
    from nets.errors import InputError

    if args.action == "list":
        print_names(list_accelerators(args.name or "*"), as_json=args.json)
        return 0
    if args.name is None:
        raise InputError("accelerators show", "", "needs a name", "cosearch accelerators list has them")
    machine = load_machine(args.name, node_nm=args.node)
    if args.json:
        print_json(datasheet(machine))
    else:
        print(printable(describe(machine)))
    return 0
