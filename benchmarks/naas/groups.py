"""Layer by layer or in groups: what is left of each envelope's ratio when activations may stay on the chip.

    python benchmarks/naas/groups.py [--envelope NAME ...] [--network NAME ...] [--trials 120] [--out DIR] [--json]

The baseline and the design that ``envelopes.py`` found under our convention (with the same --trials, --seed and --out)
run each network layer by layer and in groups, tile by tile, both mapped by the optimal mapper. The gap is how far
energy x latency in groups may be above that of the best groups, by the rules of docs/fusion.md.
"""

from __future__ import annotations

import argparse
import math
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from accel_models.template import Template
from benchmarks.naas.envelope import Envelope, to_dict
from benchmarks.naas.envelopes import TRIALS, described, envelope_row
from benchmarks.naas.kept import kept
from benchmarks.naas.options import envelopes, parser, run
from cosearch.problem.objective import geometric_mean
from mappings.fusion.fuse import fuse
from nets import load_network


def in_groups(design: Template, name: str) -> dict[str, float]:
    """Energy x latency of a network with every layer alone and in groups, in pJ cycles, and the gap of the latter."""
    found = fuse(load_network(name), design.accelerator())
    gap = found.gap if math.isfinite(found.gap) else 0.0
    alone_pj, alone_cycles = found.alone()
    return {"alone": alone_pj * alone_cycles, "groups": found.score, "gap": gap}


def row(envelope: Envelope, args: argparse.Namespace) -> dict[str, Any]:
    """One envelope, its two designs kept as they are finished."""
    searched = envelope_row(envelope, args)["ours"]["design"]
    settings = to_dict(envelope) | {"trials": args.trials, "seed": args.seed}
    found = {
        which: {
            name: kept(
                args.out / "groups",
                f"{envelope.name}-{which}-{name}",
                settings | {"network": name},
                lambda design=design, name=name: in_groups(design, name),
            )
            for name in args.network or envelope.networks
        }
        for which, design in (("baseline", envelope.baseline), ("found", described(searched)))
    }
    means = {
        (which, how): geometric_mean(costs[how] for costs in networks.values())
        for which, networks in found.items()
        for how in ("alone", "groups")
    }
    return {
        "envelope": envelope.name,
        "edp_alone": means["baseline", "alone"] / means["found", "alone"],
        "edp_groups": means["baseline", "groups"] / means["found", "groups"],
        "baseline_gains": means["baseline", "alone"] / means["baseline", "groups"],
        "found_gains": means["found", "alone"] / means["found", "groups"],
        "networks": found,
    }


def exhibit(args: argparse.Namespace) -> dict[str, Any]:
    """Every envelope that is asked for."""
    return {"rows": [row(envelope, args) for envelope in envelopes(args)]}


def say(found: dict[str, Any]) -> None:
    """The table for a person."""
    print("times less EDP of the design found than of the baseline; what groups gain each")
    print(f"{'envelope':12} {'layers alone':>13} {'in groups':>10} {'baseline gains':>15} {'found gains':>12}")
    for one in found["rows"]:
        print(
            f"{one['envelope']:12} {one['edp_alone']:13.2f} {one['edp_groups']:10.2f} {one['baseline_gains']:15.2f}"
            f" {one['found_gains']:12.2f}"
        )


def main() -> int:
    """Map and print."""
    made = parser(__doc__, trials=TRIALS)
    made.add_argument("--network", action="append", metavar="NAME", help="some networks (default: the envelope's)")
    return run(exhibit, say, made.parse_args())


if __name__ == "__main__":
    raise SystemExit(main())
