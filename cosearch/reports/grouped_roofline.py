"""A network in groups under the roof of a machine, group by group, beside the same layers each alone."""

from __future__ import annotations

import math
from dataclasses import replace

from accel_models.cost import evaluate
from accel_models.fusion.group import Grouper
from accel_models.fusion.roofline import group_point
from accel_models.roofline import RooflinePoint, roofline, word_bytes
from cosearch.evaluation.groups import Grouped
from cosearch.evaluation.network_cost import NetworkCost
from cosearch.reports.roofline import GroupedRoofline, NetworkRoofline, network_roofline
from mappings.fusion.cutter import Part
from mappings.fusion.members import GivenMembers, Member
from mappings.fusion.plan import Plan


def grouped_roofline(cost: NetworkCost, grouped: Grouped) -> NetworkRoofline:
    """The roofline of a network as it was mapped layer by layer, with the same in groups.

    Raises:
        InputError: no layer of it runs on the MAC array.
    """
    network, accelerator = cost.network, cost.accelerator
    nests = {ran.layer.shape_key: ran.mapping for ran in cost.layers if ran.mapping is not None}
    found = GivenMembers(accelerator, nests).find(network.layers, 0.0)
    alone = [layer.times * _moved(one) for layer, one in zip(network.layers, found)]
    points, shares, before, words = [], list[float](), list[float](), 0.0
    grouper, width = Grouper(network), word_bytes(accelerator)
    for part, plan in zip(grouped.parts, grouped.plans, strict=True):
        layers = network.layers[part.begin : part.end]
        words += (
            layers[0].times * _moved(part.cost.members[0][0]) if part.cost.way is None else part.cost.way.dram_words
        )
        if macs := math.fsum(layer.macs * layer.times for layer in layers):
            points.append(_point(grouped, grouper, part, plan))
            shares.append(part.cost.cycles / grouped.cycles)
            before.append(macs / (width * math.fsum(alone[part.begin : part.end])))
    in_groups = NetworkRoofline(f"{network.name} in groups", accelerator, points, shares, network.resolution)
    groups = GroupedRoofline(
        in_groups, before, network.macs / (width * words), network.macs / (width * math.fsum(alone))
    )
    return replace(network_roofline(cost), groups=groups)


def _point(grouped: Grouped, grouper: Grouper, part: Part, plan: Plan) -> RooflinePoint:
    """A group, or a layer alone."""
    accelerator, way = grouped.accelerator, part.cost.way
    if way is None:
        layer, ((nest,),) = grouped.network.layers[part.begin], plan.nests
        assert nest is not None
        return roofline(layer, accelerator, {layer.name: evaluate(layer, accelerator, nest)})[0]
    read, _, written = way.crossing
    on_chip_cycles = math.fsum(
        times * piece.cycles
        for step, pieces in zip(way.steps, part.cost.members)
        for times, piece in zip(step.times, pieces)
        if piece is not None
    )
    return group_point(
        grouper.group(part.begin, part.end, refetch=plan.refetch),
        accelerator,
        read=read,
        written=written,
        on_chip_cycles=on_chip_cycles,
        cycles=part.cost.cycles,
    )


def _moved(member: Member | None) -> float:
    """Words of the outermost memory that a layer alone reads and writes."""
    assert member is not None
    return member.reads + member.writes
