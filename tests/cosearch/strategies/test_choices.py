"""The best choice within a loss, against every choice there is."""

from __future__ import annotations

import itertools
import random

import pytest

from cosearch.problem.objective import OBJECTIVES
from cosearch.strategies.shortest_path.choices import Option, best_choice

Parts = list[list[Option]]


def draw(rng: random.Random) -> Parts:
    """Up to six parts of up to four options; less loss does not always cost more, and some options are alike."""
    return [
        [Option(rng.randint(-2, 9), rng.choice((1.0, 5.5, 1e4)) * rng.randint(1, 9), rng.randint(1, 20) * 1e-4)
         for _ in range(rng.randint(1, 4))]
        for _ in range(rng.randint(1, 6))
    ]  # fmt: skip


@pytest.mark.parametrize("objective", OBJECTIVES.values(), ids=str)
def test_none_is_better(objective: object) -> None:
    rng, infeasible = random.Random(3), 0
    for _ in range(60):
        parts, most = draw(rng), rng.randint(-3, 30)
        values = [
            objective.of(sum(o.energy_pj for o in taken), sum(o.latency_s for o in taken))
            for taken in itertools.product(*parts)
            if sum(o.loss for o in taken) <= most
        ]
        found = best_choice(parts, most, objective)
        if not values:
            infeasible += 1
            assert found is None
            continue
        assert found is not None
        assert found.value == pytest.approx(min(values), rel=1e-9)
        assert found.lower_bound <= min(values) * (1 + 1e-12)
        assert found.proven
        assert sum(options[number].loss for options, number in zip(parts, found.taken)) <= most
    assert 0 < infeasible < 30


def test_a_hundred_parts_take_no_time_and_are_proven() -> None:
    rng = random.Random(1)
    parts = []
    for _ in range(100):
        losses = {4: rng.randint(20, 900), 8: rng.randint(1, 20), 16: 0}
        parts.append(
            [Option(loss, rng.uniform(1, 2) * bits, rng.uniform(1, 2) * bits) for bits, loss in losses.items()]
        )
    found = best_choice(parts, 9000, OBJECTIVES["edp"])
    assert found is not None
    assert found.lower_bound <= found.value <= found.lower_bound * (1 + 1e-6)
    assert len({*found.taken}) > 1
