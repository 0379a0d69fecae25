"""What a co-search found, as plain values."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from accel_models.description import to_dict as machine_to_dict
from accel_models.template import Template
from cosearch.bounds.joint import JointBound
from cosearch.evaluation.design import Design, trials_frame
from cosearch.evaluation.network_cost import layers_frame
from cosearch.evaluation.spread import Spread
from cosearch.evaluation.winner import Winner, winner_to_dict
from cosearch.problem.axes import Axis
from cosearch.problem.objective import Objective

if TYPE_CHECKING:
    import pandas


@dataclass(frozen=True, slots=True)
class Compared:
    """What the networks of a searched design cost on another one.

    Attributes:
        value: of the objective; ``energy_pj`` and ``latency_s`` are geometric means over the networks.
        ratio: value over that of the searched design: how many times worse the other is.
    """

    value: float
    energy_pj: float
    latency_s: float
    ratio: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline(Compared):
    """A published design scaled to the same area, with the same networks under the same mapper, every layer alone.

    Attributes:
        name: of the preset.
        machine: as scaled; ``None`` where it does not fit, and ``note`` says why.
        groups: the same with layers in groups of its own; ``None`` where the searched design has none.
    """

    name: str
    machine: Template | None
    groups: Compared | None = None
    note: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON and YAML."""
        if self.machine is None:
            return {"name": self.name, "note": self.note}
        return {
            "name": self.name,
            "accelerator": machine_to_dict(self.machine),
            "area_mm2": self.machine.area_mm2,
            "value": self.value,
            "energy_pj": self.energy_pj,
            "latency_s": self.latency_s,
            "ratio": self.ratio,
            **({} if self.groups is None else {"groups": asdict(self.groups)}),
        }


@dataclass(frozen=True, kw_only=True)
class CoSearchResult:
    """What a co-search found.

    Attributes:
        objective: what was made small.
        winner: the best design that keeps every limit; ``None`` when none does.
        closest: the best-ranked design when none is feasible, else ``None``.
        designs: every design evaluated, in order.
        axes: the figures they were searched for.
        front: of several objectives, designs that no other beats, mapped again at the end; none for one objective.
        hypervolumes: share of the box of all that was found which the front dominates, after each generation; none
            for one objective. See :func:`cosearch.evaluation.front.hypervolumes`.
        baselines: published designs at the same area.
        joint: what no design inside the budget can beat; ``None`` without a winner or after an interruption.
        evaluations: mappings evaluated in all.
        redrawn: points drawn outside the budget and drawn again.
        wall_s: seconds it took.
        lost: what became of the second storage that ended the search; empty when nothing did.
        interrupted: whether it was stopped by hand; cut_short: by its time limit.
    """

    objective: Objective
    winner: Winner | None
    closest: Design | None
    designs: tuple[Design, ...]
    baselines: tuple[Baseline, ...]
    joint: JointBound | None
    evaluations: int
    redrawn: int
    wall_s: float
    interrupted: bool
    cut_short: bool
    lost: str
    axes: tuple[Axis, ...]
    front: tuple[Design, ...]
    hypervolumes: tuple[float, ...]

    @property
    def feasible(self) -> bool:
        """Whether a design keeps every limit."""
        return self.winner is not None

    @property
    def value(self) -> float:
        """Value of the objective of the winner; infinite without one."""
        return math.inf if self.winner is None else self.winner.value(self.objective)

    @property
    def spread(self) -> Spread | None:
        """How far apart its designs ended; ``None`` where none keeps every limit."""
        return Spread.of(
            (" ".join(design.machine.parallel), design.value if design.feasible else math.inf)
            for design in self.designs
        )

    def trials_frame(self) -> pandas.DataFrame:
        """Every design evaluated, see :func:`cosearch.evaluation.design.trials_frame`."""
        return trials_frame(self.designs, self.objective)

    def layers_frame(self) -> pandas.DataFrame:
        """Every layer of the winner, see :func:`cosearch.evaluation.network_cost.layers_frame`; empty without one."""
        return layers_frame(() if self.winner is None else self.winner.costs)

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON: no infinities, units in the keys."""
        out: dict[str, Any] = {
            "feasible": self.feasible,
            "objective": self.objective.name,
            "designs": len(self.designs),
            "evaluations": self.evaluations,
            "redrawn": self.redrawn,
            "wall_s": round(self.wall_s, 3),
            "interrupted": self.interrupted,
            "cut_short": self.cut_short,
            "lost": self.lost,
        }
        if len(self.axes) > 1:
            out["front"] = [
                {"trial": design.number, **{axis.name: axis.of(design) for axis in self.axes}} for design in self.front
            ]
            out["front_units"] = {axis.name: axis.unit for axis in self.axes}
            out["hypervolumes"] = list(self.hypervolumes)
        if self.closest is not None:
            out["closest"] = {
                "accelerator": machine_to_dict(self.closest.machine),
                "violations": [
                    {"quantity": broken.quantity, "value": broken.value, "limit": broken.limit}
                    for broken in self.closest.violations
                    if math.isfinite(broken.value)
                ],
            }
        if self.winner is not None:
            out |= winner_to_dict(self.winner, self.objective)
            out["baselines"] = [baseline.to_dict() for baseline in self.baselines]
            out["joint"] = None if self.joint is None else self.joint.to_dict()
            out["spread"] = None if self.spread is None else self.spread.to_dict()
        return out
