"""Weight sharing (ENAS, Pham et al., ICML 2018): one set of weights, in which every architecture is a subgraph.

Each step trains one architecture (the paper's M = 1) with the weights that it shares with all others; what it lacks
gets no gradient. Architectures are drawn evenly, as later one-shot methods do, so that none is ranked by how often a
controller took it; the LSTM controller itself is a search strategy (``cosearch nas --method lstm``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from nets.accuracy.estimators.cells import CellNet, digit_cells
from nets.accuracy.estimators.estimator import Estimator, Plan
from nets.spaces import Codes
from nets.supernet.binding import Bound
from nets.supernet.data import ImageData
from nets.supernet.supernet import initialise


class SharedWeights:
    """The weights of all networks of the space, each operation's by node; narrower networks have the leading channels.

    Args:
        seed: of the first weights.

    Attributes:
        store: whose parameters they are.
    """

    def __init__(self, seed: int) -> None:
        self.store = CellNet(None)
        initialise(self.store, seed)
        self._bound: dict[Codes, Bound] = {}

    def lend(self, config: Mapping[str, Any]) -> nn.Module:
        """A network in training mode that computes with the shared weights of this moment; gradients reach them.

        Raises:
            InputError: the config is not of the space.
        """
        codes = digit_cells().encode(config)
        if codes not in self._bound:
            with torch.device("meta"):
                child = CellNet(config)
            self._bound[codes] = Bound(child, self.store, None).strip()
        return self._bound[codes].lend().train()

    def copy(self, config: Mapping[str, Any]) -> CellNet:
        """A network with a copy of its shared weights.

        Raises:
            InputError: the config is not of the space.
        """
        digit_cells().encode(config)
        child = CellNet(config)
        Bound(child, self.store, None).copy()
        return child


class WeightSharing(Estimator):
    """Shared weights are trained for ``shared_steps`` of the plan; no architecture is trained for itself."""

    name: ClassVar = "sharing"
    title: ClassVar = "weight sharing (ENAS)"

    def __init__(self, data: ImageData, plan: Plan | None = None, *, seed: int = 0) -> None:
        super().__init__(data, plan, seed=seed)
        self._shared: SharedWeights | None = None

    def network(self, config: Mapping[str, Any]) -> nn.Module:
        """See :meth:`Estimator.network`."""
        if self._shared is None:
            shared, rng, space = SharedWeights(self.seed), np.random.default_rng(self.seed), digit_cells()

            def logits(images: Tensor) -> Tensor:
                out: Tensor = shared.lend(space.sample(rng))(images)
                return out

            self.train(logits, shared.store.parameters(), self.plan.shared_steps)
            self._shared = shared
        return self._shared.copy(config)
