"""List published accelerators or families of machines, or show one: sizes, energies, area by part, what varies."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from cosearch.commands.options import CARRIED, add_carrying_options, carried, option_error

if TYPE_CHECKING:
    from accel_models.description import Machine

EXAMPLE = "cosearch accelerators show eyeriss --node 28"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Define the options."""
    parser.add_argument("action", choices=("list", "families", "show"))
    parser.add_argument("name", nargs="?", help="a glob for list; a name, a family or a YAML file for show")
    add_carrying_options(parser, of="it")
    parser.add_argument("--sources", action="store_true", help="show where each of its figures comes from")


def run(args: argparse.Namespace) -> int:
    """List or show."""
    from accel_models.datasheet import datasheet, describe
    from accel_models.families import list_families, load_family
    from accel_models.presets import list_accelerators, load_machine
    from cosearch.commands.options import refuse_of_other_actions
    from cosearch.commands.output import print_json, print_names
    from cosearch.reports.printable import printable
    from nets.errors import NO_VALUE, InputError

    refuse_of_other_actions(args, args.action, {"show": (*CARRIED, "sources")})
    if args.action == "families" and args.name is not None:
        raise InputError("accelerators families", args.name, "has no say", "cosearch accelerators show NAME shows one")
    if args.action == "list":
        print_names(list_accelerators(args.name or "*"), as_json=args.json)
        return 0
    if args.action == "families":
        print_names(list_families(), as_json=args.json)
        return 0
    if args.name is None:
        raise InputError("accelerators show", NO_VALUE, "needs a name", "cosearch accelerators list has them")
    machine: Machine
    vary: tuple[str, ...] = ()
    if args.name in list_families():
        for name in CARRIED:
            if (value := getattr(args, name)) is not None:
                raise option_error(name, value, f"is not for {args.name}, whose file says it", "leave it out")
        machine, vary = load_family(args.name)
    else:
        machine = load_machine(args.name, **carried(args))
    if args.sources:
        _show_sources(machine, as_json=args.json)
        return 0
    if args.json:
        print_json(datasheet(machine) | ({"vary": list(vary)} if vary else {}))
        return 0
    print(printable(describe(machine)))
    if vary:
        print(printable(f"in a search with --machine {args.name} vary: {', '.join(vary)}"))
    return 0


def _show_sources(machine: Machine, *, as_json: bool) -> None:
    from dataclasses import asdict

    from accel_models.sources import sourced
    from cosearch.commands.output import print_json
    from cosearch.reports.printable import printable
    from nets.errors import InputError

    found = sourced(machine)
    if not found:
        rule = f"come from its own file: {machine.source or 'which does not say where from'}"
        raise InputError("--sources", machine.name, f"has figures that {rule}", "leave --sources out")
    if as_json:
        print_json([asdict(each) for each in found])
        return
    wide = max(len(each.what) for each in found)
    for each in found:
        print(printable(f"{each.what:<{wide}}  {each.figure}"))
        print(printable(f"{'':<{wide}}  source: {' '.join(each.source.split())}"))
