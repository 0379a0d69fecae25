"""Searches that train: the relaxed network against single ones, gradients against definitions, and that they learn."""

from __future__ import annotations

import numpy as np
import pytest

from cosearch.strategies.proxyless import softmax

torch = pytest.importorskip("torch", reason="torch is not installed")

from cosearch.nas.trained import SEARCHES, Darts, Options, ProxylessNas, darts  # noqa: E402
from cosearch.nas.trained.relaxed import RelaxedCells  # noqa: E402
from nets.accuracy.estimators import digit_cells  # noqa: E402
from nets.accuracy.estimators.sharing import SharedWeights  # noqa: E402
from nets.errors import InputError  # noqa: E402
from nets.supernet import load_images  # noqa: E402

SPACE = digit_cells()
DATA = load_images("digits")
QUICK = Options(steps=1, batch=8)


@pytest.mark.parametrize("seed", range(4))
def test_one_hot_weights_are_the_network_itself(seed: int) -> None:
    shared = SharedWeights(0)
    shared.store.train()
    config = SPACE.sample(np.random.default_rng(seed))
    codes = SPACE.encode(config)
    weights = [torch.eye(len(decision.choices))[code] for decision, code in zip(SPACE.decisions, codes)]
    images = torch.randn(4, 3, 8, 8)
    with torch.no_grad():
        expected = shared.lend(config)(images)
        mixed = RelaxedCells(shared.store)(images, weights)
        one = RelaxedCells(shared.store)(images, weights, [[code] for code in codes])
    assert torch.allclose(mixed, expected, atol=1e-5)
    assert torch.allclose(one, expected, atol=1e-5)


def test_the_second_order_gradient_is_that_of_a_step_ahead(monkeypatch: pytest.MonkeyPatch) -> None:
    """Against finite differences of the whole: weights stepped with one alpha, judged with it."""
    monkeypatch.setattr(darts, "NUDGE", 1e-7)  # in 64 bit; longer steps cross kinks of rectifiers
    search = Darts(DATA, QUICK, seed=1)
    search.shared.store.double()
    (images, labels), (others, theirs) = search.weight_batch(), search.architecture_batch()
    training, judging, rate = (images.double(), labels), (others.double(), theirs), 0.05
    zeros = [alpha.detach().double() for alpha in search.alphas]

    def at(decision: int, nudge: float) -> list[torch.Tensor]:
        alphas = [zero.clone() for zero in zeros]
        alphas[decision][0] += nudge
        return [alpha.requires_grad_() for alpha in alphas]

    def ahead(decision: int, nudge: float) -> float:
        search.alphas = at(decision, nudge)
        with search._moved(search._gradients(training, search._weights), -rate):
            logits = search._relaxed(judging[0], search.alphas_as_weights())
            return float(torch.nn.functional.cross_entropy(logits, judging[1]).detach())

    search.alphas = at(0, 0.0)
    slopes = search.slopes(training, judging, rate)
    for decision in (0, 1, 3):
        expected = (ahead(decision, 1e-6) - ahead(decision, -1e-6)) / 2e-6
        assert float(slopes[decision][0]) == pytest.approx(expected, rel=1e-3)


def test_two_paths_of_each_edge_move_and_the_others_keep_their_share() -> None:
    search = ProxylessNas(DATA, QUICK, seed=0)
    before = [softmax(alpha) for alpha in search.alphas]
    search.step_architecture()
    for share, alpha in zip(before, search.alphas):
        assert (np.abs(softmax(alpha) - share) > 1e-9).sum() in (0, 2)
    assert any((np.abs(softmax(alpha) - share) > 1e-4).any() for share, alpha in zip(before, search.alphas))


@pytest.mark.parametrize("name", list(SEARCHES))
def test_a_search_repeats_and_ends_in_the_space(name: str) -> None:
    found = [SEARCHES[name](DATA, Options(steps=2, batch=8), seed=3).run() for _ in range(2)]
    assert found[0] == found[1]
    assert SPACE.decode(SPACE.encode(found[0])) == found[0]


def test_what_is_no_schedule_is_refused() -> None:
    for wrong in ({"steps": 0}, {"batch": 1}, {"learning_rate": 0.0}):
        with pytest.raises(InputError, match="search: "):
            Options(**wrong)  # type: ignore[arg-type]


def test_gates_stand_still_while_the_weights_warm_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Gates that moved before any path was trained ended 62 points below the best of random search."""
    search, moved = ProxylessNas(DATA, Options(steps=8, batch=8), seed=0), []
    monkeypatch.setattr(search, "step_architecture", lambda: moved.append(1))
    before = [weight.detach().clone() for weight in search.shared.parameters()]
    search.run()
    assert len(moved) == 6  # a quarter of the steps is the warm-up
    assert any((old != new).any() for old, new in zip(before, search.shared.parameters()))


def test_trained_gates_find_what_random_search_finds() -> None:
    """The mean random cell has 75 %; a search long enough for shared weights to learn ends far above."""
    from nets.accuracy.estimators import Plan, Scratch

    found = ProxylessNas(DATA, Options(steps=400), seed=7).run()
    assert found["width"] == 16
    assert Scratch(DATA, Plan(steps=150), seed=0).measure(found).top1_percent > 88
