"""The area between parts and die: calibrated, held out, and an interval where it means something."""

from __future__ import annotations

from dataclasses import replace

import pytest

from accel_models.accelerator import Accelerator, Level
from accel_models.overhead import CLASSES, area_interval, node_class, parts_mm2
from accel_models.presets import load_accelerator, load_template


@pytest.mark.parametrize("name", ["32 to 22 nm", "16 and 7 nm"])
def test_each_synthesised_design_is_predicted_from_the_others(name: str) -> None:
    found = node_class(name)
    assert len(found.designs) == 7
    assert all(0.8 < ratio < 1.25 for ratio in found.ratios)
    assert found.fixed_mm2 > 0
    for design in found.designs:
        assert found.mm2(parts_mm2(design.accelerator)) == pytest.approx(design.published_mm2, rel=0.15)


def test_two_chips_of_different_kinds_say_little() -> None:
    found = node_class("65 and 45 nm")
    low, high = sorted(found.ratios)
    assert low * high == pytest.approx(1)
    assert high == pytest.approx(1.94, abs=0.01)


def test_every_class_has_designs_and_every_node_a_class() -> None:
    from accel_models.technology import NODES_NM

    assert sorted(node for nodes in CLASSES.values() for node in nodes) == sorted(NODES_NM)
    assert all(len(node_class(name).designs) >= 2 for name in CLASSES)


def test_the_overhead_that_a_machine_states_does_not_count() -> None:
    """The interval starts from the parts."""
    template = load_template("nvdla_256")
    plain, padded = template.accelerator(), replace(template, overhead=4.0).accelerator()
    assert parts_mm2(padded) == pytest.approx(parts_mm2(plain))
    assert padded.area_mm2 > plain.area_mm2
    found, other = area_interval(plain), area_interval(padded)
    assert found is not None
    assert other is not None
    assert found.mm2 == pytest.approx(other.mm2)
    assert found.low_mm2 < 1.7 < found.high_mm2


def test_areas_of_other_tools_files_are_left_alone() -> None:
    machine = Accelerator(name="given", levels=(Level(name="DRAM", area_mm2=2.0),), node_nm=28)
    assert area_interval(machine) is None
    assert area_interval(replace(load_accelerator("nvdla_256"), node_nm=5)) is None
