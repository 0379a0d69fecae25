"""Batch norm statistics of one subnet."""

from __future__ import annotations

import torch

from nets.supernet import recalibrate
from tests.nets.supernet.networks import random_supernet


def test_statistics_are_those_of_the_batches() -> None:
    """Of the first norm, whose input is known: a convolution of the images; averages over batches, once for each."""
    supernet = random_supernet("ofa-digits")
    subnet = supernet.extract(supernet.space.min_config())
    batches = [torch.randn(8, 3, 12, 12), 2 + torch.randn(8, 3, 12, 12)]
    assert recalibrate(subnet, batches) is subnet
    inside = [subnet.stem.conv.conv(batch) for batch in batches]
    mean = torch.stack([x.mean((0, 2, 3)) for x in inside]).mean(0)
    variance = torch.stack([x.var((0, 2, 3)) for x in inside]).mean(0)
    torch.testing.assert_close(subnet.stem.conv.norm.running_mean, mean)
    torch.testing.assert_close(subnet.stem.conv.norm.running_var, variance)
    assert not subnet.training
    assert subnet.stem.conv.norm.momentum == 0.1


def test_what_was_there_before_does_not_matter() -> None:
    """And the supernet keeps its own."""
    supernet = random_supernet("ofa-digits")
    shared = {name: tensor.clone() for name, tensor in supernet.named_buffers()}
    config, batches = supernet.space.min_config(), [torch.randn(8, 3, 12, 12)]
    once = recalibrate(supernet.extract(config), batches).state_dict()
    twice = recalibrate(recalibrate(supernet.extract(config), [torch.randn(8, 3, 12, 12)]), batches).state_dict()
    assert all(torch.equal(tensor, twice[name]) for name, tensor in once.items())
    assert all(torch.equal(tensor, shared[name]) for name, tensor in supernet.named_buffers())
