"""What a search space is to a search strategy: decisions in order, some of which others leave without meaning.

An architecture is written as *codes*, one choice number per decision. A decision that means nothing (the kernel size of
a block that is skipped) has the code 0 there, so two architectures are equal exactly when their codes are. Whatever
offers :class:`SearchSpace` can be searched: Once-for-All spaces do, and :class:`DecisionSpace` makes one from a list of
decisions, be it of a network, a circuit or anything else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

import numpy as np

from nets.errors import NO_VALUE, InputError

Config = dict[str, Any]
"""An architecture in a space's own words."""

Codes = tuple[int, ...]
"""An architecture as the number of the choice taken at each decision; 0 where the decision means nothing."""

HIDDEN: Final = (0,)
"""All that is open at a decision that means nothing."""


@dataclass(frozen=True, slots=True)
class Decision:
    """One thing to choose.

    Attributes:
        name: unique in its space.
        choices: what may be chosen.
        ordered: whether neighbouring choices are alike, as sizes are and operations are not.
        parent: number of the earlier decision that says whether this one means anything; ``None`` if it always does.
        when: choice numbers of the parent under which it does.
    """

    name: str
    choices: tuple[Any, ...]
    ordered: bool = True
    parent: int | None = None
    when: frozenset[int] = frozenset()


class SearchSpace(Protocol):
    """Everything a search strategy asks of a space.

    Attributes:
        id: name of the space.
    """

    id: str

    @property
    def decisions(self) -> tuple[Decision, ...]:
        """In the order in which they are taken."""

    @property
    def total_size(self) -> int:
        """Number of different architectures."""

    def options(self, prefix: Sequence[int]) -> tuple[int, ...]:
        """Choices open at the decision after ``prefix``, ascending; ``(0,)`` where it means nothing."""

    def sample(self, rng: np.random.Generator) -> Config:
        """An architecture, each with the same probability."""

    def mutate(self, config: Mapping[str, Any], rng: np.random.Generator, prob: float = 0.1) -> Config:
        """An architecture with each decision taken again with probability ``prob``."""

    def crossover(self, a: Mapping[str, Any], b: Mapping[str, Any], rng: np.random.Generator) -> Config:
        """An architecture that takes each decision as one of two does."""

    def encode(self, config: Mapping[str, Any]) -> Codes:
        """Codes of an architecture."""

    def decode(self, codes: Sequence[int]) -> Config:
        """The architecture of these codes."""


class DecisionSpace:
    """A search space made of decisions, each of which may mean something only under some choices of an earlier one.

    A config holds the choice of each decision that means something, by name. A space whose decisions restrict each
    other further (the levels of a trellis path) overrides :meth:`options`, and :meth:`state` with what it depends on.

    Args:
        id: name of the space.
        decisions: in the order in which they are taken.

    Raises:
        InputError: a name given twice, no choices, or a parent that is not an earlier decision.
    """

    def __init__(self, id: str, decisions: Sequence[Decision]) -> None:
        self.id = id
        self.decisions = tuple(decisions)
        self._completions: dict[tuple[int, object], int] = {}
        self._last_child = {decision.parent: number for number, decision in enumerate(decisions)}
        for number, decision in enumerate(self.decisions):
            if not decision.choices or len(set(decision.choices)) < len(decision.choices):
                raise InputError(f"{id}: {decision.name}", decision.choices, "must be different choices, at least one")
            if decision.parent is not None and not 0 <= decision.parent < number:
                raise InputError(f"{id}: {decision.name}", decision.parent, "must be the number of an earlier decision")
        names = [decision.name for decision in self.decisions]
        for name in names:
            if names.count(name) > 1:
                raise InputError(f"{id}: decisions", name, "is named twice")

    def options(self, prefix: Sequence[int]) -> tuple[int, ...]:
        """See :meth:`SearchSpace.options`."""
        decision = self.decisions[len(prefix)]
        return tuple(range(len(decision.choices))) if self.means(decision, prefix) else HIDDEN

    def means(self, decision: Decision, prefix: Sequence[int]) -> bool:
        """Whether a decision means anything after ``prefix``, which holds at least the decisions it depends on."""
        while decision.parent is not None:
            if prefix[decision.parent] not in decision.when:
                return False
            decision = self.decisions[decision.parent]
        return True

    def state(self, prefix: Sequence[int]) -> object:
        """What :meth:`options` of all later decisions depend on, so that completions are counted once per state."""
        return tuple(
            (code, self.means(self.decisions[number], prefix))
            for number, code in enumerate(prefix)
            if self._last_child.get(number, -1) >= len(prefix)
        )

    def completions(self, prefix: Sequence[int] = ()) -> int:
        """Number of architectures whose codes begin with ``prefix``."""
        if len(prefix) == len(self.decisions):
            return 1
        known = (len(prefix), self.state(prefix))
        if known not in self._completions:
            self._completions[known] = sum(self.completions((*prefix, code)) for code in self.options(prefix))
        return self._completions[known]

    @property
    def total_size(self) -> int:
        """See :attr:`SearchSpace.total_size`."""
        return self.completions()

    def sample(self, rng: np.random.Generator) -> Config:
        """See :meth:`SearchSpace.sample`: each choice is drawn by how many architectures it leads to."""
        codes: Codes = ()
        for _ in self.decisions:
            options = self.options(codes)
            if len(options) > 1:
                ways = [self.completions((*codes, code)) for code in options]
                most = max(ways)  # ratios of whole numbers, which may be too large for a float
                weights = np.array([way / most for way in ways])
                codes += (options[int(rng.choice(len(options), p=weights / weights.sum()))],)
            else:
                codes += options
        return self.decode(codes)

    def mutate(self, config: Mapping[str, Any], rng: np.random.Generator, prob: float = 0.1) -> Config:
        """See :meth:`SearchSpace.mutate`; what a change brings to mean something is drawn too."""
        parent = self.encode(config)
        return self.decode(legal(self, [None if rng.random() < prob else code for code in parent], rng, parent))

    def crossover(self, a: Mapping[str, Any], b: Mapping[str, Any], rng: np.random.Generator) -> Config:
        """See :meth:`SearchSpace.crossover`; a decision that means something to one only is taken as that one does."""
        mother, father = self.encode(a), self.encode(b)
        codes: Codes = ()
        for number in range(len(self.decisions)):
            options, decision = self.options(codes), self.decisions[number]
            heirs = [
                parent[number]
                for parent in (mother, father)
                if parent[number] in options and (options == HIDDEN or self.means(decision, parent))
            ]
            pool = heirs or options
            codes += (pool[int(rng.integers(len(pool)))],)
        return self.decode(codes)

    def encode(self, config: Mapping[str, Any]) -> Codes:
        """See :meth:`SearchSpace.encode`.

        Raises:
            InputError: a decision is missing, unknown, without meaning here, or taken as it cannot be.
        """
        codes: Codes = ()
        for decision in self.decisions:
            options = self.options(codes)
            if not self.means(decision, codes):
                if decision.name in config:
                    raise InputError(f"{self.id}: {decision.name}", config[decision.name], "means nothing here")
                codes += HIDDEN
                continue
            if decision.name not in config:
                raise InputError(f"{self.id}: {decision.name}", NO_VALUE, "is missing")
            offered = [decision.choices[code] for code in options]
            if config[decision.name] not in offered:
                rule = "must be one of " + ", ".join(map(str, offered))
                raise InputError(f"{self.id}: {decision.name}", config[decision.name], rule)
            codes += (options[offered.index(config[decision.name])],)
        for name in config:
            if name not in {decision.name for decision in self.decisions}:
                raise InputError(f"{self.id}: decision", name, "is not known")
        return codes

    def decode(self, codes: Sequence[int]) -> Config:
        """See :meth:`SearchSpace.decode`."""
        return {
            decision.name: decision.choices[code]
            for decision, code in zip(self.decisions, codes)
            if self.means(decision, codes)
        }


def legal(
    space: SearchSpace,
    wishes: Sequence[int | None],
    rng: np.random.Generator,
    parent: Codes | None = None,
) -> Codes:
    """Codes that follow ``wishes`` where the choice is open and are drawn where not, or where there is no wish.

    Args:
        parent: an architecture the wishes come from; where it left a decision without meaning, its 0 is no wish.
    """
    codes: Codes = ()
    for number, wish in enumerate(wishes):
        options = space.options(codes)
        meant = parent is None or space.options(parent[:number]) != HIDDEN
        if wish in options and (meant or len(options) == 1):
            codes += (wish,)
        else:
            codes += (options[int(rng.integers(len(options)))],)
    return codes


def nearest_legal(space: SearchSpace, wishes: Sequence[int]) -> Codes:
    """Codes that follow ``wishes`` where the choice is open, and take the nearest open one where not."""
    codes: Codes = ()
    for wish in wishes:
        codes += (min(space.options(codes), key=lambda code: abs(code - wish)),)
    return codes


def all_codes(space: SearchSpace, prefix: Codes = ()) -> Iterator[Codes]:
    """Every architecture once, in the order of its codes."""
    if len(prefix) == len(space.decisions):
        yield prefix
        return
    for code in space.options(prefix):
        yield from all_codes(space, (*prefix, code))
