"""Networks on several cores beside what other tools found, each on the system that has their constants.

    python benchmarks/cores_cases.py [--json]

Stream (tests/golden_metrics.json of its repository): cycles of two convolutions on four cores. SET (run with batch 1
and one round a layer): energy x latency of ResNet-50 on 64 cores, and of the two patterns that it starts from. Exit
status 1 where theirs is less.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from accel_models.systems import load_system
from mappings.cores.cores import map_cores
from mappings.cores.result import OnCores
from mappings.mappers.mapper import Objective
from nets import Layer, Network, load_network


@dataclass(frozen=True)
class Row:
    """One case: theirs, ours, and what nothing is below in our model.

    Attributes:
        theirs, ours, bound: cycles, or pJ x cycles.
        seconds: that ours took, once everything is compiled.
    """

    name: str
    theirs: float
    ours: float
    bound: float
    seconds: float

    def __str__(self) -> str:
        gap = self.ours / self.bound - 1
        return (
            f"{self.name:44}{self.theirs:>13,.6g}{self.ours:>13,.6g}{self.bound:>13,.6g}{gap:>8.2%}"
            f"{self.theirs / self.ours:>8.3f}{self.seconds:>9.3g}"
        )


def two_convolutions() -> Network:
    """8 to 16 to 32 channels on 32 x 32, 3 x 3, padded, 16 bits."""
    network = Network("two convolutions", resolution=32)
    for name, channels in (("conv1", 8), ("conv2", 16)):
        layer = Layer(name=name, C=channels, K=2 * channels, P=32, Q=32, R=3, S=3, padding=(1, 1, 1, 1))
        network.add(layer.at_precision(weight=16, input=16, output=16, psum=16))
    return network


def rows() -> Iterator[Row]:
    """All cases."""
    yield _row("Stream, two convolutions, 4 cores, cycles", 14_344, two_convolutions(), "tpu_quad", "latency")
    resnet = load_network("resnet50")
    found = _mapped(resnet, "set_mesh", "edp")
    for pattern, energy_pj, cycles in (
        ("found in a search", 6.180e9, 587_654),
        ("layer after layer", 6.600e9, 686_925),
        ("layers as a pipeline", 6.121e9, 1_109_044),
    ):
        name = f"SET, ResNet-50, 64 cores, {pattern}"
        yield Row(name, energy_pj * cycles, found.score, found.lower_bound, found.seconds)
    yield _row("the same, cycles of the first", 587_654, resnet, "set_mesh", "latency")


def _row(name: str, theirs: float, network: Network, system: str, objective: Objective) -> Row:
    found = _mapped(network, system, objective)
    return Row(name, theirs, found.score, found.lower_bound, found.seconds)


def _mapped(network: Network, system: str, objective: Objective) -> OnCores:
    return map_cores(network, load_system(system), objective=objective)


def main() -> int:
    """Compare and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print one JSON list")
    options = parser.parse_args()
    _mapped(two_convolutions(), "tpu_quad", "latency")  # compiles
    found = []
    if not options.json:
        print(f"{'case':44}{'theirs':>13}{'ours':>13}{'bound':>13}{'gap':>8}{'gain':>8}{'seconds':>9}")
    for row in rows():
        found.append(row)
        if not options.json:
            print(row, flush=True)
    if options.json:
        print(json.dumps([asdict(row) for row in found]))
    return int(any(row.theirs < row.ours for row in found))


if __name__ == "__main__":
    sys.exit(main())
