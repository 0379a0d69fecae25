"""Lanes of a race: what one tries next, what lanes of the same terms share, what others overhear."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from cosearch.bounds.boxes import Ints
from cosearch.search.race.lane import PRECISE_AT_FIRST, Lane, Terms
from cosearch.search.race.lore import Lore
from cosearch.search.race.slice import BROKEN, Slice
from cosearch.search.race.strategy import Race
from cosearch.search.race.tried import Row
from cosearch.search.race.untried import Untried
from cosearch.strategies.accelerators import Proposal
from cosearch.strategies.points import Outcome
from tests.cosearch.search.race.test_race import field

AREAS = (2.0, 1.0)
ABOVE = 0.1
"""How far above its estimate every design of these tests costs."""


def lane(area: float, terms: Terms, lore: Lore | None = None, place: int = 0) -> Lane:
    on = field(f"area={area}mm2")
    lore, rng = lore or Lore(on.ground, len(terms.context)), np.random.default_rng(place)
    untried = Untried(on.ground, on.starts(2), on.estimates.of, terms.context, lore, rng)
    return Lane(Slice(0, (math.inf, math.log(area)), (place,)), terms, on.ground, untried, lore, rng)


def terms(context: float = 0.0) -> Terms:
    return Terms({}, np.array([context]), (1.0, 1.0))


@pytest.fixture
def pair() -> list[Lane]:
    """Two lanes of the same terms, one with half the area."""
    lore, shared = Lore(field("area=2mm2").ground, 1), terms()
    return [lane(area, shared, lore, place) for place, area in enumerate(AREAS)]


def outcome(race: Race, proposal: Proposal, *, precise: bool = True) -> Outcome:
    estimate, area = race.estimate(proposal), proposal.machine.area_mm2
    return Outcome(estimate + ABOVE, (estimate + ABOVE, math.log(area)), bound=estimate, precise=precise)


def ran(race: Race, trials: int) -> list[Proposal]:
    proposals = []
    for _ in range(trials):
        (proposal,) = race.ask(1)
        race.tell([proposal], [outcome(race, proposal)])
        proposals.append(proposal)
    return proposals


def test_lanes_of_the_same_terms_try_nothing_twice_inside_their_own_limits(pair: list[Lane]) -> None:
    race = Race(pair, 400, 8)
    for number in range(40):
        asked = [one.asked for one in race.lanes]
        (proposal,) = ran(race, 1)
        turn = next(at for at, one in enumerate(race.lanes) if one.asked > asked[at])
        assert proposal.machine.area_mm2 <= AREAS[turn]
        assert proposal.number == number
    tried = list(pair[0].terms.tried.within(None))
    assert len(tried) == 40
    small = [row for row in tried if row.area_mm2 <= AREAS[1]]
    assert pair[1].leader == min(row.estimate for row in small) + ABOVE
    assert pair[0].leader == min(row.estimate for row in tried) + ABOVE <= pair[1].leader
    assert abs(pair[0].asked - pair[1].asked) < 20


def test_until_something_is_known_the_first_designs_are_mapped_precisely() -> None:
    race = Race([lane(1.0, terms())], 400, 8)
    looks = [proposal.look for proposal in race.ask(PRECISE_AT_FIRST + 2)]
    assert [look is not None and look.precise_below for look in looks] == [math.inf] * PRECISE_AT_FIRST + [0.0] * 2


def test_designs_are_overheard_by_lanes_whose_limits_they_keep(pair: list[Lane]) -> None:
    strict = Lane(
        Slice(0, (math.inf, math.log(AREAS[1])), (1,)), terms(2.0), pair[1].ground, pair[1].untried, pair[1]._lore,
        np.random.default_rng(0),
    )  # fmt: skip
    race = Race([pair[0], strict], 400, 8)
    proposals = race.ask(12)
    precise = [number % 2 == 0 for number in range(12)]
    race.tell(proposals, [outcome(race, one, precise=now) for one, now in zip(proposals, precise)])
    own = {row.design.tobytes() for row in strict.terms.tried.within(None)}
    for row in pair[0].terms.tried.within(None):
        kept = row.precise and row.area_mm2 <= AREAS[1]
        assert (row.design.tobytes() in own) >= kept
    assert all(row.area_mm2 <= AREAS[1] for row in strict.terms.tried.within(None))


def test_a_lane_goes_on_from_the_best_beside_it_with_the_l2_that_fits(pair: list[Lane]) -> None:
    race = Race(pair, 400, 8)
    ran(race, 16)
    (guest,) = pair[0].best(1)
    fitting = pair[1].ground.inside(guest)
    assert all(pair[1].ground.machine(design).area_mm2 <= AREAS[1] for design in fitting)
    found = pair[1].untried.neighbour([], [guest], [], pair[1].terms.tried)
    assert found is not None
    assert pair[1].ground.machine(found.design).area_mm2 <= AREAS[1]
    assert pair[1].untried.neighbour([], [], [], pair[1].terms.tried) is None


def test_lanes_are_laid_once_the_first_ones_are_known(pair: list[Lane]) -> None:
    heard: list[int] = []

    def lay(outcomes: list[Outcome]) -> list[Lane]:
        heard.append(len(outcomes))
        return [pair[1]]

    race = Race([pair[0]], 100, 8, lay, 6)
    ran(race, 5)
    assert race.lanes == [pair[0]]
    ran(race, 3)
    assert race.lanes == pair
    assert heard == [6]


def test_a_design_that_breaks_a_limit_leads_no_lane(pair: list[Lane]) -> None:
    race = Race([pair[1]], 100, 8)
    (proposal,) = race.ask(1)
    race.tell([proposal], [replace(outcome(race, proposal), losses=(-50.0, math.log(AREAS[0])))])
    assert pair[1].leader > BROKEN
    assert pair[1].best(2) == []


def test_the_better_of_two_quick_values_stays_until_a_precise_one_comes() -> None:
    row = Row(np.zeros(9, dtype=np.int64), 1.0, 0.0)
    for said, merit in ((Outcome(3.0, ()), 3.0), (Outcome(4.0, ()), 3.0), (Outcome(2.0, ()), 2.0)):
        row.hear(said)
        assert row.outcome is not None
        assert row.outcome.merit == merit
        assert not row.precise
    row.hear(Outcome(5.0, (), precise=True))
    assert row.precise
    row.hear(Outcome(1.0, ()))
    assert row.outcome == Outcome(5.0, (), precise=True)


def test_a_design_outside_the_budget_lends_its_shape(pair: list[Lane]) -> None:
    ground = pair[1].ground
    begun = lane(AREAS[1], terms()).untried.beginning(terms().tried)
    assert begun is not None
    design: Ints = begun.design.copy()
    design[7] += 100
    assert ground.machine(design).area_mm2 > AREAS[1]
    (fitted,) = ground.inside(design)
    assert (np.delete(fitted, 7) == np.delete(design, 7)).all()
    assert fitted[7] < design[7]


def test_a_third_of_all_designs_is_mapped_precisely_even_where_forecasts_promise_nothing() -> None:
    race = Race([lane(AREAS[1], terms())], 400, 8)
    precise = 0
    for number in range(60):
        (proposal,) = race.ask(1)
        assert proposal.look is not None
        asked = proposal.look.precise_below == math.inf
        precise += asked
        said = outcome(race, proposal, precise=asked)
        worse = 0.2 if number else 0.0  # all but the first lie far above what they are thought to cost
        race.tell(
            [proposal], [replace(said, merit=said.merit + worse, losses=(said.losses[0] + worse, said.losses[1]))]
        )
    assert 20 <= precise <= 30
