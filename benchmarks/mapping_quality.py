"""Proven optima of every layer of three networks, and how far each heuristic mapper stays from them.

    python benchmarks/mapping_quality.py [--networks N ...] [--machines M ...] [--time-limit S] [--every N]
                                         [--tiles perfect|ragged] [--budgets 1000 ...] [--mappers M ...] [--seeds 5]
                                         [--json]

Energy-delay product, one core, times as user time. ``simba`` is a machine of six levels described here (one
chiplet of 4 x 4 elements, each with 8 lanes of 8 MACs), ``eyeriss_chip`` has a scratchpad for each tensor, ``gemmini``
four levels; ``gemmini_sized`` is the template of three levels with Gemmini's sizes. With ragged tiles a layer is
searched until its gap is below 1 %, for a second at most unless ``--time-limit`` says otherwise.
Without ``--budgets`` only the optimal mapper runs; with them the others do too, each layer with each budget and seed.
Exit status 1 when a layer is not proven (perfect factors).
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from accel_models.accelerator import Accelerator, Axis
from accel_models.precision import Precision
from accel_models.presets import load_accelerator
from accel_models.structure import BuiltLevel, Structure
from accel_models.template import Template
from mappings import list_mappers, search, search_layers
from nets import Layer, load_network

NETWORKS = ("resnet50", "mobilenet_v2", "vgg16")
MACHINES = (
    "eyeriss", "nvdla_256", "nvdla_1024", "shidiannao", "gemmini_sized", "gemmini", "eyeriss_chip", "simba",
)  # fmt: skip
NODE_NM = 45
TIME_LIMIT_S = {"perfect": 20.0, "ragged": 1.0}
SETTINGS: dict[str, dict[str, Any]] = {"perfect": {}, "ragged": {"gap": 0.0099}}
SMALL = Layer(name="small", K=4, C=4, P=4, Q=4)
WITH_BUDGET = [name for name in list_mappers() if name not in ("exhaustive", "optimal")]


def simba() -> Accelerator:
    """Shao et al., "Simba", MICRO 2019: 16 elements of 64 MACs, 64 KB shared, 8 KB inputs, 32 KB weights, 3 KB sums."""
    return Structure(
        name="simba",
        levels=(
            BuiltLevel(name="DRAM", memory="dram"),
            BuiltLevel(
                name="global", memory="sram", keeps=("I", "O"), capacity_bytes=65536, width_bits=256, read_bandwidth=64,
                write_bandwidth=64, fanout=(Axis("X", 4, ("K", "C", "P", "Q")), Axis("Y", 4, ("K", "C", "P", "Q"))),
            ),
            BuiltLevel(
                name="inputs", memory="sram", keeps=("I",), capacity_bytes=8192, width_bits=64, read_bandwidth=8,
                write_bandwidth=8,
            ),
            BuiltLevel(
                name="weights", memory="sram", keeps=("W",), capacity_bytes=32768, width_bits=64, read_bandwidth=64,
                write_bandwidth=8, fanout=(Axis("lanes", 8, ("K",)),),
            ),
            BuiltLevel(
                name="sums", memory="sram", keeps=("O",), capacity_bytes=384, width_bits=24, read_bandwidth=6,
                write_bandwidth=6, fanout=(Axis("vector", 8, ("C",)),),
            ),
            BuiltLevel(name="registers", memory="flops", keeps=("W",), capacity_bytes=8, width_bits=8),
        ),
        node_nm=NODE_NM,
    ).accelerator()  # fmt: skip


def gemmini_sized() -> Accelerator:
    """The template with Gemmini's array, its scratchpad and accumulators as L2, and the least L1 there is."""
    return Template(
        name="gemmini_sized", array=(16, 16), parallel=("K", "C"), l1_bytes=16, l2_bytes=262144 + 65536,
        noc_bandwidth=32.0, dram_bandwidth=16.0, precision=Precision(psum=32), node_nm=NODE_NM,
    ).accelerator()  # fmt: skip


OWN_MACHINES = {"simba": simba, "gemmini_sized": gemmini_sized}


def machine(name: str) -> Accelerator:
    """A machine by name, at one node."""
    return OWN_MACHINES[name]() if name in OWN_MACHINES else load_accelerator(name, node_nm=NODE_NM)


def distinct_layers(networks: list[str]) -> list[Layer]:
    """Layers of the networks that run on the array, each shape once."""
    layers = {la.shape_key: la for name in networks for la, _ in load_network(name).unique_layers() if la.is_mac}
    return list(layers.values())


def prove(layers: list[Layer], on: Accelerator, tiles: Any, limit_s: float) -> tuple[dict[str, Any], np.ndarray]:
    """Search every layer; times, gaps and what is proven, and the scores."""
    search(SMALL, on, mapper="optimal", tiles=tiles)  # compile
    seconds, gaps, proven, scores, evaluations = [], [], 0, [], []
    for layer in layers:
        began = resource.getrusage(resource.RUSAGE_SELF).ru_utime
        result = search(layer, on, mapper="optimal", tiles=tiles, time_limit_s=limit_s, settings=SETTINGS[tiles])
        seconds.append(resource.getrusage(resource.RUSAGE_SELF).ru_utime - began)
        gaps.append(result.gap)
        proven += result.proven
        scores.append(result.score)
        evaluations.append(result.evaluations)
    row = {
        "layers": len(layers),
        "proven": proven,
        "median_ms": 1e3 * float(np.median(seconds)),
        "ms_95_percent": 1e3 * float(np.quantile(seconds, 0.95)),
        "most_ms": 1e3 * max(seconds),
        "gap_95_percent": float(np.quantile(gaps, 0.95)),
        "gap_below_1_percent": float(np.mean(np.array(gaps) < 0.01)),
        "median_evaluations": int(np.median(evaluations)),
    }
    return row, np.array(scores)


def heuristics(
    layers: list[Layer],
    on: Accelerator,
    optima: np.ndarray,
    *,
    tiles: Any,
    mappers: list[str],
    budgets: list[int],
    seeds: int,
) -> dict[str, dict[str, float]]:
    """Gap of every heuristic mapper to the optima: median and 95 % over layers and seeds, by mapper and budget."""
    rows = {}
    for mapper in mappers:
        for budget in budgets:
            began = time.process_time()
            gaps = np.array(
                [
                    search_layers(layers, on, mapper=mapper, budget=budget, seed=seed, tiles=tiles).found.score / optima
                    for seed in range(seeds)
                ]
            )
            rows[f"{mapper} at {budget}"] = {
                "median_gap": float(np.median(gaps)) - 1,
                "gap_95_percent": float(np.quantile(gaps, 0.95)) - 1,
                "least_gap": float(gaps.min()) - 1,
                "evaluations_per_s": gaps.size * budget / (time.process_time() - began),
            }
    return rows


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--networks", nargs="+", default=list(NETWORKS), metavar="NAME")
    parser.add_argument("--machines", nargs="+", default=list(MACHINES), metavar="NAME")
    parser.add_argument("--tiles", choices=("perfect", "ragged"), default="perfect")
    parser.add_argument("--time-limit", type=float, help="seconds for each layer (default 20; 1 with ragged tiles)")
    parser.add_argument("--every", type=int, default=1, help="take one layer of so many")
    parser.add_argument("--budgets", type=int, nargs="*", default=[], help="also run the heuristics with these")
    parser.add_argument("--mappers", nargs="+", choices=WITH_BUDGET, default=WITH_BUDGET, metavar="NAME")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    if options.time_limit is None:
        options.time_limit = TIME_LIMIT_S[options.tiles]
    layers = distinct_layers(options.networks)[:: options.every]
    proofs, gaps = {}, {}
    for name in options.machines:
        on = machine(name)
        proofs[name], optima = prove(layers, on, options.tiles, options.time_limit)
        if options.budgets:
            gaps[name] = heuristics(
                layers, on, optima,
                tiles=options.tiles, mappers=options.mappers, budgets=options.budgets, seeds=options.seeds,
            )  # fmt: skip
    if options.json:
        print(json.dumps({"optimal": proofs, "heuristics": gaps}))
    else:
        head = f"{'median ms':>10s} {'95 % ms':>10s} {'most ms':>10s} {'95 % gap':>9s} {'below 1 %':>10s}"
        print(f"{'machine':14s} {'proven':>9s} {head}")
        for name, row in proofs.items():
            share = f"{row['proven']}/{row['layers']}"
            times = f"{row['median_ms']:10.1f} {row['ms_95_percent']:10.1f} {row['most_ms']:10.1f}"
            print(f"{name:14s} {share:>9s} {times} {row['gap_95_percent']:9.2%} {row['gap_below_1_percent']:10.1%}")
        for name, rows in gaps.items():
            print(f"\n{name:30s} {'median gap':>11s} {'95 % gap':>10s} {'least gap':>10s} {'a CPU second':>13s}")
            for mapper, gap in rows.items():
                print(
                    f"{mapper:30s} {gap['median_gap']:11.2%} {gap['gap_95_percent']:10.2%} {gap['least_gap']:10.2%}"
                    f" {gap['evaluations_per_s']:13,.0f}"
                )
    return 0 if options.tiles == "ragged" or all(row["proven"] == row["layers"] for row in proofs.values()) else 1


if __name__ == "__main__":
    raise SystemExit(main())
