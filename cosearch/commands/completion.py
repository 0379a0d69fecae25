"""Print the script that lets a shell complete commands, options and names of networks, accelerators, mappers."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from typing import Final

EXAMPLE = "cosearch completion bash > ~/.local/share/bash-completion/completions/cosearch"

SHELLS: Final = ("bash", "zsh", "fish")

FILES: Final = frozenset({"bits_table", "config", "file", "latency", "nest", "pairs", "predictor", "scalesim", "svg"})
FOLDERS: Final = frozenset({"data", "out", "resume", "run", "timeloop", "zigzag"})


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Define the options."""
    parser.add_argument("shell", choices=SHELLS, help="that will read the script")


def run(args: argparse.Namespace) -> int:
    """Print the script."""
    from cosearch.commands.output import print_json

    script = completion_script(args.shell)
    if args.json:
        print_json({"shell": args.shell, "script": script})
    else:
        print(script)
    return 0


def completion_script(shell: str) -> str:
    """The script for one of :data:`SHELLS`."""
    import shtab

    from cosearch.commands import COMMANDS
    from cosearch.commands.parser import command_parser

    parser = argparse.ArgumentParser("cosearch")
    parser.add_argument("--version", action="store_true", help="print the version")
    commands = parser.add_subparsers()
    for name, summary in COMMANDS.items():
        own = commands.add_parser(name, help=summary, parents=[command_parser(name)], add_help=False)
        for action in own._actions:
            _suggest(action, name)
    return str(shtab.complete(parser, shell))


def _suggest(action: argparse.Action, command: str) -> None:
    """Say what goes with an option; a script only suggests, so that paths and lists with commas are accepted still."""
    import shtab

    names = _names()
    what = command.removesuffix("s") if action.dest == "name" else action.dest
    listed = names.get(f"{command} {what}") or names.get(what)
    if action.choices is None and listed is not None:
        action.choices = listed()
    if action.choices is not None:
        return
    if action.dest in FILES or (action.dest == "out" and action.metavar == "FILE"):
        action.complete = shtab.FILE  # type: ignore[attr-defined]
    elif action.dest in FOLDERS:
        action.complete = shtab.DIRECTORY  # type: ignore[attr-defined]


def _names() -> dict[str, Callable[[], Sequence[str]]]:
    """What may be named, by the argument that takes it; with the command before it where that has names of its own."""
    from typing import get_args

    from accel_models.cost import Convention
    from accel_models.dram import DRAM
    from accel_models.presets import list_accelerators
    from accel_models.technology import NODES_NM
    from cosearch.nas.setup import ALIASES, MEASURES, REWARDS
    from cosearch.problem.axes import AXES
    from cosearch.problem.objective import OBJECTIVES
    from cosearch.strategies.methods import METHODS
    from cosearch.strategies.samplers import SAMPLERS
    from mappings import list_mappers
    from nets import list_networks, list_spaces

    return {
        "network": list_networks,
        "accelerator": list_accelerators,
        "mapper": list_mappers,
        "space": list_spaces,
        "sampler": lambda: list(SAMPLERS),
        "objective": lambda: list(OBJECTIVES),
        "objectives": lambda: list(AXES),
        "node": lambda: [str(node) for node in NODES_NM],
        "dram": lambda: list(DRAM),
        "data": lambda: ["digits"],
        "method": lambda: METHODS,
        "methods": lambda: METHODS,
        "nas space": lambda: [*ALIASES, *list_spaces()],
        "nas objective": lambda: [*MEASURES, *REWARDS, "weighted"],
        "convention": lambda: get_args(Convention),
    }
