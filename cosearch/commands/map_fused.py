"""``cosearch map --network --fuse``: which layers run together tile by tile, in which tiles, with which mappings."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any, Final

from nets.errors import InputError
from nets.layer import DIMS

if TYPE_CHECKING:
    from mappings.fusion.cutter import Part
    from mappings.fusion.fuse import Fused
    from mappings.fusion.members import Member

WHAT: Final = {"edp": ("energy x latency", "J s"), "energy": ("energy", "J"), "latency": ("latency", "s")}
_FIXED = {
    "mapper": ("optimal", "every piece is mapped by the search that proves it"),
    "tiles": ("ragged", "tiles of pieces may be ragged"),
    "convention": ("default", "what crosses is counted by that one alone"),
    "aggregate": ("network", "what is minimised is the whole network's"),
}


def map_fused(args: argparse.Namespace) -> int:
    """Search and print."""
    from accel_models.precision import arithmetic_of
    from accel_models.presets import load_accelerator
    from cosearch.commands.options import carried, layer_formats, named_networks, number_formats, say_what_is_lost
    from cosearch.commands.output import print_json
    from cosearch.evaluation.mapped_networks import require_energies
    from cosearch.evaluation.precision import at_precision_of, precision_note, with_own_formats
    from cosearch.evaluation.room import require_room
    from cosearch.problem.objective import load_objective
    from mappings.fusion.fuse import fuse

    if args.accelerator is None:
        raise InputError("map --network", args.network, "needs --accelerator")
    refuse_what_has_no_say(args, "--fuse")
    formats = number_formats(args)
    accelerator = load_accelerator(args.accelerator, precision=arithmetic_of(formats), **carried(args))
    say_what_is_lost(accelerator)
    require_energies(accelerator, args.objective)
    own, named = layer_formats(args), named_networks(args, [args.network])[0]
    network = with_own_formats(accelerator, at_precision_of(accelerator, named, formats), own)
    require_room(network, accelerator)
    objective = load_objective(args.objective).name
    found = fuse(network, accelerator, objective=objective)
    figures = _figures(found)
    if args.json:
        print_json(figures)
    else:
        print_groups(figures)
    if note := precision_note(accelerator, network.layers, formats):
        print(f"note: {note}", file=sys.stderr)
    return 0


def refuse_what_has_no_say(args: argparse.Namespace, asked: str) -> None:
    """Make sure that no option was given which groups, or stages on cores, pass over.

    Raises:
        InputError: names it.
    """
    for name, (value, reason) in _FIXED.items():
        given = getattr(args, name)
        if given not in (None, value):
            raise InputError(f"map {asked} --{name}", given, f"is not {value}: {reason}", "leave it out")
    for name in ("constraint", "evaluations", "time_limit", "seed", "bits_table", "max_loss"):
        if getattr(args, name) not in (None, []):
            raise InputError(f"map {asked} --{name.replace('_', '-')}", getattr(args, name), "has no say in it")


def _figures(found: Fused) -> dict[str, Any]:
    """Plain data; scores in joules, seconds, or their product."""
    clock = found.accelerator.clock_hz
    unit = {"edp": 1e-12 / clock, "energy": 1e-12, "latency": 1 / clock}[found.objective]
    alone_pj, alone_cycles = found.alone()
    alone = {"edp": alone_pj * alone_cycles, "energy": alone_pj, "latency": alone_cycles}[found.objective]
    return {
        "network": found.network.name,
        "resolution": found.network.resolution,
        "accelerator": found.accelerator.name,
        "objective": found.objective,
        "energy_pj": found.energy_pj,
        "cycles": found.cycles,
        "latency_s": found.cycles / clock,
        "score": found.score * unit,
        "lower_bound": found.lower_bound * unit,
        "gap": found.gap,
        "score_alone": alone * unit,
        "energy_alone_pj": alone_pj,
        "cycles_alone": alone_cycles,
        "pieces": found.pieces,
        "seconds": found.seconds,
        "capacity_words": found.accelerator.levels[1].capacity_words,
        "groups": [_group(found, part) for part in found.parts],
    }


def _group(found: Fused, part: Part) -> dict[str, Any]:
    """A group, or a layer alone, as plain data."""
    from accel_models.fusion.group import wall

    layers = [layer.name for layer in found.network.layers[part.begin : part.end]]
    figures: dict[str, Any] = {
        "layers": layers,
        "energy_pj": part.cost.energy_pj,
        "cycles": part.cost.cycles,
        "bound": part.cost.bound,
    }
    way, members, last = part.cost.way, part.cost.members, found.network.layers[part.end - 1]
    if way is None:
        reason = wall(found.network, layers[0]) or "no group costs less"
        own = [_piece(found, member, 1, whole=True) for member in members[0] if member is not None]
        return figures | {"alone": reason, "pieces": {layers[0]: own}}
    pieces = [
        [_piece(found, member, count) for member, count in zip(of, step.times) if member is not None]
        for step, of in zip(way.steps, members)
    ]
    return figures | {
        "schedule": way.schedule.described((last.P, last.Q)),
        "tile": list(way.schedule.tile),
        "keep": {"rows": way.schedule.keep[0], "columns": way.schedule.keep[1]},
        "weights_resident": way.schedule.resident,
        "tiles": len(way.written),
        "room_words": way.room,
        "fullest_while": layers[way.fullest],
        "dram_words": way.dram_words,
        "dram_pj": way.crossing_pj(found.accelerator),
        "pieces": dict(zip(layers, pieces)),
    }


def _piece(found: Fused, member: Member, count: int, *, whole: bool = False) -> dict[str, Any]:
    """A piece and how often it runs."""
    layer, mapping = member.layer, found.mapping(member, whole=whole)
    return {
        "times": count,
        "dims": dict(zip(DIMS, layer.bounds)),
        "energy_pj": member.energy_pj,
        "cycles": member.cycles,
        "mapping": None if mapping is None else mapping.to_dict(),
    }


def print_groups(figures: dict[str, Any]) -> None:
    """Print a table of groups, and what they cost together."""
    from accel_models.fusion.group import called
    from cosearch.commands.output import print_proof
    from cosearch.reports.printable import one_line

    groups = figures["groups"]
    layers = sum(len(group["layers"]) for group in groups)
    print(f"{one_line(figures['network'])} at {figures['resolution']} on {one_line(figures['accelerator'])}: ", end="")
    print(f"{layers} layers in {len(groups)} groups; {figures['capacity_words']:,.0f} words on the chip\n")
    print(f"{'energy uJ':>11}{'cycles':>12}{'DRAM words':>13}{'room':>11}{'tiles':>7}  layers")
    for group in groups:
        name = one_line(called(group["layers"][0], group["layers"][-1], len(group["layers"])))
        cost = f"{group['energy_pj'] * 1e-6:>11.4g}{group['cycles']:>12,.0f}"
        if "alone" in group:
            print(f"{cost}{'-':>13}{'-':>11}{'-':>7}  {name} alone: {group['alone']}")
        else:
            print(
                f"{cost}{group['dram_words']:>13,.0f}{group['room_words']:>11,.0f}{group['tiles']:>7}  "
                f"{name}: {group['schedule']}"
            )
    what, unit = WHAT[figures["objective"]]
    print(f"\nlatency      {figures['latency_s'] * 1e3:.4g} ms ({figures['cycles']:,.0f} cycles)")
    print(f"energy       {figures['energy_pj'] * 1e-9:.4g} mJ")
    more = figures["score_alone"] / figures["score"]
    alone = f"every layer alone {figures['score_alone']:.6g}, {more:.2f} times as much"
    print(f"minimised    {what}: {figures['score']:.6g} {unit}; {alone}")
    print_proof(figures["gap"], proven=False, none_better="no groups of this kind cost less")
    print(f"search       {figures['pieces']:,} pieces mapped in {figures['seconds']:.3g} s")
