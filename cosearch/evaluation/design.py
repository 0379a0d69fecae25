"""A finished design: an accelerator, what the networks cost on it, and the limits it breaks."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from accel_models.description import Sized
from accel_models.template import Template
from cosearch.evaluation.demand import USUAL, Demand
from cosearch.evaluation.frames import frame
from cosearch.evaluation.network_cost import NetworkCost
from cosearch.problem.budget import Budget, Violation
from cosearch.problem.hardware import static_measures
from cosearch.problem.objective import OBJECTIVES, Objective, geometric_mean
from nets.elementary import log, log1p

if TYPE_CHECKING:
    import pandas


@dataclass(frozen=True, slots=True)
class WorkloadCost:
    """What one network costs on one accelerator.

    Attributes:
        name: of the network or of the space the subnet was drawn from.
        energy_pj, latency_s: of one inference; infinite when no mapping was found for some layer.
        config: of the subnet; ``None`` for a fixed network.
        accuracy: predicted top-1 in percent; ``None`` where it is not known.
        weight_bits: of layers whose widths were chosen; ``None`` where there was no choice.
    """

    name: str
    energy_pj: float
    latency_s: float
    config: dict[str, Any] | None = None
    accuracy: float | None = None
    weight_bits: dict[str, float] | None = None

    @classmethod
    def of(cls, cost: NetworkCost) -> WorkloadCost:
        """The same of a network that was evaluated layer by layer."""
        return cls(cost.network.name, cost.energy_pj, cost.latency_s)

    @property
    def power_w(self) -> float:
        """Average power while it runs; infinite when no mapping was found for some layer."""
        return self.energy_pj * 1e-12 / self.latency_s if math.isfinite(self.latency_s) else math.inf


@dataclass(frozen=True, slots=True)
class Design:
    """One evaluated accelerator.

    Attributes:
        number: in order of evaluation, from 0.
        machine: the accelerator.
        workloads: cost of the subnet found, or of each network asked for.
        value: of the objective; the geometric mean over several networks.
        violations: limits it breaks; a design that breaks one never wins.
        bound: what no value of the figure asked for is below on this accelerator, with any network allowed and any
            mappings; none if unknown.
        precise: whether its networks were mapped by the last mapper.
        demand: what was asked of its networks.
    """

    number: int
    machine: Sized
    workloads: tuple[WorkloadCost, ...]
    value: float
    violations: tuple[Violation, ...]
    bound: float | None = None
    precise: bool = False
    demand: Demand = USUAL

    @classmethod
    def evaluated(
        cls,
        number: int,
        machine: Sized,
        workloads: tuple[WorkloadCost, ...],
        objective: Objective,
        budget: Budget,
        bound: float | None = None,
        precise: bool = False,
        demand: Demand = USUAL,
    ) -> Design:
        """The design with its value and the limits of ``budget`` that it breaks."""
        value = geometric_mean(objective.of(work.energy_pj, work.latency_s) for work in workloads)
        violations = budget.violations(measures(machine, workloads))
        return cls(number, machine, workloads, value, violations, bound, precise, demand)

    @property
    def feasible(self) -> bool:
        """Whether every layer has a mapping and every limit is kept."""
        return math.isfinite(self.value) and not self.violations

    @property
    def rank(self) -> tuple[int, float]:
        """Sorts designs best first: feasible ones by value, then those that break limits by how much, then the rest."""
        if self.feasible:
            return (0, self.value)
        if math.isfinite(self.value):
            return (1, math.fsum(log1p(violation.excess) for violation in self.violations))
        return (2, 0.0)

    @property
    def merit(self) -> float:
        """One finite number that sorts as :attr:`rank` does, for a sampler."""
        group, within = self.rank
        return log(within) if group == 0 else group * 1e3 + within

    def hardware(self) -> dict[str, float | str]:
        """The accelerator as columns of a table, units at the end of their names."""
        machine = self.machine
        return {
            "area_mm2": machine.area_mm2,
            "elements": machine.pes,
            "array": " x ".join(str(size) for size in machine.array),
            "parallel": " ".join(machine.parallel),
            **_memories(machine),
            "dram_gb_s": machine.dram_bandwidth,
        }

    def by_network(self) -> Iterator[tuple[str, WorkloadCost]]:
        """(what stands before the names of its columns, cost) of each network: its name, where there are several."""
        for work in self.workloads:
            yield f"{work.name}: " if len(self.workloads) > 1 else "", work

    def measures(self) -> dict[str, float]:
        """Everything a budget may limit, by quantity."""
        return measures(self.machine, self.workloads)

    def figure(self, name: str) -> float:
        """The figure of that name, one of :data:`cosearch.problem.axes.AXES`, where all layers are mapped."""
        return _FIGURES[name](self)


def _memories(machine: Sized) -> dict[str, float | str]:
    if isinstance(machine, Template):
        return {
            "l1_bytes": machine.l1_bytes,
            "l2_bytes": machine.l2_bytes,
            "noc_words_per_cycle": machine.noc_bandwidth,
        }
    return {f"{level.name}_bytes": level.capacity_bytes for level in machine.levels if level.memory != "dram"}


def measures(machine: Sized, workloads: Sequence[WorkloadCost]) -> dict[str, float]:
    """Everything a budget may limit, by quantity; the worst network counts for latency, energy and power."""
    return static_measures(machine) | {
        "latency": max(work.latency_s for work in workloads),
        "energy": max(work.energy_pj * 1e-12 for work in workloads),
        "power": max(work.power_w for work in workloads),
    }


def trials_frame(designs: Iterable[Design], objective: Objective) -> pandas.DataFrame:
    """Every design in the order of evaluation.

    Columns: ``trial``, the objective with its unit (``edp_js``), ``feasible``, ``breaks`` (limits, by name), the
    accelerator (``area_mm2``, ``elements``, ``array``, ``parallel``, ``l1_bytes``, ``l2_bytes``,
    ``noc_words_per_cycle``, ``dram_gb_s``; of a machine of one's own the bytes of each of its memories) and for each
    network ``latency_s``, ``energy_pj``, ``edp_js``, ``power_w`` and, where known, ``top1_percent``; with several
    networks its name stands before, as in ``resnet50: latency_s``.
    A design that nothing maps has infinite costs.

    Raises:
        CosearchError: pandas is not installed.
    """
    return frame([_trial(design, objective) for design in designs])


def _trial(design: Design, objective: Objective) -> Mapping[str, Any]:
    row: dict[str, Any] = {
        "trial": design.number,
        f"{objective.name}_{objective.unit_ending}": design.value,
        "feasible": design.feasible,
        "breaks": ", ".join(broken.quantity for broken in design.violations),
        **design.hardware(),
    }
    for before, work in design.by_network():
        row[f"{before}latency_s"] = work.latency_s
        row[f"{before}energy_pj"] = work.energy_pj
        row[f"{before}edp_js"] = work.energy_pj * 1e-12 * work.latency_s
        row[f"{before}power_w"] = work.power_w
        if work.accuracy is not None:
            row[f"{before}top1_percent"] = work.accuracy
    return row


def _value(objective: Objective) -> Callable[[Design], float]:
    def of(design: Design) -> float:
        return geometric_mean(objective.of(work.energy_pj, work.latency_s) for work in design.workloads)

    return of


def _accuracy(design: Design) -> float:
    return min(work.accuracy for work in design.workloads if work.accuracy is not None)


_FIGURES: Final[Mapping[str, Callable[[Design], float]]] = {
    **{name: _value(objective) for name, objective in OBJECTIVES.items()},
    "accuracy": _accuracy,
    "area": lambda design: design.machine.area_mm2,
    "power": lambda design: design.measures()["power"],
}
