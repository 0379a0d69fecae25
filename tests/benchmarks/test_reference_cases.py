"""The reference cases of other tools, where they are: equal, or explained."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks import cores_cases, fused_cases, gemmini_rows, systolic_cases, zigzag_cases

CASES = Path(__file__).resolve().parents[3] / "shared" / "cases"


def needs(name: str) -> Path:
    if not (CASES / name).exists():
        pytest.skip(f"no reference cases {name} beside the repository")
    return CASES / name


def test_every_scale_sim_case() -> None:
    rows = {
        path.stem: systolic_cases.compare(json.loads(path.read_text())) for path in needs("scalesim").glob("*.json")
    }
    assert rows
    assert {name: row.differs for name, row in rows.items() if row.differs} == {}
    assert all("issue 166" in text or "stalls" in text for row in rows.values() for text in row.explained)


def test_every_zigzag_case() -> None:
    rows = {path.stem: zigzag_cases.compare(json.loads(path.read_text())) for path in needs("zigzag").glob("*.json")}
    assert rows
    assert {name: row.differs for name, row in rows.items() if row.differs} == {}


def test_the_first_rows_of_timeloop() -> None:
    summary = gemmini_rows.compare(gemmini_rows.read_rows(needs("gemmini/timeloop_rows.csv"), limit=3000))
    assert summary["unexplained_rows"] == []
    assert summary["cycles_equal_share"] == 1
    assert summary["energy_within_1pct_share"] == 1
    assert summary["cycles_equal_share_exact_windows"] > 0.98


def test_every_row_of_fused_groups(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["fused_cases.py", str(needs("fusion")), "--json"])
    assert fused_cases.main() == 0
    summary = json.loads(capsys.readouterr().out)
    assert summary["cases"] == summary["equal"] >= 220


def test_two_convolutions_on_four_cores_take_as_long_as_dram() -> None:
    """The words that cross, two bytes each, over eight a cycle."""
    row = next(cores_cases.rows())
    words = 8 * 32 * 32 + 9 * (8 * 16 + 16 * 32) + 32 * 32 * 32
    assert row.ours == row.bound == 2 * words / 8 < row.theirs
