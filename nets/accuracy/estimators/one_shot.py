"""Estimators that train the weights of all architectures at once, one architecture drawn at each step."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from torch import Tensor, nn

from nets.accuracy.estimators.cells import CellNet, digit_cells
from nets.accuracy.estimators.estimator import Estimator


class WeightSource(Protocol):
    """Where every architecture of the space gets its weights."""

    def parameters(self) -> Iterator[nn.Parameter]:
        """What is trained."""

    def lend(self, config: Mapping[str, Any]) -> nn.Module:
        """A network in training mode with the weights of this moment; gradients reach :meth:`parameters`.

        Raises:
            InputError: the config is not of the space.
        """

    def copy(self, config: Mapping[str, Any]) -> CellNet:
        """A network with a copy of its weights.

        Raises:
            InputError: the config is not of the space.
        """


class OneShot(Estimator):
    """The source is trained for ``shared_steps`` of the plan; no architecture is trained for itself."""

    @abstractmethod
    def untrained(self) -> WeightSource:
        """The source with its first weights."""

    def network(self, config: Mapping[str, Any]) -> nn.Module:
        """See :meth:`Estimator.network`."""
        return self._trained.copy(config)

    @cached_property
    def _trained(self) -> WeightSource:
        source, rng, space = self.untrained(), np.random.default_rng(self.seed), digit_cells()

        def logits(images: Tensor) -> Tensor:
            out: Tensor = source.lend(space.sample(rng))(images)
            return out

        self.train(logits, source.parameters(), self.plan.shared_steps)
        return source
