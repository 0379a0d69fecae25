"""A space of small cells for 8 x 8 pixels, and its networks.

A network is a convolution, two cells of the same design with a pool between, and a classifier. A cell has
:data:`NODES` nodes; each takes one earlier state (0 is the cell's input) through one operation. The cell's output is
the mean of the states that no node reads. All states have ``width`` channels.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import torch
from torch import Tensor, nn

from nets.spaces import Config, Decision, DecisionSpace
from nets.supernet.modules import ConvNorm

OPERATIONS: Final = ("identity", "max_pool", "conv_1x1", "conv_3x3", "conv_3x3_twice")
WIDTHS: Final = (8, 16)
NODES: Final = 3
CELLS: Final = 2
CLASSES: Final = 10
RESOLUTION: Final = 8


def digit_cells() -> DecisionSpace:
    """Its decisions: ``width``, and ``inputN`` (of all nodes but the first, which has no choice) and ``opN``."""
    decisions = [Decision("width", WIDTHS)]
    for node in range(1, NODES + 1):
        if node > 1:
            decisions.append(Decision(f"input{node}", tuple(range(node)), ordered=False))
        decisions.append(Decision(f"op{node}", OPERATIONS, ordered=False))
    return DecisionSpace("digit-cells", decisions)


class CellNet(nn.Module):
    """One network; or the store of all weights of all of them, which holds every operation at every node.

    A network's modules have the same names in the store, where they are as wide as the widest.

    Args:
        config: of :func:`digit_cells`; the store when ``None``, which computes nothing by itself.
    """

    def __init__(self, config: Mapping[str, Any] | None) -> None:
        super().__init__()
        self.config: Config | None = None if config is None else dict(config)
        width = max(WIDTHS) if config is None else config["width"]
        self.stem = ConvNorm(3, width, 3, activation="relu")
        self.cells = nn.ModuleList(
            nn.ModuleDict(
                {
                    f"node{node}": nn.ModuleDict({name: operation(name, width) for name in _held(config, node)})
                    for node in range(1, NODES + 1)
                }
            )
            for _ in range(CELLS)
        )
        self.joined = nn.Identity()
        self.classifier = nn.Linear(width, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        """Shape (images, 3, rows, columns) to (images, classes)."""
        assert self.config is not None  # the store only lends
        x = self.stem(x)
        for number, cell in enumerate(self.cells.children()):
            states = [nn.functional.max_pool2d(x, 2) if number else x]
            for node in range(1, NODES + 1):
                chosen = cell.get_submodule(f"node{node}.{self.config[f'op{node}']}")
                states.append(chosen(states[source(self.config, node)]))
            read = {source(self.config, node) for node in range(1, NODES + 1)}
            loose = [state for place, state in enumerate(states) if place not in read]
            x = self.joined(torch.stack(loose).mean(0))
        y: Tensor = self.classifier(x.mean((2, 3)))
        return y


def operation(name: str, width: int) -> nn.Module:
    """The module of an operation; all keep the plane and the channels."""
    if name == "identity":
        return nn.Identity()
    if name == "max_pool":
        return nn.MaxPool2d(3, stride=1, padding=1)
    if name == "conv_1x1":
        return ConvNorm(width, width, activation="relu")
    if name == "conv_3x3":
        return ConvNorm(width, width, 3, activation="relu")
    return nn.Sequential(*(ConvNorm(width, width, 3, activation="relu") for _ in range(2)))


def source(config: Mapping[str, Any], node: int) -> int:
    """State that a node reads."""
    state: int = config.get(f"input{node}", 0)
    return state


def _held(config: Mapping[str, Any] | None, node: int) -> tuple[str, ...]:
    return OPERATIONS if config is None else (config[f"op{node}"],)
