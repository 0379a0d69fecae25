"""What was found runs again as planned: the same figures, and nothing that does not fit."""

from __future__ import annotations

import math
import random
from dataclasses import replace

import pytest

from accel_models.fusion.inside import static_pj
from accel_models.fusion.schedule import Schedule
from accel_models.template import Template
from mappings.fusion.fuse import fuse
from mappings.fusion.plan import Plan, carried_out, plans_of
from nets import Layer, Network
from nets.errors import InfeasibleError, InputError
from tests.accel_models.fusion.drawn import drawn_network

MACHINE = Template(
    array=(4, 4), parallel=("K", "C"), l1_bytes=16, l2_bytes=640, noc_bandwidth=4.0, dram_bandwidth=0.4,
    strict_strides=False,
).accelerator()  # fmt: skip


@pytest.mark.parametrize("seed", range(12))
def test_a_plan_costs_what_was_found(seed: int) -> None:
    network = drawn_network(random.Random(seed))
    found = fuse(network, MACHINE, objective=("energy", "latency", "edp")[seed % 3])  # type: ignore[arg-type]
    parts = carried_out(network, MACHINE, plans_of(found))
    cycles = math.fsum(part.cost.cycles for part in parts)
    assert cycles == pytest.approx(found.cycles, rel=1e-12)
    energy = math.fsum(part.cost.energy_pj for part in parts) + static_pj(MACHINE) * cycles
    assert energy == pytest.approx(found.energy_pj, rel=1e-9)
    again = carried_out(network, MACHINE, plans_of(found))
    assert [part.cost.energy_pj for part in again] == [part.cost.energy_pj for part in parts]


def _chain() -> Network:
    network = Network("chain")
    for number, source in enumerate([(), ("l0",), ("l1",)]):
        network.add(Layer(name=f"l{number}", K=2, C=2, P=6, Q=6, R=3, S=3, padding=(1, 1, 1, 1)), source)
    return network


def test_what_does_not_fit_or_is_missing_is_refused() -> None:
    network = _chain()
    plans = plans_of(fuse(network, MACHINE, objective="energy"))
    with pytest.raises(InputError, match="cover the 3 layers"):
        carried_out(network, MACHINE, plans[:-1])
    group = next(plan for plan in plans if plan.schedule is not None)
    without = replace(group, nests=tuple(tuple(None for _ in of) for of in group.nests))
    with pytest.raises(InputError, match="is missing"):
        carried_out(network, MACHINE, [without if plan is group else plan for plan in plans])
    short = replace(group, nests=tuple(of[:0] for of in group.nests))
    with pytest.raises(InputError, match="in these tiles"):
        carried_out(network, MACHINE, [short if plan is group else plan for plan in plans])
    assert group.schedule is not None
    tiny = replace(MACHINE, levels=tuple(replace(level, capacity_words=40.0) for level in MACHINE.levels))
    whole = Plan(0, 3, Schedule((6, 6), doubled=group.schedule.doubled), False, ((None,),) * 3)
    with pytest.raises(InfeasibleError, match="does not fit"):
        carried_out(network, tiny, [whole])
