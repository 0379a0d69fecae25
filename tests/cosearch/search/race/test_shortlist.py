"""Designs that are bounded before one is tried: the best forecasts first, each once, until they are tried."""

from __future__ import annotations

import math

import numpy as np
import pytest

from cosearch import Budget, CoSearch
from cosearch.bounds.boxes import Ints
from cosearch.executors.serial import Serial
from cosearch.search.race import begin_race
from cosearch.search.race import shortlist as of_shortlist
from cosearch.search.race.shortlist import MOST_LOOKS, Shortlist, looks_of
from cosearch.strategies.points import Outcome
from nets import load_network

DESIGNS = [(np.array([size]), 0.1 * size) for size in range(1, 6)]


@pytest.mark.parametrize(
    "network, looks", [("bert_base", MOST_LOOKS), ("vgg16", 2), ("resnet50", 1), ("mobilenet_v2", 0)]
)
def test_fewer_designs_are_bounded_where_more_shapes_are(network: str, looks: int) -> None:
    assert looks_of(load_network(network).layers) == looks


def test_the_first_are_bounded_once_and_wait_until_they_are_tried() -> None:
    asked: list[int] = []

    def bound(design: Ints, enough: float) -> float:
        asked.append(int(design[0]))
        return math.exp(design[0])

    shortlist = Shortlist(bound, 2)
    assert [(int(design[0]), estimate) for design, estimate, _ in shortlist.look(DESIGNS)] == [(1, 0.1), (2, 0.2)]
    shortlist.look(DESIGNS)
    assert asked == [1, 2, 3, 4]
    left = shortlist.waiting({DESIGNS[1][0].tobytes()})
    assert [int(design[0]) for design, _, _ in left] == [1, 3, 4]
    assert [bound for *_, bound in left] == pytest.approx([1.0, 3.0, 4.0])


def test_of_many_that_wait_the_better_half_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(of_shortlist, "MOST_WAITING", 4)
    shortlist = Shortlist(lambda design, _: math.exp(abs(design[0] - 3)), len(DESIGNS))
    shortlist.look(DESIGNS)
    assert {int(design[0]) for design, _, _ in shortlist.waiting(())} == {2, 3}
    assert len(shortlist.waiting(())) == 2


def test_the_neighbour_of_the_least_bound_is_tried_not_that_of_the_least_estimate() -> None:
    options = CoSearch(budget=Budget.parse("area=8mm2"), networks=("bert_base",), trials=240).options
    _, race = begin_race(options, Serial())
    cheap: list[bytes] = []

    def bound(design: Ints, enough: float) -> float:
        cheap.append(design.tobytes())
        return 1e-9 if len(cheap) == MOST_LOOKS else 1.0  # only the last one looked at

    shortlist = race.lanes[0].untried._shortlist
    assert shortlist is not None
    shortlist._bound = bound
    first = race.ask(4)
    race.tell(first, [Outcome(race.estimate(p) + 0.3, (), bound=race.estimate(p), precise=True) for p in first])
    assert not cheap or len(cheap) >= MOST_LOOKS
    for _ in range(20):
        (proposal,) = race.ask(1)
        if any(row.design.tobytes() == cheap[MOST_LOOKS - 1] for _, row in race._asked.values()):
            return
        estimate = race.estimate(proposal)
        race.tell([proposal], [Outcome(estimate + 0.3, (), bound=estimate + 0.3, precise=True)])
    raise AssertionError("the design of the least bound was never tried")
