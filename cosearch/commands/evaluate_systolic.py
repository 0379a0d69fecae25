"""A network on the systolic array of a SCALE-Sim configuration, counted as SCALE-Sim does."""

from __future__ import annotations

import argparse
import sys

from cosearch.commands.options import CARRIED, named_networks, option_error, say_what_is_lost
from cosearch.commands.output import print_json

_COLUMNS = ("cycles", "utilization", "input_reads", "weight_reads", "output_writes")


def evaluate_systolic(args: argparse.Namespace) -> int:
    """Count and print, layer by layer.

    Raises:
        InputError: no network, or an option that means nothing here.
    """
    from accel_models.formats.scalesim import read_config
    from cosearch.reports.printable import one_line
    from nets.errors import InputError

    if args.network is None:
        raise InputError("--scalesim", str(args.scalesim), "needs the network that runs on it", "give --network")
    refused = ("accelerator", *CARRIED, "precision", "bits_table", "max_loss", "layer_precision")
    for option in (*refused, "latency_model", "latency", *args.usual):
        if (value := getattr(args, option)) is not None:
            raise option_error(option, value, "has no effect with --scalesim", "leave it out")
    array, network = read_config(args.scalesim), named_networks(args, [args.network])[0]
    layers = [layer for layer in network.layers if layer.is_mac]
    costs = [array.cost(layer) for layer in layers]
    cycles = sum(cost.cycles for cost in costs)
    if args.json:
        rows = [
            {"layer": layer.name, "macs": cost.macs} | {column: getattr(cost, column) for column in _COLUMNS}
            for layer, cost in zip(layers, costs)
        ]
        print_json({"network": network.name, "array": array.name, "cycles": cycles, "layers": rows})
        return 0
    say_what_is_lost(array)
    if len(layers) < len(network.layers):
        left = len(network.layers) - len(layers)
        print(f"not modelled: {left} layers that do not run on the array are left out", file=sys.stderr)
    print(f"{one_line(network.name)} on {one_line(array.name)}: {array.rows} x {array.columns}, {array.stationary} "
          f"stationary: {cycles:,} cycles without stalls\n")  # fmt: skip
    print(f"{'layer':<28}{'cycles':>14}{'used':>8}{'input reads':>16}{'weight reads':>16}{'output writes':>16}")
    for layer, cost in zip(layers, costs):
        words = (cost.input_reads, cost.weight_reads, cost.output_writes)
        print(
            f"{one_line(layer.name):<28}{cost.cycles:>14,}{cost.utilization:>8.1%}"
            + "".join(f"{n:>16,}" for n in words)
        )
    return 0
