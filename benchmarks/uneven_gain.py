"""What uneven mappings are worth: every layer's best mapping with each tensor held over its own loops, and without.

    python benchmarks/uneven_gain.py [--machines M ...] [--networks N ...] [--objective energy|latency|edp]
                                     [--every E] [--time-limit S] [--json]

Both by the optimal mapper, tiles that divide, one core. A network's figure is the sum of the objective over its layers
that run on the array, each shape as often as it occurs; with ``--every`` over the shapes taken. Columns:

    even, uneven   the two sums, in pJ, cycles or pJ x cycles
    saved          1 - uneven / even
    most           the most that a layer saves
    proven         distinct layers without sliding windows (a filter of 1 x 1) whose two answers are both proven
    windows        the same of those with sliding windows, which are usually not proven: they may save more
    gap            median gap of the uneven bound where it is not proven
    s a layer      median wall time of the uneven search, the even one that it begins with included
"""

from __future__ import annotations

import argparse
import json
import math
import random
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from accel_models.accelerator import Accelerator
from benchmarks.mapping_quality import MACHINES, NETWORKS, SMALL, machine
from mappings import search
from mappings.mappers.mapper import OBJECTIVES, Objective
from nets import Layer, load_network

ALL_NETWORKS: Final = (*NETWORKS, "bert_base")
SEED: Final = 0
"""Of the order of the layers, of which ``--every`` takes some."""


@dataclass(frozen=True, slots=True)
class Gain:
    """Both answers for one layer on one machine.

    Attributes:
        even, uneven: the scores. even_proven, uneven_proven: whether nothing is better.
        gap: how far the uneven score may be from the best. seconds: of the uneven search.
        windows: whether the layer has sliding windows.
    """

    even: float
    uneven: float
    even_proven: bool
    uneven_proven: bool
    gap: float
    seconds: float
    windows: bool

    @property
    def proven(self) -> bool:
        """Whether what is saved is exact."""
        return self.even_proven and self.uneven_proven

    @property
    def saved(self) -> float:
        """Share of the even score."""
        return 1 - self.uneven / self.even


def counted_layers(network: str, every: int) -> list[tuple[Layer, int]]:
    """Distinct layers of a network that run on the array, one of so many, and how often each occurs.

    They are shuffled with a fixed seed: layers repeat in blocks, of which every so many could be of one kind.
    """
    counts: dict[Any, tuple[Layer, int]] = {}
    for layer, count in load_network(network).unique_layers():
        if layer.is_mac:
            first, before = counts.get(layer.shape_key, (layer, 0))
            counts[layer.shape_key] = first, before + count
    return random.Random(SEED).sample(list(counts.values()), len(counts))[::every]


def gain(layer: Layer, on: Accelerator, objective: Objective, limit_s: float) -> Gain:
    """Search one layer both ways; an even mapping is an uneven one too."""
    even, uneven = (
        search(layer, on, mapper="optimal", objective=objective, tiles=tiles, time_limit_s=limit_s)
        for tiles in ("perfect", "uneven")
    )
    best = min(even.score, uneven.score)
    gap = max(best / uneven.lower_bound - 1, 0.0)
    return Gain(even.score, best, even.proven, uneven.proven, gap, uneven.seconds, layer.R > 1 or layer.S > 1)


def row(gains: Sequence[Gain], counts: Sequence[int]) -> dict[str, Any]:
    """The figures of a network on a machine."""
    even, uneven = (float(np.dot(counts, [getattr(one, kind) for one in gains])) for kind in ("even", "uneven"))
    open_gaps = [one.gap for one in gains if not one.uneven_proven]
    windows = [one.proven for one in gains if one.windows]
    plain = [one.proven for one in gains if not one.windows]
    return {
        "even": even,
        "uneven": uneven,
        "saved": 1 - uneven / even,
        "most_saved": max(one.saved for one in gains),
        "layers": len(gains),
        "proven": sum(plain),
        "without_windows": len(plain),
        "proven_with_windows": sum(windows),
        "with_windows": len(windows),
        "median_open_gap": float(np.median(open_gaps)) if open_gaps else None,
        "median_s": float(np.median([one.seconds for one in gains])),
    }


def measure(
    machines: Iterable[str], networks: Sequence[str], objective: Objective, every: int, limit_s: float
) -> dict[str, dict[str, dict[str, Any]]]:
    """The figures of every network on every machine; a layer of several networks is searched once."""
    layers = {network: counted_layers(network, every) for network in networks}
    out = {}
    for name in machines:
        on = machine(name)
        gain(SMALL, on, objective, math.inf)  # compile
        shapes = {layer.shape_key: layer for counted in layers.values() for layer, _ in counted}
        gains = {key: gain(layer, on, objective, limit_s) for key, layer in shapes.items()}
        out[name] = {
            network: row([gains[layer.shape_key] for layer, _ in counted], [count for _, count in counted])
            for network, counted in layers.items()
        }
        print(f"{name} done", file=sys.stderr)
    return out


def as_text(figures: dict[str, dict[str, dict[str, Any]]]) -> str:
    """The table for a person."""
    lines = [
        f"{'machine':14s} {'network':14s} {'even':>10s} {'uneven':>10s} {'saved':>7s} {'most':>7s} {'proven':>7s}"
        f" {'windows':>8s} {'gap':>7s} {'s a layer':>10s}"
    ]
    for name, rows in figures.items():
        for network, of in rows.items():
            gap = "-" if of["median_open_gap"] is None else f"{of['median_open_gap']:.1%}"
            plain = f"{of['proven']}/{of['without_windows']}"
            windows = f"{of['proven_with_windows']}/{of['with_windows']}"
            lines.append(
                f"{name:14s} {network:14s} {of['even']:10.3e} {of['uneven']:10.3e} {of['saved']:7.2%}"
                f" {of['most_saved']:7.2%} {plain:>7s} {windows:>8s} {gap:>7s} {of['median_s']:10.2f}"
            )
    lines.append("windows: layers with sliding windows that are proven, which few are; the others may save more")
    return "\n".join(lines)


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--machines", nargs="+", default=list(MACHINES), metavar="NAME")
    parser.add_argument("--networks", nargs="+", default=list(ALL_NETWORKS), metavar="NAME")
    parser.add_argument("--objective", choices=OBJECTIVES, default="energy")
    parser.add_argument("--every", type=int, default=1, help="take one distinct layer of so many of each network")
    parser.add_argument("--time-limit", type=float, default=5.0, help="seconds for each search (default 5)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    figures = measure(options.machines, options.networks, options.objective, options.every, options.time_limit)
    print(json.dumps({"objective": options.objective, "machines": figures}) if options.json else as_text(figures))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
