"""The figures of a design that a search may be after, one or several at once: which way each is better."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from cosearch.problem.objective import OBJECTIVES
from nets.elementary import log
from nets.errors import InputError, unknown


class Measured(Protocol):
    """What has figures: a finished design."""

    def figure(self, name: str, /) -> float:
        """The figure of that name, in the unit of its :class:`Axis`."""


@dataclass(frozen=True, slots=True)
class Axis:
    """A figure of a design.

    Attributes:
        name: what a person asks for; title: as tables call it.
        unit: of :meth:`of`.
        larger: whether larger is better.
    """

    name: str
    title: str
    unit: str
    larger: bool = False

    def of(self, design: Measured) -> float:
        """The figure of a design all of whose layers are mapped."""
        return design.figure(self.name)

    def loss(self, design: Measured) -> float:
        """What is made small: the logarithm of a cost, which spans orders of magnitude, or the figure turned round."""
        figure = self.of(design)
        return -figure if self.larger else log(figure)


AXES: Final[dict[str, Axis]] = {
    **{name: Axis(name, objective.title, objective.unit) for name, objective in OBJECTIVES.items()},
    "accuracy": Axis("accuracy", "top-1", "%", larger=True),
    "area": Axis("area", "area", "mm2"),
    "power": Axis("power", "power", "W"),
}
"""Everything that may be an objective."""

DEFAULT_AXES: Final = ("area", "latency", "energy")
"""Of the front that is written when there is one objective."""


def load_axes(names: Sequence[str]) -> tuple[Axis, ...]:
    """The figures of those names.

    Raises:
        InputError: one that is not known, named twice, or none to map layers for at the head.
    """
    for name in names:
        if name not in AXES:
            raise unknown("objectives", name, AXES)
        if list(names).count(name) > 1:
            raise InputError("objectives", name, "is named twice")
    if not names or names[0] not in OBJECTIVES:
        head = names[0] if names else ""
        raise InputError("objectives", head, f"cannot be the first: layers are mapped for {', '.join(OBJECTIVES)}")
    return tuple(AXES[name] for name in names)
