"""A search problem: a space, what evaluates its architectures, the goal and the limits.

Any space that offers :class:`~nets.spaces.decisions.SearchSpace` and anything that offers :class:`Evaluator` make a
problem; nothing here knows of networks or accelerators.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Protocol

from cosearch.problem.goals import Bounds, Goal, loose
from cosearch.problem.measures import Limit, Measure
from nets.errors import InfeasibleError, InputError, unknown
from nets.spaces import Config, SearchSpace

Figures = Mapping[str, float]
"""Figures of one architecture by the name of their measure."""

BROKEN: Final = 1e6
"""Added to the merit of what breaks a limit, so that whatever keeps all of them is better."""

MOST_DRAWS: Final = 20_000
"""Draws in a row that break a limit after which no more are tried."""


class Evaluator(Protocol):
    """Gives figures of architectures.

    Some figures may come at no cost worth counting (a latency from a table): :meth:`screen` gives those, and a strategy
    may look at them before it spends an evaluation.
    """

    @property
    def measures(self) -> Sequence[Measure]:
        """What :meth:`measure` gives."""

    @property
    def screened(self) -> Sequence[Measure]:
        """What :meth:`screen` gives; may be nothing."""

    def screen(self, configs: Sequence[Config]) -> list[Figures]:
        """The cheap figures of each architecture."""

    def measure(self, configs: Sequence[Config]) -> list[Figures]:
        """All figures of each architecture; infinite where it cannot run."""

    def bounds(self) -> Bounds:
        """(least, most) of figures over all architectures, as far as they are known before any search."""

    def landmarks(self) -> Sequence[Config]:
        """Architectures known to be good at keeping limits, such as the smallest; may be none."""

    def remark(self, config: Config, /) -> str:
        """What to say of an architecture's figures beside their values: what they estimate, with what error."""


class Measuring:
    """All of an :class:`Evaluator` but ``measures`` and ``measure``, where nothing is known before an evaluation."""

    screened: Sequence[Measure] = ()

    def screen(self, configs: Sequence[Config]) -> list[Figures]:
        """See :meth:`Evaluator.screen`: no figure is cheap."""
        return [{} for _ in configs]

    def bounds(self) -> Bounds:
        """See :meth:`Evaluator.bounds`: none is known."""
        return {}

    def landmarks(self) -> Sequence[Config]:
        """See :meth:`Evaluator.landmarks`: none."""
        return ()

    def remark(self, config: Config) -> str:
        """See :meth:`Evaluator.remark`: nothing."""
        return ""


@dataclass(frozen=True, slots=True)
class Evaluated:
    """An architecture with its figures.

    Attributes:
        config: the architecture.
        figures: by name of the measure.
        losses: smaller is better; one for each objective.
        violation: sum of the shares by which limits are broken; 0 where all are kept.
    """

    config: Config
    figures: Figures
    losses: tuple[float, ...]
    violation: float

    @property
    def feasible(self) -> bool:
        """Whether it runs and keeps every limit."""
        return self.violation == 0 and all(map(math.isfinite, self.losses))

    @property
    def merit(self) -> float:
        """A finite number that ranks by the first loss, what keeps the limits first; smaller is better."""
        if self.feasible:
            return self.losses[0]
        return BROKEN + min(self.violation, BROKEN)

    @property
    def reward(self) -> float:
        """What reinforcement learning makes large: the loss turned round, less the more the limits are broken.

        For accuracy under one limit on latency this is MnasNet's hard reward, accuracy * (latency / limit) ** -1 above
        the limit. An architecture that cannot run has the reward of one that breaks the limits without end.
        """
        loss = self.losses[0] if math.isfinite(self.losses[0]) else 0.0
        broken = self.violation / (1 + self.violation) if math.isfinite(self.violation) else 1.0
        return -loss - abs(loss) * broken


@dataclass(frozen=True)
class Problem:
    """What a strategy searches.

    Attributes:
        space: of the architectures.
        evaluator: of their figures.
        goal: what is made small.
        limits: that every answer keeps.

    Raises:
        InputError: the goal or a limit looks at a figure that the evaluator does not give.
    """

    space: SearchSpace
    evaluator: Evaluator
    goal: Goal
    limits: tuple[Limit, ...] = ()

    def __post_init__(self) -> None:
        known = {measure.name for measure in self.evaluator.measures}
        for measure in (*self.goal.measures, *(limit.measure for limit in self.limits)):
            if measure.name not in known:
                raise unknown("objective or limit", measure.name, known)
        limited = [limit.measure.name for limit in self.limits]
        for name in limited:
            if limited.count(name) > 1:
                raise InputError("limits", name, "is limited twice")

    @cached_property
    def _screened(self) -> tuple[Limit, ...]:
        cheap = {measure.name for measure in self.evaluator.screened}
        return tuple(limit for limit in self.limits if limit.measure.name in cheap)

    def require_feasible(self) -> None:
        """Find out before any evaluation whether the limits leave nothing.

        Raises:
            InfeasibleError: a limit is beyond what any architecture reaches; says what is within reach.
        """
        bounds = self.evaluator.bounds()
        for limit in self.limits:
            least, most = bounds.get(limit.measure.name, (-math.inf, math.inf))
            best = most if limit.measure.larger else least
            if limit.violation(best) > 0:
                raise InfeasibleError(
                    f"no architecture of {self.space.id} keeps {limit}: "
                    f"the best within reach is {limit.measure.show(best)}"
                )

    def warnings(self) -> tuple[str, ...]:
        """What is likely not meant, in sentences: limits and targets that nothing can break."""
        bounds = self.evaluator.bounds()
        found = list(self.goal.warnings(bounds))
        for limit in self.limits:
            least, most = bounds.get(limit.measure.name, (-math.inf, math.inf))
            if not limit.measure.larger and most <= limit.bound:
                found.append(loose(f"the limit {limit}", limit.measure, most))
            if limit.measure.larger and least >= limit.bound:
                found.append(f"the limit {limit} changes nothing: no architecture has less")
        return tuple(found)

    def foreseen(self, configs: Sequence[Config]) -> list[float]:
        """Sum of the shares by which each breaks the limits that can be checked without an evaluation; 0 for none."""
        if not self._screened or not configs:
            return [0.0] * len(configs)
        return [
            math.fsum(limit.violation(figures[limit.measure.name]) for limit in self._screened)
            for figures in self.evaluator.screen(configs)
        ]

    def admits(self, configs: Sequence[Config]) -> list[bool]:
        """Whether each keeps the limits that can be checked without an evaluation."""
        return [broken == 0 for broken in self.foreseen(configs)]

    def draw(self, make: Callable[[], Config], count: int, tries: int = MOST_DRAWS) -> list[Config]:
        """``count`` architectures from ``make`` that :meth:`admits`; fewer where ``tries`` in a row break a limit."""
        drawn: list[Config] = []
        misses = 0
        while len(drawn) < count and misses < tries:
            batch = [make() for _ in range(max(count - len(drawn), min(misses, 1000)))]
            kept = [config for config, fits in zip(batch, self.admits(batch)) if fits]
            drawn += kept
            misses = 0 if kept else misses + len(batch)
        return drawn[:count]

    def evaluate(self, configs: Sequence[Config]) -> list[Evaluated]:
        """Spend one evaluation on each."""
        return [self._evaluated(config, figures) for config, figures in zip(configs, self.evaluator.measure(configs))]

    def _evaluated(self, config: Config, figures: Figures) -> Evaluated:
        broken = math.fsum(limit.violation(figures[limit.measure.name]) for limit in self.limits)
        runs = all(math.isfinite(value) for value in figures.values())
        losses = self.goal.losses(figures) if runs else (math.inf,) * self.goal.objectives
        return Evaluated(config, figures, losses, broken if runs else math.inf)
