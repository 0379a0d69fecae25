"""Machines refuse what cannot be built, naming level, field and value."""

from __future__ import annotations

import math
from typing import Any

import pytest

from accel_models.accelerator import Accelerator, Axis, Level
from nets.errors import InputError

DRAM = Level(name="DRAM")


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"capacity_words": 0}, "capacity_words"),
        ({"read_bandwidth": -1.0}, "read_bandwidth"),
        ({"write_bandwidth": math.nan}, "write_bandwidth"),
        ({"keeps": ("W", "X")}, "keeps"),
        ({"partition_words": {"W": 0}}, "partition_words"),
        ({"read_pj": math.inf}, "read_pj"),
        ({"word_bits": 0}, "word_bits"),
        ({"fanout": (Axis("X", 2), Axis("X", 4))}, "fanout"),
    ],
)
def test_a_level_that_cannot_be_names_the_field(fields: dict[str, Any], says: str) -> None:
    with pytest.raises(InputError, match=f"'L2'.*{says}"):
        Level(name="L2", **fields)


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"levels": ()}, "levels"),
        ({"levels": (DRAM, DRAM)}, "twice"),
        ({"levels": (Level(name="DRAM", keeps=("W", "I")),)}, "every tensor"),
        ({"mac_pj": -1.0}, "mac_pj"),
        ({"mac_area_mm2": math.nan}, "mac_area_mm2"),
        ({"clock_hz": 0.0}, "clock_hz"),
        ({"other_area_mm2": {"wires": -0.1}}, "wires"),
    ],
)
def test_a_machine_that_cannot_be_names_the_field(fields: dict[str, Any], says: str) -> None:
    with pytest.raises(InputError, match=says):
        Accelerator(**{"name": "m", "levels": (DRAM,), **fields})


def test_instances_and_areas_multiply_down_the_fan_outs() -> None:
    machine = Accelerator(
        name="m",
        levels=(
            Level(name="DRAM", fanout=(Axis("X", 2),)),
            Level(name="L2", area_mm2=1.0, leakage_mw=0.5, fanout=(Axis("X", 4), Axis("Y", 3))),
            Level(name="L1", area_mm2=0.1),
        ),
        mac_area_mm2=0.01,
        other_area_mm2={"control": 0.2},
        static_mw=2.0,
    )
    assert [machine.instances(i) for i in range(4)] == [1, 2, 24, 24]
    assert machine.macs_per_cycle == 24
    assert machine.area_breakdown_mm2() == pytest.approx({"L2": 2.0, "L1": 2.4, "MAC": 0.24, "control": 0.2})
    assert machine.area_mm2 == pytest.approx(4.84)
    assert machine.leakage_mw == pytest.approx(3.0)
