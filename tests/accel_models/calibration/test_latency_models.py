"""Latency models by name, and the machines that they speak of."""

from __future__ import annotations

from dataclasses import replace

import pytest

from accel_models.calibration.latency_models import LATENCY_MODELS, load_calibration, measured_latency
from accel_models.calibration.sizes import GemminiSizes
from accel_models.loopnest import LevelLoops, Loop, Mapping
from accel_models.presets import load_accelerator
from nets.errors import InputError
from nets.layer import Layer

LAYER = Layer(name="conv", K=64, C=64, P=28, Q=28, R=3, S=3)
NEST = Mapping(
    (
        LevelLoops("DRAM", (Loop("K", 16),)),
        LevelLoops("scratchpad", tuple(Loop(dim, 1) for dim in "PRS"), (Loop("K", 1, "X"),)),
        LevelLoops("accumulator", (Loop("Q", 1), Loop("C", 16)), (Loop("C", 1, "Y"),)),
        LevelLoops("register"),
    )
)


@pytest.mark.parametrize("name", LATENCY_MODELS)
def test_what_ships_is_read(name: str) -> None:
    found = load_calibration(name)
    assert found.rows >= 100
    assert found.half_width > 0
    assert found.ranges["rows"].least == 16


def test_a_mapping_is_predicted_above_its_compute() -> None:
    found = measured_latency(LAYER, load_accelerator("gemmini"), NEST, model="rtl-gemmini")
    ideal = LAYER.macs / 256
    assert ideal < found.prediction.cycles < 2 * ideal
    assert found.prediction.low < found.prediction.cycles < found.prediction.high
    assert ideal < found.overlapped_cycles
    assert found.to_dict()["outside"] == []


def test_sizes_of_the_preset() -> None:
    assert GemminiSizes.of(load_accelerator("gemmini")) == GemminiSizes(16, 16, 256 * 1024, 1024)


def test_hardware_that_was_not_measured_is_named() -> None:
    machine = load_accelerator("gemmini")
    small = replace(machine.levels[1], capacity_words=machine.levels[1].capacity_words / 16)
    found = measured_latency(
        LAYER, replace(machine, levels=(machine.levels[0], small, *machine.levels[2:])), NEST, model="rtl-gemmini"
    )
    assert [figure.figure for figure in found.prediction.outside] == ["scratchpad_bytes"]


def test_other_machines_and_models_are_refused() -> None:
    with pytest.raises(InputError, match="is no design of Gemmini's"):
        GemminiSizes.of(load_accelerator("nvdla_256"))
    machine = load_accelerator("gemmini")
    bare = replace(machine.levels[2], fanout=())
    with pytest.raises(InputError, match="is not wired as Gemmini's"):
        GemminiSizes.of(replace(machine, levels=(*machine.levels[:2], bare, machine.levels[3])))
    endless = replace(machine.levels[1], capacity_words=float("inf"))
    with pytest.raises(InputError, match="has no limit"):
        GemminiSizes.of(replace(machine, levels=(machine.levels[0], endless, *machine.levels[2:])))
    with pytest.raises(InputError, match="did you mean 'rtl-gemmini'"):
        load_calibration("rtl-gemini")
