"""For every layer of a network on an accelerator: arithmetic intensity, the performance that no mapping beats, the
performance of the best mapping found, and what holds it back."""

from __future__ import annotations

import argparse

EXAMPLE = "cosearch roofline mobilenet_v2 nvdla_1024"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Define the options."""
    parser.add_argument("network", help="a name of 'cosearch networks list'")
    parser.add_argument("accelerator", help="a name of 'cosearch accelerators list', or a YAML file")
    parser.add_argument("--resolution", type=int, help="of the input image (default: as published)")
    parser.add_argument("--mapper", default="cmaes", help="how to search mappings (default: cmaes)")
    parser.add_argument("--evaluations", type=int, default=1000, help="for each layer shape (default: 1000)")
    parser.add_argument("--objective", default="latency", help="edp, latency or energy (default: latency)")
    parser.add_argument("--seed", type=int, default=0, help="same seed, same mappings (default: 0)")
    parser.add_argument("--node", type=int, metavar="NM", help="carry the accelerator to this technology")


def run(args: argparse.Namespace) -> int:
    """Map, compare with the roof and print."""
    from accel_models.presets import load_accelerator
    from accel_models.roofline import roofline
    from cosearch.commands.output import print_json
    from cosearch.objective import load_objective
    from mappings import search_layers
    from nets import load_network

    network = load_network(args.network, args.resolution)
    accelerator = load_accelerator(args.accelerator, node_nm=args.node)
    objective = load_objective(args.objective).name
    layers = network.mac_layers
    found = search_layers(
        layers, accelerator, mapper=args.mapper, budget=args.evaluations, objective=objective, seed=args.seed
    )
    costs = {layer.name: found.cost(index) for index, layer in enumerate(layers)}
    points = roofline(network, accelerator, costs)
    if args.json:
        print_json(
            {
                "network": network.name,
                "resolution": network.resolution,
                "accelerator": accelerator.name,
                "layers": [point.to_dict() for point in points],
            }
        )
        return 0
    print(f"{network.name} at {network.resolution} on {accelerator.name}: MACs a cycle, intensity in MACs a byte\n")
    print(f"{'layer':<36}{'intensity':>10}{'attainable':>11}{'achieved':>10}{'lost':>7}  bound by")
    for point in points:
        print(
            f"{point.layer.name:<36}{point.intensity:>10.4g}{point.attainable:>11.4g}{point.achieved:>10.4g}"
            f"{point.lost:>6.2f}x  {point.bound_by}"
        )
    return 0
