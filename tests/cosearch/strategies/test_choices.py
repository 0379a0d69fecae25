"""The best choice within a loss, against every choice there is."""

from __future__ import annotations

import itertools
import random
from dataclasses import dataclass

import numpy as np
import pytest

from cosearch.problem.objective import OBJECTIVES, Objective
from cosearch.strategies.shortest_path.choices import Choice, Choices


@dataclass(frozen=True)
class Option:
    """One of a part."""

    loss: int
    energy_pj: float
    latency_s: float


Parts = list[list[Option]]


def chosen(parts: Parts, most: int, objective: Objective) -> Choice | None:
    """The best choice, of all there are."""
    options = [(part, option) for part, own in enumerate(parts) for option in own]
    choices = Choices(np.array([part for part, _ in options]), np.array([option.loss for _, option in options]), most)
    energy, latency = (np.array([getattr(o, name) for _, o in options]) for name in ("energy_pj", "latency_s"))
    return choices.best(energy, latency, objective)


def draw(rng: random.Random) -> Parts:
    """Up to six parts of up to four options; less loss does not always cost more, and some options are alike."""
    return [
        [Option(rng.randint(-2, 9), rng.choice((1.0, 5.5, 1e4)) * rng.randint(1, 9), rng.randint(1, 20) * 1e-4)
         for _ in range(rng.randint(1, 4))]
        for _ in range(rng.randint(1, 6))
    ]  # fmt: skip


@pytest.mark.parametrize("objective", OBJECTIVES.values(), ids=str)
def test_none_is_better(objective: Objective) -> None:
    rng, infeasible = random.Random(3), 0
    for _ in range(60):
        parts, most = draw(rng), rng.randint(-3, 30)
        values = [
            objective.of(sum(o.energy_pj for o in taken), sum(o.latency_s for o in taken))
            for taken in itertools.product(*parts)
            if sum(o.loss for o in taken) <= most
        ]
        found = chosen(parts, most, objective)
        if not values:
            infeasible += 1
            assert found is None
            continue
        assert found is not None
        assert found.value == pytest.approx(min(values), rel=1e-9)
        assert found.lower_bound <= min(values) * (1 + 1e-12)
        assert found.proven
        options = list(itertools.chain.from_iterable(parts))
        of_part = [part for part, own in enumerate(parts) for _ in own]
        assert [of_part[place] for place in found.taken] == [*range(len(parts))]
        assert sum(options[place].loss for place in found.taken) <= most
    assert 0 < infeasible < 30


def test_a_hundred_parts_take_no_time_and_are_proven() -> None:
    rng = random.Random(1)
    parts = []
    for _ in range(100):
        losses = {4: rng.randint(20, 900), 8: rng.randint(1, 20), 16: 0}
        parts.append(
            [Option(loss, rng.uniform(1, 2) * bits, rng.uniform(1, 2) * bits) for bits, loss in losses.items()]
        )
    found = chosen(parts, 9000, OBJECTIVES["edp"])
    assert found is not None
    assert found.lower_bound <= found.value <= found.lower_bound * (1 + 1e-6)
    assert len({*found.taken}) > 1
