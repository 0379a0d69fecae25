"""Who hears how a search goes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from cosearch.evaluation.design import Design


class Observer(Protocol):
    """Hears how a search goes; every method may do nothing."""

    def stage(self, text: str) -> None:
        """A part of the work begins."""

    def generation(self, designs: Sequence[Design], best: Design, evaluations: int) -> None:
        """A generation is done, and written where it is kept.

        Args:
            designs: of the generation.
            best: of all so far, feasible or not.
            evaluations: mappings evaluated so far.
        """


class SilentObserver:
    """An observer that does nothing."""

    def stage(self, text: str) -> None:
        """See :class:`Observer`."""

    def generation(self, designs: Sequence[Design], best: Design, evaluations: int) -> None:
        """See :class:`Observer`."""
