"""SRAM figures against CACTI's rows: the shipped law is the one that is scored, what is held out is not seen."""

from __future__ import annotations

import numpy as np
import pytest

from accel_models.data.fit_sram import rows
from accel_models.technology import NODES_NM, technology
from benchmarks.sram_fit import KNOTS_KB, _coefficients, _weights, compare, monotone, report


def test_the_law_is_the_shipped_one() -> None:
    """Worst errors over the nodes that the package has, from its own figures."""
    found = compare()
    for quantity in ("read_pj", "write_pj", "area_mm2"):
        errors = []
        for row in rows("sram_cacti.csv"):
            if row["node_nm"] in NODES_NM:
                memory = technology(row["node_nm"]).sram(row["capacity_kb"] * 1024, int(row["width_bits"]))
                errors.append(abs(getattr(memory, quantity) / row[quantity] - 1))
        assert max(errors) == pytest.approx(found[quantity]["law"]["worst"], abs=0.001)


def test_the_interpolation_meets_every_row(capsys: pytest.CaptureFixture[str]) -> None:
    found = compare()
    for models in found.values():
        assert models["interpolated"]["worst"] < 0.15
        assert models["interpolated"]["median"] < 0.05
        assert models["interpolated"]["held_out_median"] > models["interpolated"]["median"]
        assert models["law"]["held_out_worst"] < 0.35
    report(found)
    assert "held-out median" in capsys.readouterr().out


def test_the_monotone_one_meets_every_row_and_grows() -> None:
    found = compare()
    for models in found.values():
        assert models["monotone"]["worst"] < 0.15
        assert models["monotone"]["median"] < 0.05
    table = rows("sram_cacti.csv")
    nodes = sorted({row["node_nm"] for row in table})
    sizes = np.geomspace(0.25, 4096, 60)
    drawn = [
        {"node_nm": node, "capacity_kb": float(size), "width_bits": width, "banks": 1.0}
        for node in nodes
        for width in (32.0, 64.0, 100.0, 256.0)
        for size in sizes
    ]
    model, probe = monotone(table, nodes), monotone(drawn, nodes)
    for quantity in ("read_pj", "write_pj", "area_mm2"):
        fitted = _coefficients(model, np.log([row[quantity] for row in table]), np.ones(len(table), dtype=np.bool_))
        values = (probe.regressors @ fitted).reshape(len(nodes), 4, len(sizes))
        assert (np.diff(values, axis=2) >= -1e-9).all()  # with capacity
        assert (np.diff(values, axis=1) >= -1e-9).all()  # with width


def test_a_capacity_lies_between_its_neighbours() -> None:
    for capacity_kb in (0.25, 0.5, 3.0, 108.0, 4096.0):
        weights = np.array(_weights(capacity_kb))
        assert weights.sum() == pytest.approx(1)
        assert weights @ np.log(KNOTS_KB) == pytest.approx(np.log(capacity_kb))
