"""What ``cosearch map`` is to map: a layer on an accelerator, or those of a folder of another tool's files."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cosearch.commands.options import CARRIED, carried, number_formats, refuse_network_options, say_what_is_lost
from nets.errors import InputError

if TYPE_CHECKING:
    from accel_models import Accelerator
    from nets import Layer

FOLDERS = ("timeloop", "zigzag")
"""Options that name a folder of another tool's files."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One layer to map.

    Attributes:
        layer, accelerator: what runs where.
        convention: of counting, which suits them.
        lacks: what their files ask for in vain, and what else is to be said.
        constraints: that their files put on mappings.
    """

    layer: Layer
    accelerator: Accelerator
    convention: Any = "default"
    lacks: tuple[str, ...] = ()
    constraints: tuple[str, ...] = ()


def folder_option(args: argparse.Namespace) -> str | None:
    """Which option of :data:`FOLDERS` is given.

    Raises:
        InputError: more than one.
    """
    given = [option for option in FOLDERS if getattr(args, option) is not None]
    if len(given) > 1:
        raise InputError(f"--{given[0]}", getattr(args, given[0]), f"contradicts --{given[1]}", "give one of them")
    return given[0] if given else None


def problems(args: argparse.Namespace) -> list[Problem]:
    """All that is to be mapped: of ZigZag's files every layer of the workload, else one.

    Raises:
        InputError: nothing or too much is given, or what the readers refuse.
    """
    folder = folder_option(args)
    if folder is None:
        return [_named(args)]
    refuse_network_options(args)
    for option in ("layer", "accelerator", *CARRIED):
        if getattr(args, option) is not None:
            rule = "brings its own layer and accelerator"
            raise InputError(f"--{folder}", getattr(args, folder), rule, f"leave --{option.replace('_', '-')} out")
    return _of_timeloop(args.timeloop) if folder == "timeloop" else _of_zigzag(args.zigzag)


def _of_timeloop(folder: str) -> list[Problem]:
    from accel_models.formats.timeloop import load_timeloop

    case = load_timeloop(folder)
    return [Problem(case.layer, case.accelerator, "timeloop", case.lacks, case.constraints)]


def _of_zigzag(folder: str) -> list[Problem]:
    from accel_models.formats.zigzag import load_zigzag

    cases = load_zigzag(folder)
    if not cases:
        raise InputError("--zigzag", folder, "has no layer for the MAC array")
    return [
        Problem(case.layer, case.accelerator, "timeloop", case.accelerator.lacks, case.constraints) for case in cases
    ]


def _named(args: argparse.Namespace) -> Problem:
    from accel_models.precision import arithmetic_of
    from accel_models.presets import load_accelerator
    from cosearch.commands.layer_spec import parse_layer
    from cosearch.evaluation.precision import at_precision_of, precision_note

    refuse_network_options(args, but=["precision"])
    for option in ("layer", "accelerator"):
        if not getattr(args, option):
            hint = "or " + " or ".join(f"--{folder} DIR" for folder in FOLDERS)
            raise InputError(f"--{option}", getattr(args, option), "is needed", hint)
    formats = number_formats(args)
    accelerator = load_accelerator(args.accelerator, precision=arithmetic_of(formats), **carried(args))
    say_what_is_lost(accelerator)
    layer = at_precision_of(accelerator, parse_layer(args.layer), formats)
    note = precision_note(accelerator, [layer], formats)
    return Problem(layer, accelerator, lacks=(note,) if note else ())
