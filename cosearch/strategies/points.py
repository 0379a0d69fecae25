"""Where the points of a search space come from, and what becomes of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a point.

    Attributes:
        merit: a finite number that ranks designs, smaller is better, for samplers that understand nothing else.
        losses: of each objective, smaller is better; none where a layer has no mapping.
        slacks: of each limit, in the order of the budget's; above zero where it is broken.
        bound: logarithm of what no networks and mappings are below there; none where that is not known.
        precise: whether its networks were mapped by the last mapper.
    """

    merit: float
    losses: tuple[float, ...]
    slacks: tuple[float, ...] = ()
    bound: float | None = None
    precise: bool = False


class PointSampler(Protocol):
    """Proposes points of a unit cube and learns from what became of them."""

    def ask(self, misses: int) -> tuple[int, dict[str, float]]:
        """The next point, after its number.

        Args:
            misses: points in a row that were refused.
        """

    def reject(self, number: int) -> None:
        """Hear that a point is outside the budget: it will not be evaluated."""

    def tell(self, outcomes: Sequence[tuple[int, Outcome]]) -> None:
        """Hear what became of the points of a generation, by number."""
