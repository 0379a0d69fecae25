"""The proof of the cost model: the kernel counts what a walk through the nest counts, to the last word."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from accel_models.accelerator import Accelerator
from accel_models.cost import Convention, evaluate
from accel_models.loopnest import Mapping
from nets.layer import Layer
from tests.accel_models.simulator import simulate
from tests.strategies import cases


@pytest.mark.parametrize("convention", ["timeloop", "drain-reads"])
@settings(max_examples=120, deadline=None)
@given(case=cases(max_macs=600))
def test_every_count_and_every_cycle_is_equal(case: tuple[Layer, Accelerator, Mapping], convention: Convention) -> None:
    layer, accelerator, mapping = case
    walked = simulate(layer, accelerator, mapping, drain_reads=convention == "drain-reads")
    cost = evaluate(layer, accelerator, mapping, convention=convention)
    assert cost.error is None
    counted = {
        level: {tensor: (t.reads, t.fills, t.updates) for tensor, t in tensors.items()}
        for level, tensors in cost.traffic.items()
    }
    assert counted == walked.totals()
    assert cost.compute_cycles == walked.compute_cycles
