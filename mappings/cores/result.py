"""A network on the cores of a system, and what it takes: energy, latency of one inference, interval of a batch."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from accel_models.systems.system import System
from mappings.cores.handover import Handover
from mappings.cores.pipeline import Batch, Label
from mappings.cores.stage import Stage
from mappings.mappers.mapper import Objective
from nets.network import Network

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class OnCores:
    """A network on the cores of a system.

    Attributes:
        network, system: what was mapped on what.
        objective, items: what was minimised, for how many inferences.
        stages: in order.
        handovers: between each two of them; ``None`` where what crosses goes through DRAM.
        lower_bound: what no choice makes the objective less than.
        seconds: wall time.
    """

    network: Network
    system: System
    objective: Objective
    items: int
    stages: tuple[Stage, ...]
    handovers: tuple[Handover | None, ...]
    lower_bound: float
    seconds: float

    @property
    def batch(self) -> Batch:
        """What all items have in common."""
        return Batch(self.items, self.system.dram.bandwidth, self.system.static_pj)

    @cached_property
    def label(self) -> Label:
        """What it takes, with the words of links that several stages use."""
        label = Label(slowest=self.link_cycles)
        for stage in self.stages:
            label = label.then(label_of(stage, self.items))
        for moved in self.handovers:
            label = label if moved is None else label.then(handed(moved))
        return label

    @cached_property
    def link_words(self) -> Floats:
        """(links,) words that cross each link for one item, without weights that stay."""
        moved = [each.links for each in self.handovers if each is not None]
        crossed: Floats = np.sum([*(stage.links for stage in self.stages), *moved], axis=0)
        return crossed

    @property
    def link_cycles(self) -> float:
        """Cycles that the busiest link takes for one item; of a batch only, where stages share links at a time."""
        if self.items == 1:
            return 0.0
        return max((float(w) / link.bandwidth for w, link in zip(self.link_words, self.system.links)), default=0.0)

    @property
    def latency(self) -> float:
        """Cycles of the first item."""
        return self.batch.cycles(self.label) - (self.items - 1) * self.interval

    @property
    def interval(self) -> float:
        """Cycles from one item to the next."""
        return self.batch.interval(self.label)

    @property
    def cycles(self) -> float:
        """Of all items."""
        return self.batch.cycles(self.label)

    @property
    def energy_pj(self) -> float:
        """Of one item, static power included."""
        return self.batch.energy_pj(self.label) / self.items

    @property
    def score(self) -> float:
        """What was minimised, for one item: pJ, cycles, or their product."""
        return worth(self.batch, self.objective, self.label)

    @property
    def gap(self) -> float:
        """How far the choice may be from the best possible: score / lower bound - 1."""
        return max(self.score / self.lower_bound - 1, 0.0) if self.lower_bound > 0 else math.inf


def worth(batch: Batch, objective: Objective, label: Label) -> float:
    """Energy, cycles or their product of one item of a batch."""
    cycles, energy_pj = batch.cycles(label) / batch.items, batch.energy_pj(label) / batch.items
    return {"edp": energy_pj * cycles, "energy": energy_pj, "latency": cycles}[objective]


def label_of(stage: Stage, items: int) -> Label:
    """What a stage takes for one item of several."""
    energy = stage.energy_pj + stage.weights_pj / items
    if items == 1:  # nothing runs at once
        return Label(energy, stage.cycles)
    return Label(energy, stage.cycles, stage.cycles, stage.dram, stage.weights)


def handed(moved: Handover) -> Label:
    """What handing an item over takes."""
    return Label(moved.energy_pj, moved.cycles, moved.cycles)
