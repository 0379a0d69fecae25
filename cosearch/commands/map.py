"""Search the best mapping of one layer on an accelerator and print it as a loop nest with its cost."""

from __future__ import annotations

import argparse

EXAMPLE = "cosearch map K=64,C=64,P=56,Q=56,R=3,S=3 nvdla_256 --objective energy"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Define the options."""
    parser.add_argument("layer", help="NETWORK:LAYER, or dims as in K=64,C=64,P=56,Q=56,R=3,S=3,stride=2")
    parser.add_argument("accelerator", help="a name of 'cosearch accelerators list', or a YAML file")
    parser.add_argument("--mapper", default="cmaes", help="how to search (default: cmaes)")
    parser.add_argument("--evaluations", type=int, default=2000, help="mappings to evaluate (default: 2000)")
    parser.add_argument("--objective", default="edp", help="edp, latency or energy (default: edp)")
    parser.add_argument("--seed", type=int, default=0, help="same seed, same mapping (default: 0)")
    parser.add_argument("--node", type=int, metavar="NM", help="carry the accelerator to this technology")


def run(args: argparse.Namespace) -> int:
    """Search and print."""
    from accel_models.presets import load_accelerator
    from cosearch.commands.output import print_json
    from cosearch.layer_spec import parse_layer
    from cosearch.objective import load_objective
    from mappings import search

    layer = parse_layer(args.layer)
    accelerator = load_accelerator(args.accelerator, node_nm=args.node)
    objective = load_objective(args.objective).name
    found = search(layer, accelerator, mapper=args.mapper, budget=args.evaluations, objective=objective, seed=args.seed)
    cost = found.cost
    if args.json:
        print_json(found.to_dict() | {"layer": layer.name, "accelerator": accelerator.name, "cost": cost.to_dict()})
        return 0
    print(f"{layer.name} on {accelerator.name}: {layer.macs:,} MACs\n")
    print(found.mapping.describe(layer))
    print(f"\nlatency      {cost.latency_s * 1e6:.4g} us ({cost.cycles:,.0f} cycles), bound by {cost.bound_by}")
    print(f"energy       {cost.energy_pj * 1e-6:.4g} uJ")
    print(f"EDP          {cost.edp:.4g} J s")
    print(f"utilization  {cost.utilization:.1%} of {accelerator.macs_per_cycle} MACs a cycle")
    print(f"gap          at most {found.gap:.1%} above the best possible, after {found.evaluations:,} evaluations")
    return 0
