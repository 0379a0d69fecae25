"""SRAM figures against CACTI's rows: the shipped table is the one that is scored, and it knows what it has not seen."""

from __future__ import annotations

import pytest

from accel_models.data.fit_sram import QUANTITIES
from accel_models.technology import NODES_NM, technology
from benchmarks.sram_fit import compare, reference_rows, report, unseen_rows


def test_the_table_is_the_shipped_one() -> None:
    """Worst errors over the nodes that the package has, from its own figures."""
    found = compare()
    for quantity in QUANTITIES:
        errors = []
        for row in reference_rows():
            if row["node_nm"] in NODES_NM:
                memory = technology(row["node_nm"]).sram(row["capacity_bytes"], int(row["width_bits"]))
                errors.append(abs(getattr(memory, quantity) / row[quantity] - 1))
        assert max(errors) <= found[quantity]["table"]["worst"] + 1e-12


def test_every_row_is_met_and_more_is_known_of_the_unseen(capsys: pytest.CaptureFixture[str]) -> None:
    found = compare()
    for laws in found.values():
        assert laws["table"]["worst"] < 0.15
        assert laws["table"]["median"] < 0.05
        assert laws["table"]["unseen_median"] < laws["power law"]["unseen_median"]
        assert laws["table"]["unseen_worst"] < laws["power law"]["unseen_worst"]
    report(found)
    assert "unseen median" in capsys.readouterr().out


def test_nothing_unseen_is_in_the_table() -> None:
    capacities = {row["capacity_bytes"] for row in unseen_rows()}
    assert len(capacities) > 15
    assert not capacities & {256.0 * 2**doublings for doublings in range(17)}
