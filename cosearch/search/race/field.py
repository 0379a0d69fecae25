"""What a race is run for: designs, what they are worth at least, and where each niche of them begins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from cosearch.bounds.arrays import are_square, is_first
from cosearch.bounds.boxes import Ints
from cosearch.bounds.choices import ALL, Choices
from cosearch.bounds.grid import LO, DesignGrid
from cosearch.problem.machine_space import MachineSpace
from cosearch.problem.options import CoSearchOptions
from cosearch.problem.template_space import TemplateSpace
from cosearch.search.candidates import looks_closely
from cosearch.search.race.estimates import Estimates, LeastCosts, TemplateLeast
from cosearch.search.race.ground import Ground, TemplateGround
from cosearch.search.race.machines import MachineField, MachineLeast
from cosearch.search.race.moves import lengths_of
from cosearch.search.race.starts import WORDS_OF_EDGE, WORDS_OF_FEW, starts_of
from nets.layer import Layer
from nets.network import Network


class Field(Protocol):
    """Designs that are raced."""

    @property
    def searches(self) -> bool:
        """Whether searches of layers bound them (:mod:`cosearch.bounds.design`)."""

    @property
    def ground(self) -> Ground:
        """The designs."""

    @property
    def least(self) -> LeastCosts:
        """What layers cost on them at least."""

    @property
    def estimates(self) -> Estimates:
        """Of their merits."""

    @property
    def smallest(self) -> Ints:
        """The smallest design (k,) of all."""

    def starts(self, each: int, lanes: int = 1) -> list[list[tuple[float, Ints]]]:
        """Where each niche begins: estimates and designs, ``each`` of a stratum at most, the least first.

        Args:
            each: how many.
            lanes: that a race has: what has to be drawn is shared out among them.
        """


@dataclass(frozen=True)
class TemplateField:
    """See :class:`Field`.

    Attributes:
        grid: of the designs.
        square: whether rows and columns can change places in every layer.
        lengths: of axes that are all tried near the best design; none where layers are of many shapes.
    """

    grid: DesignGrid
    least: TemplateLeast
    estimates: Estimates
    square: bool
    lengths: Sequence[Ints] = ()
    searches = True

    @cached_property
    def ground(self) -> TemplateGround:
        """See :class:`Field`."""
        return TemplateGround(self.grid, square=self.square, lengths=self.lengths)

    @property
    def smallest(self) -> Ints:
        """See :class:`Field`."""
        least: Ints = self.grid.point(self.grid.space.smallest)[:, LO]
        return least

    def starts(self, each: int, lanes: int = 1) -> list[list[tuple[float, Ints]]]:
        """See :class:`Field`: of all arrays, whatever the number of lanes."""
        words = WORDS_OF_FEW if self.lengths else WORDS_OF_EDGE
        return [
            rows
            for wiring in self.grid.wirings()
            if not self.square or is_first(wiring)
            for rows in starts_of(self.grid, wiring, self.estimates, self.square, each, words)
        ]


def field_of(
    options: CoSearchOptions,
    networks: Sequence[Network],
    layers: Sequence[Layer],
    *,
    any_of: bool,
    choices: Choices = ALL,
) -> Field:
    """The field of some networks.

    Args:
        options: of the search.
        networks: that run. layers: that are mapped.
        any_of: the best network counts, as of subnets; else the geometric mean of all.
        choices: the sizes that designs of the template have.
    """
    space = options.hardware
    if not isinstance(space, MachineSpace):
        return template_field(options, networks, layers, any_of=any_of, choices=choices)
    least = MachineLeast(space, networks)
    return MachineField(space, least, _estimates(options, least, networks, any_of), options.seed)


def template_field(
    options: CoSearchOptions,
    networks: Sequence[Network],
    layers: Sequence[Layer],
    *,
    any_of: bool,
    choices: Choices = ALL,
) -> TemplateField:
    """The field of some networks on the template, see :func:`field_of`."""
    grid = DesignGrid(template_space(options), layers, choices)
    least = TemplateLeast(grid, networks)
    lengths = lengths_of(grid, layers) if looks_closely(options, layers) else ()
    estimates = _estimates(options, least, networks, any_of)
    return TemplateField(grid, least, estimates, are_square(layers), lengths)


def template_space(options: CoSearchOptions) -> TemplateSpace:
    """The designs of the template inside a budget, where no machine is given."""
    assert isinstance(options.hardware, TemplateSpace)
    return options.hardware


def _estimates(options: CoSearchOptions, least: LeastCosts, networks: Sequence[Network], any_of: bool) -> Estimates:
    return Estimates(least, len(networks), options.goal, options.budget, any_of=any_of)
