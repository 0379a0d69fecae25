"""List reference networks, or show one: its layers, multiply-accumulates (MACs) and parameters."""

from __future__ import annotations

import argparse

EXAMPLE = "cosearch networks show resnet50 --json"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Define the options."""
    parser.add_argument("action", choices=("list", "show"))
    parser.add_argument("name", nargs="?", help="a glob such as 'mobilenet*' for list, a name for show")
    parser.add_argument("--resolution", type=int, help="of the input image (default: as published)")


def run(args: argparse.Namespace) -> int:
    """List or show."""
    from cosearch.commands.output import print_names
    from nets import list_networks
    from nets.errors import InputError

    if args.action == "list":
        print_names(list_networks(args.name or "*"), as_json=args.json)
        return 0
    if args.name is None:
        raise InputError("networks show", "", "needs a name", "cosearch networks list has them")
    _show(args)
    return 0


def _show(args: argparse.Namespace) -> None:
    from cosearch.commands.output import print_json
    from nets import load_network, network_info

    info, network = network_info(args.name), load_network(args.name, args.resolution)
    top1 = info.top1 if network.resolution == info.resolution else None
    if args.json:
        accuracy = {"top1_percent": top1, "top1_source": info.top1_source if top1 is not None else None}
        print_json(network.to_dict() | {"title": info.title} | accuracy)
        return
    print(f"{info.title} at {network.resolution}: {network.macs:,} MACs, {network.params:,} parameters")
    if top1 is not None:
        print(f"{top1} % top-1 ({info.top1_source})")
    print(f"\n{'layer':<36}{'kind':<12}{'MACs':>14}{'params':>12}  loops")
    for layer in network.layers:
        loops = " ".join(f"{dim}{bound}" for dim, bound in zip("NGKCPQRS", layer.bounds) if bound > 1)
        print(f"{layer.name:<36}{layer.kind:<12}{layer.macs:>14,}{layer.params:>12,}  {loops}")
