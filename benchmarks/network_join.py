"""What it gains to choose the mappings of a network's layers together, and how soon the choice is proven.

    python benchmarks/network_join.py [--json] [--networks NAME ...] [--accelerators NAME ...]

Perfect factors, the optimal mapper. *Alone* is the EDP of the network when every layer takes the mapping of its own
least EDP, *together* that of the exact join. *First bound* is the gap that the layers' proven EDPs alone leave, *gap*
what is left after all rounds.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from accel_models import load_accelerator
from mappings import search_network
from nets import load_network


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print one JSON list")
    parser.add_argument("--networks", nargs="+", default=["resnet50", "mobilenet_v2"], metavar="NAME")
    parser.add_argument(
        "--accelerators", nargs="+", metavar="NAME",
        default=["eyeriss", "nvdla_256", "nvdla_1024", "shidiannao", "gemmini"],
    )  # fmt: skip
    options = parser.parse_args()
    rows: list[dict[str, float | str]] = []
    if not options.json:
        heads = ("gain", "first bound", "gap", "rounds", "seconds")
        print(f"{'network':14s} {'accelerator':14s}" + "".join(f" {head:>11s}" for head in heads))
    for network in options.networks:
        layers = load_network(network).unique_layers()
        for name in options.accelerators:
            machine = load_accelerator(name)
            search_network(layers[:1], machine, mapper="optimal", tiles="perfect", rounds=1)  # compile
            found = search_network(layers, machine, mapper="optimal", tiles="perfect")
            alone, first_bound = found.rounds[0][1:]
            together = found.choice.edp
            own = found.layer_optima.edp
            rows.append(
                {
                    "network": network,
                    "accelerator": name,
                    "gain": own / together - 1,
                    "first_gap": alone / first_bound - 1,
                    "gap": found.choice.gap,
                    "rounds": len(found.rounds),
                    "seconds": found.seconds,
                }
            )
            if not options.json:
                row = rows[-1]
                print(
                    f"{network:14s} {name:14s} {row['gain']:11.3%} {row['first_gap']:11.2%} {row['gap']:11.1e}"
                    f" {row['rounds']:11d} {row['seconds']:11.1f}",
                    flush=True,
                )
    if options.json:
        print(json.dumps(rows))


if __name__ == "__main__":
    main()
