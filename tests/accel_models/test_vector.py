"""Vector layers cost the data they move: by hand, and as invariants on random machines."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given

from accel_models.accelerator import Accelerator, Axis, Level
from accel_models.presets import list_accelerators, load_accelerator
from accel_models.vector import VectorLayers, vector_cost
from nets.errors import InputError
from nets.layer import Layer
from tests.strategies import accelerators

ADD = Layer(name="add", kind="eltwise", G=10, P=4, Q=4, operands=2)  # 320 elements in, 160 out


def machine() -> Accelerator:
    return Accelerator(
        name="hand",
        levels=(
            Level(name="DRAM", shared_bandwidth=4.0, read_pj=10.0, write_pj=12.0),
            Level(
                name="L2", read_bandwidth=8.0, write_bandwidth=8.0, read_pj=2.0, write_pj=3.0, network_pj=0.5,
                fanout=(Axis("X", 4),),
            ),
            Level(name="L1", read_bandwidth=1.0, write_bandwidth=1.0, read_pj=0.25, write_pj=0.5),
        ),
        static_mw=2.0,
        clock_hz=1e9,
    )  # fmt: skip


def test_an_addition_by_hand() -> None:
    cost = vector_cost(ADD, machine())
    # DRAM reads 320 and writes 160 on one interface of 4 words a cycle; L2 and L1 pass 480 words each way.
    assert cost.level_cycles == {"DRAM": 120.0, "L2": 60.0, "L1": 120.0}
    assert (cost.cycles, cost.bound_by) == (120.0, "DRAM")
    assert cost.energy_breakdown_pj == {
        "DRAM": 320 * 10.0 + 160 * 12.0,
        "L2": 480 * (2.0 + 3.0),
        "L1": 480 * (0.25 + 0.5),
        "network": 480 * 0.5,
        "static": 2.0 * 120,  # 2 mW for 120 ns
    }
    assert cost.energy_pj == pytest.approx(sum(cost.energy_breakdown_pj.values()))
    assert cost.edp == pytest.approx(cost.energy_pj * 1e-12 * 120e-9)


def test_precision_scales_the_words() -> None:
    wide = dataclasses.replace(ADD, input_bits=16, output_bits=16)
    assert vector_cost(wide, machine()).cycles == 2 * vector_cost(ADD, machine()).cycles


@given(accelerators())
def test_many_layers_at_once_cost_what_each_does_to_the_last_bit(accelerator: Accelerator) -> None:
    layers = [
        ADD,
        Layer(name="pool", kind="pool", N=2, G=7, P=5, Q=3, R=3, S=2, input_bits=4),
        Layer(name="copy", kind="movement", G=11, P=13, output_bits=16),
    ]
    energy_pj, cycles = VectorLayers(layers).cost(accelerator)
    one_by_one = [vector_cost(layer, accelerator) for layer in layers]
    assert energy_pj.tolist() == [cost.energy_pj for cost in one_by_one]
    assert cycles.tolist() == [cost.cycles for cost in one_by_one]


def test_no_layers_cost_nothing() -> None:
    energy_pj, cycles = VectorLayers([]).cost(machine())
    assert (energy_pj.shape, cycles.shape) == ((0,), (0,))


def test_a_level_that_may_not_hold_a_tensor_does_not_move_it() -> None:
    levels = machine().levels
    bypassed = dataclasses.replace(machine(), levels=(*levels[:2], dataclasses.replace(levels[2], keeps=("W", "O"))))
    assert vector_cost(ADD, bypassed).energy_breakdown_pj["L1"] == 160 * (0.25 + 0.5)
    assert vector_cost(ADD, bypassed).energy_breakdown_pj["network"] == 160 * 0.5


def test_a_mac_layer_is_refused() -> None:
    with pytest.raises(InputError, match="needs a mapping"):
        vector_cost(Layer(name="fc", K=4, C=4), machine())


@given(accelerators(hardware=True))
def test_never_below_the_compulsory_traffic(drawn: Accelerator) -> None:
    cost, outermost = vector_cost(ADD, drawn), drawn.levels[0]
    assert cost.cycles >= 480 / outermost.shared_bandwidth
    assert cost.energy_pj >= 320 * outermost.read_pj + 160 * outermost.write_pj


@pytest.mark.parametrize("name", list_accelerators())
def test_every_preset_moves_data(name: str) -> None:
    cost = vector_cost(ADD, load_accelerator(name))
    assert cost.energy_pj > 0
    assert cost.cycles >= 1
