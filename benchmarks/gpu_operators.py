"""Measured times of matrix products on GPUs, against the cost model on machines described like them.

    python benchmarks/gpu_operators.py DIR [--json]

DIR has ``*matmul_A100.csv`` and ``*matmul_MI210.csv``: rows of M, N, K, milliseconds, of 16 bits each (measured for
LLMCompass, Zhang et al., ISCA 2024). The machines have the figures that their makers publish: multiprocessors, products
a cycle, memories, bandwidths. What every call costs beside is LLMCompass's own figure. Nothing is fitted, so no more is
claimed than what is printed: the mean error in the time of a product mapped for latency, beside that of a plain
roofline with the same addition. What is missing is what the programs that were measured leave unused.

Exit status 1 when products mapped are further off than the roofline.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from accel_models.accelerator import Accelerator, Axis, Level
from mappings import search
from nets.errors import InputError
from nets.layer import Layer

WORD_BYTES: Final = 2
EVALUATIONS: Final = 2000


@dataclass(frozen=True, slots=True)
class Gpu:
    """A GPU by published figures.

    Attributes:
        name: as files call it.
        cores: multiprocessors. tile: rows, columns and inner products of what one of them multiplies in a cycle.
        clock_hz: at most.
        dram_bytes_s, l2_bytes_cycle: bandwidths. l2_bytes: capacity.
        core_bytes: of a multiprocessor's shared memory and registers.
        call_s: that every call costs beside (LLMCompass).
    """

    name: str
    cores: int
    tile: tuple[int, int, int]
    clock_hz: float
    dram_bytes_s: float
    l2_bytes: int
    l2_bytes_cycle: int
    core_bytes: int
    call_s: float

    @property
    def macs_s(self) -> float:
        """At most."""
        rows, columns, inner = self.tile
        return self.cores * rows * columns * inner * self.clock_hz

    def machine(self) -> Accelerator:
        """DRAM, L2, multiprocessors with a memory each, an array of multipliers in each; energies are none."""
        rows, columns, inner = self.tile
        wires = (Axis("rows", rows, ("P",)), Axis("columns", columns, ("K",)), Axis("inner", inner, ("C",)))
        words = {"word_bits": 8 * WORD_BYTES}
        return Accelerator(
            name=self.name,
            levels=(
                Level(name="DRAM", shared_bandwidth=self.dram_bytes_s / WORD_BYTES / self.clock_hz, **words),
                Level(
                    name="L2",
                    capacity_words=self.l2_bytes // WORD_BYTES,
                    read_bandwidth=self.l2_bytes_cycle / WORD_BYTES,
                    fanout=(Axis("cores", self.cores, ("P", "K")),),
                    **words,
                ),
                Level(
                    name="core",
                    capacity_words=self.core_bytes // WORD_BYTES,
                    double_buffered=True,
                    fanout=wires,
                    **words,
                ),
            ),
            clock_hz=self.clock_hz,
        )


GPUS: Final = (
    Gpu("A100", 108, (16, 8, 8), 1.41e9, 2.039e12, 40 << 20, 5120, (192 + 256) << 10, 21e-6),
    Gpu("MI210", 104, (8, 8, 8), 1.7e9, 1.638e12, 8 << 20, 4096, (64 + 512) << 10, 34e-6),
)
"""NVIDIA A100 (whitepaper, 2020; 80 GB) and AMD Instinct MI210 (CDNA 2 whitepaper, 2021)."""


@dataclass(frozen=True, slots=True)
class Product:
    """One measured product: (M, N, K), and seconds measured, mapped and by the roofline."""

    shape: tuple[int, int, int]
    measured_s: float
    mapped_s: float
    roofline_s: float


def compare(gpu: Gpu, rows: Sequence[tuple[int, int, int, float]]) -> list[Product]:
    """Every product (M, N, K, seconds) on a GPU."""
    machine, found = gpu.machine(), []
    for m, n, k, measured_s in rows:
        layer = Layer(
            name="product", kind="matmul", P=m, K=n, C=k, weight_bits=16, input_bits=16, output_bits=16, psum_bits=32
        )
        mapped = search(layer, machine, objective="latency", budget=EVALUATIONS).cost.latency_s
        moved = WORD_BYTES * (m * n + n * k + m * k) / gpu.dram_bytes_s
        roofline = max(layer.macs / gpu.macs_s, moved)
        found.append(Product((m, n, k), measured_s, mapped + gpu.call_s, roofline + gpu.call_s))
    return found


def read_rows(folder: Path, gpu: Gpu) -> list[tuple[int, int, int, float]]:
    """The products that were measured.

    Raises:
        InputError: there is no such file, or not one alone.
    """
    paths = sorted(folder.glob(f"*matmul_{gpu.name}.csv"))
    if len(paths) != 1:
        raise InputError(str(folder), len(paths), f"must hold one file of products on {gpu.name}")
    with paths[0].open(encoding="utf-8") as lines:
        rows = [row for row in csv.reader(lines) if row]
    return [(*map(int, row[:3]), float(row[3].strip().removesuffix("ms")) * 1e-3) for row in rows]  # type: ignore[misc]


def summary(products: Sequence[Product]) -> dict[str, Any]:
    """Mean absolute errors, relative to what was measured."""
    return {
        "products": len(products),
        "mapped": sum(abs(one.mapped_s / one.measured_s - 1) for one in products) / len(products),
        "roofline": sum(abs(one.roofline_s / one.measured_s - 1) for one in products) / len(products),
    }


def main(words: Sequence[str] | None = None) -> int:
    """Compare and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, metavar="DIR")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    args = parser.parse_args(words)
    found = {gpu.name: summary(compare(gpu, read_rows(args.folder, gpu))) for gpu in GPUS}
    if args.json:
        print(json.dumps(found, indent=2))
    else:
        print(f"{'GPU':<8}{'products':>9}{'mapped, off by':>16}{'roofline, off by':>18}")
        for name, one in found.items():
            print(f"{name:<8}{one['products']:>9}{one['mapped']:>16.1%}{one['roofline']:>18.1%}")
    return 1 if any(one["mapped"] > one["roofline"] for one in found.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
