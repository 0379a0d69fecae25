"""Training from scratch: the figure that every other estimator stands in for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from torch import nn

from nets.accuracy.estimators.cells import CellNet, digit_cells
from nets.accuracy.estimators.estimator import Estimator
from nets.supernet.supernet import initialise


class Scratch(Estimator):
    """Each architecture is trained alone, for ``steps`` of the plan."""

    name: ClassVar = "scratch"
    title: ClassVar = "training from scratch"

    def network(self, config: Mapping[str, Any]) -> nn.Module:
        """See :meth:`Estimator.network`."""
        digit_cells().encode(config)
        net = CellNet(config)
        initialise(net, self.seed)
        net.train()
        self.train(net, net.parameters(), self.plan.steps)
        return net
