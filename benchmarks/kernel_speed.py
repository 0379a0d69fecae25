"""Evaluations a second of the cost kernel, in one run beside a plain-Python evaluation of the same mappings.

    python benchmarks/kernel_speed.py [--json] [--mappings N]

Mappings of the distinct ResNet-50 and MobileNetV2 layers, all three tensors kept everywhere, every one valid:

* ``ragged``, ``even``: on a machine of four levels (DRAM, a shared buffer, a buffer per element of a 16 x 16 array,
  registers), any two dims in parallel, nearly every dim cut at every level;
* ``drawn_four_levels``, ``drawn``: what the random mapper evaluates, ragged, on those four levels with buffers of real
  sizes, and on the template (DRAM, L2, an array of K x C, L1 in every PE).
"""

from __future__ import annotations

import argparse
import json
import math
import resource
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from accel_models import Accelerator, Axis, Level, MappingArrays, evaluate_batch, kernel, load_accelerator
from accel_models.cost import BatchCost
from accel_models.tables import AcceleratorTable, LayerTable
from mappings.mappers.mapper import SearchOptions, load_mapper
from mappings.mapspace import MapSpace
from nets import load_network
from nets.layer import Layer


def machine(*, capacities: tuple[float, float, float] = (math.inf, math.inf, math.inf)) -> Accelerator:
    """Four levels with a 16 x 16 array below the shared buffer, of the given words in L2, L1 and RF."""
    l2, l1, rf = capacities
    return Accelerator(
        name="four levels",
        levels=(
            Level(name="DRAM", shared_bandwidth=16, read_pj=64, write_pj=64),
            Level(
                name="L2", capacity_words=l2, read_bandwidth=64, write_bandwidth=64, read_pj=4, write_pj=4,
                fanout=(Axis("X", 16), Axis("Y", 16)), network_pj=0.1,
            ),
            Level(name="L1", capacity_words=l1, read_pj=0.5, write_pj=0.5),
            Level(name="RF", capacity_words=rf, read_pj=0.05, write_pj=0.05),
        ),
        mac_pj=0.3,
    )  # fmt: skip


def mac_layers() -> list[Layer]:
    """The distinct layers of ResNet-50 and MobileNetV2 that run on the array."""
    layers = [*load_network("resnet50").mac_layers, *load_network("mobilenet_v2").mac_layers]
    return list({layer.shape_key: layer for layer in layers}.values())


def random_mappings(
    layers: list[Layer], depth: int, count: int, rng: np.random.Generator, *, ragged: bool = True
) -> tuple[MappingArrays, np.ndarray]:
    """``count`` mappings with random tile sizes below DRAM, two parallel dims below L2, and random loop orders."""
    layer_of = rng.integers(len(layers), size=count)
    extent = np.array([layer.bounds for layer in layers], dtype=np.int64)[layer_of]
    tile = np.empty((count, depth, 8), dtype=np.int64)
    part = np.empty((count, depth, 8), dtype=np.int64)
    axis = np.zeros((count, depth, 8), dtype=np.int8)
    rows = np.arange(count)
    for level in range(depth):
        extent = np.ones_like(extent) if level == depth - 1 else _cut(extent, rng, ragged)
        tile[:, level] = extent
        if level == 1:
            chosen = np.argsort(rng.random((count, 8)), axis=1)[:, :2]
            for a in range(2):
                d = chosen[:, a]
                extent = extent.copy()
                extent[rows, d] = (
                    _ceil(extent[rows, d], 16) if ragged else extent[rows, d] // np.gcd(extent[rows, d], 16)
                )
                axis[rows, level, d] = a
        part[:, level] = extent
    order = np.argsort(rng.random((count, depth, 8)), axis=2).astype(np.int8)
    return MappingArrays(tile, part, order, axis, np.ones((count, depth, 3), dtype=bool)), layer_of


def drawn_mappings(
    layers: list[Layer], accelerator: Accelerator, count: int
) -> tuple[MapSpace, MappingArrays, np.ndarray]:
    """At least ``count`` mappings that the random mapper evaluates on a machine, and the layer of each."""
    seen: list[tuple[MappingArrays, np.ndarray]] = []

    class Watched(MapSpace):
        def evaluate(self, mappings: MappingArrays, problem_of: np.ndarray, threads: int) -> BatchCost:
            seen.append((mappings, self.layer_of[problem_of]))
            return super().evaluate(mappings, problem_of, threads)

    space = Watched.of(layers, [accelerator])
    load_mapper("random")(space, SearchOptions(budget=-(-count // len(layers))))
    names = ("tile", "part", "order", "axis", "keep")
    together = MappingArrays(*(np.concatenate([getattr(m, name) for m, _ in seen]) for name in names))
    return space, together, np.concatenate([layer_of for _, layer_of in seen])


def ragged_share(space: MapSpace, mappings: MappingArrays, layer_of: np.ndarray) -> float:
    """Share of mappings in which the tiles of some dim do not divide."""
    outer = space.layer_table.bounds[layer_of]
    ragged = np.zeros(len(mappings.tile), dtype=bool)
    for level in range(mappings.tile.shape[1]):
        for inner in (mappings.tile[:, level], mappings.part[:, level]):
            ragged |= (outer % inner != 0).any(axis=1)
            outer = inner
    return float(ragged.mean())


def _ceil(a: np.ndarray, b: np.ndarray | int) -> np.ndarray:
    return -(-a // b)


def _cut(extent: np.ndarray, rng: np.random.Generator, ragged: bool) -> np.ndarray:
    """Cut every extent into a random number of pieces (log-uniform), ragged or by a divisor."""
    pieces = np.minimum(np.exp(rng.random(extent.shape) * np.log(extent + 1)).astype(np.int64), extent)
    if ragged:
        return _ceil(extent, np.maximum(pieces, 1))
    return np.gcd(extent, _ceil(extent, np.maximum(pieces, 1)))


def speed(arguments: tuple[object, ...], count: int, threads: int, repeats: int = 5) -> float:
    """Best evaluations a second over ``repeats`` runs."""
    layers, machines, mappings, layer_of = arguments
    best = float("inf")
    for _ in range(repeats):
        start = time.perf_counter()
        evaluate_batch(layers, machines, mappings, layer_of=layer_of, threads=threads)  # type: ignore[arg-type]
        best = min(best, time.perf_counter() - start)
    return count / best


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--mappings", type=int, default=100_000, help="mappings in a batch (default 100000)")
    options = parser.parse_args()
    rng = np.random.default_rng(0)
    layers, accelerator = mac_layers(), machine()
    tables = LayerTable.of(layers), AcceleratorTable.of([accelerator])
    figures: dict[str, float] = {"mappings": options.mappings, "layers": len(layers)}
    for name, ragged in (("ragged", True), ("even", False)):
        mappings, layer_of = random_mappings(layers, 4, options.mappings, rng, ragged=ragged)
        status = evaluate_batch(*tables, mappings, layer_of=layer_of, threads=2).status
        assert not status.any(), "every mapping of the benchmark is valid"
        arguments = (*tables, mappings, layer_of)
        figures[f"{name}_per_second_one_thread"] = speed(arguments, options.mappings, 1)
        figures[f"{name}_per_second_two_threads"] = speed(arguments, options.mappings, 2)
        figures[f"{name}_two_threads_ratio"] = (
            figures[f"{name}_per_second_two_threads"] / figures[f"{name}_per_second_one_thread"]
        )
        if ragged:
            few = MappingArrays(*(getattr(mappings, f)[:200] for f in ("tile", "part", "order", "axis", "keep")))
            plain = plain_python(tables, few, layer_of[:200])
            figures["plain_python_per_second"] = plain
            figures["ratio_to_plain_python"] = figures["ragged_per_second_one_thread"] / plain
            before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            for _ in range(10):
                evaluate_batch(*tables, mappings, layer_of=layer_of)
            after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            figures["memory_growth_mb_over_ten_streamed_batches"] = (after - before) / 1024
            figures["share_of_time_outside_the_kernel"] = outside_share(arguments)
    for name, on in (
        ("drawn_four_levels", machine(capacities=(65536, 256, 32))),
        ("drawn", load_accelerator("nvdla_256", node_nm=45)),
    ):
        space, mappings, layer_of = drawn_mappings(layers, on, options.mappings)
        arguments = (space.layer_table, space.accelerator_table, mappings, layer_of)
        figures[f"{name}_per_second_one_thread"] = speed(arguments, len(mappings), 1)
        figures[f"{name}_share_with_a_ragged_dim"] = ragged_share(space, mappings, layer_of)
    if options.json:
        print(json.dumps(figures))
        return
    for name, value in figures.items():
        print(f"{name:45s} {value:,.2f}")


def plain_python(tables: tuple[LayerTable, AcceleratorTable], mappings: MappingArrays, layer_of: np.ndarray) -> float:
    """Evaluations a second of the same functions run by the interpreter, without compilation."""
    import os
    import subprocess
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mappings.npz"
        np.savez(
            path, layer_of=layer_of, **{f: getattr(mappings, f) for f in ("tile", "part", "order", "axis", "keep")}
        )
        code = (
            "import sys, time, numpy as np; sys.path[:0] = [sys.argv[1], sys.argv[1] + '/benchmarks'];"
            "import kernel_speed as k; from accel_models import MappingArrays, evaluate_batch;"
            "z = np.load(sys.argv[2]);"
            "m = MappingArrays(*(z[f] for f in ('tile', 'part', 'order', 'axis', 'keep')));"
            "layers, machine = k.LayerTable.of(k.mac_layers()), k.AcceleratorTable.of([k.machine()]);"
            "t = time.perf_counter(); evaluate_batch(layers, machine, m, layer_of=z['layer_of']);"
            "print(len(m) / (time.perf_counter() - t))"
        )
        root = str(Path(__file__).resolve().parent.parent)
        run = subprocess.run(
            [sys.executable, "-c", code, root, str(path)],
            env={**os.environ, "NUMBA_DISABLE_JIT": "1"}, capture_output=True, text=True, check=True,
        )  # fmt: skip
        return float(run.stdout)


def outside_share(arguments: tuple[object, ...]) -> float:
    """Share of a call of 1,000 mappings that is spent in Python around the kernel."""
    layers, machines, mappings, layer_of = arguments
    few = MappingArrays(*(getattr(mappings, f)[:1000] for f in ("tile", "part", "order", "axis", "keep")))
    inside = 0.0
    run = kernel.evaluate_range

    def timed(*args: object) -> None:
        nonlocal inside
        start = time.perf_counter()
        run(*args)
        inside += time.perf_counter() - start

    kernel.evaluate_range = timed  # type: ignore[assignment]
    try:
        start = time.perf_counter()
        for _ in range(50):
            evaluate_batch(layers, machines, few, layer_of=layer_of[:1000])  # type: ignore[arg-type, index]
        whole = time.perf_counter() - start
    finally:
        kernel.evaluate_range = run
    return 1 - inside / whole


if __name__ == "__main__":
    main()
