"""The table of silicon: what is held out, and that Eyeriss runs the layers that were measured."""

from __future__ import annotations

import pytest

from benchmarks.silicon import ALEXNET, areas, chart, classes, parts, report


def test_the_convolutions_of_alexnet_are_those_that_the_chip_ran() -> None:
    # Chen et al., ISSCC 2016: 2.3 million weights and 666 million MACs an image of 227 x 227
    assert sum(layer.macs for layer in ALEXNET) == pytest.approx(666e6, rel=1e-3)
    assert sum(layer.G * layer.K * layer.C * layer.R * layer.S for layer in ALEXNET) == pytest.approx(2.3e6, rel=0.02)


def test_designs_of_28_and_16_nm_are_within_a_quarter_when_held_out(capsys: pytest.CaptureFixture[str]) -> None:
    found = areas()
    assert len(found) == 16
    assert all(abs(at["held_out_ratio"] - 1) < 0.25 for at in found if at["node_nm"] <= 28)
    report({"areas": found, "classes": classes(), "parts": [], "measured": []})
    assert "a design is predicted from the others within 11%" in capsys.readouterr().out


def test_the_chart_has_a_row_and_two_marks_for_each_area() -> None:
    found = areas()
    drawn = chart({"areas": found, "classes": classes(), "parts": [], "measured": []})
    marks = [mark for mark in drawn.marks if "<circle" in mark]
    assert len(marks) == 2 * len(found) + 2  # two more explain the colours
    for at in found:
        assert sum(f"{at['design']}, {at['node_nm']:g} nm" in mark for mark in drawn.marks) == 1
        assert any(f"held out: {at['held_out_ratio']:.2f}" in mark for mark in marks)


def test_parts_of_chips_take_from_two_fifths_to_all_of_what_is_published() -> None:
    found = parts()
    assert {at["design"] for at in found} == {"tpu_v1", "tpu_v4i", "simba"}
    assert all(at["ours"] == pytest.approx(2.5 * at["parts_mm2"]) for at in found)
    assert all(0.4 < at["ratio"] < 1.1 for at in found)
