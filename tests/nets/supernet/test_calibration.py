"""Batch norm statistics of one subnet."""

from __future__ import annotations

import copy
import functools
from collections.abc import Mapping, Sequence

import torch

from nets.supernet import recalibrate
from tests.nets.supernet.networks import random_supernet


def test_statistics_are_those_of_the_batches() -> None:
    """Of the first norm, whose input is known: a convolution of the images; averages weighted by images.

    The variance of a batch is divided by its number of values, as in the authors' ``set_running_statistics``.
    """
    supernet = random_supernet("ofa-digits")
    subnet = supernet.extract(supernet.space.min_config())
    batches = [torch.randn(32, 3, 12, 12), 2 + torch.randn(32, 3, 12, 12), 3 * torch.randn(7, 3, 12, 12)]
    assert recalibrate(subnet, batches) is subnet
    inside = [subnet.stem.conv.conv(batch).detach() for batch in batches]
    mean = sum(len(x) * x.mean((0, 2, 3)) for x in inside) / 71
    variance = sum(len(x) * x.var((0, 2, 3), correction=0) for x in inside) / 71
    torch.testing.assert_close(subnet.stem.conv.norm.running_mean, mean)
    torch.testing.assert_close(subnet.stem.conv.norm.running_var, variance)
    assert not subnet.training
    assert subnet.stem.conv.norm.momentum == 0.1
    assert not subnet.stem.conv.norm._forward_pre_hooks


def test_what_lies_further_in_sees_batches_normalised_by_themselves() -> None:
    """The second norm's input is what the first makes of each batch in training."""
    supernet = random_supernet("ofa-digits")
    config = supernet.space.min_config()
    subnet, twin = supernet.extract(config), supernet.extract(config).train()
    seen: list[torch.Tensor] = []
    second = [module for module in twin.modules() if isinstance(module, torch.nn.BatchNorm2d)][1]
    second.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0].detach()))
    batches = [torch.randn(9, 3, 12, 12), 2 * torch.randn(4, 3, 12, 12)]
    for batch in batches:
        twin(batch)
    recalibrate(subnet, batches)
    norm = [module for module in subnet.modules() if isinstance(module, torch.nn.BatchNorm2d)][1]
    torch.testing.assert_close(norm.running_mean, sum(len(x) * x.mean((0, 2, 3)) for x in seen) / 13)


def test_what_was_there_before_does_not_matter() -> None:
    """And the supernet keeps its own."""
    supernet = random_supernet("ofa-digits")
    shared = {name: tensor.clone() for name, tensor in supernet.named_buffers()}
    config, batches = supernet.space.min_config(), [torch.randn(8, 3, 12, 12)]
    once = recalibrate(supernet.extract(config), batches).state_dict()
    twice = recalibrate(recalibrate(supernet.extract(config), [torch.randn(8, 3, 12, 12)]), batches).state_dict()
    assert all(torch.equal(tensor, twice[name]) for name, tensor in once.items())
    assert all(torch.equal(tensor, shared[name]) for name, tensor in supernet.named_buffers())


def test_in_32_bits_statistics_are_those_of_the_authors_order() -> None:
    """Once-for-All's program takes the mean over one dim after the other and divides sums once, at the end.

    Both orders are as near to the statistics in 64 bits; relative to the norm of each tensor, since single means lie
    anywhere near zero.
    """
    supernet = random_supernet("ofa-digits")
    subnet = supernet.extract(supernet.space.max_config())
    batches = [torch.randn(16, 3, 20, 20), 2 * torch.randn(16, 3, 20, 20) + 1, torch.randn(5, 3, 20, 20)]
    truth = _by_dims(copy.deepcopy(subnet).double(), [batch.double() for batch in batches])
    theirs, ours = _by_dims(copy.deepcopy(subnet), batches), _statistics(recalibrate(subnet, batches))
    assert set(ours) == set(theirs) == set(truth)
    assert _furthest(ours, theirs) < 1e-5
    assert _furthest(ours, truth) < 1e-5
    exact = _statistics(recalibrate(copy.deepcopy(subnet).double(), [batch.double() for batch in batches]))
    assert _furthest(exact, truth) < 1e-12


def _by_dims(net: torch.nn.Module, batches: Sequence[torch.Tensor]) -> dict[str, torch.Tensor]:
    """Running statistics in the authors' order of sums."""
    sums: dict[str, torch.Tensor] = {}

    def normalise(name: str, norm: torch.nn.BatchNorm2d, x: torch.Tensor) -> torch.Tensor:
        mean = x.mean(0, keepdim=True).mean(2, keepdim=True).mean(3, keepdim=True)
        variance = ((x - mean) * (x - mean)).mean(0, keepdim=True).mean(2, keepdim=True).mean(3, keepdim=True)
        for key, value in ((f"{name}.running_mean", mean.flatten()), (f"{name}.running_var", variance.flatten())):
            sums[key] = sums.get(key, torch.zeros(())) + value * len(x)
        return torch.nn.functional.batch_norm(
            x, mean.flatten(), variance.flatten(), norm.weight, norm.bias, eps=norm.eps
        )

    for name, norm in net.eval().named_modules():
        if isinstance(norm, torch.nn.BatchNorm2d):
            norm.forward = functools.partial(normalise, name, norm)  # type: ignore[method-assign]
    with torch.no_grad():
        for batch in batches:
            net(batch)
    return {name: total / sum(map(len, batches)) for name, total in sums.items()}


def _statistics(net: torch.nn.Module) -> dict[str, torch.Tensor]:
    return {name: value for name, value in net.state_dict().items() if "running" in name}


def _furthest(some: Mapping[str, torch.Tensor], others: Mapping[str, torch.Tensor]) -> float:
    """The largest distance of a tensor from its counterpart, as a share of the counterpart's norm."""
    pairs = [(some[name].double(), other.double()) for name, other in others.items()]
    return max(float((one - other).norm() / other.norm()) for one, other in pairs)
