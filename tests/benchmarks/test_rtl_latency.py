"""Measured rows: what is read, how models are scored, and that the shipped calibration follows from the rows."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

from accel_models.calibration.latency_models import load_calibration
from benchmarks.rtl_latency import MEASURED, compare, learn, read_measured, score
from nets.errors import InputError
from tests.benchmarks.test_gemmini_rows import ROW, write

ROWS = Path(__file__).resolve().parents[3] / "shared" / "cases" / "gemmini" / "rtl_rows.csv"


def table(path: Path, cycles: list[str], **changes: str) -> Path:
    mapping = "L3[WIO] P28 R7 Q56 K{} - L2[WI] N1 K4X - L1[O] K2 S7 Q2 P2 C3X - L0[W] P2"
    rows = [
        {"target.cycle": "1", "target.energy": "1", "mapping.mapping": mapping.format(8 * (i + 1)), MEASURED: cycle}
        | ROW | {"prob.K": str(64 * (i + 1))} | changes
        for i, cycle in enumerate(cycles)
    ]  # fmt: skip
    return write(path, rows)


def test_rows_faster_than_their_array_are_left_out(tmp_path: Path) -> None:
    found = read_measured(table(tmp_path / "rows.csv", ["20000000", "30000000", "100"]))
    assert (found.cycles.tolist(), found.left_out) == ([2e7, 3e7], 1)
    assert found.sizes[0].columns == 32


def test_rows_without_measured_cycles_or_layers_are_refused(tmp_path: Path) -> None:
    path = table(tmp_path / "rows.csv", ["20000000", "30000000"])
    with pytest.raises(InputError, match="at least 2 are needed"):
        read_measured(table(tmp_path / "one.csv", ["20000000"]))
    path.write_text(path.read_text().replace(MEASURED, "target.other"))
    with pytest.raises(InputError, match=r"gemmini_cycle.*missing"):
        read_measured(path)


def test_scores_are_those_of_a_few_rows_by_hand() -> None:
    measured = np.array([100.0, 200.0, 100.0, 105.0])
    layer = np.array([0, 0, 1, 1])
    found = score(np.array([110.0, 110.0, 200.0, 50.0]), measured, layer)
    assert found["mape"] == pytest.approx((0.1 + 0.45 + 1 + 55 / 105) / 4)
    assert found["pair_order"] == 0.5  # the rows of layer 1 are too close to count, those of layer 0 tie
    assert score(np.array([3.0, 4.0, 1.0, 1.0]), measured, layer)["pair_order"] == 1
    assert score(measured, measured, layer)["log_rmse"] == 0


@pytest.mark.skipif(not ROWS.exists(), reason="the measured rows stand beside the project, where they are given")
def test_the_shipped_calibration_is_learnt_from_the_rows_and_holds_on_layers_it_has_not_seen() -> None:
    measured = read_measured(ROWS)
    again, shipped = asdict(learn(measured)), asdict(load_calibration("rtl-gemmini"))
    assert again["correction"]["costs"] == pytest.approx(shipped["correction"]["costs"], rel=1e-6)
    assert again["ranges"] == shipped["ranges"]
    found = compare(measured)
    assert found["analytic"]["mape"] <= 0.26
    assert found["analytic"]["log_rmse"] <= 0.48
    assert found["calibrated"]["mape"] <= 0.15
    assert found["calibrated"]["log_rmse"] <= 0.22
    assert found["calibrated"]["pair_order"] >= 0.80
    assert 0.8 <= found["calibrated"]["inside"] <= 0.97
    assert found["timeloop"]["pair_order"] < found["analytic"]["pair_order"] < found["calibrated"]["pair_order"]
