"""Batch norm statistics of one subnet.

The supernet's own running statistics are a mixture of all subnets that were trained, and right for none: without this
step a subnet's accuracy collapses, without any error (the most frequent trap of Once-for-All's users).
"""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn


def recalibrate(subnet: nn.Module, batches: Iterable[Tensor]) -> nn.Module:
    """Set the running statistics of every batch norm to the averages over ``batches``, and return the subnet.

    Args:
        subnet: cut out of a supernet; left in eval mode.
        batches: training images at the subnet's resolution; Once-for-All takes 2000 images.
    """
    norms = [module for module in subnet.modules() if isinstance(module, nn.BatchNorm2d)]
    momenta = [norm.momentum for norm in norms]
    subnet.eval()
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # torch then averages over all batches alike
        norm.train()
    with torch.no_grad():
        for batch in batches:
            subnet(batch)
    for norm, momentum in zip(norms, momenta):
        norm.momentum = momentum
    return subnet.eval()
