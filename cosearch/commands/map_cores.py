"""``cosearch map --network --system``: which cores run which layers, how they share them, and what crosses links."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from cosearch.commands.map_fused import WHAT, refuse_what_has_no_say

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from accel_models.systems.system import System
    from mappings.cores.handover import Handover
    from mappings.cores.result import OnCores
    from mappings.cores.stage import Stage
    from mappings.cores.work import Work


def map_on_cores(args: argparse.Namespace) -> int:
    """Search and print."""
    from accel_models.systems import load_system
    from cosearch.commands.options import (
        CARRIED,
        layer_formats,
        named_networks,
        number_formats,
        option_error,
        say_what_is_lost,
    )
    from cosearch.commands.output import print_json
    from cosearch.evaluation.mapped_networks import require_energies
    from cosearch.evaluation.precision import at_precision_of, precision_note, with_own_formats
    from cosearch.problem.objective import load_objective
    from mappings.cores.cores import map_cores

    for option in ("accelerator", *CARRIED):
        if (value := getattr(args, option)) is not None:
            raise option_error(option, value, "has no say with --system, which has its own cores", "leave it out")
    refuse_what_has_no_say(args, "--system")
    system, formats = load_system(args.system), number_formats(args)
    say_what_is_lost(system)
    objective = load_objective(args.objective).name
    for kind in system.kinds:
        require_energies(kind.accelerator, args.objective)
    first = system.kinds[0].accelerator
    own, named = layer_formats(args), named_networks(args, [args.network])[0]
    network = with_own_formats(first, at_precision_of(first, named, formats), own)
    found = map_cores(network, system, objective=objective, items=1 if args.items is None else args.items)
    figures = _figures(found)
    if args.json:
        print_json(figures)
    else:
        print_stages(figures)
    if note := precision_note(first, network.layers, formats):
        print(f"note: {note}", file=sys.stderr)
    return 0


def _figures(found: OnCores) -> dict[str, Any]:
    """Plain data; scores in joules, seconds, or their product, of one inference."""
    clock = found.system.clock_hz
    unit = {"edp": 1e-12 / clock, "energy": 1e-12, "latency": 1 / clock}[found.objective]
    return {
        "network": found.network.name,
        "resolution": found.network.resolution,
        "system": found.system.name,
        "cores": list(found.system.core_names),
        "objective": found.objective,
        "items": found.items,
        "energy_pj": found.energy_pj,
        "latency_cycles": found.latency,
        "interval_cycles": found.interval if found.items > 1 else None,
        "cycles": found.cycles,
        "latency_s": found.latency / clock,
        "dram_words": sum(stage.dram + stage.weights / found.items for stage in found.stages),
        "score": found.score * unit,
        "lower_bound": found.lower_bound * unit,
        "gap": found.gap,
        "seconds": found.seconds,
        "stages": [
            _stage(found, stage, moved) for stage, moved in zip(found.stages, [*found.handovers, None])
        ],
        "links": list(_links(found.system, found.link_words)),
    }  # fmt: skip


def _stage(found: OnCores, stage: Stage, moved: Handover | None) -> dict[str, Any]:
    layers = [layer.name for layer in found.network.layers[stage.begin : stage.end]]
    return {
        "layers": layers,
        "cores": [found.system.core_names[core] for core in stage.cores],
        "energy_pj": stage.energy_pj + stage.weights_pj / found.items,
        "cycles": stage.cycles,
        "dram_words": stage.dram,
        "weights_stay": stage.resident,
        "weights_that_stay_words": stage.weights,
        "link_words": float(stage.links.sum()),
        "handed_over_words": None if moved is None else moved.words,
        "splits": {name: _work(work) for name, work in zip(layers, stage.works)},
    }


def _work(work: Work) -> dict[str, Any]:
    return {
        "split": {"batch": work.split.batch, "rows": work.split.rows, "channels": work.split.channels},
        "in_words": str(work.split),
        "from_dram_to_dram": work.through_dram,
        "stays_on_chip": work.on_chip,
        "energy_pj": work.energy_pj,
        "cycles": work.cycles,
        "dram_words": work.move.dram,
        "link_words": float(work.move.links.sum()),
        "room_words": float(work.room.max()),
    }


def _links(system: System, words: NDArray[np.float64]) -> Iterator[dict[str, Any]]:
    """Links that words cross, the busiest first."""
    names = system.core_names
    for number in sorted(range(len(system.links)), key=lambda number: -words[number] / system.links[number].bandwidth):
        if words[number] > 0:
            link = system.links[number]
            ends = {"from": names[link.source], "to": names[link.target], "class": link.kind}
            yield {**ends, "words": float(words[number]), "cycles": float(words[number]) / link.bandwidth}


def print_stages(figures: dict[str, Any]) -> None:
    """Print a table of stages, what crosses links, and what they cost together."""
    from cosearch.commands.output import print_proof
    from cosearch.reports.printable import one_line

    stages, items = figures["stages"], figures["items"]
    print(f"{one_line(figures['network'])} at {figures['resolution']} on {one_line(figures['system'])}: ", end="")
    layers = sum(len(stage["layers"]) for stage in stages)
    print(f"{layers} layers in {len(stages)} stage{'s' if len(stages) > 1 else ''} on {len(figures['cores'])} cores\n")
    print(f"{'energy uJ':>11}{'cycles':>12}{'DRAM words':>13}{'link words':>13}  layers")
    for stage in stages:
        cores, names = stage["cores"], stage["layers"]
        on = one_line(cores[0]) if len(cores) == 1 else f"{one_line(cores[0])} to {one_line(cores[-1])}"
        says = [f"{one_line(names[0])} to {one_line(names[-1])} ({len(names)}) on {on}"]
        if stage["weights_stay"]:
            says.append("weights stay")
        if stage["handed_over_words"] is not None:
            says.append(f"{stage['handed_over_words']:,.0f} words on over links")
        print(
            f"{stage['energy_pj'] * 1e-6:>11.4g}{stage['cycles']:>12,.0f}{stage['dram_words']:>13,.0f}"
            f"{stage['link_words']:>13,.0f}  {'; '.join(says)}"
        )
        if len(cores) > 1:
            _print_splits(stage["splits"])
    for link in figures["links"][:1]:
        ends = f"{one_line(link['from'])} to {one_line(link['to'])}"
        print(f"\nbusiest link {ends} ({link['class']}), {link['words']:,.0f} words in {link['cycles']:,.0f} cycles")
    what, unit = WHAT[figures["objective"]]
    print(f"\nlatency      {figures['latency_s'] * 1e3:.4g} ms ({figures['latency_cycles']:,.0f} cycles)")
    if items > 1:
        print(f"interval     {figures['interval_cycles']:,.0f} cycles from one inference to the next; {items} take "
              f"{figures['cycles']:,.0f}")  # fmt: skip
    print(f"energy       {figures['energy_pj'] * 1e-9:.4g} mJ{' an inference' if items > 1 else ''}")
    print(f"minimised    {what}: {figures['score']:.6g} {unit}{' an inference' if items > 1 else ''}")
    print_proof(figures["gap"], proven=False, none_better="no stages of this kind cost less")
    print(f"search       {figures['seconds']:.3g} s")


def _print_splits(splits: dict[str, dict[str, Any]]) -> None:
    """Layers that are split alike, one after the other, on a line."""
    from itertools import groupby

    from cosearch.reports.printable import one_line

    how = {name: (work["in_words"], work["from_dram_to_dram"]) for name, work in splits.items()}
    for (split, alone), run in groupby(how, key=how.__getitem__):
        names = list(run)
        between = names[0] if len(names) == 1 else f"{names[0]} to {names[-1]}"
        print(f"{'':51}{one_line(between)}: {split}{', from DRAM to DRAM' if alone else ''}")
