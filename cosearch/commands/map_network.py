"""``cosearch map --network``: the mappings of all layers that make the EDP of a network least, with the proof."""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from nets.errors import InputError

if TYPE_CHECKING:
    from cosearch.commands.map_perfect import PerfectGap
    from cosearch.evaluation.weight_bits import WeightBits
    from mappings.network_join import Aggregate
    from mappings.network_search import NetworkSearch
    from nets import Network

WHAT = {"network": "EDP of the network", "layers": "sum of the layers' EDPs"}


def map_network(args: argparse.Namespace, limit_s: float) -> int:
    """Search and print."""
    from accel_models.precision import arithmetic_of
    from accel_models.presets import load_accelerator
    from cosearch.commands.map_perfect import can_compare, network_against_perfect
    from cosearch.commands.options import (
        asked_bits,
        carried,
        layer_formats,
        named_networks,
        number_formats,
        say_what_is_lost,
    )
    from cosearch.commands.output import print_json
    from cosearch.evaluation.mixed_mappings import MixedNetworks
    from cosearch.evaluation.mixes import Mixes
    from cosearch.evaluation.precision import at_precision_of, precision_note, with_own_formats
    from cosearch.evaluation.room import require_room
    from mappings import search_network

    if args.accelerator is None:
        raise InputError("map --network", args.network, "needs --accelerator")
    if args.objective != "edp":
        raise InputError(
            "map --network --objective", args.objective, "is not edp",
            "energy and latency of a network are sums: map its layers one by one",
        )  # fmt: skip
    aggregate: Aggregate = args.aggregate or "network"
    formats = number_formats(args)
    accelerator = load_accelerator(args.accelerator, precision=arithmetic_of(formats), **carried(args))
    say_what_is_lost(accelerator)
    own, named = layer_formats(args), named_networks(args, [args.network])[0]
    network = with_own_formats(accelerator, at_precision_of(accelerator, named, formats), own)
    require_room(network, accelerator)
    layers, networks = network.unique_layers(), None
    if (asked := asked_bits(args)) is not None:
        mixes = Mixes(network, *asked)
        mixes.require_multiplied(accelerator.precision, accelerator.name)
        layers, networks = [(layer, 1.0) for layer in mixes.layers], MixedNetworks(mixes)
    found = search_network(
        layers,
        accelerator,
        mapper=args.mapper,
        budget=args.evaluations,
        aggregate=aggregate,
        seed=args.seed,
        tiles=args.tiles,
        convention=args.convention or "default",
        constraints=tuple(args.constraint),
        time_limit_s=limit_s,
        networks=networks,
    )
    perfect = None
    if any(found.weak) and not found.proven and can_compare(args.mapper, args.tiles):
        perfect = network_against_perfect(
            found, layers, aggregate=aggregate, convention=args.convention or "default",
            constraints=tuple(args.constraint), limit_s=limit_s, networks=networks,
        )  # fmt: skip
        if perfect is not None and args.tiles != "ragged":  # then it bounds the very mappings that were searched
            tighter = max(perfect.lower_bound, found.choice.lower_bound)
            none_weak = (False,) * len(found.weak)
            found, perfect = replace(found, choice=replace(found.choice, lower_bound=tighter), weak=none_weak), None
    if args.json:
        print_json(_figures(network, found, aggregate, perfect))
    else:
        _print(network, found, aggregate, perfect)
    if note := precision_note(accelerator, found.layers, formats, own):
        print(f"note: {note}", file=sys.stderr)
    return 0


def _figures(network: Network, found: NetworkSearch, aggregate: str, perfect: PerfectGap | None) -> dict[str, Any]:
    """Plain data; EDPs in J s."""
    unit = 1e-12 / found.accelerator.clock_hz
    choice = found.choice
    return {
        "network": network.name,
        "resolution": network.resolution,
        "accelerator": found.accelerator.name,
        "aggregate": aggregate,
        "energy_pj": choice.energy_pj,
        "cycles": choice.cycles,
        "latency_s": choice.cycles / found.accelerator.clock_hz,
        "edp": choice.edp * unit,
        "lower_bound": choice.lower_bound * unit,
        "gap": choice.gap,
        "proven": found.proven,
        "weak": any(found.weak) and not found.proven,
        **({} if (mix := _mix(found)) is None else {"layer_bits": asdict(mix)}),
        "perfect_tiles": None if perfect is None else perfect.to_dict(unit),
        "edp_of_layer_optima": found.layer_optima.edp * unit,
        "evaluations": found.evaluations,
        "seconds": found.seconds,
        "layers": [_layer(found, index) for index in range(len(found.layers))],
    }


def _mix(found: NetworkSearch) -> WeightBits | None:
    """The widths that were chosen; ``None`` where there was no table of them."""
    from cosearch.evaluation.mixed_mappings import MixedChoice

    return found.choice.mix if isinstance(found.choice, MixedChoice) else None


def _layer(found: NetworkSearch, index: int) -> dict[str, Any]:
    front, point, mapping = found.fronts[index], found.choice.points[index], found.mapping(index)
    return {
        "layer": found.layers[index].name,
        "count": found.counts[index],
        "energy_pj": float(front.energy_pj[point]),
        "cycles": float(front.cycles[point]),
        "choices": len(front.energy_pj),
        "weak": found.weak[index],
        "mapping": None if mapping is None else mapping.to_dict(),
        "loop_nest": None if mapping is None else mapping.describe(found.layers[index]),
    }


def _print(network: Network, found: NetworkSearch, aggregate: str, perfect: PerfectGap | None) -> None:
    from cosearch.commands.output import print_proof
    from cosearch.reports.printable import one_line

    figures = _figures(network, found, aggregate, perfect)
    rows = figures["layers"]
    print(f"{one_line(network.name)} at {network.resolution} on {one_line(found.accelerator.name)}: ", end="")
    print(f"{len(network.layers)} layers of {len(rows)} kinds\n")
    width = max(len(one_line(row["layer"])) for row in rows)
    print(f"{'layer':{width}}  times  energy uJ     cycles  of energy  of latency  choices")
    for row in rows:
        times, energy_pj, cycles = row["count"], row["count"] * row["energy_pj"], row["count"] * row["cycles"]
        print(
            f"{one_line(row['layer']):{width}}  {times:5.5g}  {row['energy_pj'] * 1e-6:9.4g}  {row['cycles']:9,.0f}"
            f"  {energy_pj / figures['energy_pj']:9.1%}  {cycles / figures['cycles']:10.1%}  {row['choices']:7}"
        )
    others = ""
    if aggregate == "network":
        others = f"; each layer's best by itself: {figures['edp_of_layer_optima'] / figures['edp'] - 1:.3%} more"
    print(f"\nlatency      {figures['latency_s'] * 1e3:.4g} ms ({figures['cycles']:,.0f} cycles)")
    print(f"energy       {figures['energy_pj'] * 1e-9:.4g} mJ")
    print(f"minimised    {WHAT[aggregate]}: {figures['edp']:.6g} J s{others}")
    if perfect is not None:
        print(f"tiles        {perfect}")
    none_better = "no mappings of this kind make it less"
    if (mix := _mix(found)) is not None:
        print(f"precision    {one_line(str(mix))}")
        none_better = "no mappings of this kind make it less, with any widths of the table"
    print_proof(found.choice.gap, proven=found.proven, none_better=none_better, weak=figures["weak"])
    print(f"search       {found.evaluations:,} evaluations in {found.seconds:.3g} s")
