"""List reference networks, or show one, an ONNX file, a PyTorch module or a subnet of a space: its layers,
multiply-accumulates (MACs) and parameters, and what every operation of a file or module became."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING, Any

from cosearch.commands.options import OF_IMPORTS, add_import_options, named_networks, refuse_of_other_actions

if TYPE_CHECKING:
    from nets import Network
    from nets.imports import ImportReport

EXAMPLE = "cosearch networks show resnet50 --json"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Define the options."""
    parser.add_argument("action", choices=("list", "show"))
    parser.add_argument(
        "name",
        nargs="?",
        help="a glob such as 'mobilenet*' for list; for show a name, FILE.onnx, PACKAGE.MODULE:FACTORY, the "
        "config.json of a language model, or a space with --subnet",
    )
    parser.add_argument("--resolution", type=int, help="of the input image (default: as published)")
    add_import_options(parser)


def run(args: argparse.Namespace) -> int:
    """List or show."""
    from cosearch.commands.output import print_names
    from nets import list_networks
    from nets.errors import NO_VALUE, InputError

    if args.action == "list":
        refuse_of_other_actions(args, "list", {"show": ("resolution", *OF_IMPORTS)})
        print_names(list_networks(args.name or "*"), as_json=args.json)
        return 0
    if args.name is None:
        raise InputError("networks show", NO_VALUE, "needs a name", "cosearch networks list has them")
    _show(args)
    return 0


def _show(args: argparse.Namespace) -> None:
    from cosearch.commands.output import print_json
    from cosearch.reports.printable import one_line
    from nets import list_networks

    network = named_networks(args, [args.name])[0]
    report: ImportReport | None = getattr(network, "report", None)
    title, figures = _published(network) if network.name in list_networks() else (network.name, {})
    if args.json:
        about = {} if report is None else {"import": report.to_dict()}
        about |= _moved(network)
        subnet = {} if network.space is None else {"space": network.space, "config": network.config}
        print_json(network.to_dict() | {"title": title} | subnet | figures | about)
        return
    print(f"{one_line(title)} at {network.resolution}: {network.macs:,} MACs, {network.params:,} parameters")
    if network.config is not None:
        print(one_line(json.dumps(network.config)))
    if figures.get("top1_percent") is not None:
        print(f"{figures['top1_percent']} % top-1 ({figures['top1_source']})")
    if figures.get("published_latency_ms") is not None:
        print(f"{figures['published_latency_ms']:g} ms on {figures['device']}, as published")
    _print_moved(_moved(network))
    width = max(36, *(len(one_line(layer.name)) + 2 for layer in network.layers))
    print(f"\n{'layer':<{width}}{'kind':<12}{'MACs':>14}{'params':>12}  loops")
    for layer in network.layers:
        loops = " ".join(f"{dim}{bound}" for dim, bound in zip("NGKCPQRS", layer.bounds) if bound > 1)
        often = "" if layer.times == 1 else f"{layer.times:.6g} x "
        print(f"{one_line(layer.name):<{width}}{layer.kind:<12}{layer.macs:>14,}{layer.params:>12,}  {often}{loops}")
    if report is not None:
        _print_report(report)


def _published(network: Network) -> tuple[str, dict[str, Any]]:
    """Title of a reference network, accuracy and a device's latency at the resolution that they were published for."""
    from nets import network_info

    info = network_info(network.name)
    here = network.resolution == info.resolution
    return info.title, {
        "top1_percent": info.top1 if here else None,
        "top1_source": info.top1_source if here and info.top1 is not None else None,
        "published_latency_ms": info.latency_ms if here else None,
        "device": info.device if here and info.latency_ms is not None else None,
    }


def _moved(network: Network) -> dict[str, Any]:
    """What a language model stores and moves in its phase; nothing of another network."""
    from nets.language.network import LanguageNetwork

    return network.figures() if isinstance(network, LanguageNetwork) else {}


def _print_moved(figures: dict[str, Any]) -> None:
    """The same for a person."""
    for one in figures.get("phases", [figures] if figures else []):
        often = f"{one['times']:,} x {one['name']}: " if "name" in one else ""
        _print_phase(one, often)


def _print_phase(figures: dict[str, Any], often: str) -> None:
    phase = figures["phase"]
    print(f"\n{often}{phase['batch']} x {phase['new']:,} tokens that attend to {phase['context']:,} each")
    if "experts" in figures:
        experts = figures["experts"]
        print(f"experts of a block used: {experts['expected']:.4g} expected, {experts['fewest']} to {experts['most']}")
    print("weights read   " + ", ".join(f"{name} {size:,} B" for name, size in figures["weight_bytes"].items()))
    for bits, cache in figures["kv_bytes"].items():
        print(f"KV at {bits:<8} " + ", ".join(f"{name} {size:,} B" for name, size in cache.items()))


def _print_report(report: ImportReport) -> None:
    from cosearch.reports.printable import one_line

    print(f"\n{'operation':<42}{'times':>6}  became")
    for name, became, count in report.kinds():
        print(f"{one_line(name):<42}{count:>6}  {became}")
