"""The area model against published chips and against itself."""

from dataclasses import replace

import pytest

from accel_models.area import NETWORK, network_mm2, overhead_name
from accel_models.presets import load_machine
from accel_models.technology import technology


@pytest.mark.parametrize(
    "name, overhead, published_mm2, tolerance",
    [
        # NVDLA primer, 28 nm synthesis estimates
        ("nvdla_1024", 2.5, 3.0, 0.1),
        ("nvdla_256", 2.5, 1.7, 0.25),
        # Du et al., ISCA 2015, layout at 65 nm
        ("shidiannao", 2.5, 4.86, 0.3),
        # Chen et al., JSSC 2017, core of the chip at 65 nm
        ("eyeriss_chip", 3.5, 12.25, 0.2),
    ],
)
def test_published_areas(name, overhead, published_mm2, tolerance):
    accelerator = replace(load_machine(name), overhead=overhead).accelerator()
    assert accelerator.area_mm2 == pytest.approx(published_mm2, rel=tolerance)


@pytest.mark.parametrize("name", ["gemmini", "eyeriss_chip", "nvdla_256"])
def test_overhead_is_a_part_of_its_own(name):
    for factor in (1.0, 2.5, 3.5):
        accelerator = replace(load_machine(name), overhead=factor).accelerator()
        parts = accelerator.area_breakdown_mm2()
        overhead = parts.pop(overhead_name(factor), 0.0)
        assert overhead == pytest.approx(sum(parts.values()) * (factor - 1))
        assert accelerator.area_mm2 == pytest.approx(sum(parts.values()) * factor)


def test_gemmini_networks_are_counted_for_every_instance():
    tech = technology(22)
    # one row of 16 columns below the scratchpad, and a column of 16 below each accumulator
    expected = network_mm2(tech, [16], 0, 8) * (1 + 16)
    assert load_machine("gemmini").accelerator().other_area_mm2[NETWORK] == pytest.approx(expected)


def test_the_network_is_priced_by_crosspoints():
    # Aladdin's 32-bit 1:4 crossbar at 40 nm is 570 um2 for 4 crosspoints; 45 nm is 9281/6350 of it
    assert network_mm2(technology(45), (2, 2), 1, 32) == pytest.approx((4 + 12) / 4 * 570e-6 * 9281 / 6350)
