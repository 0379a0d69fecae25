"""A machine and what binds it, in sentences."""

from __future__ import annotations

import dataclasses

from accel_models.datasheet import describe
from accel_models.presets import load_accelerator
from cosearch import MapperOptions, map_networks
from cosearch.reports.description import describe_accelerator, describe_binding
from nets import load_network

MACHINE = load_accelerator("nvdla_256")


def test_an_area_that_is_not_known_is_none() -> None:
    """As of other tools' machines, whose files have areas without a unit or none."""
    levels = tuple(dataclasses.replace(level, area_mm2=0.0) for level in MACHINE.levels)
    bare = dataclasses.replace(MACHINE, levels=levels, mac_area_mm2=0.0, other_area_mm2={})
    assert describe_accelerator(bare).endswith("Its area is not known.")
    said = describe(bare)
    assert "area not known" in said
    assert "mm2" not in said


def test_sentences_name_the_array_and_what_binds() -> None:
    said = describe_accelerator(MACHINE)
    assert "8 x 32 array of 256 multiply-accumulate units" in said
    assert "8 output channels and 32 input channels" in said
    assert "%" in describe_binding(map_networks([load_network("squeezenet1_1")], MACHINE, MapperOptions(), 40).costs[0])
