"""SRAM figures against CACTI: the law scored is the shipped one, and the table has not seen what it is tried on."""

from __future__ import annotations

import math

import pytest

from accel_models.technology import NODES_NM, technology
from benchmarks.sram.run_cacti import asked
from benchmarks.sram.table import WIDTHS_BITS, SramTable, grid, table_of
from benchmarks.sram_fit import QUANTITIES, compare, reference_rows, report, unseen_rows

TABLE = SramTable(((1.0, 2.0, 3.0), (1.5, 2.0, 4.0), (1.5, 3.0, 6.0), (2.0, 5.0, 9.0)))


def test_the_law_is_the_shipped_one() -> None:
    """Worst errors over the nodes that the package has, from its own figures."""
    found = compare()
    for quantity in QUANTITIES:
        errors = []
        for row in reference_rows():
            if row["node_nm"] in NODES_NM:
                memory = technology(row["node_nm"]).sram(row["capacity_bytes"], int(row["width_bits"]))
                errors.append(abs(getattr(memory, quantity) / row[quantity] - 1))
        assert max(errors) == pytest.approx(found[quantity]["law"]["worst"], abs=0.001)


def test_the_table_meets_every_row_and_more_of_the_unseen(capsys: pytest.CaptureFixture[str]) -> None:
    found = compare()
    for models in found.values():
        assert models["table"]["worst"] < 0.15
        assert models["table"]["median"] < 0.05
        assert models["table"]["unseen_median"] < models["law"]["unseen_median"]
        assert models["table"]["unseen_worst"] < models["law"]["unseen_worst"]
    report(found)
    assert "unseen median" in capsys.readouterr().out


def test_nothing_unseen_is_in_the_table() -> None:
    capacities = {row["capacity_bytes"] for row in unseen_rows()}
    assert len(capacities) > 15
    assert not capacities & {256.0 * 2**doublings for doublings in range(17)}


def test_figures_of_the_table_and_between() -> None:
    assert [TABLE.at(256 << doubling, 64) for doubling in range(3)] == [1.5, 2.0, 4.0]
    assert TABLE.at(768, 32) == 2.5
    assert TABLE.at(512, 160) == 2.5
    assert TABLE.at(768, 48) == (2.5 + 3.0) / 2
    assert [TABLE.at(1024 << doubling, 64) for doubling in range(3)] == [4.0, 8.0, 16.0]  # beyond, as the last one
    assert TABLE.at(1, 8) == TABLE.at(256, 32) == 1.0


@pytest.mark.parametrize("quantity", QUANTITIES)
def test_figures_never_fall_by_one_last_digit(quantity: str) -> None:
    found = table_of(grid(), 45, quantity)
    for width in WIDTHS_BITS:
        for doubling in range(18):
            knot = float(256 << doubling)
            sizes = [knot, math.nextafter(knot, math.inf), 1.3 * knot, 2 * knot - 1, math.nextafter(2 * knot, 0)]
            figures = [found.at(size, width) for size in sizes]
            assert figures == sorted(figures)
            assert figures[-1] == pytest.approx(found.at(2 * knot, width), rel=1e-12)


def test_the_grid_holds_what_the_script_asks_for() -> None:
    keys = ("node_nm", "capacity_bytes", "width_bits", "banks")
    assert [tuple(int(row[key]) for key in keys) for row in grid()] == list(asked())
