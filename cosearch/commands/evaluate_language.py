"""``cosearch evaluate`` of a language model: how fast it answers, what a token costs, what its memory holds."""

from __future__ import annotations

import argparse
import math
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from nets.documents.grammar import Piece
from nets.errors import InputError

if TYPE_CHECKING:
    from accel_models.accelerator import Accelerator
    from cosearch.evaluation.serving import Serving, StepCost
    from cosearch.evaluation.serving_sweep import Point
    from nets.language.model import LanguageModel
    from nets.language.network import LanguageNetwork
    from nets.number_formats import NumberFormats

MOST_POINTS: Final = 1000
_SWEPT: Final = ("context", "batch")
_EXAMPLE: Final = "--sweep context=1k..128k batch=1..64"


def add_language_options(parser: argparse.ArgumentParser) -> None:
    """Define what is asked of language models alone."""
    parser.add_argument(
        "--sweep",
        nargs="+",
        metavar="NAME=FROM..TO",
        help="a language model over a grid: contexts, batches or both, doubled from one end to the other or listed, "
        "as in context=1k..128k batch=1,8,64",
    )
    parser.add_argument(
        "--dram-capacity",
        metavar="SIZE",
        help="that holds weights, keys and values, e.g. 8GB (default: what the machine says, else without limit)",
    )


def dram_bytes(args: argparse.Namespace, accelerator: Accelerator) -> int | None:
    """What DRAM holds, as ``--dram-capacity`` says, else the machine; ``None`` where neither limits it.

    Raises:
        TextError: no size with its unit.
        InputError: more than the machine has.
    """
    from cosearch.evaluation.room import capacity_bytes
    from cosearch.problem.budget import Quantity

    built = capacity_bytes(accelerator)
    if args.dram_capacity is None:
        return None if math.isinf(built) else int(built)
    units = {"GB": 1e9, "GiB": 2.0**30, "MB": 1e6, "MiB": 2.0**20, "TB": 1e12, "TiB": 2.0**40}
    asked = int(Quantity("capacity", "capacity_bytes", units).read("--dram-capacity", Piece.of(args.dram_capacity)))
    if asked > built:
        raise InputError("--dram-capacity", args.dram_capacity, f"is more than {accelerator.name} has: {built:,.0f} B")
    return asked


def asked_language(args: argparse.Namespace, network: object) -> LanguageNetwork | None:
    """The language model in its phases; ``None`` for another network.

    Raises:
        InputError: another network, and more is asked than of such.
    """
    from nets.language.network import LanguageNetwork

    if isinstance(network, LanguageNetwork):
        return network
    if args.dram_capacity is not None:
        raise InputError(
            "--dram-capacity", args.dram_capacity, "is of language models in a phase, which keep keys and values",
            "give --phase, as in --phase decode",
        )  # fmt: skip
    return None


def require_one_format(args: argparse.Namespace, asked: LanguageNetwork | None) -> None:
    """Refuse widths of single layers for a language model in a phase, whose memory is counted in one format.

    Raises:
        InputError: such a model is asked for.
    """
    for option in ("bits_table", "layer_precision"):
        if asked is not None and (given := getattr(args, option)) is not None:
            rule = "is not of a language model in a phase, whose memory is counted in one format"
            raise InputError(f"--{option.replace('_', '-')}", given, rule, "give --precision")


def require_memory(asked: LanguageNetwork, formats: NumberFormats, capacity: int) -> None:
    """Make sure that a memory holds the model in all its phases.

    Raises:
        InputError: see :meth:`nets.language.footprint.Footprint.require`.
    """
    from nets.language.footprint import Footprint

    footprint = Footprint.of(asked.model, formats)
    for step in asked.steps:
        footprint.require(capacity, step.phase)


def print_serving(serving: Serving, capacity: int | None) -> None:
    """What a user of the model asks."""
    if serving.first_token_s is not None:
        print(f"time to first token  {serving.first_token_s:.4g} s")
    if serving.tokens_per_s is not None:
        print(f"decoding             {serving.tokens_per_s:.4g} tokens/s, {serving.joule_per_token:.4g} J a token")
    for one in serving.steps:
        read, written = one.cache_bytes["read"], one.cache_bytes["written"]
        moved = f"weights read {one.weight_bytes:,.0f} B, keys and values read {read:,} B, written {written:,} B"
        print(f"{one.step!s:20} {one.latency_s:.4g} s, {one.energy_j:.4g} J; {moved}{_experts(one)}")
    footprint, phase = serving.footprint, serving.largest
    kept = f"weights {footprint.weight_bytes:,} B + keys and values {footprint.cache_bytes(phase):,} B"
    print(f"memory               {kept} = {footprint.needed(phase):,} B; {_limit(capacity)}")


def _experts(one: StepCost) -> str:
    """How many are used, in words; empty where there are none."""
    if one.experts is None:
        return ""
    expected, fewest, most = (one.experts[name] for name in ("expected", "fewest", "most"))
    return f", of {expected:.5g} experts a block ({fewest} to {most})"


def _limit(capacity: int | None) -> str:
    return "DRAM is not limited (--dram-capacity)" if capacity is None else f"DRAM holds {capacity:,} B"


def sweep_language(args: argparse.Namespace) -> int:
    """Map and print a grid."""
    from accel_models.precision import arithmetic_of
    from accel_models.presets import load_accelerator
    from cosearch.commands.options import carried, mapper_options, number_formats
    from cosearch.commands.output import print_json
    from cosearch.evaluation.serving_sweep import sweep
    from cosearch.executors.processes import processors

    model, phases = _model(args), _phases(args)
    grid = _grid(args, model.positions)
    formats = number_formats(args)
    accelerator = load_accelerator(args.accelerator, precision=arithmetic_of(formats), **carried(args))
    capacity = dram_bytes(args, accelerator)
    points = sweep(
        model,
        accelerator,
        formats,
        contexts=grid["context"],
        batches=grid["batch"],
        phases=phases,
        options=mapper_options(args, threads=processors()),
        evaluations=args.evaluations,
    )
    if args.json:
        about = {
            "network": args.network,
            "accelerator": accelerator.name,
            "precision": str(formats) if formats else None,
        }
        print_json(about | {"points": [point.to_dict(capacity) for point in points]})
    else:
        _print_points(points, capacity)
    return 0


def _model(args: argparse.Namespace) -> LanguageModel:
    from cosearch.commands.options import option_error
    from nets.errors import unknown
    from nets.language.network import language_model
    from nets.zoo.language import MODELS

    of_others = ("shape", "outputs", "movement", "fold_3d", "new", "resolution")
    for name in (*of_others, "bits_table", "max_loss", "layer_precision", "latency_model", "latency"):
        if (value := getattr(args, name)) is not None:
            raise option_error(name, value, "says nothing of a sweep", "leave it out")
    model = language_model(args.network)
    if model is None:
        raise unknown("--sweep: language model", args.network, MODELS)
    return model


def _grid(args: argparse.Namespace, positions: int) -> dict[str, list[int]]:
    """Values of every axis: as swept, as said by its own option, or the usual one.

    Raises:
        InputError: no such axis, one given twice, values that are none, or too many points.
    """
    from nets.language.asked import USUAL_CONTEXT

    grid: dict[str, list[int]] = {}
    for text in args.sweep:
        name, values = Piece.of(text).cut("=")
        name.one_of("--sweep", _SWEPT)
        if values is None:
            raise name.refuse("--sweep", "has no values", f"write e.g. {_EXAMPLE}")
        if name.word in grid or getattr(args, name.word) is not None:
            raise name.refuse("--sweep", "is given twice", "leave one out")
        grid[name.word] = read_axis(values)
    for axis, usual in zip(_SWEPT, (min(USUAL_CONTEXT, positions), 1)):
        given = getattr(args, axis)
        grid.setdefault(axis, [usual if given is None else given])
    points = len(grid["context"]) * len(grid["batch"])
    if points > MOST_POINTS:
        raise InputError("--sweep", points, f"are more points than {MOST_POINTS}")
    return grid


def read_axis(text: Piece) -> list[int]:
    """``1k..128k``, doubled from the first until the last, or ``1,8,64``.

    Raises:
        TextError: no such values, or none in order.
    """
    from nets.language.asked import read_count

    first, last = text.cut("..")
    if last is None:
        values = [read_count("--sweep", piece) for piece in text.split(",")]
    else:
        value, end = read_count("--sweep", first), read_count("--sweep", last)
        values = [value << power for power in range((end // value).bit_length())] or [value]
        values += [end] if values[-1] != end else []
    if any(later <= earlier for earlier, later in pairwise(values)):
        raise text.refuse("--sweep", "must rise")
    return values


def _phases(args: argparse.Namespace) -> Sequence[str]:
    """Those asked of, both by default.

    Raises:
        TextError: no such phase, or one named twice.
    """
    from nets.language.phase import PHASES

    if args.phase is None:
        return PHASES
    found: list[str] = []
    for piece in Piece.of(args.phase).split(","):
        if piece.one_of("--phase of a sweep", PHASES) in found:
            raise piece.refuse("--phase of a sweep", "is named twice", "leave one out")
        found.append(piece.word)
    return found


def _print_points(points: Sequence[Point], capacity: int | None) -> None:
    footprint = points[0].serving.footprint
    print(f"weights {footprint.weight_bytes:,} B; {_limit(capacity)}\n")
    print(f"{'context':>8}{'batch':>7}{'first token s':>15}{'tokens/s':>11}{'J/token':>11}{'KV bytes':>20}  memory")
    for point in points:
        one = point.serving
        figures = (one.first_token_s, one.tokens_per_s, one.joule_per_token)
        first, rate, energy = ("-" if figure is None else f"{figure:.4g}" for figure in figures)
        kept = footprint.cache_bytes(one.largest)
        row = f"{point.context:>8}{point.batch:>7}{first:>15}{rate:>11}{energy:>11}{kept:>20,}"
        print(f"{row}  {_memory(point, capacity)}".rstrip())
    if left_out := next((point.left_out for point in points if point.left_out), ""):
        print(f"- where it is so large that it is not counted exactly: {left_out}")


def _memory(point: Point, capacity: int | None) -> str:
    """Whether a point fits, in words."""
    if capacity is None:
        return ""
    footprint, phase = point.serving.footprint, point.serving.largest
    missing = footprint.missing(capacity, phase)
    return f"{missing:,} B missing; {footprint.what_fits(capacity, phase)}" if missing else "fits"
