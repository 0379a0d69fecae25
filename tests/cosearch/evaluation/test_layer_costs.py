"""Costs of layers by their shape: at the precision of the machine, as the optimal figures of it are."""

from __future__ import annotations

from dataclasses import replace

import pytest

from accel_models import load_accelerator
from cosearch.evaluation.layer_costs import LayerCosts
from cosearch.evaluation.mapping_table import map_shapes
from cosearch.problem.mapper_options import MapperOptions
from nets.layer import Layer

OPTIONS = MapperOptions(objective="energy")
PLAIN = Layer(name="plain", K=16, C=16, P=8, Q=8, R=3, S=3)
MOVED = Layer(name="add", kind="eltwise", G=16, P=8, Q=8, operands=2)


@pytest.mark.parametrize("name, bits", [("eyeriss", (16, 16, 16, 16)), ("shidiannao", (16, 16, 16, 32))])
def test_layers_run_at_the_precision_of_the_machine(name: str, bits: tuple[int, ...]) -> None:
    machine = load_accelerator(name)
    wide = [
        replace(layer, weight_bits=bits[0], input_bits=bits[1], output_bits=bits[2], psum_bits=bits[3])
        for layer in (PLAIN, MOVED)
    ]
    expected = map_shapes(wide, [machine], OPTIONS, 40)
    narrow = map_shapes([PLAIN, MOVED], [machine], OPTIONS, 40)
    costs = LayerCosts(machine, OPTIONS, 40)
    for column, layer in enumerate((PLAIN, MOVED)):
        latency_s, energy_pj = costs.of([layer])
        assert (latency_s, energy_pj) == (expected.latency_s[0, column], expected.energy_pj[0, column])
        assert energy_pj > 1.2 * narrow.energy_pj[0, column]
    assert "precision of the machine: weights 16" in costs.precision([PLAIN, MOVED])


def test_layers_that_state_a_precision_keep_it() -> None:
    """Here the one that others get, too: it is mapped once."""
    own = replace(PLAIN, name="own", weight_bits=16, input_bits=16, output_bits=16, psum_bits=16)
    narrow = replace(PLAIN, name="narrow", weight_bits=4)
    costs = LayerCosts(load_accelerator("eyeriss"), OPTIONS, 40)
    costs.require([PLAIN, own, narrow])
    assert costs.of([PLAIN]) == costs.of([own]) > costs.of([narrow])
    assert costs.precision([PLAIN, own, narrow]).startswith("1 of 3 layers move data at a precision of their own")


def test_nothing_is_said_where_machine_and_layers_agree() -> None:
    costs = LayerCosts(load_accelerator("nvdla_256"), OPTIONS, 40)
    assert costs.precision([PLAIN]) == ""
