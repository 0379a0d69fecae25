"""Areas of hardware from constants: known ones are found again, and a design does not predict itself."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.cases.gemmini_area import AREA_NAMES, area_features, compare_areas
from benchmarks.gemmini_rows import read_accelerator
from tests.benchmarks.test_gemmini_rows import ROW

TRUE = np.array([4e-4, 2e-5, 3e-6, 0.02])
MACHINES = [
    read_accelerator(
        ROW | {"arch.pe": str(mesh * mesh), "arch.meshX": str(mesh), "arch.mem1_entries": str(accumulators),
               "arch.mem2_entries": str(scratchpad)}
    )
    for mesh in (4, 16, 64) for accumulators in (64, 1024) for scratchpad in (4096, 262144)
]  # fmt: skip


def test_features_are_sizes_of_the_hardware() -> None:
    assert area_features(MACHINES[:1]).tolist() == [[16, 4 * 64, 4096, 1]]


def test_constants_are_found_again() -> None:
    found = compare_areas(MACHINES, area_features(MACHINES) @ TRUE)
    assert [found["area_table_mm2"][name] for name in AREA_NAMES] == pytest.approx(TRUE)
    assert found["area_mape"] == pytest.approx(0, abs=1e-9)


def test_a_design_is_predicted_from_the_others() -> None:
    area = area_features(MACHINES) @ TRUE
    area[3] *= 2
    found = compare_areas(MACHINES, area)
    assert found["area_worst_error"] == pytest.approx(0.5, abs=0.02)


def test_too_few_designs_say_nothing() -> None:
    assert compare_areas(MACHINES[:4], np.ones(4)) == {}
