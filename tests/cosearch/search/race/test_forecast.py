"""Forecasts of designs: what is known is said again, what is alike is near it, and nothing lies below its bound."""

from __future__ import annotations

import numpy as np
import pytest

from cosearch.bounds.grid import L2, NOC, DesignGrid
from cosearch.problem.budget import Budget
from cosearch.problem.template_space import TemplateSpace
from cosearch.search.race.forecast import BROKEN, HOPE, Forecast
from cosearch.search.race.ground import TemplateGround
from nets import load_network

HERE = np.zeros(1)
DESIGN = np.array([8, 1, 6, 6, 1, 1, 15, 300, 20])


@pytest.fixture
def ground() -> TemplateGround:
    grid = DesignGrid(TemplateSpace(Budget.parse("area=2mm2")), load_network("squeezenet1_1").layers)
    return TemplateGround(grid, square=True)


def test_what_was_evaluated_is_forecast_for_its_like(ground: TemplateGround) -> None:
    forecast = Forecast(ground, len(HERE), apart=1.0)
    assert (forecast.above(DESIGN[None], HERE) == 0).all()
    forecast.learn(DESIGN, HERE, 0.3)
    assert forecast.above(DESIGN[None], HERE)[0] == 0.3
    wider, other = DESIGN.copy(), DESIGN.copy()
    wider[NOC], other[:6] = 40, (8, 6, 6, 1, 1, 1)
    near, far, elsewhere = (
        forecast.above(DESIGN[None] if at is None else at[None], context)[0]
        for at, context in ((wider, HERE), (other, HERE), (None, HERE + 2.0))
    )
    assert 0.3 - HOPE < near < 0.3
    assert far < near
    assert elsewhere < near


def test_what_is_learnt_again_takes_the_place_of_what_was(ground: TemplateGround) -> None:
    forecast = Forecast(ground, len(HERE))
    forecast.learn(DESIGN, HERE, 0.1)
    forecast.learn(DESIGN, HERE, 0.7)
    assert len(forecast) == 1
    assert forecast.above(DESIGN[None], HERE)[0] == 0.7


def test_nothing_lies_below_its_bound_or_counts_as_more_than_broken(ground: TemplateGround) -> None:
    forecast = Forecast(ground, len(HERE))
    forecast.learn(DESIGN, HERE, 1e3)
    assert forecast.above(DESIGN[None], HERE)[0] == BROKEN
    forecast.learn(DESIGN, HERE, -0.2)
    assert forecast.above(DESIGN[None], HERE)[0] == 0.0


def test_another_kind_is_hoped_to_be_like_the_best_or_like_what_is_near(ground: TemplateGround) -> None:
    kinds, none = Forecast(ground), np.zeros(0)
    near = Forecast(ground, apart=1.0)
    for place, above in enumerate((0.1, 0.2, 0.9, 0.9, 0.9)):
        learnt = DESIGN.copy()
        learnt[L2] = 300 - 40 * place
        for forecast in (kinds, near):
            forecast.learn(learnt, none, above)
    other, small = DESIGN.copy(), DESIGN.copy()
    other[:6] = small[:6] = 8, 6, 6, 1, 1, 1
    small[L2] = 140
    assert kinds.above(other[None], none)[0] == kinds.above(small[None], none)[0] == 0.2
    assert near.above(other[None], none)[0] < 0.5 < near.above(small[None], none)[0]
