"""The roof: by hand, and never below what any mapping achieves."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accel_models.accelerator import Accelerator, Axis, Level
from accel_models.cost import evaluate
from accel_models.loopnest import LevelLoops, Loop, Mapping
from accel_models.roofline import array_ceiling, machine_roof, read_input_words, roofline
from nets.errors import InputError
from nets.layer import Layer
from tests import strategies

FC = Layer(name="fc", K=6, C=8)  # 48 MACs, 48 + 8 + 6 words


def machine(dims: tuple[str, ...] = ("K",)) -> Accelerator:
    return Accelerator(
        name="hand",
        levels=(Level(name="DRAM", shared_bandwidth=10.0, fanout=(Axis("X", 4, dims),)), Level(name="L1")),
    )


def test_ceilings_by_hand() -> None:
    (point,) = roofline(FC, machine())
    # 6 output channels take two steps of 4; 62 words take 6.2 cycles.
    assert point.ceilings == {"compute": 4.0, "array": 3.0, "DRAM": pytest.approx(48 / 6.2)}
    assert (point.attainable, point.bound_by) == (3.0, "array")
    assert point.intensity == pytest.approx(48 / 62)
    assert point.achieved is None
    assert point.lost is None


def test_an_axis_wired_to_a_dim_of_one_is_idle() -> None:
    assert array_ceiling(FC, machine(("P",))) == 1.0
    assert array_ceiling(FC, machine(())) == 4.0


def test_a_mapped_layer_has_ceilings_of_its_own() -> None:
    # Half of the array, and inputs read again for every output channel: 48 + 48 + 6 words.
    nest = Mapping(
        (
            LevelLoops("DRAM", (Loop("K", 2), Loop("C", 1)), (Loop("K", 1, "X"),)),
            LevelLoops("L1"),
        )
    )
    cost = evaluate(FC, machine(), nest)
    (point,) = roofline(FC, machine(), {"fc": cost})
    assert point.mapped_ceilings["compute"] == 2.0
    assert point.achieved == pytest.approx(48 / cost.cycles)
    assert point.lost == pytest.approx(3.0 * cost.cycles / 48)
    assert point.bound_by == "compute"


def test_what_has_no_macs_has_no_roof() -> None:
    with pytest.raises(InputError, match="no layer for the MAC array"):
        roofline(Layer(name="pool", kind="pool", G=4, P=2, Q=2), machine())


@given(st.data())
def test_no_mapping_beats_the_roof(data: st.DataObject) -> None:
    layer = data.draw(strategies.layers())
    accelerator = data.draw(strategies.accelerators(hardware=True))
    cost = evaluate(layer, accelerator, data.draw(strategies.mappings(layer, accelerator)))
    (point,) = roofline(layer, accelerator, {layer.name: cost})
    assert point.achieved is not None
    assert point.achieved <= point.attainable * (1 + 1e-12)
    assert point.achieved <= min(point.mapped_ceilings.values()) * (1 + 1e-12)
    assert point.lost is not None
    assert point.lost >= 1 - 1e-12
    assert point.lost_to_ceiling >= 1
    assert point.cycles == pytest.approx(cost.cycles)


@given(st.data())
def test_a_mapping_moves_at_least_what_the_algorithm_must(data: st.DataObject) -> None:
    layer = data.draw(strategies.layers())
    accelerator = data.draw(strategies.accelerators(hardware=True))
    cost = evaluate(layer, accelerator, data.draw(strategies.mappings(layer, accelerator)))
    (point,) = roofline(layer, accelerator, {layer.name: cost})
    assert point.mapped_intensity[accelerator.levels[0].name] <= point.intensity * (1 + 1e-12)


@given(st.data())
def test_no_mapping_beats_the_machines_roof_at_its_own_intensity(data: st.DataObject) -> None:
    layer = data.draw(strategies.layers())
    accelerator = data.draw(strategies.accelerators(hardware=True))
    roof = machine_roof(accelerator)
    cost = evaluate(layer, accelerator, data.draw(strategies.mappings(layer, accelerator)))
    (point,) = roofline(layer, accelerator, {layer.name: cost})
    assert point.achieved is not None
    for level in accelerator.levels:
        if level.name in point.mapped_intensity and level.word_bits in (8, None):
            bits = {layer.weight_bits, layer.input_bits, layer.output_bits, layer.psum_bits}
            if level.word_bits == 8 or bits == {8}:  # else a word is not a byte, or partial sums are wider
                assert point.achieved <= roof.at(point.mapped_intensity[level.name], level.name) * (1 + 1e-12)


def test_inputs_that_nothing_reads_do_not_count() -> None:
    assert read_input_words(Layer(name="skip", P=4, Q=4, stride=(3, 3))) == 16
    assert read_input_words(Layer(name="slide", P=4, Q=4, R=3, S=3, padding=(1, 1, 1, 1))) == 16
    assert read_input_words(Layer(name="dilated", P=2, R=2, dilation=(5, 1))) == 4


def test_the_ridge_is_where_the_slope_meets_the_flat_roof() -> None:
    roof = machine_roof(machine())
    assert roof.bytes_per_cycle == {"DRAM": 10.0}
    assert roof.ridges == {"DRAM": 0.4}  # 4 MACs a cycle over 10 bytes a cycle
    for level, ridge in roof.ridges.items():
        assert roof.at(ridge, level) == pytest.approx(roof.macs_per_cycle)
        assert roof.at(ridge / 2, level) == pytest.approx(roof.macs_per_cycle / 2)
        assert roof.at(ridge * 2, level) == roof.macs_per_cycle
    assert roof.at(math.inf, "L1") == roof.macs_per_cycle


def test_all_instances_of_a_memory_count_in_its_slope() -> None:
    level = Level(name="L1", word_bits=16, read_bandwidth=2.0, write_bandwidth=1.0)
    outer = Level(name="DRAM", shared_bandwidth=1.0, fanout=(Axis("X", 4),))
    roof = machine_roof(Accelerator(name="hand", levels=(outer, level)))
    assert roof.bytes_per_cycle == {"DRAM": 1.0, "L1": 4 * 3 * 2}


def test_the_function_keeps_its_name_whatever_was_imported_before() -> None:
    import accel_models
    import accel_models.roofline as module

    assert accel_models.roofline is roofline
    assert module is roofline
    assert roofline(FC, machine())[0].layer is FC
