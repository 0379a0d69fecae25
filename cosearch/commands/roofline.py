"""For every layer of a network on an accelerator: arithmetic intensity, the performance that no mapping beats, the
performance of the best mapping found, and what holds it back. Several networks or accelerators, with commas between,
are held against each other, on one plot with --svg. With --fuse also for the groups in which layers run together."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from cosearch.commands.options import (
    add_carrying_options,
    add_import_options,
    add_mapper_options,
    add_precision_option,
    carried,
    mapper_options,
    named_networks,
    number_formats,
    say_what_is_lost,
    settle_mapper_options,
)

if TYPE_CHECKING:
    from cosearch.evaluation.network_cost import NetworkCost
    from cosearch.reports.roofline import GroupedRoofline, NetworkRoofline

EXAMPLE = "cosearch roofline mobilenet_v2,resnet50 nvdla_1024 --svg roofline.svg"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Define the options."""
    parser.add_argument(
        "network",
        metavar="NETWORK[,NETWORK]",
        help="names, files, factories, spaces with --subnet",
    )
    parser.add_argument(
        "accelerator", metavar="ACCELERATOR[,ACCELERATOR]", help="names of 'cosearch accelerators list', or YAML files"
    )
    parser.add_argument("--resolution", type=int, help="of the input image (default: as published)")
    add_import_options(parser)
    add_precision_option(parser)
    add_mapper_options(parser, objective="latency", evaluations=1000)
    add_carrying_options(parser, of="the accelerators")
    parser.add_argument(
        "--fuse", action="store_true", help="beside every layer alone show the network in groups (docs/fusion.md)"
    )
    parser.add_argument("--svg", type=Path, metavar="FILE", help="draw them on one plot")


def run(args: argparse.Namespace) -> int:
    """Map, compare with the roof and print."""
    from accel_models.precision import arithmetic_of
    from accel_models.presets import load_accelerator
    from cosearch.commands.output import print_json
    from cosearch.evaluation.mapped_networks import map_networks
    from cosearch.evaluation.precision import at_precision_of, precision_note
    from nets.documents import require_writable, write_whole

    settle_mapper_options(args)
    if args.svg is not None:
        require_writable("--svg", args.svg)
    options, formats = mapper_options(args), number_formats(args)
    networks = named_networks(args, _names("network", args.network))
    accelerators = [
        load_accelerator(name, precision=arithmetic_of(formats), **carried(args))
        for name in _names("accelerator", args.accelerator)
    ]
    for accelerator in accelerators:
        say_what_is_lost(accelerator)
    if args.fuse:
        from accel_models.fusion.inside import require_shared

        for accelerator in accelerators:
            require_shared(accelerator)
    series = [
        _under_roof(cost, args)
        for accelerator in accelerators
        for cost in map_networks(
            [at_precision_of(accelerator, network, formats) for network in networks],
            accelerator,
            options,
            args.evaluations,
        ).costs
    ]
    for accelerator in accelerators:
        if note := precision_note(accelerator, at_precision_of(accelerator, networks[0]).layers, formats):
            print(f"note: {accelerator.name}: {note}", file=sys.stderr)
    if args.svg is not None:
        from cosearch.reports.roofline_chart import roofline_chart

        write_whole(args.svg, roofline_chart([each for one in series for each in one.series]).file())
    if args.json:
        first, *others = (one.to_dict() for one in series)
        print_json({"schema": 1} | first | {"others": others})
    else:
        _say(series)
    return 0


def _under_roof(cost: NetworkCost, args: argparse.Namespace) -> NetworkRoofline:
    """A mapped network, with its groups where they are asked for."""
    if not args.fuse:
        from cosearch.reports.roofline import network_roofline

        return network_roofline(cost)
    from cosearch.evaluation.groups import Grouped
    from cosearch.problem.objective import load_objective
    from cosearch.reports.grouped_roofline import grouped_roofline

    return grouped_roofline(cost, Grouped.search(cost.network, cost.accelerator, load_objective(args.objective)))


def _names(what: str, given: str) -> list[str]:
    from nets.errors import InputError

    names = [name.strip() for name in given.split(",")]
    for name in names:
        if not name or names.count(name) > 1:
            rule = "is named twice" if name else "has nothing between two commas"
            raise InputError(what, name or given, rule)
    return names


def _say(series: Sequence[NetworkRoofline]) -> None:
    from cosearch.reports.printable import one_line

    for one in series:
        ridges = ", ".join(f"{one_line(level)} {ridge:.4g}" for level, ridge in one.roof.ridges.items())
        print(f"{one_line(one.name)}: MACs a cycle, intensity in MACs a byte; ridges at {ridges}")
        intensities = [point.intensity for point in one.points]
        _table("layer", one, "intensity", intensities)
        if one.groups is not None:
            _say_groups(one.groups)


def _say_groups(groups: GroupedRoofline) -> None:
    """The same group by group, each beside its layers alone."""
    from cosearch.reports.printable import one_line

    print(
        f"{one_line(groups.roofline.name)}: {groups.intensity:.4g} MACs a byte of DRAM traffic in all, "
        f"{groups.intensity_alone:.4g} with every layer alone"
    )
    _table("layers", groups.roofline, "alone", groups.alone)


def _table(what: str, one: NetworkRoofline, beside: str, intensities: Sequence[float]) -> None:
    """A line for each point, its intensity as mapped beside others."""
    from cosearch.reports.printable import one_line

    names = [one_line(point.layer.name) for point in one.points]
    wide = max(36, 2 + max(map(len, names)))
    heads = f"{beside:>10}{'mapped':>9}{'attainable':>11}{'achieved':>10}{'lost':>7}{'time':>7}"
    print(f"\n{what:<{wide}}{heads}  bound by")
    outermost = one.accelerator.levels[0].name
    for name, point, intensity, share in zip(names, one.points, intensities, one.time_shares, strict=True):
        mapped = point.mapped_intensity.get(outermost, point.intensity)
        print(
            f"{name:<{wide}}{intensity:>10.4g}{mapped:>9.4g}{point.attainable:>11.4g}"
            f"{point.achieved:>10.4g}{point.lost:>6.2f}x{share:>7.1%}  {one_line(point.bound_by)}"
        )
    print()
