"""The table of SRAM figures: met where it has one, never falling with capacity, straight between."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accel_models.data.fit_sram import QUANTITIES, law, rows
from accel_models.data.run_cacti import asked
from accel_models.sram_law import WIDTHS_BITS, SramLaw
from accel_models.technology import NODES_NM, technology

LAW = SramLaw(((1.0, 2.0, 3.0), (1.5, 2.0, 4.0), (1.5, 3.0, 6.0), (2.0, 5.0, 9.0)))


def test_figures_of_the_table_and_between() -> None:
    assert [LAW.at(256 << doubling, 64) for doubling in range(3)] == [1.5, 2.0, 4.0]
    assert LAW.at(768, 32) == 2.5
    assert LAW.at(512, 160) == 2.5
    assert LAW.at(768, 48) == (2.5 + 3.0) / 2


def test_beyond_the_table_each_doubling_takes_as_much_more_as_the_last() -> None:
    assert [LAW.at(1024 << doubling, 64) for doubling in range(3)] == [4.0, 8.0, 16.0]
    assert LAW.at(1536, 64) == 6.0
    assert LAW.at(512, 768) == 7.0


def test_below_the_table_all_cost_as_much_as_its_smallest() -> None:
    assert LAW.at(1, 8) == LAW.at(256, 32) == 1.0


@given(
    st.sampled_from(NODES_NM), st.sampled_from(WIDTHS_BITS), st.integers(1, 1 << 26), st.integers(1, 64), st.booleans()
)
def test_figures_never_fall_by_one_last_digit(node: int, width: int, capacity: int, more: int, fraction: bool) -> None:
    """Neighbours closer than any design's: what bounds rest on holds in floating point, not only on paper."""
    larger = math.nextafter(capacity, math.inf) if fraction else capacity + more
    tech = technology(node)
    for of in (tech.sram_read, tech.sram_write, tech.sram_area):
        assert of.at(capacity, width) <= of.at(larger, width)


@pytest.mark.parametrize("node", NODES_NM)
def test_at_every_doubling_the_pieces_meet(node: int) -> None:
    tech = technology(node)
    for of in (tech.sram_read, tech.sram_write, tech.sram_area):
        for width in (*WIDTHS_BITS, 128):
            for doubling in range(1, 20):
                knot = float(256 << doubling)
                below, at = of.at(math.nextafter(knot, 0.0), width), of.at(knot, width)
                assert below <= at * (1 + 1e-15)
                assert below == pytest.approx(at, rel=1e-12)


def test_the_grid_holds_what_the_script_asks_for() -> None:
    grid = [
        tuple(int(row[key]) for key in ("node_nm", "capacity_bytes", "width_bits", "banks"))
        for row in rows("sram_grid.csv")
    ]
    assert grid == list(asked())


@pytest.mark.parametrize("quantity", QUANTITIES)
def test_the_table_is_cactis_but_where_that_falls(quantity: str) -> None:
    """Of one bank below 16,384 words: where CACTI's figures grow along both, the law has them."""
    grid = rows("sram_grid.csv")
    found = law(grid, 45, quantity)
    met = [
        found.at(row["capacity_bytes"], row["width_bits"]) == pytest.approx(row[quantity], rel=1e-4)
        for row in grid
        if row["node_nm"] == 45
        and row["capacity_bytes"] < 2048 * row["width_bits"]
        and math.log2(row["capacity_bytes"]).is_integer()
    ]
    assert sum(met) >= 0.5 * len(met)
