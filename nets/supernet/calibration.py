"""Batch norm statistics of one subnet.

The supernet's own running statistics are a mixture of all subnets that were trained, and right for none: without this
step a subnet's accuracy collapses, without any error (the most frequent trap of Once-for-All's users).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn


class _Statistics:
    """Mean and variance of what reaches a norm, over batches, each weighted by its images."""

    def __init__(self, norm: nn.BatchNorm2d) -> None:
        self._norm, self._images = norm, 0
        self._mean = self._variance = torch.zeros(())
        self._handle = norm.register_forward_pre_hook(self._watch)

    def _watch(self, _: nn.Module, inputs: tuple[Any, ...]) -> None:
        (x,) = inputs
        variance, mean = torch.var_mean(x, (0, 2, 3), correction=0)
        self._images += len(x)
        share = len(x) / self._images
        self._mean = self._mean + share * (mean - self._mean)
        self._variance = self._variance + share * (variance - self._variance)

    def settle(self) -> None:
        """Write them into the norm, if anything reached it."""
        self._handle.remove()
        if self._images:
            self._norm.running_mean.copy_(self._mean)  # type: ignore[union-attr]
            self._norm.running_var.copy_(self._variance)  # type: ignore[union-attr]


def recalibrate(subnet: nn.Module, batches: Iterable[Tensor]) -> nn.Module:
    """Set the running statistics of every batch norm to the averages over ``batches``, and return the subnet.

    As Once-for-All does it (``set_running_statistics``): every batch is normalised by its own statistics on its way
    through, the variance is that of the batch itself, divided by its number of values and not by one less, and a batch
    counts by its images.

    Args:
        subnet: cut out of a supernet; left in eval mode.
        batches: training images at the subnet's resolution, distorted as in training; Once-for-All takes 2000 images.
    """
    norms = [module for module in subnet.modules() if isinstance(module, nn.BatchNorm2d)]
    momenta = [norm.momentum for norm in norms]
    subnet.eval()
    statistics = [_Statistics(norm) for norm in norms]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = 0.0
        norm.train()
    with torch.no_grad():
        for batch in batches:
            subnet(batch)
        for of_norm in statistics:
            of_norm.settle()
    for norm, momentum in zip(norms, momenta):
        norm.momentum = momentum
    return subnet.eval()
