"""Write what files of another tool say as a file of cosearch's own: a machine as YAML, or with --from the layer,
machine and mapping of a folder as a nest. What the files ask for that the model does not have is said."""
# ruff: noqa: N999 - a module is named after its command

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from accel_models.formats.nest import Nest

EXAMPLE = "cosearch import architecture.yaml --out machine.yaml"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Define the options."""
    parser.add_argument(
        "source",
        type=Path,
        help="a machine of Timeloop's, ZigZag's, Stream's, SCALE-Sim's (.cfg) or Gemmini's (.scala)",
    )
    parser.add_argument(
        "--from", choices=("timeloop", "zigzag"), dest="tool", help="source is a folder of one case of this tool's"
    )
    parser.add_argument(
        "--layer", metavar="NAME", help="with --from zigzag: which of its layers (default: the only one)"
    )
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="YAML of a machine, or JSON of a nest")


def run(args: argparse.Namespace) -> int:
    """Read, write, and say what is lost."""
    from accel_models.formats.nest import write_nest
    from accel_models.presets import load_accelerator, save_machine
    from cosearch.commands.output import print_json
    from nets.documents import require_folder
    from nets.errors import InputError

    if args.layer is not None and args.tool != "zigzag":
        raise InputError(
            "--layer", args.layer, "is of a folder of ZigZag's files", "give --from zigzag, or leave it out"
        )
    if args.tool is None:
        if os.path.isdir(args.source):
            raise InputError("source", str(args.source), "is a folder", "say whose: --from timeloop or --from zigzag")
        machine = load_accelerator(args.source)
        lost = tuple(getattr(machine, "lacks", ()))
    else:
        nest, lost = _case(args)
    require_folder("--out", args.out.parent)
    if args.tool is None:
        save_machine(machine, args.out)
    else:
        write_nest(nest, args.out)
    if args.json:
        print_json({"file": str(args.out), "lost": list(lost)})
        return 0
    print(args.out)
    for sentence in lost:
        print(f"not modelled: {sentence}", file=sys.stderr)
    return 0


def _case(args: argparse.Namespace) -> tuple[Nest, tuple[str, ...]]:
    """The nest that a folder of files comes to, and what it lacks.

    Raises:
        InputError: no mapping in it; several layers and none named; what the readers refuse.
    """
    from accel_models.formats.nest import Nest
    from nets.errors import NO_VALUE, InputError, unknown

    place = str(args.source)
    if args.tool == "timeloop":
        from accel_models.formats.timeloop import load_timeloop

        case = load_timeloop(args.source)
        if case.mapping is None:
            hint = f"search one: cosearch map --timeloop {place}"
            raise InputError("source", place, "holds no mapping, which a nest has", hint)
        return Nest(case.layer, case.accelerator, case.mapping), case.lacks
    from accel_models.formats.zigzag import load_zigzag

    found = {case.layer.name: case for case in load_zigzag(args.source)}
    if args.layer is None and len(found) > 1:
        raise InputError("--layer", NO_VALUE, "is missing: the workload has several", f"one of {', '.join(found)}")
    name = args.layer if args.layer is not None else next(iter(found))
    if name not in found:
        raise unknown("--layer", name, found)
    one = found[name]
    if one.mapping is None:
        hint = f"search one: cosearch map --zigzag {place}"
        raise InputError("source", place, "gives this layer no temporal_ordering, which a nest has", hint)
    return Nest(one.layer, one.accelerator, one.mapping), tuple(getattr(one.accelerator, "lacks", ()))
