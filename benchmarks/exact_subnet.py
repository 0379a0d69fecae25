"""The subnet as a shortest path: against a list of all paths, against evolution, and how long it takes.

    python benchmarks/exact_subnet.py [--json] [--accelerators N] [--mappings N] [--graphs N]

First the solver is held to a list of all paths of small random graphs, with and without limits on latency, energy and
power. Then random accelerators of 5 mm2 are drawn, every layer shape is mapped on them, and the subnet of least EDP is
found. *ms* is the time for one accelerator and resolution (best of five, the longest of all), *gap* the largest of
value / bound - 1, *100x40* and *16x2* how much more EDP evolution's subnet has (population x generations; geometric
mean, without memory of earlier accelerators). Of ProxylessNAS no accuracies are measured: genes are given the worth
that they have in MobileNetV3.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from cosearch.evaluation.mapping_table import map_shapes
from cosearch.problem.budget import Budget
from cosearch.problem.options import CoSearchOptions
from cosearch.strategies.accelerators import AcceleratorStrategy
from cosearch.strategies.shortest_path import ChainProblem
from cosearch.strategies.shortest_path.kernel.labels import shortest_path
from cosearch.strategies.subnets import Evolution, SubnetSearch
from nets.accuracy import Predictor, load_predictor
from nets.accuracy.saturating import SaturatingModel, SaturatingPredictor
from nets.spaces import load_space
from tests.cosearch.strategies.shortest_path.cases import draw_graph, draw_limits

Floats = NDArray[np.float64]
CASES = (("ofa-mbv3-w1.0", 192, 75.0), ("ofa-proxyless-w1.3", 192, 75.0), ("ofa-resnet50", 192, 78.0))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--accelerators", type=int, default=6, metavar="N")
    parser.add_argument("--mappings", type=int, default=40, metavar="N", help="tried for each layer shape")
    parser.add_argument("--graphs", type=int, default=5000, metavar="N", help="random graphs")
    options = parser.parse_args()
    agreed = sum(agrees(np.random.default_rng(seed)) for seed in range(options.graphs))
    rows = [measure(*case, options.accelerators, options.mappings) for case in CASES]
    if options.json:
        print(json.dumps({"graphs": options.graphs, "agreed": agreed, "rows": rows}))
        return
    print(f"{agreed} of {options.graphs} graphs agree with a list of all paths")
    print(f"{'space':20s}" + "".join(f" {head:>10s}" for head in list(rows[0])[1:]))
    for row in rows:
        print(f"{row['space']:20s}" + "".join(f" {value:10.3g}" for name, value in row.items() if name != "space"))


def agrees(rng: np.random.Generator) -> bool:
    """Whether the shortest path of a random graph is that of a list of all, and no bound above it."""
    graph = draw_graph(rng, endless=rng.choice([0.0, 0.2]))
    _, sums = graph.paths()
    limits = draw_limits(rng, sums) if rng.random() < 0.7 else np.empty((0, 3))
    least_gain = float(rng.choice(sums[:, 0])) - 1e-6
    direction = np.array([1.0, rng.lognormal()])
    path = np.empty(graph.target[-1], np.int64)
    arrays = graph.source, graph.target, graph.figures
    value, bound = shortest_path(*arrays, least_gain, limits, direction, math.inf, 100_000, path)
    relaxed = shortest_path(*arrays, least_gain, limits, direction, math.inf, 0, path)[1]
    good = np.isfinite(sums).all(axis=1) & (sums[:, 0] >= least_gain)
    kept = sums[good]
    for p, q, most in limits:
        kept = kept[p * kept[:, 1] + q * kept[:, 2] <= most]
    best = float((kept[:, 1] + direction[1] * kept[:, 2]).min(initial=math.inf))
    if math.isinf(best):
        return math.isinf(value)
    return abs(value - best) <= 1e-9 * best and max(bound, relaxed) <= best * (1 + 1e-9)


def measure(id: str, resolution: int, floor: float, accelerators: int, mappings: int) -> dict[str, float | str]:
    """One row."""
    space, predictor = load_space(id), predictor_of(id)
    search = SubnetSearch(space, predictor, floor, [resolution])
    problem = ChainProblem(search.table, predictor, floor)
    options = CoSearchOptions(budget=Budget.parse("area=5mm2"), space="ofa-mbv3-w1.0", min_accuracy=75.0)
    proposals = AcceleratorStrategy(options.hardware, "random", 0, accelerators).ask(accelerators)
    machines = [proposal.machine.accelerator() for proposal in proposals]
    table = map_shapes(search.layers, machines, options.mapper_options, mappings)
    problem.best(table.energy_pj[0], table.latency_s[0])  # compile
    seconds, gaps, long, short = [], [], [], []
    for energy, latency in zip(table.energy_pj, table.latency_s):
        times = []
        for _ in range(5):
            began = time.perf_counter()
            best = problem.best(energy, latency)
            times.append(time.perf_counter() - began)
        seconds.append(min(times))
        if best is None:
            continue
        gaps.append(best.gap)
        for excess, evolution in ((long, Evolution(100, 40)), (short, Evolution(16, 2))):
            found = search.best(energy, latency, lambda e, t: e * t, np.random.default_rng(0), evolution)
            excess.append(found.energy_pj * 1e-12 * found.latency_s / best.value)
    return {
        "space": id,
        "ms": max(seconds) * 1e3,
        "gap %": max(gaps) * 100,
        "100x40 %": (float(np.exp(np.mean(np.log(long)))) - 1) * 100,
        "16x2 %": (float(np.exp(np.mean(np.log(short)))) - 1) * 100,
        "least 100x40 %": (min(long) - 1) * 100,
    }


def predictor_of(id: str) -> Predictor:
    """The shipped predictor; of ProxylessNAS, MobileNetV3's with the worth of its last block for the one more."""
    if id != "ofa-proxyless-w1.3":
        return load_predictor(id)
    shipped = load_predictor("ofa-mbv3-w1.0")
    assert isinstance(shipped, SaturatingPredictor)
    model, space = shipped.model, load_space(id)
    places = [
        shipped.space.columns[gene, min(place, shipped.space.slots - 1), value] for gene, place, value in space.columns
    ]
    genes, slopes = model.genes[places], model.slopes[places]
    made = SaturatingModel(
        model.resolutions, model.ceiling, model.score, genes, slopes, np.zeros((6 + 2 * len(genes), 1)), model.scatter
    )
    return SaturatingPredictor("stand-in", space, estimates="nothing measured", notes=(), model=made)


if __name__ == "__main__":
    main()
