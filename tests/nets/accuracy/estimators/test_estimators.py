"""Estimators on the space of small cells: what they share, and what each promises."""

from __future__ import annotations

import numpy as np
import pytest

from nets.errors import InputError
from nets.spaces import Config, all_codes

torch = pytest.importorskip("torch")
pytest.importorskip("sklearn")
from torch import nn  # noqa: E402

from nets.accuracy.estimators import ESTIMATORS, CellNet, Plan, Scratch, digit_cells  # noqa: E402
from nets.accuracy.estimators.inheritance import grow, parent  # noqa: E402
from nets.accuracy.estimators.sharing import SharedWeights  # noqa: E402
from nets.accuracy.estimators.smash import HyperNetwork  # noqa: E402
from nets.supernet import load_images, recalibrate  # noqa: E402
from nets.supernet.evaluation import measure  # noqa: E402
from nets.supernet.supernet import initialise  # noqa: E402

TWICE: Config = {
    "width": 16,
    "op1": "conv_3x3_twice",
    "input2": 0,
    "op2": "max_pool",
    "input3": 1,
    "op3": "conv_1x1",
}
PLAIN: Config = {"width": 8, "op1": "identity", "input2": 1, "op2": "conv_3x3", "input3": 2, "op3": "identity"}
IMAGES = torch.randn(5, 3, 8, 8, generator=torch.Generator().manual_seed(0))
SHORT = Plan(steps=4, tuning_steps=2, shared_steps=4, batch=16)


@pytest.fixture(autouse=True)
def one_thread():  # type: ignore[no-untyped-def]
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def randomised(net: CellNet, seed: int = 0) -> CellNet:
    """In eval mode, with norms that change something."""
    initialise(net, seed)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for module in net.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.running_mean.normal_(std=0.3, generator=generator)
                module.running_var.uniform_(0.5, 2.0, generator=generator)
                module.weight.uniform_(0.5, 1.5, generator=generator)
                module.bias.normal_(generator=generator)
    return net.eval()


# ---- the space ----


def test_the_space_has_as_many_architectures_as_its_decisions_say() -> None:
    """Two widths, five operations at three nodes, 1 * 2 * 3 ways to read."""
    space = digit_cells()
    assert space.total_size == 2 * 5**3 * 6 == sum(1 for _ in all_codes(space))


def test_a_cell_joins_what_no_node_reads() -> None:
    """Identities only: both cells give the mean of loose states, which are all the same state."""
    config = PLAIN | {"op2": "identity"}
    net = randomised(CellNet(config))
    with torch.no_grad():
        expected = net.classifier(nn.functional.max_pool2d(net.stem(IMAGES), 2).mean((2, 3)))
        torch.testing.assert_close(net(IMAGES), expected)


def test_a_network_by_hand() -> None:
    """Node 2 pools the input, node 3 reads node 1: states 2 and 3 are loose."""
    net = randomised(CellNet(TWICE))
    with torch.no_grad():
        x = net.stem(IMAGES)
        for number, cell in enumerate(net.cells):
            x = nn.functional.max_pool2d(x, 2) if number else x
            first = cell["node1"]["conv_3x3_twice"](x)
            x = (nn.functional.max_pool2d(x, 3, 1, 1) + cell["node3"]["conv_1x1"](first)) / 2
        torch.testing.assert_close(net(IMAGES), net.classifier(x.mean((2, 3))))


# ---- every estimator ----


@pytest.mark.parametrize("name", ESTIMATORS)
def test_measurements_repeat_and_count_all_held_out_images(name: str) -> None:
    data = load_images("digits")
    first, second = (ESTIMATORS[name](data, SHORT, seed=1).measure(TWICE) for _ in range(2))
    assert first == second
    assert first.images == data.size("held_out")


@pytest.mark.parametrize("name", ESTIMATORS)
def test_what_is_not_of_the_space_is_refused(name: str) -> None:
    with pytest.raises(InputError, match="op1"):
        ESTIMATORS[name](load_images("digits"), SHORT).measure(TWICE | {"op1": "conv_5x5"})


@pytest.mark.parametrize("source", ["own", "shared", "generated"])
def test_training_reaches_weights_wherever_they_are(source: str) -> None:
    """On one architecture alone, so that few steps tell; ten classes: chance is 10 %."""
    data = load_images("digits")
    config = PLAIN | {"op1": "conv_3x3", "width": 16}
    estimator = Scratch(data, Plan(steps=40, batch=32))
    shared = SharedWeights(0)
    lender = HyperNetwork(shared) if source == "generated" else shared
    if source == "own":
        net = estimator.network(config)
    else:
        estimator.train(lambda images: lender.lend(config)(images), lender.parameters(), 40)
        net = lender.copy(config)
    recalibrate(net, [next(data.batches("train", 8))[0]])
    assert measure(net, data, 8).top1_percent > 30


def test_a_plan_without_steps_is_refused() -> None:
    with pytest.raises(InputError, match="plan: steps"):
        Plan(steps=0)


# ---- inheritance ----


@pytest.mark.parametrize("seed", range(4))
def test_a_child_computes_what_its_parent_does(seed: int) -> None:
    config = digit_cells().sample(np.random.default_rng(seed)) | {"width": 16, "op1": "conv_3x3_twice"}
    net = randomised(CellNet(parent(config)), seed)
    child = grow(net, config, IMAGES, seed=seed)
    with torch.no_grad():
        torch.testing.assert_close(child(IMAGES), net(IMAGES), rtol=0, atol=1e-5)
    assert {name: weight.shape for name, weight in child.named_parameters()} == {
        name: weight.shape for name, weight in CellNet(config).named_parameters()
    }


def test_a_childs_new_norms_undo_themselves_in_training_too() -> None:
    config = PLAIN | {"op2": "conv_3x3_twice"}
    net = randomised(CellNet(parent(config)))
    child = grow(net, config, IMAGES)
    for cell in child.cells:
        cell["node2"]["conv_3x3_twice"][1].train()
    with torch.no_grad():
        torch.testing.assert_close(child(IMAGES), net(IMAGES), rtol=0, atol=1e-4)


def test_the_parent_is_narrow_and_has_single_convolutions() -> None:
    assert parent(TWICE) == TWICE | {"width": 8, "op1": "conv_3x3"}
    assert parent(PLAIN) == PLAIN


# ---- shared and generated weights ----


def test_what_an_architecture_lacks_gets_no_gradient() -> None:
    shared = SharedWeights(0)
    shared.lend(PLAIN)(IMAGES).square().sum().backward()
    touched = {name for name, weight in shared.store.named_parameters() if weight.grad is not None}
    assert touched == {name for name, _ in CellNet(PLAIN).named_parameters()}
    stem = shared.store.stem.conv.weight.grad
    assert stem[:8].abs().sum() > 0
    assert not stem[8:].any()


def test_lent_and_copied_networks_are_one() -> None:
    shared = SharedWeights(0)
    with torch.no_grad():
        torch.testing.assert_close(shared.copy(TWICE).train()(IMAGES), shared.lend(TWICE)(IMAGES))
    hyper = HyperNetwork(shared, seed=1)
    with torch.no_grad():
        torch.testing.assert_close(hyper.copy(TWICE).train()(IMAGES), hyper.lend(TWICE)(IMAGES))


def test_gradients_of_generated_filters_reach_only_the_heads_that_made_them() -> None:
    shared = SharedWeights(0)
    hyper = HyperNetwork(shared)
    hyper.lend(PLAIN)(IMAGES).square().sum().backward()
    touched = {name for name, head in hyper.heads.items() if head.weight.grad is not None}
    assert touched == {"cells_0_node2_conv_3x3_conv_weight", "cells_1_node2_conv_3x3_conv_weight"}
    assert hyper.hidden.weight.grad.abs().sum() > 0
    assert shared.store.cells[0]["node2"]["conv_3x3"].conv.weight.grad is None


def test_filters_depend_on_the_architecture_and_narrow_ones_are_leading_parts() -> None:
    hyper = HyperNetwork(SharedWeights(0))
    filters = dict(hyper.filters(PLAIN))
    assert {value.shape for value in filters.values()} == {(8, 8, 3, 3)}
    other = dict(hyper.filters(PLAIN | {"op1": "max_pool"}))
    assert filters.keys() == other.keys()
    assert all(not torch.equal(filters[name], other[name]) for name in filters)
