"""Supernets whose every tensor matters, as those of tests must."""

from __future__ import annotations

import torch
from torch import nn

from nets.spaces import load_space
from nets.supernet import Supernet


def random_supernet(space_id: str, seed: int = 0) -> Supernet:
    """In eval mode; norms, biases and kernel transforms are random, too."""
    torch.manual_seed(seed)
    supernet = Supernet(load_space(space_id), seed=seed).eval()
    with torch.no_grad():
        for module in supernet.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.running_mean.normal_(std=0.1)
                module.running_var.uniform_(0.5, 1.5)
                module.weight.uniform_(0.5, 1.5)
                module.bias.normal_(std=0.1)
            elif isinstance(module, nn.Conv2d):
                fan_in = module.weight[0].numel()
                module.weight.normal_(std=fan_in**-0.5)
                if module.bias is not None:
                    module.bias.normal_()
        for matrix in supernet.transforms.parameters():
            matrix.add_(0.1 * torch.randn_like(matrix))
    return supernet
