"""Random search: the baseline of every other strategy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from cosearch.problem.architectures import Evaluated
from cosearch.strategies.strategy import Strategy
from nets.spaces import Config


class RandomSearch(Strategy):
    """Draws uniformly over architectures (not over genes, which would favour deep ones) among those within limits."""

    name: ClassVar = "random"
    title: ClassVar = "random search, uniform over the architectures within the limits"
    several: ClassVar = True

    BATCH: ClassVar = 100

    def ask(self, most: int) -> list[Config]:
        """See :meth:`Strategy.ask`."""
        drawn = self.problem.draw(lambda: self.space.sample(self.rng), min(most, self.BATCH))
        return drawn or [self.space.sample(self.rng)]

    def tell(self, outcomes: Sequence[Evaluated]) -> None:
        """See :meth:`Strategy.tell`: nothing is learnt."""
