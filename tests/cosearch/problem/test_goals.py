"""Goals: MnasNet's reward on both sides of its target, weights in doublings, fronts; what warns."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cosearch.problem.goals import Best, MnasReward, Scalarised, Several
from cosearch.problem.measures import ACCURACY, ENERGY, LATENCY, Limit
from nets.errors import InputError

HARD = MnasReward(0.080, alpha=0.0, beta=-1.0)


def figures(accuracy: float, latency_s: float, energy_j: float = 1e-3) -> dict[str, float]:
    return {"accuracy": accuracy, "latency": latency_s, "energy": energy_j}


def test_twice_the_latency_costs_five_percent_of_the_reward() -> None:
    """0.75 at twice the target: 0.75 * 2 ** -0.07 (MnasNet, section 3)."""
    assert MnasReward(0.080).reward(figures(75, 0.160)) == pytest.approx(0.7145, abs=5e-5)


@pytest.mark.parametrize(
    "alpha, beta, latency_s, factor",
    [
        (0.0, -1.0, 0.040, 1.0),
        (0.0, -1.0, 0.080, 1.0),
        (0.0, -1.0, 0.160, 0.5),
        (-0.5, 0.0, 0.020, 2.0),
        (-0.5, 0.0, 0.320, 1.0),
    ],
)
def test_alpha_applies_up_to_the_target_and_beta_above(
    alpha: float, beta: float, latency_s: float, factor: float
) -> None:
    """Lecture notes have the two the other way round."""
    reward = MnasReward(0.080, alpha, beta).reward(figures(60, latency_s))
    assert reward == pytest.approx(0.60 * factor)


@given(st.floats(1, 99), st.floats(1e-3, 1), st.floats(1e-3, 1), st.floats(1e-3, 1))
def test_equal_exponents_rank_alike_whatever_the_target(accuracy: float, a: float, b: float, target: float) -> None:
    soft, other = MnasReward(0.080), MnasReward(target)
    ratio = soft.reward(figures(accuracy, a)) / soft.reward(figures(accuracy, b))
    assert ratio == pytest.approx(other.reward(figures(accuracy, a)) / other.reward(figures(accuracy, b)))


def test_a_target_that_nothing_exceeds_warns_where_nothing_is_gained_below() -> None:
    bounds = {"latency": (0.01, 0.07)}
    assert "so loose that it changes nothing" in HARD.warnings(bounds)[0]
    assert HARD.warnings({"latency": (0.01, 0.09)}) == ()
    assert HARD.warnings({}) == ()
    assert MnasReward(0.080).warnings(bounds) == ()


def test_a_weight_is_what_a_doubling_is_worth() -> None:
    goal = Scalarised({LATENCY: 2.0, ENERGY: 0.5})
    (loss,), (dearer,) = goal.losses(figures(75, 0.01)), goal.losses(figures(75 + 2.5, 0.02, 2e-3))
    assert dearer == pytest.approx(loss)


def test_losses_of_several_objectives() -> None:
    assert Several((ACCURACY, LATENCY)).losses(figures(75, 0.01)) == (-75, math.log(0.01))
    assert Best(LATENCY).losses(figures(75, 0.01)) == (math.log(0.01),)
    assert Best().losses(figures(75, 0.01)) == (-75,)


def test_limits_are_broken_by_a_share_of_the_bound() -> None:
    assert Limit(LATENCY, 0.080).violation(0.100) == pytest.approx(0.25)
    assert Limit(LATENCY, 0.080).violation(0.080) == 0
    assert Limit(ACCURACY, 75).violation(60) == pytest.approx(0.2)
    assert Limit(ACCURACY, 75).violation(76) == 0
    assert Limit(LATENCY, 0.080).violation(math.nan) == math.inf


@pytest.mark.parametrize(
    "make, rule",
    [
        (lambda: MnasReward(0.0), "greater than zero"),
        (lambda: MnasReward(0.08, beta=0.5), "at most 0"),
        (lambda: Scalarised({}), "at least one cost"),
        (lambda: Scalarised({LATENCY: -1.0}), "at least zero"),
        (lambda: Several((ACCURACY,)), "at least two"),
        (lambda: Several((ACCURACY, ACCURACY)), "twice"),
    ],
)
def test_goals_that_make_no_sense_are_refused(make, rule: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(InputError, match=rule):
        make()
