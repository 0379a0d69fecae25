"""Cut a network into groups of layers that run tile by tile, so that what lies between their layers stays on the chip:
the groups, tiles and overlaps of least words to and from DRAM, with the room each takes. Counts words only: energy and
latency inside groups are not modelled, and a layer alone is counted at what no mapping of it can go below."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from cosearch.commands.options import add_import_options, named_networks

if TYPE_CHECKING:
    from mappings.fusion.partition import Part
    from nets import Network

EXAMPLE = "cosearch groups --network vgg16 --capacity 1Mi"

_UNITS = {"Ki": 1 << 10, "Mi": 1 << 20, "Gi": 1 << 30}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Define the options."""
    parser.add_argument("--network", required=True, metavar="NAME", help="a name, FILE.onnx or PACKAGE.MODULE:FACTORY")
    parser.add_argument("--resolution", type=int, help="of the input image (default: as published)")
    add_import_options(parser)
    parser.add_argument("--capacity", required=True, metavar="WORDS", help="on the chip, as in 262144, 256Ki or 1Mi")
    parser.add_argument("--group", metavar="FIRST:LAST", help="these layers as one group, instead of all groups")
    parser.add_argument("--columns", action="store_true", help="tiles narrower than the plane too (takes far longer)")
    parser.add_argument(
        "--overlap", choices=("any", "kept"), default="any", help="what tiles share: made again or kept (default: any)"
    )
    parser.add_argument(
        "--weights", choices=("any", "resident"), default="any", help="streamed tile by tile or resident (default: any)"
    )
    parser.add_argument("--doubled", action="store_true", help="second buffers for what DRAM moves during a tile")


def run(args: argparse.Namespace) -> int:
    """Search and print."""
    from cosearch.commands.output import print_json
    from mappings.fusion.best_schedule import Rules
    from mappings.fusion.one_group import one_group
    from mappings.fusion.partition import partition

    capacity = _words(args.capacity)
    rules = Rules(
        columns=args.columns, recompute=args.overlap == "any", stream=args.weights == "any", doubled=args.doubled
    )
    network = named_networks(args, [args.network])[0]
    if args.group is not None:
        first, last = _ends(args.group)
        parts: tuple[Part, ...] = (one_group(network, first, last, capacity, rules),)
        totals: dict[str, Any] = {}
    else:
        found = partition(network, capacity, rules)
        parts = found.parts
        totals = {"dram_words": found.dram_words, "dram_words_alone": found.alone_words}
    data = {
        "network": network.name,
        "capacity_words": capacity,
        **totals,
        "groups": [_plain(network, one) for one in parts],
    }
    if args.json:
        print_json(data)
    else:
        _say(data)
    return 0


def _words(text: str) -> int:
    """A number of words."""
    from nets.errors import InputError

    digits, unit = (text[:-2], _UNITS[text[-2:]]) if text[-2:] in _UNITS else (text, 1)
    if not digits.isdecimal() or int(digits) < 1:
        raise InputError(
            "--capacity", text, "must be a whole number of words, at least 1", "as in 262144, 256Ki or 1Mi"
        )
    return int(digits) * unit


def _ends(text: str) -> tuple[str, str]:
    """First and last layer of a group."""
    from nets.errors import InputError

    first, mark, last = text.partition(":")
    if not (first and mark and last):
        raise InputError("--group", text, "must be FIRST:LAST, two layers of the network")
    return first, last


def _plain(network: Network, part: Part) -> dict[str, Any]:
    """A part as plain data."""
    from accel_models.fusion.group import wall

    layers = [layer.name for layer in network.layers[part.begin : part.end]]
    figures: dict[str, Any] = {"layers": layers, "dram_words": part.dram_words}
    if part.group is None or part.scheduled is None:
        return figures | {"alone": wall(network, layers[0]) or "nothing longer moves fewer words"}
    schedule, cost = part.scheduled.schedule, part.scheduled.cost
    fetched: dict[str, int] = {}
    for tensor, words in zip(part.group.tensors, cost.traffic.made):
        if tensor.outside:  # a shortcut that is fetched again stands twice
            fetched[tensor.name] = fetched.get(tensor.name, 0) + words
    return figures | {
        "schedule": schedule.described(part.group.last.plane),
        "tile": list(schedule.tile),
        "keep": {"rows": schedule.keep[0], "columns": schedule.keep[1]},
        "weights_resident": schedule.resident,
        "tiles": schedule.tiles(part.group),
        "fetched_words": fetched,
        "weight_words": cost.traffic.weight_words,
        "written_words": {tensor.name: tensor.words for tensor in part.group.tensors if tensor.leaves},
        "macs": sum(cost.traffic.macs),
        "room_words": cost.room.words,
        "fullest_while": layers[cost.room.step],
    }


def _say(data: dict[str, Any]) -> None:
    from cosearch.reports.printable import one_line

    print(f"{one_line(data['network'])} on {data['capacity_words']:,} words")
    if "dram_words" in data:
        alone, words = data["dram_words_alone"], data["dram_words"]
        print(f"DRAM words   {words:,}, every layer alone {alone:,} ({alone / words:.2f} times as many)")
    print(f"\n{'DRAM words':>12}{'room':>12}{'tiles':>7}  layers")
    for one in data["groups"]:
        first, last = one_line(one["layers"][0]), one_line(one["layers"][-1])
        if "alone" in one:
            print(f"{one['dram_words']:>12,}{'-':>12}{'-':>7}  {first} alone: {one['alone']}")
        else:
            print(
                f"{one['dram_words']:>12,}{one['room_words']:>12,}{one['tiles']:>7}  {first} to {last} "
                f"({len(one['layers'])}): {one['schedule']}"
            )
    print("\nwords only: no energy, no latency; a layer alone moves each of its words once, or more")
