"""Subnets inside the supernet, cut out, in closed form and by Once-for-All's definitions: four views of one network."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from nets.errors import InputError
from nets.spaces import Config, Space, load_space
from nets.supernet import Supernet, official_state_dict, plain_phase
from nets.supernet.kernel_transform import KernelTransform
from nets.supernet.supernet import importance_order
from tests.nets.supernet import reference
from tests.nets.supernet.networks import random_supernet

SPACES = ["ofa-digits", "ofa-mbv3-w1.0", "ofa-proxyless-w1.3", "ofa-resnet50"]


def subnets(space: Space, count: int) -> list[Config]:
    """Random by gene, so that shallow ones are among them; at the lowest resolution."""
    rng, phase = np.random.default_rng(1), plain_phase(space, steps=1, learning_rate=1.0)
    return [phase.sample(space, rng) | {"r": space.resolutions[0]} for _ in range(count)]


def by_definition(supernet: Supernet, config: Config, x: Tensor) -> Tensor:
    state = official_state_dict(supernet)
    if supernet.space.id == "ofa-resnet50":
        return reference.resnet50(state, config, x)
    return reference.mobile(state, supernet.space.id, config, x)


@pytest.mark.parametrize("space_id", SPACES)
def test_active_cut_out_and_defined_subnets_agree(space_id: str) -> None:
    """On random weights, norms and transforms; the largest, the smallest and random subnets."""
    supernet = random_supernet(space_id)
    space = supernet.space
    lowest = {"r": space.resolutions[0]}
    x = torch.randn(2, 3, lowest["r"], lowest["r"])
    for config in [space.max_config() | lowest, space.min_config(), *subnets(space, 2)]:
        with torch.no_grad():
            active, cut_out = supernet(x, config), supernet.extract(config)(x)
            defined = by_definition(supernet, config, x)
        assert active.std() > 1e-3
        torch.testing.assert_close(cut_out, active, rtol=0, atol=1e-6)
        torch.testing.assert_close(active, defined, rtol=1e-4, atol=1e-4 * float(defined.abs().max()))


def counted_macs(net: nn.Module, resolution: int) -> int:
    """Multiply-accumulates of convolutions and linear layers, counted as they run (on shapes alone)."""
    total = 0

    def count(module: nn.Module, _: object, out: Tensor) -> None:
        nonlocal total
        weight = module.weight
        assert isinstance(weight, Tensor)
        total += out[0].numel() * weight[0].numel()

    for module in net.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            module.register_forward_hook(count)
    net.to("meta")(torch.empty(1, 3, resolution, resolution, device="meta"))
    return total


@pytest.mark.parametrize("space_id", [*SPACES, "ofa-mbv3-w1.2"])
def test_macs_and_params_equal_the_closed_form(space_id: str) -> None:
    space = load_space(space_id)
    supernet = Supernet(space)
    for config in [space.max_config(), space.min_config(), *subnets(space, 3)]:
        subnet = supernet.extract(config)
        params = sum(parameter.numel() for parameter in subnet.parameters())
        assert (counted_macs(subnet, config["r"]), params) == space.macs_params(config)


def test_identity_transforms_crop() -> None:
    """Before training, a smaller kernel is the centre of the largest."""
    weight, transform = torch.randn(6, 1, 7, 7), KernelTransform((3, 5, 7))
    for kernel, rim in ((7, 0), (5, 1), (3, 2)):
        torch.testing.assert_close(transform(weight, kernel), weight[:, :, rim : 7 - rim, rim : 7 - rim])


def test_the_small_kernel_comes_from_the_transformed_middle_one() -> None:
    """Not from the largest: a matrix that doubles the 5x5 doubles the 3x3."""
    weight, transform = torch.randn(6, 1, 7, 7), KernelTransform((3, 5, 7))
    with torch.no_grad():
        transform.matrices["7to5"].mul_(2)
    torch.testing.assert_close(transform(weight, 3), 2 * weight[:, :, 2:5, 2:5])


@pytest.mark.parametrize("space_id", ["ofa-mbv3-w1.0", "ofa-proxyless-w1.3", "ofa-resnet50"])
def test_sorting_keeps_the_full_network(space_id: str) -> None:
    supernet = random_supernet(space_id)
    largest = supernet.space.max_config() | {"r": supernet.space.resolutions[0]}
    x = torch.randn(1, 3, largest["r"], largest["r"])
    with torch.no_grad():
        before = supernet(x, largest)
        supernet.sort_channels()
        after = supernet(x, largest)
    assert float((after - before).abs().max() / before.abs().max()) < 1e-5


def test_sorting_puts_important_channels_first_and_narrow_subnets_keep_theirs() -> None:
    """Sorted within what the widths to keep have and lack; then every width computes what it did, but one."""
    supernet = random_supernet("ofa-digits")
    space = supernet.space
    x = torch.randn(2, 3, 12, 12)
    configs = [space.max_config() | {"r": 12, "e": [ratio] * space.slots} for ratio in (6, 4, 3)]
    with torch.no_grad():
        before = [supernet(x, config) for config in configs]
        supernet.sort_channels(keep=(4, 6))
        after = [supernet(x, config) for config in configs]
    changed = [float((new - old).abs().max()) for new, old in zip(after, before)]
    assert max(changed[:2]) < 1e-5
    assert changed[2] > 1e-3
    reader = supernet.get_parameter("slots.stage1_block2.project.conv.weight").detach()  # 8 channels in: 32 and 48 wide
    importance = reader.abs().sum((0, 2, 3))
    for group in (importance[:32], importance[32:]):
        assert (group.diff() <= 0).all()
    assert float(importance[32]) > float(importance[31])
    supernet.sort_channels()
    assert (reader.abs().sum((0, 2, 3)).diff() <= 0).all()


def test_importance_is_the_l1_norm_of_what_reads_a_channel() -> None:
    reader = torch.tensor([[1.0, -5.0, 2.0], [1.0, 0.0, -3.0]])[:, :, None, None]  # L1 norms 2, 5, 5
    assert importance_order(reader).tolist() == [1, 2, 0]
    assert importance_order(reader, widths=[1]).tolist() == [0, 1, 2]


def test_gradients_reach_only_what_the_subnet_uses() -> None:
    supernet = Supernet(load_space("ofa-digits")).train()
    config = supernet.space.min_config()
    supernet(torch.randn(4, 3, 12, 12), config).sum().backward()
    expand = supernet.get_parameter("slots.stage1_block2.expand.conv.weight")
    assert expand.grad is not None
    assert expand.grad[:24].abs().sum() > 0  # 8 channels times the smallest ratio, 3
    assert expand.grad[24:].abs().sum() == 0
    assert supernet.get_parameter("slots.stage1_block3.expand.conv.weight").grad is None  # depth 2
    for matrix in ("7to5", "5to3"):
        assert supernet.get_parameter(f"transforms.stage1_block1.matrices.{matrix}").grad is not None


def test_training_mode_moves_the_shared_statistics() -> None:
    supernet = Supernet(load_space("ofa-digits")).train()
    supernet(torch.randn(4, 3, 12, 12), supernet.space.min_config())
    mean = supernet.get_buffer("slots.stage1_block1.expand.norm.running_mean")
    assert (mean[:24] != 0).all()
    assert (mean[24:] == 0).all()
    supernet.eval()
    before = mean.clone()
    supernet(torch.randn(4, 3, 12, 12), supernet.space.min_config())
    assert torch.equal(mean, before)


def test_a_cut_out_subnet_and_a_copy_have_weights_of_their_own() -> None:
    supernet = random_supernet("ofa-digits")
    config, x = supernet.space.min_config(), torch.randn(1, 3, 12, 12)
    y = supernet(x, config)
    subnet, twin = supernet.extract(config), copy.deepcopy(supernet)
    with torch.no_grad():
        for parameter in supernet.parameters():
            parameter.zero_()
    assert torch.equal(twin(x, config), y)
    torch.testing.assert_close(subnet(x), y)
    assert not torch.equal(supernet(x, config), y)


def _double(tensors: Iterable[Tensor]) -> None:
    for tensor in tensors:
        tensor.data = 2 * tensor.data  # in memory of its own


def _step(supernet: Supernet, config: Config) -> None:
    optimizer = torch.optim.SGD(supernet.parameters(), lr=0.1)
    with torch.enable_grad():
        supernet(torch.ones(2, 3, 12, 12), config).sum().backward()
    optimizer.step()


@pytest.mark.parametrize(
    "change",
    [
        lambda net, config: _step(net, config),
        lambda net, config: [matrix.mul_(1.5) for matrix in net.transforms.parameters()],
        lambda net, config: net.sort_channels(),
        lambda net, config: net.load_state_dict(random_supernet("ofa-digits", seed=1).state_dict()),
        lambda net, config: _double(net.slots.parameters()),
        lambda net, config: net.train()(torch.randn(4, 3, 12, 12), config),
    ],
    ids=["step", "transforms", "sorting", "loading", "replacing", "statistics"],
)
def test_what_is_lent_follows_every_change(change: Callable[[Supernet, Config], object]) -> None:
    """Without gradients parts stay lent between passes: but never those of other weights."""
    supernet = random_supernet("ofa-digits")
    config = supernet.space.canonical(supernet.space.min_config() | {"e": [4] * 12, "ks": [5] * 12})
    images = torch.randn(2, 3, 12, 12)
    with torch.no_grad():
        before = supernet(images, config)
        change(supernet, config)
        after = supernet.eval()(images, config)
        assert torch.equal(after, supernet.extract(config)(images))
        assert not torch.equal(after, before)


def test_classes_of_other_data() -> None:
    supernet = Supernet(load_space("ofa-mbv3-w1.0"), classes=7)
    config = supernet.space.min_config()
    assert supernet.extract(config)[-1].classifier.out_features == 7
    with pytest.raises(InputError, match="classes: 1 must be at least 2"):
        Supernet(load_space("ofa-digits"), classes=1)


def test_spaces_without_a_supernet_are_refused() -> None:
    with pytest.raises(InputError, match="'tinynas' has no supernet; spaces that have: ofa-digits, ofa-mbv3"):
        Supernet(load_space("tinynas"))


def test_bad_requests_are_refused() -> None:
    supernet = Supernet(load_space("ofa-digits"))
    config = supernet.space.min_config()
    with pytest.raises(InputError, match=r"ks\[0\]: 9 must be one of 3, 5, 7"):
        supernet.extract(config | {"ks": [9, *config["ks"][1:]]})
    with pytest.raises(InputError, match="r: 18 must be one of 12, 16, 20"):
        supernet(torch.zeros(1, 3, 18, 18), config | {"r": 18})
    with pytest.raises(InputError, match=r"images: \(20, 20\) must have 12 rows and columns"):
        supernet(torch.zeros(1, 3, 20, 20), config)


def test_a_new_classifier_leaves_the_rest() -> None:
    supernet = random_supernet("ofa-digits")
    new = supernet.with_classes(37, seed=1)
    assert new.classes == 37
    changed = {
        name for name, tensor in new.state_dict().items() if not torch.equal(tensor, supernet.state_dict()[name])
    }
    assert changed == {"slots.head.classifier.weight", "slots.head.classifier.bias"}
    assert new(torch.zeros(2, 3, 12, 12), supernet.space.min_config()).shape == (2, 37)
