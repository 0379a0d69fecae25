"""Options that several commands have in common."""

from __future__ import annotations

import argparse
import math
import shlex
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from nets.documents import parse_json
from nets.errors import NO_VALUE, InputError, of_option
from nets.own_code import own_space_name

if TYPE_CHECKING:
    from accel_models.description import Machine
    from accel_models.formats.scalesim import ScaleSim
    from accel_models.systems.system import System
    from cosearch.problem.mapper_options import MapperOptions
    from nets import Network
    from nets.bits_table import BitsTable
    from nets.imports import ImportReport
    from nets.layer_formats import LayerFormats
    from nets.number_formats import NumberFormats


_UNHEARD: Final[Mapping[str, Sequence[str]]] = {"exhaustive": ("seed",), "optimal": ("evaluations", "seed")}
"""Options that a mapper does not look at."""


def add_mapper_options(parser: argparse.ArgumentParser, *, objective: str, evaluations: int) -> None:
    """Define how every layer of a network is mapped; :func:`settle_mapper_options` has the usual values."""
    parser.add_argument("--mapper", help="how to search mappings (default: cmaes)")
    parser.add_argument("--evaluations", type=int, help=f"for each layer shape (default: {evaluations})")
    parser.add_argument("--objective", help=f"edp, latency or energy (default: {objective})")
    parser.add_argument("--seed", type=int, help="same seed, same mappings (default: 0)")
    parser.set_defaults(usual={"mapper": "cmaes", "evaluations": evaluations, "objective": objective, "seed": 0})


def settle(args: argparse.Namespace) -> None:
    """Give options that were not given the usual values that their command has for them."""
    for option, value in args.usual.items():
        if getattr(args, option) is None:
            setattr(args, option, value)


def refuse_of_other_actions(
    args: argparse.Namespace,
    action: str,
    options_of: Mapping[str, Sequence[str]],
    flags: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """Make sure that no option was given that only other actions of a command take.

    Args:
        action: that is asked for.
        options_of: by action, the options that it takes beside those that all take.
        flags: how options are spelled that are not spelled as Python has them.

    Raises:
        InputError: one was; says whose it is.
    """
    for option in sorted(set[str]().union(*options_of.values()) - {*options_of.get(action, ())}):
        given = getattr(args, option)
        if given is None or given is False or given == []:
            continue
        of = ", ".join(other for other, options in options_of.items() if option in options)
        raise option_error(option, given, f"is an option of {of}", "leave it out", flags)


def option_error(
    option: str, value: object, rule: str, hint: str = "", flags: Mapping[str, str] = MappingProxyType({})
) -> InputError:
    """An error about an option by the name that Python has for it.

    Args:
        flags: how options are spelled that are not spelled as Python has them.
    """
    return InputError(flags.get(option, f"--{option.replace('_', '-')}"), of_option(value), rule, hint)


def settle_mapper_options(args: argparse.Namespace) -> None:
    """Give options of a mapper that were not given their usual values.

    Raises:
        InputError: one was given that the mapper does not look at; names it.
    """
    mapper = args.mapper or args.usual["mapper"]
    for option in _UNHEARD.get(mapper, ()):
        if (value := getattr(args, option)) is not None:
            raise option_error(option, value, f"has no effect with --mapper {mapper}", "leave it out")
    settle(args)


def mapper_options(args: argparse.Namespace, *, threads: int = 1) -> MapperOptions:
    """What :func:`add_mapper_options` was given, for so many threads.

    Raises:
        InputError: no such objective.
    """
    from cosearch.problem.mapper_options import MapperOptions
    from cosearch.problem.objective import load_objective

    return MapperOptions(
        mapper=args.mapper, objective=load_objective(args.objective).name, seed=args.seed, threads=threads
    )


def add_carrying_options(
    parser: argparse.ArgumentParser | argparse._ArgumentGroup, *, of: str = "the accelerator"
) -> None:
    """Define which technology accelerators are carried to."""
    parser.add_argument("--node", type=int, metavar="NM", help=f"carry {of} to this technology")
    parser.add_argument("--voltage", type=float, metavar="V", help="and to this supply; its clock follows")
    parser.add_argument("--dram", metavar="TYPE", help="and to this DRAM: lpddr4, ddr4, hbm2, hbm3 and others")
    parser.add_argument(
        "--standing-costs",
        action="store_true",
        default=None,
        help="count the DRAM's interface on the chip, its standby and refresh, and leakage of the MACs, too",
    )
    parser.add_argument(
        "--technology",
        type=Path,
        metavar="FILE",
        help="figures of your own in place of ours: YAML of memories, MACs and wires, or with Accelergy's tables",
    )


CARRIED: Final = ("node", "voltage", "dram", "standing_costs", "technology")
"""Of :func:`add_carrying_options`."""


def carried(args: argparse.Namespace) -> dict[str, Any]:
    """What :func:`add_carrying_options` was given, as :func:`~accel_models.presets.load_machine` takes it."""
    given = {"node_nm" if name == "node" else name: getattr(args, name) for name in CARRIED}
    if args.technology is not None:
        from accel_models.technology_file import read_technology

        given["technology"] = read_technology(args.technology)
    return given


def add_import_options(parser: argparse.ArgumentParser | argparse._ArgumentGroup) -> None:
    """Define how a network that is no reference network is imported, and what a language model is asked to do."""
    parser.add_argument(
        "--shape",
        action="append",
        metavar="INPUT=DIMS",
        help="of an input of an ONNX file or module, as in x=1x3x224x224, tokens=1x128:int64; several are allowed",
    )
    parser.add_argument(
        "--subnet",
        metavar="GENES",
        help="of a space that is named in place of a network (PACKAGE.MODULE:SPACE too): max, min, or genes as JSON",
    )
    parser.add_argument("--outputs", metavar="NAME[,NAME]", help="stop at these tensors of an ONNX file")
    parser.add_argument(
        "--movement",
        action="append",
        metavar="OP",
        help="cost an operation that is not known as a copy; several are allowed",
    )
    parser.add_argument(
        "--fold-3d",
        action="store_true",
        default=None,
        help="fold the depth of 3-D convolutions into batch and channels: MACs exact, inputs overcounted",
    )
    parser.add_argument(
        "--phase",
        metavar="PHASE[,PHASE]",
        help="of a language model: prefill, a prompt (usual), decode, one token more, or a request of several, each "
        "with its context and how often: prefill:512,decode:576x128",
    )
    parser.add_argument("--batch", type=_count, help="of a language model: sequences (default: 1)")
    parser.add_argument("--new", type=_count, help="of a language model: tokens worked on (default: the context, or 1)")
    parser.add_argument("--context", type=_count, help="of a language model: tokens attended to (default: 1024 or all)")


def _count(text: str) -> int:
    """A number of tokens or sequences as phases write it: ``512``, ``4k``.

    Raises:
        argparse.ArgumentTypeError: it is none.
    """
    digits, thousands = (text[:-1], 1024) if text.endswith("k") else (text, 1)
    try:
        return int(digits) * thousands
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number; write e.g. 2048 or 2k") from None


def add_precision_option(parser: argparse.ArgumentParser | argparse._ArgumentGroup) -> None:
    """Define how wide the numbers of networks are."""
    parser.add_argument(
        "--precision",
        metavar="FORMAT",
        help="bits of weights and activations, as in w8a8, w4a16, or w4g128a16 with scales; on a template or structure",
    )


def add_layer_precision_option(parser: argparse.ArgumentParser | argparse._ArgumentGroup) -> None:
    """Define how wide the numbers of single layers are."""
    parser.add_argument(
        "--layer-precision",
        action="append",
        metavar="PATTERN=FORMAT",
        help="of layers whose names fit, as in 'fire9.*=w4a8'; several are allowed, the last that fits counts",
    )


def layer_formats(args: argparse.Namespace) -> LayerFormats | None:
    """What :func:`add_layer_precision_option` was given."""
    from nets.layer_formats import LayerFormats

    return None if args.layer_precision is None else LayerFormats.parse(args.layer_precision)


def add_bits_table_options(parser: argparse.ArgumentParser | argparse._ArgumentGroup) -> None:
    """Define the choice of a width for each layer."""
    parser.add_argument(
        "--bits-table",
        metavar="FILE",
        help="CSV of layer, bits and loss: take for each layer the bits of its weights that are best within --max-loss",
    )
    parser.add_argument("--max-loss", type=float, metavar="LOSS", help="that the losses of all layers may add up to")


def asked_bits(args: argparse.Namespace) -> tuple[BitsTable, float] | None:
    """What :func:`add_bits_table_options` was given; ``None`` for nothing.

    Raises:
        InputError: one of both, no finite number, or a table that cannot be read.
    """
    from nets.bits_table import read_bits_table

    if args.bits_table is None and args.max_loss is None:
        return None
    if args.max_loss is None:
        raise InputError("--bits-table", args.bits_table, "needs a limit on what is lost", "give --max-loss")
    if args.bits_table is None:
        raise InputError("--max-loss", args.max_loss, "is of a table of bits and losses", "give --bits-table FILE")
    if not math.isfinite(args.max_loss):
        raise InputError("--max-loss", args.max_loss, "must be a finite number")
    return read_bits_table(args.bits_table), args.max_loss


def number_formats(args: argparse.Namespace) -> NumberFormats | None:
    """What :func:`add_precision_option` was given."""
    from nets.number_formats import NumberFormats

    return None if args.precision is None else NumberFormats.parse(args.precision)


OF_IMPORTS: Final = ("shape", "subnet", "outputs", "movement", "fold_3d", "phase", "batch", "new", "context")
"""What :func:`add_import_options` defines."""
_OF_NETWORKS = (
    *OF_IMPORTS, "precision", "sweep", "dram_capacity", "bits_table", "max_loss", "layer_precision"
)  # fmt: skip


def refuse_network_options(args: argparse.Namespace, *, but: Sequence[str] = ()) -> None:
    """Make sure that nothing was asked of a network where none is named, ``but`` options that count all the same.

    Raises:
        InputError: it was; names the first such option.
    """
    for name in _OF_NETWORKS:
        if name not in but and (value := getattr(args, name, None)) is not None:
            raise option_error(name, value, "is of a network that is named", "give --network")


def named_networks(args: argparse.Namespace, names: Sequence[str]) -> list[Network]:
    """The networks of some names: reference networks, ONNX files, ``package.module:factory``, subnets of spaces.

    What should be known of an import is said on standard error.

    Raises:
        InputError: see :func:`nets.imports.named.named_network`; options of an import where nothing is imported.
    """
    from cosearch.reports.printable import one_line
    from nets import named_network
    from nets.imports.named import imported, names_space
    from nets.imports.options import ImportOptions, parse_shapes
    from nets.language.asked import AskedPhase

    options = ImportOptions(
        shapes=parse_shapes(args.shape or ()),
        outputs=() if args.outputs is None else tuple(args.outputs.split(",")),
        movement=tuple(args.movement or ()),
        fold_3d=bool(args.fold_3d),
    )
    phase = AskedPhase(args.phase, args.batch, args.new, args.context)
    if args.subnet is not None and not any(map(names_space, names)):
        raise InputError("--subnet", args.subnet, "is of a space, and none is named", "cosearch nas spaces has them")
    some = any(map(imported, names))
    networks = []
    for name in names:
        own = options if imported(name) or not some else ImportOptions()
        subnet = args.subnet if args.subnet is not None and names_space(name) else None
        networks.append(named_network(name, getattr(args, "resolution", None), options=own, phase=phase, subnet=subnet))
        report: ImportReport | None = getattr(networks[-1], "report", None)
        notes = getattr(networks[-1], "notes", ()) if report is None else report.sentences()
        for sentence in notes:
            print(f"note: {one_line(name)}: {one_line(sentence)}", file=sys.stderr)
    return networks


def add_subnet_space_option(parser: argparse.ArgumentParser | argparse._ArgumentGroup) -> None:
    """Define the space of the one network that a command is about."""
    parser.add_argument("--space", help="take the network of this space that --subnet says; PACKAGE.MODULE:SPACE too")


def name_subnet_space(args: argparse.Namespace) -> None:
    """Take what :func:`add_subnet_space_option` was given for the name of the network.

    Raises:
        InputError: a network is named as well; no such space; no subnet of it is said.
    """
    from nets.spaces import load_space

    if args.space is None:
        return
    if args.network is not None:
        raise InputError("--space", args.space, f"contradicts --network {args.network}", "drop one of them")
    load_space(args.space)
    if args.subnet is None:
        raise InputError("--space", args.space, "has many networks", "say which: --subnet max, min or genes as JSON")
    args.network = args.space


def add_own_space_option(parser: argparse.ArgumentParser) -> None:
    """Define how the code of a run's space is allowed to run, which no file can have run."""
    parser.add_argument(
        "--space",
        metavar="PACKAGE.MODULE:SPACE",
        help="of the run, where it is your own: runs the code of that package",
    )


def own_space(args: argparse.Namespace) -> dict[str, str]:
    """What :func:`add_own_space_option` was given, as an option of the run."""
    return {} if args.space is None else {"space": args.space}


def own_space_again(space: str | None) -> str:
    """The words of a command line that name a space of one's own again, behind a command that goes on with its run."""
    return f" --space {shlex.quote(space)}" if space is not None and own_space_name(space) else ""


def say_what_is_lost(machine: Machine | ScaleSim | System) -> None:
    """Say on standard error what the file of another tool asks for that its machine or system does not have."""
    for sentence in getattr(machine, "lacks", ()):
        print(f"not modelled: {sentence}", file=sys.stderr)


def needed(args: argparse.Namespace, command: str, option: str) -> Any:
    """The value of an option that this action cannot do without.

    Raises:
        InputError: it is not given.
    """
    value = getattr(args, option)
    if value is None:
        raise InputError(
            f"{command} {args.action}: --{option}", NO_VALUE, "is missing", f"see: cosearch {command} --help"
        )
    return value


def chosen_config(text: str, space: Any) -> dict[str, Any]:
    """The network of a space that ``--config`` says: ``max``, ``min``, or its genes as a JSON object.

    Raises:
        InputError: the text is no JSON object, or the space has no such network.
    """
    if text in ("max", "min"):
        extreme: dict[str, Any] = space.max_config() if text == "max" else space.min_config()
        return extreme
    config = parse_json(text, "--config")
    if not isinstance(config, dict):
        example = '{"ks": [...], "e": [...], "d": [...], "r": 128}'
        raise InputError("--config", text, "must be a JSON object", f"for a subnet of Once-for-All: {example}")
    canonical: dict[str, Any] = space.canonical(config)
    return canonical
