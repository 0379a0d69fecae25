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

from nets.accuracy.proxies.traced import end_before_pool, remove_shortcuts, traced  # noqa: E402
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


def test_a_proxy_has_the_names_of_the_field() -> None:
    assert type(load_proxy("grad-score")) is type(load_proxy("gradsign"))


def test_images_of_another_shape_are_refused() -> None:
    with pytest.raises(InputError, match="must have the shape"):
        load_proxy("naswot").score(small_net(), SHAPE, data=(torch.zeros(4, 3, 8, 8), torch.zeros(4)))


# ---- baselines ----


@pytest.mark.parametrize("space_id", ["ofa-digits", "ofa-mbv3-w1.0", "ofa-resnet50", "tinynas"])
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


def test_gradsign_where_all_images_agree_is_images_times_weights() -> None:
    """Equal images and labels: every weight has the same sign of slope in each."""
    net = nn.Sequential(nn.Flatten(), nn.Linear(12, 5))
    images = torch.rand(1, 3, 2, 2).add(0.1).expand(6, -1, -1, -1)
    score = load_proxy("gradsign").score(net, (6, 3, 2, 2), data=(images, torch.full((6,), 2)))
    assert score == 6 * 12 * 5  # biases are none of them


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
    signs = torch.einsum("io,ik->iok", error, images.flatten(1)).sign().sum(0).abs().sum()
    assert load_proxy("gradsign").score(net, (5, 3, 2, 2), data=(images, labels)) == float(signs)


def test_gradsign_says_when_the_plane_is_too_small() -> None:
    net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Flatten())
    with pytest.raises(InputError, match="use larger images"):
        load_proxy("gradsign").score(net, (2, 3, 3, 3))


# ---- Zen-score ----


def test_zen_terms_of_one_linear_layer() -> None:
    """Without norms f(x) - f(x + a e) = -a W e, so the score is log(a * mean |W e|_1)."""
    net = nn.Conv2d(3, 8, 1, bias=False)
    x, noise = torch.randn(SHAPE), torch.randn(SHAPE)
    with torch.no_grad():
        moved = net(noise).abs().sum((1, 2, 3)).mean() * 0.01
    assert zen_terms(net, x, noise) == (pytest.approx(math.log(moved), rel=1e-3), 0)


def test_zen_score_is_the_authors_program() -> None:
    """Their program, line by line, with norms of torch's own momentum: two passes in each of two repeats."""
    planes = nn.Sequential(nn.Conv2d(3, 6, 3, padding=1, bias=False), nn.BatchNorm2d(6), nn.ReLU())
    net = nn.Sequential(planes, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(6, 5))
    ours = load_proxy("zen-score", repeats=2).score(net, SHAPE, seed=7)
    torch.manual_seed(7)
    scores = []
    for _ in range(2):
        with torch.no_grad():
            nn.init.normal_(planes[0].weight)
            nn.init.normal_(net[3].weight)
            x, noise = torch.randn(SHAPE), torch.randn(SHAPE)
            moved = (planes(x) - planes(x + 0.01 * noise)).abs().sum((1, 2, 3)).mean()
        scores.append(float(moved.log() + planes[1].running_var.mean().sqrt().log()))
    assert ours == pytest.approx(sum(scores) / 2, rel=1e-5)


def test_zen_score_with_momentum_1_has_the_variance_of_the_batch() -> None:
    net = small_net()
    paper, program = (load_proxy("zen-score", repeats=1, **how).score(net, SHAPE) for how in ({"momentum": 1.0}, {}))
    assert paper > program + 0.1  # variances here are above 1, from which the program's begin
    with pytest.raises(InputError, match="momentum"):
        load_proxy("zen-score", momentum=0.0)


def test_batch_norm_hides_the_scale_of_weights_and_the_scaling_term_gives_it_back() -> None:
    net = small_net().train()
    net[1].momentum = 1.0
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
    parts = (part for conv in convolutions for part in (conv, nn.BatchNorm2d(1, momentum=1.0)))
    normed = nn.Sequential(*parts).train()
    assert none == 0
    assert sum(zen_terms(normed, x, noise)) == pytest.approx(plain, abs=0.02)


def test_zen_score_depends_on_structure_alone() -> None:
    proxy = load_proxy("zen-score", repeats=2)
    assert proxy.score(small_net(seed=0), SHAPE) == proxy.score(small_net(seed=1), SHAPE)


# ---- networks of anybody's modules ----


class Residual(nn.Module):
    """Shortcut by function, projection or none; nothing of ours."""

    def __init__(self, project: bool, keep: bool = True) -> None:
        super().__init__()
        self.body = nn.Sequential(
            *(nn.Conv2d(6, 6, 3, padding=1), nn.BatchNorm2d(6), nn.ReLU()),
            *(nn.Conv2d(6, 6, 3, padding=1), nn.BatchNorm2d(6)),
        )
        self.way = nn.Sequential(nn.Conv2d(6, 6, 1), nn.BatchNorm2d(6)) if project and keep else nn.Identity()
        self.keep = keep

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.body(x)
        if self.keep:
            y += self.way(x)
        return torch.relu(y)


class Gate(nn.Module):
    """Squeeze and excite, whose pool is not the network's."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Conv2d(6, 6, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * torch.sigmoid(self.scale(x.mean((2, 3), keepdim=True)))


class Strange(nn.Module):
    def __init__(self, keep: bool) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 6, 3, stride=2)
        self.blocks = nn.ModuleList([Residual(False, keep), Residual(True, keep), Gate()])
        self.head = nn.Linear(6, 5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.stem(x)
        for block in self.blocks:
            y = block(y)
        return self.head(nn.functional.adaptive_avg_pool2d(y, 1).flatten(1))


def test_shortcuts_of_any_module_are_taken_out() -> None:
    """With identities and projections or without: the very same score."""
    proxy = load_proxy("zen-score", repeats=2)
    assert proxy.score(Strange(keep=True), SHAPE) == proxy.score(Strange(keep=False), SHAPE)


@pytest.mark.parametrize("space_id", ["ofa-digits", "ofa-resnet50"])
def test_what_is_scored_is_planes_of_a_chain(space_id: str) -> None:
    """As many additions as the space has shortcuts are found; the end is before the global pool."""
    space = load_space(space_id)
    graph = traced(untrained_subnet(space, space.min_config()), "test")
    example = torch.zeros(1, 3, 64, 64)
    additions = [node for node in graph.graph.nodes if "add" in node.name]
    assert additions
    remove_shortcuts(graph, example)
    assert not [node for node in graph.graph.nodes if "add" in node.name]
    end_before_pool(graph, example)
    planes = graph.eval()(example)
    assert planes.dim() == 4
    assert planes.shape[2] > 1


def test_somebody_s_own_convolutions_are_drawn_anew() -> None:
    class Own(nn.Conv2d):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return super().forward(x)

    scores = set()
    for kind in (Own, nn.Conv2d):
        for gain in (1.0, 5.0):
            net = nn.Sequential(kind(3, 6, 3), nn.BatchNorm2d(6), nn.ReLU(), kind(6, 4, 3))
            nn.init.constant_(net[0].weight, gain)
            scores.add(load_proxy("zen-score", repeats=1).score(net, SHAPE))
    assert len(scores) == 1


def test_branches_side_by_side_are_no_shortcuts() -> None:
    class Both(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.one, self.other = nn.Conv2d(3, 4, 3, padding=1), nn.Conv2d(3, 4, 1)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.add(self.one(x), self.other(x))

    net = Both()
    graph = traced(net, "test")
    remove_shortcuts(graph, torch.zeros(1, 3, 8, 8))
    images = torch.randn(SHAPE)
    assert torch.equal(graph(images), net(images))


def test_rectifiers_that_are_functions_are_watched() -> None:
    class ByFunction(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return nn.functional.relu(x)

    images = torch.randn(SHAPE)
    scores = [
        load_proxy("naswot").score(net, SHAPE, data=(images, torch.zeros(4))) for net in (ByFunction(), nn.ReLU())
    ]
    assert scores[0] == scores[1]


def test_what_cannot_be_traced_is_refused() -> None:
    class Wavering(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x if x.sum() > 0 else -x

    for name in ("zen-score", "naswot"):
        with pytest.raises(InputError, match=r"Wavering.* cannot be traced by torch\.fx"):
            load_proxy(name).score(Wavering(), SHAPE)


@pytest.mark.parametrize(
    ("name", "net", "said"),
    [
        ("zen-score", nn.Conv2d(3, 4, 1), "no batch norm"),
        ("gradsign", nn.Flatten(), "neither convolutions nor linear layers"),
        ("synflow", nn.Flatten(), "neither convolutions nor linear layers"),
        ("synflow", nn.Sequential(nn.Conv2d(3, 4, 1), nn.GroupNorm(2, 4)), "GroupNorm"),
    ],
)
def test_a_network_without_what_a_proxy_needs_gets_no_score(name: str, net: nn.Module, said: str) -> None:
    with pytest.raises(InputError, match=said):
        load_proxy(name).score(net, SHAPE)
