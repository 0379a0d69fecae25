"""Machines like GPUs: as fast as published, and no product sooner than the roofline allows."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.gpu_operators import GPUS, Gpu, compare, read_rows, summary
from nets.errors import InputError

PUBLISHED = {"A100": 312e12, "MI210": 181e12}


@pytest.mark.parametrize("gpu", GPUS, ids=lambda gpu: gpu.name)
def test_as_fast_as_published(gpu: Gpu) -> None:
    assert 2 * gpu.macs_s == pytest.approx(PUBLISHED[gpu.name], rel=0.01)
    machine = gpu.machine()
    assert machine.macs_per_cycle * machine.clock_hz == pytest.approx(gpu.macs_s)


def test_a_mapped_product_takes_at_least_the_roofline() -> None:
    rows = [(64, 12288, 12288, 2e-4), (512, 512, 512, 3e-5)]
    found = compare(GPUS[0], rows)
    assert all(one.mapped_s >= one.roofline_s * (1 - 1e-9) for one in found)
    assert summary(found)["products"] == 2


def test_products_are_read(tmp_path: Path) -> None:
    (tmp_path / "a_matmul_A100.csv").write_text("64, 128, 256, 0.1900ms, 101.7Tflops\n")
    assert read_rows(tmp_path, GPUS[0]) == [(64, 128, 256, pytest.approx(1.9e-4))]
    with pytest.raises(InputError, match="one file of products on MI210"):
        read_rows(tmp_path, GPUS[1])
