"""The roof: by hand, and never below what any mapping achieves."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accel_models.accelerator import Accelerator, Axis, Level
from accel_models.cost import evaluate
from accel_models.loopnest import LevelLoops, Loop, Mapping
from accel_models.roofline import array_ceiling, roofline
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
