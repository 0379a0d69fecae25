"""SMASH (Brock et al., ICLR 2018): a network that reads an architecture and gives its weights.

The hypernetwork H maps the one-hot decisions of an architecture to the filters of the largest network's nodes; a
narrower one has the leading part of them. Each step draws an architecture and follows the loss of the network with
generated filters back into H. As in the paper the filters of the searched part are generated, while the first
convolution, the batch norms and the classifier are learned as usual.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from nets.accuracy.estimators.cells import CellNet, digit_cells
from nets.accuracy.estimators.one_shot import OneShot
from nets.accuracy.estimators.sharing import SharedWeights


class HyperNetwork(nn.Module):
    """Filters of an architecture, generated.

    Args:
        shared: the weights that are not generated; its filters of nodes are not used.
        seed: of the first weights of H.
        hidden: units between the decisions and the filters.
    """

    def __init__(self, shared: SharedWeights, *, seed: int = 0, hidden: int = 32) -> None:
        super().__init__()
        self._shared = shared
        self.ordinary = nn.ParameterList(
            weight for name, weight in shared.store.named_parameters() if not _generated(name)
        )
        self._shapes = {name: weight.shape for name, weight in shared.store.named_parameters() if _generated(name)}
        self.hidden = nn.Linear(sum(len(decision.choices) for decision in digit_cells().decisions), hidden)
        self.heads = nn.ModuleDict(
            {_key(name): nn.Linear(hidden, shape.numel()) for name, shape in self._shapes.items()}
        )
        generator = torch.Generator().manual_seed(seed)
        with torch.no_grad():
            self.hidden.weight.normal_(generator=generator)
            self.hidden.bias.zero_()
            for name, shape in self._shapes.items():
                head, spread = self.heads[_key(name)], math.sqrt(2 / (shape[0] * shape[2] * shape[3]))
                assert isinstance(head, nn.Linear)
                head.weight.normal_(std=0.5 * spread / math.sqrt(hidden), generator=generator)
                head.bias.normal_(std=spread, generator=generator)

    def filters(self, config: Mapping[str, Any]) -> Iterator[tuple[str, Tensor]]:
        """(name of a tensor of :class:`CellNet`, its generated value) for every node that has filters.

        Raises:
            InputError: the config is not of the space.
        """
        hidden = torch.tanh(self.hidden(one_hot(config)))
        width = config["width"]
        with torch.device("meta"):
            child = CellNet(config)
        for name, _ in child.named_parameters():
            if _generated(name):
                largest = self.heads[_key(name)](hidden).reshape(self._shapes[name])
                yield name, largest[:width, :width]

    def lend(self, config: Mapping[str, Any]) -> nn.Module:
        """A network in training mode with generated filters; gradients reach H.

        Raises:
            InputError: the config is not of the space.
        """
        child = self._shared.lend(config)
        for name, value in self.filters(config):
            path, _, attribute = name.rpartition(".")
            child.get_submodule(path).__dict__[attribute] = value
        return child

    def copy(self, config: Mapping[str, Any]) -> CellNet:
        """A network with a copy of its generated filters.

        Raises:
            InputError: the config is not of the space.
        """
        child = self._shared.copy(config)
        with torch.no_grad():
            for name, value in self.filters(config):
                child.get_parameter(name).copy_(value)
        return child


class Smash(OneShot):
    """Every architecture is judged by the weights that a trained hypernetwork generates for it."""

    name: ClassVar = "smash"
    title: ClassVar = "generated weights (SMASH)"

    def untrained(self) -> HyperNetwork:
        """See :meth:`OneShot.untrained`."""
        return HyperNetwork(SharedWeights(self.seed), seed=self.seed)


def one_hot(config: Mapping[str, Any]) -> Tensor:
    """The decisions of an architecture, one after the other."""
    space = digit_cells()
    rows = [
        nn.functional.one_hot(torch.tensor(code), len(decision.choices))
        for code, decision in zip(space.encode(config), space.decisions)
    ]
    return torch.cat(rows).float()


def _generated(name: str) -> bool:
    return name.startswith("cells.") and name.endswith("conv.weight")


def _key(name: str) -> str:
    """A tensor's name as torch allows it for a module."""
    return name.replace(".", "_")
