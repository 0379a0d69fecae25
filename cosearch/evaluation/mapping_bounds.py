"""What no mappings can beat: of a layer by what every mapping pays and by what a mapper proved, of a network by both.

A layer's energy, its latency and one sum of the two are bounded from below. Those of a network add up, and the least
objective that they leave (:mod:`cosearch.evaluation.region`) is what no mappings of that network on that machine beat.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from accel_models.accelerator import Accelerator
from accel_models.loopnest import Mapping
from cosearch.evaluation.region import Direction, least_objective
from cosearch.problem.budget import Budget
from cosearch.problem.objective import Objective
from nets.errors import InputError
from nets.layer import Layer

ROUNDING: Final = 1e-9
"""Relative: by how much a proof may seem to exceed a cost that it equals."""


@dataclass(frozen=True, slots=True)
class MappingProof:
    """What a mapper proved of all mappings of a layer on a machine: per_pj x energy + per_s x latency is at least this.

    Attributes:
        per_pj: weight of the energy in pJ.
        per_s: weight of the latency in s.
        at_least: bound on their sum.
        dividing: whether it speaks only of mappings whose tiles divide; others may cost less.
    """

    per_pj: float
    per_s: float
    at_least: float
    dividing: bool = False

    def to_dict(self) -> dict[str, float | bool]:
        """Plain data for YAML."""
        said = asdict(self)
        return said if self.dividing else {name: said[name] for name in said if name != "dividing"}

    def over(self, times: float) -> MappingProof:
        """The same of so many runs."""
        return replace(self, at_least=self.at_least * times)

    def check(self, place: str, energy_pj: float, latency_s: float) -> None:
        """Refuse a proof that a mapping's own cost contradicts.

        Raises:
            InputError: names the place.
        """
        cost = self.per_pj * energy_pj + self.per_s * latency_s
        if not self.dividing and self.at_least > cost * (1 + ROUNDING):
            rule = f"is above what the mapping beside it costs, {cost!r}"
            raise InputError(f"{place}: at_least", self.at_least, rule, "leave the proof out, or search again")


@dataclass(frozen=True, slots=True)
class LayerBound:
    """What no mapping of a layer on a machine can beat: a bound on its latency, one on its energy, one on a sum."""

    latency_s: float
    energy_pj: float
    proof: MappingProof | None = None

    def over(self, times: float) -> LayerBound:
        """The same of so many runs."""
        if times == 1:
            return self
        proof = None if self.proof is None else self.proof.over(times)
        return LayerBound(self.latency_s * times, self.energy_pj * times, proof)

    def least(self, direction: Direction) -> float:
        """What no p E + q T is below, for a direction (p, q).

        As much of the proof as goes into the direction, and the rest by the bounds on energy and latency alone.
        """
        p, q = direction
        plain = p * self.energy_pj + q * self.latency_s
        if self.proof is None:
            return plain
        weights = ((p, self.proof.per_pj), (q, self.proof.per_s))
        share = min(wanted / given for wanted, given in weights if given > 0)
        rest_p, rest_q = (max(wanted - share * given, 0.0) for wanted, given in weights)
        proven = share * self.proof.at_least + rest_p * self.energy_pj + rest_q * self.latency_s
        return max(plain, proven)


def bound_mappings(
    layer: Layer,
    mapping: Mapping,
    accelerator: Accelerator,
    proof: MappingProof | None = None,
    *,
    dividing: bool = False,
) -> LayerBound:
    """The bound on any mapping of a layer for the MAC array, see :mod:`mappings.bounds`.

    Args:
        mapping: one of them; where it bypasses memories, all that do are meant, of which a proof says nothing.
        proof: of mappings that bypass none.
        dividing: whether only mappings whose tiles divide are meant.
    """
    from mappings.bounds import cycle_and_energy_bounds
    from mappings.mapspace import MapSpace

    bypasses = any(
        at.keeps is not None and set(at.keeps) != set(level.keeps)
        for at, level in zip(mapping.levels, accelerator.levels)
    )
    space = MapSpace.of([layer], [accelerator], tiles="ragged", bypass=bypasses, convention="default")
    cycles, energy_pj = cycle_and_energy_bounds(space)
    if bypasses or (proof is not None and proof.dividing and not dividing):
        proof = None
    return LayerBound(float(cycles[0]) / accelerator.clock_hz, float(energy_pj[0]), proof)


def network_bound(bounds: Sequence[LayerBound], objective: Objective) -> float:
    """What no mappings of a network's layers make its objective less than, in its unit.

    Layers may be proven in different directions: each is tried for all of them, and the best bound counts.
    """
    tried = {(bound.proof.per_pj, bound.proof.per_s) for bound in bounds if bound.proof is not None}
    energy, latency = (_sum(bounds, direction) for direction in ((1.0, 0.0), (0.0, 1.0)))
    least = [
        least_objective(energy, latency, _sum(bounds, direction), direction, objective, Budget())
        for direction in sorted(tried or {(1.0, 0.0)})
    ]
    return max(float(found[0]) for found in least)


def _sum(bounds: Sequence[LayerBound], direction: Direction) -> NDArray[np.float64]:
    return np.array([math.fsum(bound.least(direction) for bound in bounds)])
