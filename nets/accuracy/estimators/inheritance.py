"""Inherited weights: networks grow out of trained smaller ones by Net2Net, and train on for a little.

As in the search by network transformation of Cai et al. (AAAI 2018). The parent of an architecture is the narrowest
network with one convolution wherever it has two in a row; Net2Wider and Net2Deeper lead from one to the other, and the
child begins with the parent's very function. Architectures with one parent share its training.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, ClassVar, Final

import torch
from torch import Tensor, nn

from nets.accuracy.estimators.cells import NODES, RESOLUTION, WIDTHS, CellNet, digit_cells
from nets.accuracy.estimators.estimator import Estimator
from nets.accuracy.estimators.scratch import Scratch
from nets.spaces import Codes, Config
from nets.supernet.modules import ConvNorm
from nets.supernet.net2net import growth_map, make_identity, undo, widen_inputs, widen_outputs

_TUNING_RATE: Final = 0.3
"""Share of the learning rate with which a child begins: what it inherits shall not be thrown away."""


class Inheritance(Estimator):
    """The parent is trained from scratch, the child for ``tuning_steps`` of the plan."""

    name: ClassVar = "net2net"
    title: ClassVar = "inherited weights (Net2Wider, Net2Deeper)"

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._parents: dict[Codes, CellNet] = {}

    def network(self, config: Mapping[str, Any]) -> nn.Module:
        """See :meth:`Estimator.network`."""
        space = digit_cells()
        space.encode(config)
        smaller = parent(config)
        key = space.encode(smaller)
        if key not in self._parents:
            net = Scratch(self.data, self.plan, seed=self.seed).network(smaller)
            assert isinstance(net, CellNet)
            self._parents[key] = net
        images, _ = next(self.data.batches("train", RESOLUTION, images=256))
        child = grow(self._parents[key], config, images, seed=self.seed).train()
        self.train(child, child.parameters(), self.plan.tuning_steps, rate=_TUNING_RATE * self.plan.learning_rate)
        return child


def parent(config: Mapping[str, Any]) -> Config:
    """The architecture that ``config`` grows out of."""
    narrow = {"width": min(WIDTHS)}
    single = {f"op{node}": config[f"op{node}"].removesuffix("_twice") for node in range(1, NODES + 1)}
    return {**config, **narrow, **single}


def grow(net: CellNet, config: Mapping[str, Any], images: Tensor, *, seed: int = 0) -> CellNet:
    """A copy of a network, grown to the child ``config``, that computes the same.

    Args:
        images: from which the norms of new layers take their statistics, so that they undo themselves in training, too.
        seed: of the channels that are repeated.
    """
    child = copy.deepcopy(net).eval()
    assert child.config is not None
    mapping = growth_map(child.config["width"], config["width"], torch.Generator().manual_seed(seed))
    layers = [module for module in child.modules() if isinstance(module, ConvNorm)]
    for layer in layers:
        widen_outputs(layer.conv, mapping)
        widen_outputs(layer.norm, mapping)
        if layer is not child.stem:
            widen_inputs(layer.conv, mapping)
    widen_inputs(child.classifier, mapping)
    child.config = dict(config)
    hooks = [first.register_forward_hook(partial(_settle, second)) for first, second in _deepen(child, len(mapping))]
    with torch.no_grad():
        child(images)
    for hook in hooks:
        hook.remove()
    return child


def _deepen(child: CellNet, width: int) -> Iterator[tuple[nn.Module, ConvNorm]]:
    """Put an identity behind every convolution that the child's design has twice; both of each pair."""
    assert child.config is not None
    for cell in child.cells:
        assert isinstance(cell, nn.ModuleDict)
        for node in range(1, NODES + 1):
            name, (first,) = child.config[f"op{node}"], cell[f"node{node}"].children()
            if name not in dict(cell[f"node{node}"].named_children()):
                second = ConvNorm(width, width, 3, activation="relu").eval()
                make_identity(second.conv)
                cell[f"node{node}"] = nn.ModuleDict({name: nn.Sequential(first, second)})
                yield first, second


def _settle(second: ConvNorm, _: nn.Module, __: object, seen: Tensor) -> None:
    """Before it is run, let the norm of an identity undo the statistics of what it will be given."""
    undo(second.norm, seen)
