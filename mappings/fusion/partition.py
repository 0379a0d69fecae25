"""Which layers of a network run together: a dynamic program over cuts.

With the network's order given and every tensor that crosses a cut going through DRAM, the DRAM words of a network are
a sum over its groups, and those of a group depend on where it begins and ends alone. So the least words of the first
``j`` layers are

    f(j) = min over i < j of f(i) + c(i, j),    f(0) = 0                                                (1)

with ``c(i, j)`` the least words of layers ``i`` to ``j - 1`` as one group that fits the chip (the recurrence of Occam,
Gondimalla et al. 2021, here over every way to run a group that :class:`Rules` allow). A group that cannot come below
what is known of ``f(j)`` is left out by its least words, before anything else is counted; groups that differ in names
alone are scheduled once.

A layer alone is counted at what no mapping can go below: each of its tensors once. What its mapping moves may be more.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import accumulate

from accel_models.fusion.group import Group, Grouper
from mappings.fusion.best_schedule import Rules, Scheduled, best_schedule, widest
from nets.errors import InputError
from nets.layer import Layer
from nets.network import Network


@dataclass(frozen=True, slots=True)
class Part:
    """Layers ``begin`` to ``end - 1`` of a network.

    Attributes:
        dram_words: words that cross between DRAM and chip.
        group, scheduled: the layers as a group and how it runs; ``None`` for a layer alone.
    """

    begin: int
    end: int
    dram_words: int
    group: Group | None = None
    scheduled: Scheduled | None = None


@dataclass(frozen=True, slots=True)
class Partition:
    """A network cut into groups.

    Attributes:
        parts: in order.
        dram_words: their sum, the least there is.
        alone_words: the same with every layer alone.
    """

    parts: tuple[Part, ...]
    dram_words: int
    alone_words: int


def partition(network: Network, capacity: int, rules: Rules | None = None) -> Partition:
    """Cut a network into the groups of least DRAM words.

    Args:
        capacity: words on the chip that a group may take.
        rules: which schedules are allowed; all, usually.

    Raises:
        InputError: a capacity below 1.
    """
    if capacity < 1:
        raise InputError("capacity", capacity, "must be at least one word")
    layers = network.layers
    scheduler = _Scheduler(network, capacity, rules or Rules())
    best: list[Part] = []
    least = [0]
    for end in range(1, len(layers) + 1):
        part = Part(end - 1, end, alone_words(layers[end - 1]))
        words = least[end - 1] + part.dram_words
        for begin in scheduler.begins(end):
            longer = scheduler.part(begin, end, words - least[begin])
            if longer is not None:
                part, words = longer, least[begin] + longer.dram_words
        best.append(part)
        least.append(words)
    parts = [best[-1]]
    while parts[-1].begin:
        parts.append(best[parts[-1].begin - 1])
    return Partition(tuple(map(scheduler.widest, reversed(parts))), least[-1], sum(map(alone_words, layers)))


def alone_words(layer: Layer) -> int:
    """Each word of a layer once, in every run: what no mapping of it goes below."""
    return round((layer.input_words + layer.weight_words + layer.output_words) * layer.times)


class _Scheduler:
    """Best schedules of groups, remembered for all that differ in names alone."""

    def __init__(self, network: Network, capacity: int, rules: Rules) -> None:
        self._capacity, self._rules = capacity, rules
        self._grouper = Grouper(network)
        self._layers = network.layers
        self._weights = [0, *accumulate(layer.weight_words for layer in network.layers)]
        self._known: dict[object, tuple[float, Scheduled | None]] = {}

    def begins(self, end: int) -> Iterator[int]:
        """Where groups of several layers may begin, the shortest first, until resident weights alone do not fit."""
        for begin in range(end - 2, self._grouper.firsts[end - 1] - 1, -1):
            if not self._rules.stream and self._weights[end] - self._weights[begin] > self._capacity:
                return
            yield begin

    def part(self, begin: int, end: int, below: float) -> Part | None:
        """Some layers as a group of less than so many DRAM words, with shortcuts held or fetched again."""
        if self._weights[end] - self._weights[begin] + self._layers[end - 1].output_words >= below:
            return None
        best = None
        for group in self._grouper.variants(begin, end):
            scheduled = self._best(group, below)
            if scheduled is not None:
                below = scheduled.cost.traffic.dram_words
                best = Part(begin, end, below, group, scheduled)
        return best

    def widest(self, part: Part) -> Part:
        """A part in the fewest tiles that fit."""
        if part.group is None or part.scheduled is None:
            return part
        return replace(part, scheduled=widest(part.group, part.scheduled, self._capacity, self._rules))

    def _best(self, group: Group, below: float) -> Scheduled | None:
        key = group.key
        searched, found = self._known.get(key, (0.0, None))
        if found is None and searched < below:
            found = best_schedule(group, self._capacity, self._rules, below)
            self._known[key] = (below, found)
        return found if found is not None and found.cost.traffic.dram_words < below else None
