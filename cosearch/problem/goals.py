"""What a search is after: one figure under limits, a reward that trades accuracy for cost, or several figures at once.

Every goal turns the figures of an architecture into losses, smaller is better: one, or one for each objective.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass

from cosearch.problem.measures import ACCURACY, LATENCY, Measure
from nets.errors import NO_VALUE, InputError

Bounds = Mapping[str, tuple[float, float]]
"""(least, most) that any architecture may have of each figure; infinite where nothing is known."""


class Goal(ABC):
    """What is made small.

    Attributes:
        name: what it is called.
        measures: the figures it looks at.
    """

    name: str
    measures: tuple[Measure, ...]

    @property
    def objectives(self) -> int:
        """How many losses there are."""
        return 1

    @abstractmethod
    def losses(self, figures: Mapping[str, float]) -> tuple[float, ...]:
        """The losses of an architecture of these figures."""

    def warnings(self, bounds: Bounds) -> tuple[str, ...]:
        """What is likely not meant by this goal, in sentences; none as a rule."""
        return ()


@dataclass(frozen=True)
class Best(Goal):
    """One figure, as good as the limits allow: constrained search."""

    measure: Measure = ACCURACY

    @property
    def name(self) -> str:  # type: ignore[override]
        """See :class:`Goal`."""
        return self.measure.name

    @property
    def measures(self) -> tuple[Measure, ...]:  # type: ignore[override]
        """See :class:`Goal`."""
        return (self.measure,)

    def losses(self, figures: Mapping[str, float]) -> tuple[float, ...]:
        """See :meth:`Goal.losses`."""
        return (self.measure.loss(figures[self.measure.name]),)


@dataclass(frozen=True)
class MnasReward(Goal):
    """Accuracy times (cost / target) ** w, to be made large: Tan et al., "MnasNet", CVPR 2019, equations 2 and 3.

    w is ``alpha`` where the cost is at most the target and ``beta`` where it is above. Soft: -0.07 for both, so that
    twice the latency is worth 5 % more accuracy; where they are equal the target scales every reward alike and changes
    no ranking. Hard: 0 and -1, so that there is nothing to gain below the target.

    Attributes:
        target: of the cost, in its unit.
        alpha, beta: exponents.
        cost: what the target is for.
        accuracy: what is traded for it; in percent.
    """

    target: float
    alpha: float = -0.07
    beta: float = -0.07
    cost: Measure = LATENCY
    accuracy: Measure = ACCURACY

    def __post_init__(self) -> None:
        if not 0 < self.target < math.inf:
            raise InputError(f"target: {self.cost.name}", self.target, "must be a finite number greater than zero")
        for name, exponent in (("alpha", self.alpha), ("beta", self.beta)):
            if not -math.inf < exponent <= 0:
                raise InputError(name, exponent, "must be at most 0, or a higher cost would be rewarded")

    @property
    def name(self) -> str:  # type: ignore[override]
        """See :class:`Goal`."""
        return "MnasNet reward"

    @property
    def measures(self) -> tuple[Measure, ...]:  # type: ignore[override]
        """See :class:`Goal`."""
        return (self.accuracy, self.cost)

    def reward(self, figures: Mapping[str, float]) -> float:
        """The reward; accuracy as a fraction of 1."""
        ratio = figures[self.cost.name] / self.target
        accuracy = figures[self.accuracy.name] / 100
        return float(accuracy * ratio ** (self.alpha if ratio <= 1 else self.beta))

    def losses(self, figures: Mapping[str, float]) -> tuple[float, ...]:
        """See :meth:`Goal.losses`."""
        return (-self.reward(figures),)

    def warnings(self, bounds: Bounds) -> tuple[str, ...]:
        """See :meth:`Goal.warnings`: a target that no architecture exceeds, where nothing is gained below it."""
        _, most = bounds.get(self.cost.name, (0.0, math.inf))
        if self.alpha == 0 and most <= self.target:
            return (loose(f"the target {self.cost.name} of {self.cost.show(self.target)}", self.cost, most),)
        if self.beta == 0 and self.alpha == 0:
            return ("both exponents are 0: the cost is no part of the reward",)
        return ()


@dataclass(frozen=True)
class Scalarised(Goal):
    """One figure less what costs are worth: each weight says how much of it pays for a doubling of a cost.

    Attributes:
        weights: by cost, in the unit of ``gain``.
        gain: what is made large.
    """

    weights: Mapping[Measure, float]
    gain: Measure = ACCURACY

    def __post_init__(self) -> None:
        if not self.weights:
            raise InputError("weights", NO_VALUE, "must name at least one cost", "write e.g. latency=2")
        for measure, weight in self.weights.items():
            if not 0 <= weight < math.inf:
                raise InputError(f"weights: {measure.name}", weight, "must be a finite number, at least zero")

    @property
    def name(self) -> str:  # type: ignore[override]
        """See :class:`Goal`."""
        return " ".join([self.gain.name, *(f"- {w:g} log2({m.name})" for m, w in self.weights.items())])

    @property
    def measures(self) -> tuple[Measure, ...]:  # type: ignore[override]
        """See :class:`Goal`."""
        return (self.gain, *self.weights)

    def losses(self, figures: Mapping[str, float]) -> tuple[float, ...]:
        """See :meth:`Goal.losses`."""
        paid = sum(weight * math.log2(figures[measure.name]) for measure, weight in self.weights.items())
        return (paid - figures[self.gain.name],)

    def warnings(self, bounds: Bounds) -> tuple[str, ...]:
        """See :meth:`Goal.warnings`."""
        return tuple(f"a weight of 0: {m.name} is no part of the goal" for m, w in self.weights.items() if w == 0)


@dataclass(frozen=True)
class Several(Goal):
    """Several figures at once: what is looked for is their Pareto front."""

    measures: tuple[Measure, ...]

    def __post_init__(self) -> None:
        if len(self.measures) < 2:
            raise InputError("objectives", len(self.measures), "must be at least two for a front")
        for measure in self.measures:
            if self.measures.count(measure) > 1:
                raise InputError("objectives", measure.name, "is named twice")

    @property
    def name(self) -> str:  # type: ignore[override]
        """See :class:`Goal`."""
        return ",".join(measure.name for measure in self.measures)

    @property
    def objectives(self) -> int:
        """See :attr:`Goal.objectives`."""
        return len(self.measures)

    def losses(self, figures: Mapping[str, float]) -> tuple[float, ...]:
        """See :meth:`Goal.losses`."""
        return tuple(measure.loss(figures[measure.name]) for measure in self.measures)


def loose(what: str, measure: Measure, most: float) -> str:
    """The sentence about a bound that no architecture reaches."""
    return f"{what} is so loose that it changes nothing: no architecture takes more than {measure.show(most)}"
