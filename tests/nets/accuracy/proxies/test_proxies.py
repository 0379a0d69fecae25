"""Proxies against closed forms on networks small enough to have one."""

from __future__ import annotations

import copy
import math

import numpy as np
import pytest
from scipy.linalg import hadamard

from nets.accuracy import list_proxies, load_proxy
from nets.accuracy.proxies import BASELINES
from nets.errors import InputError
from nets.spaces import load_space

torch = pytest.importorskip("torch")
from torch import nn  # noqa: E402

from nets.accuracy.proxies.zen_score import draw_normal, zen_terms  # noqa: E402
from nets.supernet.untrained import untrained_subnet  # noqa: E402

SHAPE = (4, 3, 16, 16)
QUICK = {"zen-score": {"repeats": 2}}


def small_net(seed: int = 0) -> nn.Sequential:
    torch.manual_seed(seed)
    return nn.Sequential(
        nn.Conv2d(3, 6, 3, padding=1, bias=False),
        nn.BatchNorm2d(6),
        nn.ReLU(),
        nn.Conv2d(6, 4, 3, stride=2, padding=1),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(4, 5),
    )


# ---- what holds for all of them ----


@pytest.mark.parametrize("name", list_proxies())
def test_scores_repeat_and_leave_the_network_as_it_was(name: str) -> None:
    net, proxy = small_net().eval(), load_proxy(name, **QUICK.get(name, {}))
    before = copy.deepcopy(net.state_dict())
    first = proxy.score(net, SHAPE, seed=3)
    torch.randn(5)  # torch's own stream has no part in it
    assert proxy.score(net, SHAPE, seed=3) == first
    assert math.isfinite(first)
    assert not net.training
    for key, tensor in net.state_dict().items():
        assert torch.equal(tensor, before[key]), key


@pytest.mark.parametrize("name", [name for name in list_proxies() if name not in BASELINES])
def test_the_largest_subnet_scores_above_the_smallest(name: str) -> None:
    space = load_space("ofa-digits")
    proxy = load_proxy(name, **QUICK.get(name, {}))
    smallest, largest = (untrained_subnet(space, config) for config in (space.min_config(), space.max_config()))
    assert proxy.score(largest, (8, 3, 20, 20)) > proxy.score(smallest, (8, 3, 20, 20))


@pytest.mark.parametrize("name", list_proxies())
@pytest.mark.parametrize("shape", [(4, 3, 16), (4, 3, 0, 16), (4, 3, 16.0, 16), (0, 3, 16, 16)])
def test_what_is_no_shape_is_refused(name: str, shape: tuple[int, ...]) -> None:
    with pytest.raises(InputError, match="proxy: shape"):
        load_proxy(name).score(small_net(), shape)


def test_an_unknown_proxy_names_the_nearest() -> None:
    with pytest.raises(InputError, match="did you mean 'synflow'"):
        load_proxy("sinflow")


def test_images_of_another_shape_are_refused() -> None:
    with pytest.raises(InputError, match="must have the shape"):
        load_proxy("naswot").score(small_net(), SHAPE, data=(torch.zeros(4, 3, 8, 8), torch.zeros(4)))


# ---- baselines ----


@pytest.mark.parametrize("space_id", ["ofa-digits", "ofa-mbv3-w1.0", "ofa-resnet50"])
def test_counts_are_those_of_the_closed_form(space_id: str) -> None:
    space = load_space(space_id)
    config = space.sample(np.random.default_rng(0))
    net = untrained_subnet(space, config)
    macs, params = space.macs_params(config)
    assert load_proxy("params").score(net, (1, 3, config["r"], config["r"])) == params
    assert load_proxy("macs").score(net, (1, 3, config["r"], config["r"])) == macs


# ---- SynFlow ----


def test_synflow_of_a_linear_chain() -> None:
    """Each of the three layers adds R = 1' |W3| |W2| |W1| 1."""
    torch.manual_seed(0)
    chain = nn.Sequential(nn.Flatten(), *(nn.Linear(a, b, bias=False) for a, b in ((12, 5), (5, 7), (7, 2))))
    flow = torch.ones(12)
    for layer in list(chain)[1:]:
        flow = layer.weight.abs() @ flow
    assert load_proxy("synflow").score(chain, (1, 3, 2, 2)) == pytest.approx(math.log(3 * flow.sum().item()), rel=1e-6)


def test_synflow_sees_no_batch_norm_no_sign_and_no_clipping() -> None:
    """Rectifiers let everything through that absolute weights make of ones; R = pixels * |w1| * |w2| here."""
    conv = nn.Conv2d(1, 1, 1, bias=False), nn.Conv2d(1, 1, 1, bias=False)
    for layer, weight in zip(conv, (-30.0, 5.0)):
        nn.init.constant_(layer.weight, weight)
    norm = nn.BatchNorm2d(1)
    nn.init.constant_(norm.weight, 0.01)
    net = nn.Sequential(conv[0], norm, nn.ReLU6(), conv[1])
    assert load_proxy("synflow").score(net, (1, 1, 2, 3)) == pytest.approx(math.log(2 * 6 * 150))


def test_synflow_of_a_scaled_layer_grows_by_the_log_of_the_scale() -> None:
    net, scaled = small_net(), small_net()
    with torch.no_grad():
        for layer in (net[3], net[7], scaled[3], scaled[7]):
            layer.bias.zero_()
        scaled[3].weight.mul_(10)
    gain = load_proxy("synflow").score(scaled, SHAPE) - load_proxy("synflow").score(net, SHAPE)
    assert gain == pytest.approx(math.log(10))


# ---- NASWOT ----


def test_naswot_of_codes_that_differ_in_half_of_their_bits() -> None:
    """K = N/2 (identity + ones), so log det = n log(N/2) + log(n + 1)."""
    count = 16
    codes = torch.tensor(hadamard(count), dtype=torch.float32)[:8].reshape(8, 1, 4, 4)
    score = load_proxy("naswot").score(nn.ReLU(), (8, 1, 4, 4), data=(codes, torch.zeros(8)))
    assert score == pytest.approx(8 * math.log(count / 2) + math.log(9))


def test_naswot_of_opposite_codes() -> None:
    """K = N * identity."""
    half = torch.tensor([[1.0, -1.0, 1.0, 1.0, -1.0, 1.0]])
    images = torch.cat([half, -half]).reshape(2, 1, 2, 3)
    score = load_proxy("naswot").score(nn.ReLU(), (2, 1, 2, 3), data=(images, torch.zeros(2)))
    assert score == pytest.approx(2 * math.log(6))


def test_naswot_of_equal_codes_is_minus_infinity() -> None:
    images = torch.rand(3, 1, 4, 4) + 0.1
    assert load_proxy("naswot").score(nn.ReLU(), (3, 1, 4, 4), data=(images, torch.zeros(3))) == -math.inf


def test_naswot_needs_something_that_rectifies() -> None:
    with pytest.raises(InputError, match="has no ReLU"):
        load_proxy("naswot").score(nn.Conv2d(3, 4, 1), SHAPE)


# ---- GradSign ----


def test_gradsign_where_all_images_agree_is_images_times_parameters() -> None:
    """Equal images and labels: every weight has the same sign of slope in each."""
    net = nn.Sequential(nn.Flatten(), nn.Linear(12, 5))
    images = torch.rand(1, 3, 2, 2).add(0.1).expand(6, -1, -1, -1)
    score = load_proxy("gradsign").score(net, (6, 3, 2, 2), data=(images, torch.full((6,), 2)))
    assert score == 6 * (12 * 5 + 5)


def test_gradsign_where_images_disagree_in_pairs_is_zero() -> None:
    """Two classes, opposite labels: p - y has opposite signs, by all weights and biases."""
    net = nn.Sequential(nn.Flatten(), nn.Linear(12, 2))
    nn.init.zeros_(net[1].weight)
    images = torch.rand(1, 3, 2, 2).add(0.1).expand(2, -1, -1, -1)
    assert load_proxy("gradsign").score(net, (2, 3, 2, 2), data=(images, torch.tensor([0, 1]))) == 0


def test_gradsign_against_gradients_one_by_one() -> None:
    """Slopes of softmax regression by hand: (p - y) x'."""
    torch.manual_seed(1)
    net = nn.Sequential(nn.Flatten(), nn.Linear(12, 4))
    images, labels = torch.randn(5, 3, 2, 2), torch.tensor([0, 3, 1, 1, 2])
    with torch.no_grad():
        error = net(images).softmax(1) - nn.functional.one_hot(labels, 4)
    signs = (
        torch.einsum("io,ik->iok", error, images.flatten(1)).sign().sum(0).abs().sum() + error.sign().sum(0).abs().sum()
    )
    assert load_proxy("gradsign").score(net, (5, 3, 2, 2), data=(images, labels)) == float(signs)


def test_gradsign_says_when_the_plane_is_too_small() -> None:
    net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Flatten())
    with pytest.raises(InputError, match="use larger images"):
        load_proxy("gradsign").score(net, (2, 3, 3, 3))


# ---- Zen-score ----


def test_zen_score_of_one_linear_layer() -> None:
    """Without norms f(x) - f(x + a e) = -a W e, so the score is log(a * mean |W e|_1) of the very same draws."""
    net = nn.Conv2d(3, 8, 1, bias=False)
    generator = torch.Generator().manual_seed(5)
    weight = torch.empty(8, 3, 1, 1).normal_(generator=generator)
    _, noise = (torch.randn(SHAPE, generator=generator) for _ in range(2))
    moved = nn.functional.conv2d(noise, weight).abs().sum((1, 2, 3)).mean() * 0.01
    assert load_proxy("zen-score", repeats=1).score(net, SHAPE, seed=5) == pytest.approx(math.log(moved), rel=1e-4)


def test_batch_norm_hides_the_scale_of_weights_and_the_scaling_term_gives_it_back() -> None:
    net = small_net().train()
    draw_normal(net, torch.Generator().manual_seed(0))
    x, noise = torch.randn(SHAPE), torch.randn(SHAPE)
    moved, scale = zen_terms(net, x, noise)
    with torch.no_grad():
        net[0].weight.mul_(7)
    moved_scaled, scale_scaled = zen_terms(net, x, noise)
    assert moved_scaled == pytest.approx(moved, abs=1e-3)
    assert scale_scaled - scale == pytest.approx(math.log(7), abs=1e-4)


def test_zen_score_is_that_of_the_network_without_norms() -> None:
    """What the scaling term is for (Lin et al., section 4): on a chain of single channels the two agree."""
    generator = torch.Generator().manual_seed(2)
    convolutions = [nn.Conv2d(1, 1, 3, padding=1, bias=False) for _ in range(4)]
    draw_normal(nn.Sequential(*convolutions), generator)
    x, noise = (torch.randn(64, 1, 24, 24, generator=generator) for _ in range(2))
    plain, none = zen_terms(nn.Sequential(*convolutions), x, noise)
    normed = nn.Sequential(*(part for conv in convolutions for part in (conv, nn.BatchNorm2d(1)))).train()
    assert none == 0
    assert sum(zen_terms(normed, x, noise)) == pytest.approx(plain, abs=0.02)


def test_zen_score_depends_on_structure_alone() -> None:
    proxy = load_proxy("zen-score", repeats=2)
    assert proxy.score(small_net(seed=0), SHAPE) == proxy.score(small_net(seed=1), SHAPE)
    space = load_space("ofa-digits")
    net = untrained_subnet(space, space.max_config())
    without = copy.deepcopy(net)
    for module in without.modules():
        if hasattr(module, "skip"):
            module.skip = False
    assert proxy.score(net, (4, 3, 20, 20)) == proxy.score(without, (4, 3, 20, 20))
