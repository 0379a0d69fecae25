"""Designs to begin with are bounded before the first trial: rounds learn from each other, and each L1 has its turn."""

from __future__ import annotations

import math

import numpy as np
import pytest

from cosearch import Budget, CoSearch
from cosearch.bounds.grid import L1, L2, NOC
from cosearch.executors.serial import Serial
from cosearch.search.candidates import bound_on
from cosearch.search.front import begin_front
from cosearch.search.race import begin_race
from cosearch.search.race.lane import Lane
from cosearch.search.race.lore import Lore
from cosearch.search.race.screen import RANKS, ROUNDS, screen
from cosearch.search.race.setup import Track, arena_of
from cosearch.search.race.slice import Slice
from cosearch.search.race.starts import L1_BYTES, WORDS_OF_EDGE
from cosearch.search.race.untried import WINDOW
from cosearch.strategies.points import Outcome
from tests.cosearch.search.race.test_race import field

OPTIONS = CoSearch(budget=Budget.parse("area=2mm2"), networks=("squeezenet1_1",), trials=24).options


@pytest.fixture
def track() -> Track:
    return Track.of(OPTIONS, arena_of(OPTIONS, Serial()))


def begun(track: Track) -> Lane:
    return track.lane(Slice.whole(1), track.terms(), Lore(track.field.ground))


def test_designs_that_are_screened_are_forecast_by_their_own_bounds(track: Track) -> None:
    lane = begun(track)
    bounds = track.bounds(lane.terms)
    assert bounds is not None
    first = lane.untried.unbounded(6)
    screen(lane.untried, track.field.ground, bounds, OPTIONS.trials, Serial())
    assert len(lane.untried._bounds) == OPTIONS.trials // ROUNDS * ROUNDS
    for design in first:
        bound = math.log(bound_on(bounds, track.field.ground.machine(design)))
        assert lane.untried._bounds[design.tobytes()] == bound
        assert lane.untried._forecasts([(design, 0.0)])[0] == bound  # nothing is known of costs above bounds
    assert not {design.tobytes() for design in lane.untried.unbounded(6)} & set(lane.untried._bounds)


def test_the_first_trial_is_the_least_bound_not_the_least_estimate(track: Track) -> None:
    plain, screened = begun(track), begun(track)
    bounds = track.bounds(screened.terms)
    assert bounds is not None
    screen(screened.untried, track.field.ground, bounds, OPTIONS.trials, Serial())
    of_first = []
    for lane in (plain, screened):
        fresh = lane.untried.beginning(lane.terms.tried)
        assert fresh is not None
        of_first.append(bound_on(bounds, track.field.ground.machine(fresh.design)))
    assert of_first[1] < 0.9 * of_first[0]


def test_every_slice_of_a_front_is_screened() -> None:
    options = CoSearch(
        budget=Budget.parse("area=2mm2"), networks=("squeezenet1_1",), objectives=("edp", "area"), trials=48
    ).options
    _, race = begin_front(options, Serial())
    [whole] = race.lanes
    assert whole.untried._bounds
    ends = race.ask(race._end_trials)
    outcome = Outcome(-20.0, (-20.0, 0.5), (), -20.5, precise=True)
    race.tell(ends, [outcome] * len(ends))
    assert len(race.lanes) == 4  # a slice for twelve trials
    assert all(lane.untried._bounds for lane in race.lanes)


def test_a_niche_begins_with_every_l1_share_of_l2_and_width_of_the_network() -> None:
    on = field("area=2mm2")
    registers = {size for size in L1_BYTES if size < on.grid.l1.size[on.grid.l1.first_sram]}
    for rows in on.starts(2):
        designs = np.array([design for _, design in rows])
        sram = designs[0, L1] >= on.grid.l1.first_sram
        assert {int(on.grid.l1.size[place]) for place in designs[:, L1]} <= set(L1_BYTES)
        if not sram and len(designs) > 20:
            looked_at = designs[:WINDOW]
            assert {int(on.grid.l1.size[place]) for place in looked_at[:, L1]} == registers
            assert len(set(looked_at[:, L2].tolist())) > 4
            edges = (looked_at[:, :L1] * (looked_at[:, :L1] > 1)).sum(axis=1)
            assert {round(2 * words) / 2 for words in looked_at[:, NOC] / edges} == set(WORDS_OF_EDGE)


def test_of_few_shapes_the_first_designs_of_every_niche_are_bounded_whatever_is_forecast() -> None:
    options = CoSearch(budget=Budget.parse("area=8mm2"), networks=("bert_base",)).options
    (lane,) = begin_race(options, Serial())[1].lanes
    untried = lane.untried
    firsts = [design for rank in range(RANKS) for design in untried.of_rank(rank)]
    assert set(untried._bounds) == {design.tobytes() for design in firsts}
    assert len(firsts) <= RANKS * len(untried._starts)
    for design in firsts[:20]:
        assert untried.estimate(design) <= untried._bounds[design.tobytes()] + 1e-6
