"""Weight sharing (ENAS, Pham et al., ICML 2018): one set of weights, in which every architecture is a subgraph.

Each step trains one architecture (the paper's M = 1) with the weights that it shares with all others; what it lacks
gets no gradient. Architectures are drawn evenly, as later one-shot methods do, so that none is ranked by how often a
controller took it; the LSTM controller itself is a search strategy (``cosearch nas --method lstm``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

import torch
from torch import nn

from nets.accuracy.estimators.cells import CellNet, digit_cells
from nets.accuracy.estimators.one_shot import OneShot
from nets.spaces import Codes
from nets.supernet.binding import Bound
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

    def parameters(self) -> Iterator[nn.Parameter]:
        """All weights of the store."""
        return self.store.parameters()

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


class WeightSharing(OneShot):
    """Every architecture is judged by its shared weights."""

    name: ClassVar = "sharing"
    title: ClassVar = "weight sharing (ENAS)"

    def untrained(self) -> SharedWeights:
        """See :meth:`OneShot.untrained`."""
        return SharedWeights(self.seed)
