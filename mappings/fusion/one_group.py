"""Layers that are asked to run together: their best schedule, or why they cannot."""

from __future__ import annotations

import math

from accel_models.fusion.group import Group, Grouper
from mappings.fusion.best_schedule import Rules, Scheduled, best_schedule, least_room, widest
from mappings.fusion.partition import Part
from nets.errors import InfeasibleError, InputError, unknown
from nets.network import Network


def one_group(network: Network, first: str, last: str, capacity: int, rules: Rules) -> Part:
    """Layers ``first`` to ``last`` as one group of least DRAM words, shortcuts from outside held or fetched again.

    Raises:
        InputError: no such layers, or they cannot run tile by tile.
        InfeasibleError: no schedule fits; says how much the smallest takes, and for what.
    """
    names = [layer.name for layer in network.layers]
    for name in (first, last):
        if name not in names:
            raise unknown("--group", name, names)
    begin, end = names.index(first), names.index(last) + 1
    if begin + 1 >= end:
        raise InputError("--group", f"{first}:{last}", "is not two layers or more, in the network's order")
    groups = Grouper(network).variants(begin, end)
    best, below = None, math.inf
    for group in groups:
        found = best_schedule(group, capacity, rules, below)
        if found is not None:
            found = widest(group, found, capacity, rules)
            below = found.cost.traffic.dram_words
            best = Part(begin, end, below, group, found)
    if best is None:
        raise InfeasibleError(_too_small(groups[-1], least_room(groups[-1], rules), capacity))
    return best


def _too_small(group: Group, least: Scheduled, capacity: int) -> str:
    """How much more room the smallest schedule takes, and what takes the most of it."""
    room = least.cost.room
    largest = max(range(len(group.tensors)), key=room.alive.__getitem__)
    share, what = room.alive[largest], f"{group.tensors[largest].name!r}"
    if room.weights > share:
        share, what = room.weights, "the weights"
    return (
        f"group {group.steps[0].layer.name!r} to {group.last.name!r}: fits {capacity:,} words at no tile; the smallest,"
        f" {least.schedule.described(group.last.plane)}, takes {room.words:,}, {room.words - capacity:,} too many, "
        f"{share:,} of them for {what} while {group.steps[room.step].layer.name!r} runs"
    )
