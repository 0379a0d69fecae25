"""Write a machine as files of another tool, with --layer also the layer and the best mapping found of it, or the
design of a run with all its layers and mappings: Timeloop v0.4, ZigZag 3, MAESTRO, SCALE-Sim, Gemmini's generator, or
CSV. What a tool's form has no place for is said."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cosearch.commands.options import CARRIED, add_carrying_options, carried, option_error

if TYPE_CHECKING:
    from accel_models.accelerator import Accelerator
    from accel_models.formats.written import Written
    from accel_models.loopnest import Mapping
    from nets import Layer

EXAMPLE = "cosearch export nvdla_256 --to timeloop --layer K=64,C=64,P=14,Q=14 --out exported"

TOOLS: Final = ("timeloop", "zigzag", "maestro", "scalesim", "gemmini", "csv")
WITHOUT_MAPPINGS: Final = ("scalesim", "gemmini")
"""Whose files hold none."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Define the options."""
    parser.add_argument("accelerator", help="a name of 'cosearch accelerators list', a file, or the folder of a run")
    parser.add_argument("--to", choices=TOOLS, required=True, help="whose files to write")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="a folder, which is made")
    parser.add_argument("--layer", help="NETWORK:LAYER, or dims as in K=64,C=64,P=56,Q=56,R=3,S=3,stride=2")
    add_carrying_options(parser)
    parser.add_argument("--mapper", help="how to search the mapping of --layer (default: cmaes)")
    parser.add_argument("--evaluations", type=int, help="mappings to evaluate (default: 2000)")
    parser.add_argument("--seed", type=int, help="same seed, same mapping (default: 0)")
    parser.set_defaults(usual={"mapper": "cmaes", "evaluations": 2000, "seed": 0})


def run(args: argparse.Namespace) -> int:
    """Write."""
    from accel_models.presets import load_accelerator
    from cosearch.commands.export_run import run_design
    from cosearch.commands.layer_spec import parse_layer
    from cosearch.commands.output import print_json
    from nets.documents import require_folder, write_whole
    from nets.errors import InputError

    _check(args)
    design = run_design(args.accelerator)
    if design is not None and args.layer is None:
        rule = "is not for the design of a run, whose mappings are of its own"
        for name in CARRIED:
            if (value := getattr(args, name)) is not None:
                raise option_error(name, value, rule, "leave it out")
        written = _run_written(args.to, design)
    elif args.to == "csv":
        raise InputError("--to", "csv", "is of the design of a run", "name the folder of a run, without --layer")
    else:
        accelerator = load_accelerator(args.accelerator if design is None else design, **carried(args))
        layer = parse_layer(args.layer) if args.layer is not None else None
        written = _written(args.to, accelerator, layer, _searched(args, layer, accelerator))
    require_folder("--out", args.out)
    args.out.mkdir(parents=True, exist_ok=True)
    for name, text in written.files.items():
        (args.out / name).parent.mkdir(exist_ok=True)
        write_whole(args.out / name, text)
    paths = [str(args.out / name) for name in written.files]
    if args.json:
        print_json({"tool": args.to, "files": paths, "lost": list(written.lost)})
        return 0
    print("\n".join(paths))
    for sentence in written.lost:
        print(f"not written: {sentence}", file=sys.stderr)
    return 0


def _check(args: argparse.Namespace) -> None:
    """Make sure that every option has a say.

    Raises:
        InputError: one of a mapping where none is searched; a layer where the tool has none.
    """
    from cosearch.commands.options import settle_mapper_options
    from nets.errors import InputError

    for option in ("mapper", "evaluations", "seed"):
        if (value := getattr(args, option)) is not None:
            if args.to in WITHOUT_MAPPINGS:
                raise InputError(f"--{option}", value, f"is of a mapping, which no file of {args.to} holds")
            if args.layer is None:
                raise InputError(f"--{option}", value, "is of a mapping that is searched", "give --layer")
    settle_mapper_options(args)
    if args.layer is not None and args.to == "gemmini":
        raise InputError("--layer", args.layer, "has no place in Gemmini's parameters", "leave it out")


def _run_written(tool: str, design: Path) -> Written:
    """The design of a run: its machine, and where the tool has mappings, each layer with the run's own."""
    from cosearch.commands.export_run import write_layers, write_tables
    from cosearch.studies.replay import read_best

    found = read_best(design)
    if tool == "csv":
        return write_tables(found)
    if tool in WITHOUT_MAPPINGS:
        return _written(tool, found.winner.accelerator, None, None)
    return write_layers(found, lambda machine, layer, mapping: _written(tool, machine, layer, mapping))


def _searched(args: argparse.Namespace, layer: Layer | None, accelerator: Accelerator) -> Mapping | None:
    """The best mapping found of the layer, in loops that the tool has."""
    from mappings import search
    from nets.layer import DIMS

    if layer is None or args.to in WITHOUT_MAPPINGS:
        return None
    whole: tuple[str, ...] = ()
    if args.to == "maestro" and len(accelerator.levels) > 1:  # whose shared memory holds the whole layer
        whole = tuple(f"{accelerator.level_names[1]}.tile.{dim} = {bound}" for dim, bound in zip(DIMS, layer.bounds))
    return search(
        layer,
        accelerator,
        mapper=args.mapper,
        budget=args.evaluations,
        seed=args.seed,
        tiles="even",
        constraints=whole,
    ).mapping


def _written(tool: str, accelerator: Accelerator, layer: Layer | None, mapping: Mapping | None) -> Written:
    if tool == "gemmini":
        from accel_models.formats.gemmini import write_gemmini

        return write_gemmini(accelerator)
    if tool == "scalesim":
        from accel_models.formats.scalesim_writing import write_scalesim

        return write_scalesim(accelerator, layer)
    if tool == "zigzag":
        from accel_models.formats.zigzag import write_zigzag

        return write_zigzag(accelerator, layer, mapping)
    if tool == "maestro":
        from accel_models.formats.maestro_writing import write_maestro

        return write_maestro(accelerator, layer, mapping)
    from accel_models.formats.timeloop import write_timeloop

    return write_timeloop(accelerator, layer, mapping)
