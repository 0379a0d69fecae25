import dataclasses
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accel_models.precision import Precision
from accel_models.technology import NODES_NM
from accel_models.template import Template, scale_to_area
from nets.errors import InfeasibleError, InputError

BASE = Template(array=(16, 16), parallel=("K", "C"), l1_bytes=512, l2_bytes=256 * 1024)


@st.composite
def templates(draw):
    axes = draw(st.integers(1, 3))
    return Template(
        array=tuple(8 * draw(st.integers(1, 6)) if i == 0 else 2 * draw(st.integers(1, 12)) for i in range(axes)),
        parallel=tuple(draw(st.permutations(["K", "C", "P", "Q", "R", "S"]))[:axes]),
        l1_bytes=16 * draw(st.integers(1, 64)),
        l2_bytes=16 * draw(st.integers(1, 1 << 16)),
        noc_bandwidth=draw(st.floats(1, 256)),
        dram_bandwidth=draw(st.floats(0.5, 100)),
        node_nm=draw(st.sampled_from(NODES_NM)),
        overhead=draw(st.floats(1, 5)),
        precision=draw(st.sampled_from([Precision(), Precision(16, 16, 16, 32), Precision(4, 8, 8, 24)])),
    )


@given(templates())
def test_area_is_that_of_the_machine_and_the_breakdown_adds_up(template):
    machine = template.accelerator()
    parts = machine.area_breakdown_mm2()
    assert math.isclose(template.area_mm2, machine.area_mm2, rel_tol=1e-9)
    assert math.isclose(sum(parts.values()), machine.area_mm2, rel_tol=1e-12)
    bare = sum(mm2 for part, mm2 in parts.items() if not part.startswith("overhead"))
    assert math.isclose(bare * template.overhead, machine.area_mm2, rel_tol=1e-9)
    assert machine.macs_per_cycle == template.pes == machine.instances(2)


@pytest.mark.parametrize("node", NODES_NM)
def test_energy_climbs_the_hierarchy(node):
    dram, l2, l1 = dataclasses.replace(BASE, node_nm=node).accelerator().levels
    assert dram.read_pj > l2.read_pj > l1.read_pj > 0
    assert dram.write_pj > l2.write_pj > l1.write_pj > 0
    assert 0 < l2.network_pj < l2.read_pj


@given(templates())
def test_more_of_anything_takes_more_area(template):
    for field, more in [("l2_bytes", 1 << 14), ("noc_bandwidth", 8.0)]:
        assert dataclasses.replace(template, **{field: getattr(template, field) + more}).area_mm2 > template.area_mm2
    wider = (template.array[0] + 8, *template.array[1:])
    assert dataclasses.replace(template, array=wider).area_mm2 > template.area_mm2
    assert dataclasses.replace(template, overhead=template.overhead + 1).area_mm2 > template.area_mm2


def test_words_and_bandwidths():
    dram, l2, l1 = BASE.accelerator().levels
    assert (l2.capacity_words, l1.capacity_words) == (256 * 1024, 512)
    assert l2.double_buffered
    assert l1.double_buffered
    assert dram.shared_bandwidth == pytest.approx(12.8e9 / BASE.clock)
    assert l1.read_bandwidth >= 1 + 1 + 3  # both operands and a sum of 24 bits
    assert [(axis.size, axis.dims) for axis in l2.fanout] == [(16, ("K",)), (16, ("C",))]
    wide = dataclasses.replace(BASE, precision=Precision(16, 16, 16, 32)).accelerator()
    assert wide.levels[1].capacity_words == 128 * 1024
    assert wide.levels[0].shared_bandwidth == pytest.approx(dram.shared_bandwidth / 2)


@pytest.mark.parametrize(
    "change, words",
    [
        ({"array": (15, 16)}, "array: 15 must be a multiple of 2; nearest: 14 or 16"),
        ({"array": (2, 2)}, "multiple of 8"),
        ({"array": (0, 16)}, "at least 1"),
        ({"array": (2, 2, 2, 2), "parallel": ("K", "C", "P", "Q")}, "1 to 3 axes"),
        ({"array": (16,)}, "one dim for each axis"),
        ({"l1_bytes": 500}, "l1_bytes: 500 must be a multiple of 16; nearest: 496 or 512"),
        ({"l2_bytes": 8}, "nearest: 16"),
        ({"l2_bytes": -16}, "at least 1"),
        ({"l2_bytes": 1024.0}, "whole number"),
        ({"parallel": ("K", "X")}, "'X' is not known"),
        ({"parallel": ("K", "K")}, "names a dim twice"),
        ({"noc_bandwidth": 0.0}, "noc_bandwidth: 0.0 must be"),
        ({"dram_bandwidth": math.nan}, "dram_bandwidth: nan must be"),
        ({"dram_bandwidth": math.inf}, "dram_bandwidth: inf must be"),
        ({"overhead": 0.5}, "overhead: 0.5 must be at least 1"),
        ({"clock_hz": -1.0}, "clock_hz"),
        ({"dram": "ddr"}, "did you mean"),
        ({"node_nm": 90}, "no sourced figures"),
    ],
)
def test_bad_sizes_are_refused(change, words):
    with pytest.raises(InputError) as error:
        dataclasses.replace(BASE, **change)
    assert words in str(error.value)


def test_strides_can_be_waived():
    assert dataclasses.replace(BASE, array=(5, 3), l1_bytes=100, strict_strides=False).pes == 15


def test_flops_larger_than_an_sram_are_flagged():
    assert "flip-flops" in dataclasses.replace(BASE, l1_bytes=64).warnings()[0]
    assert not BASE.warnings()


@given(
    st.floats(0.3, 40), st.floats(1, 2), st.sampled_from([BASE, dataclasses.replace(BASE, array=(12, 14), node_nm=16)])
)
def test_scaling_to_an_area_fits_and_grows(area, factor, template):
    small, large = scale_to_area(template, area), scale_to_area(template, area * factor)
    assert small.area_mm2 <= area
    assert small.pes <= large.pes
    assert small.l2_bytes <= large.l2_bytes
    assert small.l1_bytes == template.l1_bytes
    bytes_per_pe = template.l2_bytes / template.pes
    assert abs(small.l2_bytes - bytes_per_pe * small.pes) < 16
    ratios = [size / was for size, was in zip(small.array, template.array)]
    # an axis that lags the other by more than two steps would no longer be the same shape
    assert max(ratios) - min(ratios) <= 6 / min(template.array)


@pytest.mark.parametrize("area", [0.5, 2.0, 5.0, 20.0])
def test_scaling_leaves_less_room_than_two_steps(area):
    scaled = scale_to_area(BASE, area)
    grown = tuple(size + 4 for size in scaled.array)
    l2 = BASE.l2_bytes * math.prod(grown) // BASE.pes // 16 * 16
    assert dataclasses.replace(scaled, array=grown, l2_bytes=l2, strict_strides=False).area_mm2 > area


def test_scaling_to_its_own_area_gives_the_design_back():
    again = scale_to_area(BASE, BASE.area_mm2)
    assert again == BASE


def test_scaling_below_the_smallest_design():
    with pytest.raises(InfeasibleError, match=r"over 1e-06 mm2"):
        scale_to_area(BASE, 1e-6)
    with pytest.raises(InputError, match="greater than zero"):
        scale_to_area(BASE, math.nan)
