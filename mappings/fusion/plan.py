"""A network cut into groups as it is carried out: every schedule and every mapping, and what they cost.

What was searched is priced anew from this alone, so a file that holds it gives the same figures to the last bit.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from accel_models.accelerator import Accelerator
from accel_models.fusion.group import Grouper
from accel_models.fusion.inside import SHARED, inside, require_shared
from accel_models.fusion.schedule import Schedule
from accel_models.loopnest import Mapping
from mappings.fusion.cutter import Part
from mappings.fusion.fuse import Fused
from mappings.fusion.members import GivenMembers
from mappings.fusion.price import Priced, PriceList
from mappings.fusion.ways import Way, way_of
from nets.errors import InfeasibleError, InputError
from nets.network import Network


@dataclass(frozen=True, slots=True)
class Plan:
    """How some layers run.

    Attributes:
        begin, end: layers ``begin`` to ``end - 1`` of the network.
        schedule: ``None`` for a layer alone. refetch: see :class:`~mappings.fusion.ways.Way`.
        nests: by layer, the mappings of its pieces, as :attr:`StepPieces.sizes` has them, from the shared memory in;
            of a layer alone, on the whole machine. ``None`` for what multiplies nothing.
    """

    begin: int
    end: int
    schedule: Schedule | None
    refetch: bool
    nests: tuple[tuple[Mapping | None, ...], ...]


def plans_of(found: Fused) -> list[Plan]:
    """How everything runs that was found."""
    plans = []
    for part in found.parts:
        way, members = part.cost.way, part.cost.members
        nests = tuple(
            tuple(None if one is None else found.mapping(one, whole=way is None) for one in of) for of in members
        )
        schedule, refetch = (None, False) if way is None else (way.schedule, way.refetch)
        plans.append(Plan(part.begin, part.end, schedule, refetch, nests))
    return plans


def carried_out(network: Network, accelerator: Accelerator, plans: Sequence[Plan]) -> list[Part]:
    """What a network costs as planned; energies without static power.

    Raises:
        InputError: plans that do not cover the network in its order, a group that cannot run so, a mapping that is
            missing or cannot run; says which.
        InfeasibleError: a group that does not fit.
    """
    require_shared(accelerator)
    ends = [0, *(plan.end for plan in plans)]
    if [plan.begin for plan in plans] != ends[:-1] or ends[-1] != len(network.layers):
        raise InputError("groups", ends, f"must cover the {len(network.layers)} layers one after the other")
    grouper = Grouper(network)
    return [Part(plan.begin, plan.end, _priced(network, accelerator, grouper, plan)) for plan in plans]


def _priced(network: Network, accelerator: Accelerator, grouper: Grouper, plan: Plan) -> Priced:
    layers = network.layers[plan.begin : plan.end]
    if plan.schedule is None:
        (layer,), ((nest,),) = layers, plan.nests
        (found,) = GivenMembers(accelerator, {} if nest is None else {layer.shape_key: nest}).find([layer], 0.0)
        assert found is not None
        energy_pj, cycles = layer.times * found.energy_pj, layer.times * found.cycles
        return Priced(energy_pj, cycles, energy_pj, 0.0, members=((found,),))
    way = _way(accelerator, grouper, plan, plan.schedule)
    nests: dict[tuple[object, ...], Mapping] = {}
    for step, of in zip(way.steps, plan.nests):
        pieces = step.layers
        if len(pieces) != len(of):
            raise InputError(f"pieces of {step.layer.name!r}", len(of), f"must be {len(pieces)} in these tiles")
        nests |= {piece.shape_key: nest for piece, nest in zip(pieces, of) if piece is not None and nest is not None}
    prices = PriceList([way], accelerator, GivenMembers(inside(accelerator), nests))
    cost = prices.priced(0, prices.costs(0.0, [0])[0], 0.0)
    if math.isinf(cost.score):
        raise InfeasibleError(f"group that ends with {layers[-1].name!r}: no room for the sums that mappings send up")
    return cost


def _way(accelerator: Accelerator, grouper: Grouper, plan: Plan, schedule: Schedule) -> Way:
    group = grouper.group(plan.begin, plan.end)
    schedule.require_fit(group)
    if schedule.doubled != accelerator.levels[SHARED].double_buffered:
        raise InputError("groups: doubled", schedule.doubled, "must be what the shared memory is")
    way = way_of(group, accelerator, schedule, refetch=plan.refetch)
    if way is None:
        how = schedule.described(group.last.plane)
        raise InfeasibleError(f"group {group.steps[0].layer.name!r} to {group.last.name!r}: {how} does not fit")
    return way
