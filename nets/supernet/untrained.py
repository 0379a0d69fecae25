"""Subnets that never saw a supernet: structure alone, with the weights that training would begin with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from nets.spaces import Space
from nets.supernet.supernet import initialise, new_module, slot_of


def untrained_subnet(
    space: Space, config: Mapping[str, Any], *, classes: int | None = None, seed: int = 0
) -> nn.Sequential:
    """One subnet as a plain module in training mode; it runs at any resolution.

    Args:
        space: that ``config`` is of; one whose blocks have modules, as those of supernets and of ``tinynas`` do.
        classes: that the last layer tells apart; as the space has them when omitted.
        seed: of the weights, drawn as :func:`nets.supernet.supernet.initialise` draws them.

    Raises:
        InputError: the config is not of the space, or the space's blocks have no modules.
    """
    subnet = nn.Sequential()
    for name, block in space.named_blocks(config):
        with torch.device("meta"):
            module = new_module(space, block, classes)
        subnet.add_module(slot_of(name), module)
    subnet = subnet.to_empty(device="cpu")
    for module in subnet.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.reset_parameters()
    initialise(subnet, seed)
    return subnet
