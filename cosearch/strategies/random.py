"""Random search: the baseline of every other strategy, by two rules of drawing."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import ClassVar

from cosearch.problem.architectures import Evaluated
from cosearch.strategies.strategy import Strategy, evenly
from nets.spaces import Config


class _Drawing(Strategy):
    """Draws among what keeps the limits, and learns nothing."""

    several: ClassVar = True

    BATCH: ClassVar = 100

    @abstractmethod
    def draw(self) -> Config:
        """One architecture."""

    def ask(self, most: int) -> list[Config]:
        """See :meth:`Strategy.ask`."""
        return self.problem.draw(self.draw, min(most, self.BATCH)) or [self.draw()]

    def tell(self, outcomes: Sequence[Evaluated]) -> None:
        """See :meth:`Strategy.tell`: nothing is learnt."""


class RandomSearch(_Drawing):
    """Draws every gene evenly by itself: shallow networks are as frequent as deep ones, as other strategies begin."""

    name: ClassVar = "random"
    title: ClassVar = "random search, gene by gene, within the limits"

    def draw(self) -> Config:
        """See :meth:`_Drawing.draw`."""
        return evenly(self.space, self.rng)


class RandomArchitectures(_Drawing):
    """Draws evenly from all architectures, most of which are deep."""

    name: ClassVar = "random-architectures"
    title: ClassVar = "random search, uniform over the architectures within the limits"

    def draw(self) -> Config:
        """See :meth:`_Drawing.draw`."""
        return self.space.sample(self.rng)
