"""All networks of the small cells as one differentiable network: every choice has a weight by which it is mixed in.

Where one choice of each decision has the weight 1 and the others 0, it is that architecture with its shared weights.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from nets.accuracy.estimators.cells import CELLS, NODES, OPERATIONS, WIDTHS, CellNet, digit_cells

_PLACES = {decision.name: number for number, decision in enumerate(digit_cells().decisions)}


class RelaxedCells(nn.Module):
    """Mixes operations, what nodes read, and widths.

    A node's state is the sum over operations and earlier states of their weights' products; channels beyond a width are
    scaled by the weights of the widths that have them; and a state joins the cell's output by the chance that no node
    reads it.

    Args:
        store: the weights of all networks.
    """

    def __init__(self, store: CellNet) -> None:
        super().__init__()
        self.store = store

    def forward(self, x: Tensor, weights: Sequence[Tensor], active: Sequence[Sequence[int]] | None = None) -> Tensor:
        """Logits of shape (images, classes).

        Args:
            x: shape (images, 3, rows, columns).
            weights: of the choices of each decision of the space, in its order.
            active: choices of each decision that are computed at all; all when omitted.
        """
        open_ = [range(len(weight)) for weight in weights] if active is None else active
        scale = self._scale(weights[_PLACES["width"]])
        x = self.store.stem(x) * scale
        for number in range(CELLS):
            states = [nn.functional.max_pool2d(x, 2) if number else x]
            for node in range(1, NODES + 1):
                reads = self._reads(node, weights)
                place = _PLACES[f"op{node}"]
                sources = [0] if node == 1 else open_[_PLACES[f"input{node}"]]
                parts = [
                    reads[source] * weights[place][choice] * self._operation(number, node, choice)(states[source])
                    for source in sources
                    for choice in open_[place]
                ]
                states.append(torch.stack(parts).sum(0) * scale)
            x = self._joined(states, weights)
        logits: Tensor = self.store.classifier(x.mean((2, 3)))
        return logits

    def _operation(self, cell: int, node: int, choice: int) -> nn.Module:
        return self.store.get_submodule(f"cells.{cell}.node{node}.{OPERATIONS[choice]}")

    def _reads(self, node: int, weights: Sequence[Tensor]) -> Tensor:
        """Weight with which a node reads each earlier state."""
        return torch.ones(1) if node == 1 else weights[_PLACES[f"input{node}"]]

    def _joined(self, states: Sequence[Tensor], weights: Sequence[Tensor]) -> Tensor:
        reads = [self._reads(node, weights) for node in range(1, NODES + 1)]
        loose = torch.stack(
            [
                math.prod((1 - reads[node - 1][place] for node in range(place + 1, NODES + 1)), start=torch.ones(()))
                for place in range(len(states))
            ]
        )
        return torch.einsum("s,sncij->ncij", loose / loose.sum(), torch.stack(list(states)))

    def _scale(self, widths: Tensor) -> Tensor:
        """Of each channel: the weights of the widths that have it; shape (1, channels, 1, 1)."""
        return torch.cat(
            [
                widths[place:].sum().expand(width - (WIDTHS[place - 1] if place else 0))
                for place, width in enumerate(WIDTHS)
            ]
        )[None, :, None, None]
