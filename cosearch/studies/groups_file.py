"""How networks run in groups, as a ``best.yaml`` holds it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from accel_models.accelerator import Accelerator
from accel_models.loopnest import Mapping as LoopNest
from cosearch.problem.objective import Objective
from nets.errors import InputError, unknown
from nets.network import Network

if TYPE_CHECKING:
    from cosearch.evaluation.groups import Grouped
    from cosearch.studies.best_model import GroupEntry, GroupsEntry
    from mappings.fusion.plan import Plan


def groups_entry(grouped: Grouped) -> dict[str, Any]:
    """The groups of a network as plain data."""
    return {"at_least": grouped.at_least, "parts": [_part(grouped.network, plan) for plan in grouped.plans]}


def _part(network: Network, plan: Plan) -> dict[str, Any]:
    names = [layer.name for layer in network.layers[plan.begin : plan.end]]
    entry: dict[str, Any] = {"layers": [names[0], names[-1]]}
    if (schedule := plan.schedule) is not None:
        entry |= {"tile": list(schedule.tile), "keep": list(schedule.keep), "resident": schedule.resident}
        entry |= {"refetch": True} if plan.refetch else {}
    pieces = {name: [None if nest is None else nest.to_dict() for nest in of] for name, of in zip(names, plan.nests)}
    return entry | {"pieces": pieces}


def grouped_as(
    entry: GroupsEntry, network: Network, accelerator: Accelerator, objective: Objective, *, as_recorded: bool
) -> Grouped:
    """The groups that an entry describes, priced.

    Args:
        as_recorded: network and machine are those that the bound was proven of.

    Raises:
        InputError, InfeasibleError: they are not of this network, or cannot run so; see
            :func:`mappings.fusion.plan.carried_out`.
    """
    from cosearch.evaluation.groups import Grouped

    places = {layer.name: place for place, layer in enumerate(network.layers)}
    doubled = len(accelerator.levels) > 1 and accelerator.levels[1].double_buffered
    plans = [_plan(part, network, places, doubled) for part in entry.parts]
    grouped = Grouped(network, accelerator, tuple(plans), entry.at_least if as_recorded else 0.0)
    if (value := grouped.value(objective)) < grouped.at_least * (1 - 1e-9):
        raise InputError("at_least", entry.at_least, f"is above the {objective.title} of these groups, {value:g}")
    return grouped


def _plan(entry: GroupEntry, network: Network, places: dict[str, int], doubled: bool) -> Plan:
    from accel_models.fusion.schedule import Schedule
    from mappings.fusion.plan import Plan

    for name in (*entry.layers, *entry.pieces):
        if name not in places:
            raise unknown("layers", name, places)
    begin, end = places[entry.layers[0]], places[entry.layers[1]] + 1
    names = [layer.name for layer in network.layers[begin:end]]
    for name in names:
        if name not in entry.pieces:
            raise InputError("pieces", name, "is missing", "every layer of a group has its own")
    if entry.tile is None and len(names) != 1:
        raise InputError("tile", "tile", f"is missing: {len(names)} layers run together in tiles")
    schedule = None
    if entry.tile is not None:
        schedule = Schedule(entry.tile, keep=entry.keep, resident=entry.resident, doubled=doubled)
    nests = tuple(
        tuple(None if nest is None else LoopNest(tuple(level.loops() for level in nest)) for nest in entry.pieces[name])
        for name in names
    )
    return Plan(begin, end, schedule, entry.refetch, nests)
