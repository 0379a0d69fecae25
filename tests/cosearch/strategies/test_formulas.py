"""Formulas of ProxylessNAS and REINFORCE against enumeration and difference quotients; single strategies' own rules."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cosearch.nas.search import search
from cosearch.problem.architectures import Evaluated, Problem
from cosearch.problem.goals import Best, MnasReward
from cosearch.problem.measures import LATENCY, Limit
from cosearch.strategies.aging import AgingEvolution
from cosearch.strategies.evolution import Evolution
from cosearch.strategies.gradient import Gradient
from cosearch.strategies.grid import tied_points, tied_size
from cosearch.strategies.methods import make_strategy
from cosearch.strategies.proxyless import (
    additive_loss,
    alpha_gradient,
    keep_total,
    multiplicative_loss,
    softmax,
    two_path_gradient,
    two_paths,
)
from cosearch.strategies.reinforce import Baseline, Reinforce, SoftmaxPolicy
from nets.errors import InputError
from nets.spaces import Decision, DecisionSpace, all_codes, load_space
from tests.cosearch.strategies.toy import TOY, Toy, problem, ranked

ALPHAS = st.lists(st.floats(-3, 3), min_size=2, max_size=6).map(np.array)
STEP = 1e-6


@given(ALPHAS, st.integers(0, 1000))
def test_the_gradient_of_alpha_is_the_difference_quotient(alpha: np.ndarray, seed: int) -> None:
    """Of a loss that is linear in the gates: its mean is p * dL/dg."""
    gates = np.random.default_rng(seed).normal(size=len(alpha))
    slope = alpha_gradient(softmax(alpha), gates)
    assert slope.sum() == pytest.approx(0, abs=1e-12)
    for index in range(len(alpha)):
        moved = STEP * np.eye(len(alpha))[index]
        quotient = (softmax(alpha + moved) @ gates - softmax(alpha - moved) @ gates) / (2 * STEP)
        assert slope[index] == pytest.approx(quotient, abs=1e-6)


@given(ALPHAS, st.integers(0, 1000))
def test_two_paths_leave_the_others_as_likely_as_they_were(alpha: np.ndarray, seed: int) -> None:
    rng = np.random.default_rng(seed)
    paths = two_paths(softmax(alpha), rng)
    assert paths[0] != paths[1]
    slope = two_path_gradient(alpha, rng.normal(size=len(alpha)), paths)
    after = keep_total(alpha, alpha - slope, paths)
    others = [index for index in range(len(alpha)) if index not in paths]
    assert softmax(after)[others] == pytest.approx(softmax(alpha)[others])
    assert softmax(after).sum() == pytest.approx(1)
    assert slope[others] == pytest.approx(0)


@given(st.floats(0.1, 5), st.floats(2, 500), st.floats(2, 500))
def test_both_forms_of_the_loss_have_the_slopes_they_say(loss: float, expected: float, reference: float) -> None:
    for form in (additive_loss, multiplicative_loss):
        _, by_loss, by_cost = form(loss, expected, reference)
        by_loss_quotient = (form(loss + STEP, expected, reference)[0] - form(loss - STEP, expected, reference)[0]) / 2
        by_cost_quotient = (form(loss, expected + STEP, reference)[0] - form(loss, expected - STEP, reference)[0]) / 2
        assert by_loss == pytest.approx(by_loss_quotient / STEP, rel=1e-5, abs=1e-8)
        assert by_cost == pytest.approx(by_cost_quotient / STEP, rel=1e-4, abs=1e-8)


def test_both_forms_at_the_reference() -> None:
    assert additive_loss(1.5, 80, 80)[0] == 1.5
    assert additive_loss(1.5, 160, 80)[0] == pytest.approx(1.6)
    assert multiplicative_loss(1.5, 80, 80)[0] == pytest.approx(0.3)


def test_policy_gradient_is_that_of_the_expected_reward() -> None:
    """Sum over all architectures of pi * R * grad log pi, against the difference quotient of sum pi * R."""
    rng = np.random.default_rng(5)
    rewards = {codes: rng.normal() for codes in all_codes(TOY)}
    policy = SoftmaxPolicy(TOY)
    policy.logits = [rng.normal(size=len(decision.choices)) for decision in TOY.decisions]

    def mean() -> float:
        return sum(math.exp(policy.log_probability(codes)) * reward for codes, reward in rewards.items())

    assert sum(math.exp(policy.log_probability(codes)) for codes in rewards) == pytest.approx(1)
    weighted = [
        policy.score(codes, math.exp(policy.log_probability(codes)) * reward) for codes, reward in rewards.items()
    ]
    for number, logits in enumerate(policy.logits):
        slope = np.sum([slopes[number] for slopes in weighted], axis=0)
        for choice in range(len(logits)):
            ends = []
            for sign in (1, -1):
                logits[choice] += sign * STEP
                ends.append(mean())
                logits[choice] -= sign * STEP
            assert slope[choice] == pytest.approx((ends[0] - ends[1]) / (2 * STEP), abs=1e-6)


def test_the_entropy_bonus_makes_choices_even() -> None:
    space = DecisionSpace("arms", [Decision("arm", (0, 1, 2))])
    policy = SoftmaxPolicy(space)
    policy.logits = [np.array([2.0, 0.0, -1.0])]
    for _ in range(2000):
        policy.logits[0] = policy.logits[0] + policy.score((0,), advantage=0.0, entropy_weight=0.1)[0]
    assert policy.probabilities(0, (0, 1, 2)) == pytest.approx(np.full(3, 1 / 3), abs=0.01)


def test_reinforce_pulls_the_better_of_two_arms() -> None:
    space = DecisionSpace("bandit", [Decision("arm", ("bad", "good"), ordered=False)])
    strategy = Reinforce(Problem(space, Toy(), Best()), evaluations=1000, seed=1)
    for _ in range(100):
        outcomes = [
            Evaluated(config, {}, (-1.0 if config["arm"] == "good" else -0.5,), 0.0) for config in strategy.ask(10)
        ]
        strategy.tell(outcomes)
    assert strategy.policy.probabilities(0, (0, 1))[1] > 0.95


def test_advantages_are_measured_against_the_past() -> None:
    baseline = Baseline(0.5)
    assert baseline.advantages([1.0, 3.0]) == pytest.approx([-1.0, 1.0])
    assert sum(baseline.advantages([10.0, 10.0])) > 0


def test_evolution_keeps_every_child_within_limits_known_beforehand() -> None:
    found = search(problem(5.0), "evolution", evaluations=300, settings={"population": 20})
    assert all(one.feasible for one in found.evaluated)


def test_evolution_begins_from_the_smallest_where_random_draws_never_fit() -> None:
    """Three architectures of 468 are within the limit."""
    of = problem(2.6)
    within = [one for one in ranked(of) if one.feasible]
    assert 1 <= len(within) <= 5
    strategy = Evolution(of, evaluations=50, seed=0, population=10)
    assert of.admits(strategy.ask(10)) == [True] * 10


def test_aging_evolution_forgets_the_oldest_and_not_the_worst() -> None:
    strategy = AgingEvolution(problem(None), evaluations=100, seed=0, population=4, sample=4)
    first = strategy.problem.evaluate(strategy.ask(4))
    strategy.tell(first)
    child = strategy.problem.evaluate(strategy.ask(1))
    strategy.tell(child)
    assert list(strategy._alive) == [*first[1:], *child]
    best = min(first, key=lambda found: found.merit)
    changed = [a != b for a, b in zip(TOY.encode(best.config), TOY.encode(child[0].config))]
    assert 1 <= sum(changed) <= 3  # one decision, and what it brings to mean something


def test_a_grid_is_counted_before_anything_is_evaluated() -> None:
    toy = Toy()
    with pytest.raises(InputError, match="has 468 points, more than the 467 evaluations"):
        search(problem(toy=toy), "grid", evaluations=467)
    assert toy.evaluations == 0
    found = search(problem(None), "grid", evaluations=1000)
    assert [TOY.encode(one.config) for one in found.evaluated] == list(all_codes(TOY))


def test_a_tied_grid_takes_kinds_alike() -> None:
    """25 resolutions x 3 depths x 3 kernels x 3 expansions."""
    space = load_space("ofa-mbv3-w1.0")
    points = list(tied_points(space))
    assert len(points) == len(set(points)) == tied_size(space) == 675
    config = space.decode(points[-1])
    assert config == space.max_config()


def test_the_gradient_holds_the_expected_cost_at_its_reference() -> None:
    """By a fitted table here; the penalty's weight grows until the mean cost is near the limit."""
    strategy = Gradient(problem(6.0, toy=Toy(screens=False)), evaluations=600, seed=0)
    spent = 0
    while spent < 600:
        outcomes = strategy.problem.evaluate(strategy.ask(600 - spent))
        strategy.tell(outcomes)
        spent += len(outcomes)
    late = np.mean([one.figures["latency"] for one in outcomes])
    assert late == pytest.approx(6e-3, rel=0.15)


def test_the_multiplicative_form_takes_one_cost() -> None:
    with pytest.raises(InputError, match="needs one cost"):
        make_strategy("gradient", problem(None), evaluations=100, settings={"loss": "mul"})
    found = search(
        problem(6.0, goal=MnasReward(6e-3, beta=-1.0)), "gradient", evaluations=100, settings={"loss": "mul"}
    )
    assert found.best is not None


@pytest.mark.parametrize(
    "name, settings, rule",
    [
        ("gradient", {"loss": "sum"}, "must be one of add, mul"),
        ("evolution", {"population": 0}, "whole number of at least 1"),
        ("evolution", {"population": "many"}, "whole number"),
        ("evolution", {"mutation_probability": 1.5}, "between 0 and 1"),
        ("reinforce", {"learning_rate": math.inf}, "finite number"),
        ("grid", {"tied": 1}, "true or false"),
        ("aging", {"sample": 200}, "from 1 to the population"),
    ],
)
def test_settings_that_make_no_sense_are_refused(name: str, settings: dict[str, object], rule: str) -> None:
    with pytest.raises(InputError, match=rule):
        make_strategy(name, problem(), evaluations=1000, settings=settings)


def test_a_limit_on_what_is_not_measured_is_refused() -> None:
    from cosearch.problem.measures import ENERGY

    with pytest.raises(InputError, match=r"energy.*not known"):
        Problem(TOY, Toy(), Best(), (Limit(ENERGY, 1.0),))
    with pytest.raises(InputError, match="twice"):
        Problem(TOY, Toy(), Best(), (Limit(LATENCY, 1.0), Limit(LATENCY, 2.0)))


def test_limits_that_nothing_breaks_warn() -> None:
    assert "so loose that it changes nothing" in problem(1000.0).warnings()[0]
    assert problem(6.0).warnings() == ()
