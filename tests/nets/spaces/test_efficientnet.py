"""Compound scaling: B0 to B7 in the space, the rule, and the grid under it."""

from __future__ import annotations

import pytest

from nets import load_network
from nets.errors import InfeasibleError, InputError
from nets.spaces import load_space
from nets.spaces.efficientnet import ALPHAS, BETAS, GAMMAS, PAPER, Scaling, grid_search, released, scalings

SPACE = load_space("efficientnet")


@pytest.mark.parametrize("index", range(8))
def test_the_released_networks_are_in_the_space(index: int) -> None:
    """To the last multiply-accumulate and parameter; the reference networks are held to other tools' counts."""
    reference = load_network(f"efficientnet_b{index}")
    assert SPACE.macs_params(released(index)) == (reference.macs, reference.params)


def test_the_papers_coefficients() -> None:
    """alpha * beta^2 * gamma^2 = 1.920, which the paper calls about 2: they are on the grid that the rule leaves."""
    assert round(PAPER.work, 3) == 1.920
    assert PAPER in scalings()


def test_the_grid_is_the_product_under_the_rule() -> None:
    grid = scalings(work=2.0, tolerance=0.05)
    kept = {(a, b, g) for a in ALPHAS for b in BETAS for g in GAMMAS if abs(a * b * b * g * g - 2.0) <= 0.05}
    assert {(s.alpha, s.beta, s.gamma) for s in grid} == kept
    assert len(grid) == len(kept) > 10


@pytest.mark.parametrize("scaling", [Scaling(1.0, 1.0, 1.4), Scaling(1.0, 1.4, 1.0)], ids=["resolution", "width"])
def test_work_grows_with_the_square_of_resolution_and_of_width(scaling: Scaling) -> None:
    """But for whole pixels, and for channels in multiples of 8 (depthwise convolutions grow only in proportion)."""
    macs = SPACE.macs_params(scaling.config(1))[0]
    assert macs / SPACE.macs_params(released(0))[0] == pytest.approx(scaling.work, rel=0.05)


def test_no_step_is_b0() -> None:
    assert SPACE.key(PAPER.config(0)) == SPACE.key(released(0))
    assert PAPER.config(1) == {"d": [], "depth": [1.2], "width": [1.1], "r": 258}


def test_the_grid_search_asks_every_candidate_once_and_takes_the_best() -> None:
    asked: list[Scaling] = []

    def score(scaling: Scaling) -> float:
        asked.append(scaling)
        return -abs(scaling.alpha - 1.2) - abs(scaling.beta - 1.1) - abs(scaling.gamma - 1.15)

    candidates = scalings()
    assert grid_search(score, candidates) == PAPER
    assert asked == candidates


def test_what_cannot_be_scaled_is_refused() -> None:
    with pytest.raises(InputError, match=r"alpha: 0.9 must be at least 1"):
        scalings(alphas=(0.9, 1.0))
    with pytest.raises(InfeasibleError, match="the nearest of 729 is Scaling"):
        scalings(work=50.0)
    with pytest.raises(InputError, match="must be 0 to 7"):
        released(8)
