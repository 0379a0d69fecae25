"""Grown networks compute what the smaller ones did."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from nets.errors import InputError
from nets.supernet.net2net import growth_map, net2deeper, net2wider


def chain(*, seed: int = 0) -> nn.Sequential:
    """Dense, depthwise and linear layers, norms with statistics of their own, planes that are flattened."""
    torch.manual_seed(seed)
    net = nn.Sequential()
    net.conv1 = nn.Conv2d(3, 6, 3, padding=1)
    net.norm1 = nn.BatchNorm2d(6)
    net.relu1 = nn.ReLU()
    net.depthwise = nn.Conv2d(6, 6, 3, padding=1, groups=6, bias=False)
    net.norm2 = nn.BatchNorm2d(6)
    net.relu2 = nn.ReLU6()
    net.conv2 = nn.Conv2d(6, 5, 1, stride=2)
    net.norm3 = nn.BatchNorm2d(5)
    net.relu3 = nn.ReLU()
    net.flat = nn.Flatten()
    net.linear1 = nn.Linear(5 * 16, 7)
    net.relu4 = nn.ReLU()
    net.linear2 = nn.Linear(7, 4)
    with torch.no_grad():
        for module in net:
            if isinstance(module, nn.BatchNorm2d):
                module.running_mean.normal_(std=0.3)
                module.running_var.uniform_(0.5, 2)
                module.weight.uniform_(0.5, 1.5)
                module.bias.normal_()
    return net.eval()


IMAGES = torch.randn(6, 3, 8, 8, generator=torch.Generator().manual_seed(9))


@pytest.mark.parametrize(("name", "width"), [("conv1", 6), ("conv1", 11), ("conv2", 20), ("linear1", 13)])
def test_a_wider_network_computes_the_same(name: str, width: int) -> None:
    net = chain()
    wide = net2wider(net, name, width, seed=1)
    assert wide.get_submodule(name).weight.shape[0] == width
    with torch.no_grad():
        torch.testing.assert_close(wide(IMAGES), net(IMAGES), rtol=0, atol=1e-5)
        # and in training, where norms take the statistics of the batch
        torch.testing.assert_close(wide.train()(IMAGES), net.train()(IMAGES), rtol=0, atol=1e-5)


@pytest.mark.parametrize("name", ["conv1", "depthwise", "conv2", "linear1", "linear2"])
def test_a_deeper_network_computes_the_same(name: str) -> None:
    net = chain()
    deep = net2deeper(net, name)
    assert len(deep) > len(net)
    with torch.no_grad():
        torch.testing.assert_close(deep(IMAGES), net(IMAGES), rtol=0, atol=1e-5)


def test_with_images_a_deeper_network_computes_the_same_in_training() -> None:
    """The new norm undoes the statistics of those images; the first layer's own norm is as in eval mode."""
    net = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(), nn.Conv2d(4, 4, 1), nn.BatchNorm2d(4), nn.ReLU())
    net[3].eval()
    deep = net2deeper(net.eval(), "2", images=IMAGES)
    deep[-2].train()
    with torch.no_grad():
        torch.testing.assert_close(deep(IMAGES), net(IMAGES), rtol=0, atol=1e-5)


def test_growth_of_growth_computes_the_same() -> None:
    net = chain()
    grown = net2deeper(net2wider(net2deeper(net2wider(net, "conv1", 9), "conv2"), "conv2", 8), "linear1")
    with torch.no_grad():
        torch.testing.assert_close(grown(IMAGES), net(IMAGES), rtol=0, atol=1e-5)


def test_two_copies_share_a_weight_in_halves() -> None:
    net = nn.Sequential(nn.Linear(2, 1), nn.Linear(1, 3, bias=False))
    wide = net2wider(net, "0", 2)
    assert torch.equal(wide[1].weight, net[1].weight.expand(3, 2) / 2)


def test_the_map_begins_with_every_old_channel() -> None:
    mapping = growth_map(5, 9, torch.Generator().manual_seed(0))
    assert mapping[:5].tolist() == [0, 1, 2, 3, 4]
    assert set(mapping.tolist()) <= set(range(5))


def test_noise_parts_copies_and_leaves_the_old_units() -> None:
    net = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2))
    noisy, plain = (net2wider(net, "0", 6, noise=noise) for noise in (0.1, 0.0))
    assert torch.equal(noisy[0].weight[:4], net[0].weight)
    assert not torch.equal(noisy[0].weight[4:], plain[0].weight[4:])


@pytest.mark.parametrize(
    ("grow", "message"),
    [
        (lambda net: net2wider(net, "linear2", 9), "is the last one"),
        (lambda net: net2wider(net, "conv1", 2), "must be at least the 6"),
        (lambda net: net2wider(net, "relu1", 9), "must be a dense convolution"),
        (lambda net: net2wider(net, "conv9", 9), "is not in the chain"),
        (lambda net: net2deeper(net, "flat"), "must be a convolution"),
        (lambda _: net2deeper(nn.Sequential(nn.Linear(2, 2), nn.Sigmoid()), "0"), "must be ReLU"),
        (lambda _: net2deeper(nn.Sequential(nn.Conv2d(2, 2, 2)), "0"), "must be odd"),
        (lambda _: net2wider(nn.Sequential(nn.Conv2d(2, 4, 1), nn.Conv2d(4, 4, 1, groups=2)), "0", 8), "must be 1"),
    ],
)
def test_what_cannot_grow_is_refused(grow, message: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(InputError, match=message):
        grow(chain())
