"""What a slice tries next: nothing seen, nothing outside its limits, the best forecast first."""

from __future__ import annotations

import math

import numpy as np
import pytest

from cosearch.bounds.grid import Floats, Ints
from cosearch.search.front.lane import Lane, rewired
from cosearch.search.front.slices import Slice
from cosearch.search.race.forecast import Forecast
from cosearch.strategies.points import Outcome
from tests.cosearch.search.race.test_race import field

DESIGN = np.array([8, 1, 6, 6, 1, 1, 15, 300, 20])
FREE = (math.inf, math.inf)


@pytest.fixture
def lane() -> Lane:
    on = field("area=1mm2")
    starts = np.array([design for rows in on.starts(1) for _, design in rows])

    def bounds(designs: Ints) -> Floats:
        return np.stack([on.estimates.of(designs), np.zeros(len(designs))], axis=1)

    return Lane(Slice(0, FREE, (0,)), on.ground, bounds, starts, bounds(starts), {}, [1], np.zeros(1))


def test_a_slice_begins_with_the_least_bound_and_goes_on_with_what_is_not_seen(lane: Lane) -> None:
    forecast, rng, seen = Forecast(lane.ground, np.zeros(2), len(lane.context)), np.random.default_rng(0), set()
    first = lane.next(forecast, [], seen, rng)
    assert first is not None
    assert first[1][0] == lane.start_bounds[:, 0].min()
    for _ in range(20):
        found = lane.next(forecast, [DESIGN], seen, rng)
        assert found is not None
        design, bounds, hoped = found
        assert design.tobytes() not in seen
        assert not lane.grid.space.violations(lane.grid.machine(design))
        assert (hoped >= bounds).all()
        seen.add(design.tobytes())
        lane.hear(design, Outcome(0.0, (float(bounds[0]) + 0.5, 0.0)))
    assert lane.best == min(merit for merit, _ in lane.results)


def test_a_slice_with_nothing_left_to_try_says_so(lane: Lane) -> None:
    seen = {design.tobytes() for design in lane.starts}
    assert lane.next(Forecast(lane.ground, np.zeros(2), len(lane.context)), [], seen, np.random.default_rng(0)) is None


def test_another_wiring_has_as_many_axes_and_a_dim_that_none_ran() -> None:
    grid = field("area=2mm2").grid
    rng = np.random.default_rng(0)
    for _ in range(20):
        new = rewired(grid, DESIGN, rng)
        assert (new[:6] > 1).sum() == 3
        assert ((new[:6] > 1) != (DESIGN[:6] > 1)).sum() == 2
        assert (new[6:] == DESIGN[6:]).all()
