"""Doubt: none before anything is known, more of what was not tried, by what forecasts erred by."""

import math
from statistics import median

from cosearch.search.race.doubt import MOST, SHARE, Doubt
from nets.elementary import log

ONE, OTHER = 1, 2


def test_nothing_is_doubted_before_a_forecast_was_off():
    assert Doubt().of(ONE) == 0.0


def test_a_niche_is_doubted_less_the_more_of_it_was_tried():
    doubt = Doubt()
    doubt.learn(ONE, 0.3)
    once = doubt.of(ONE)
    for _ in range(20):
        doubt.learn(ONE, 0.3)
    assert 0.0 < doubt.of(ONE) < once < doubt.of(OTHER)


def test_what_was_not_tried_is_doubted_more_the_longer_it_is_left():
    doubt = Doubt()
    doubt.learn(ONE, 0.3)
    before = doubt.of(OTHER)
    for _ in range(50):
        doubt.learn(ONE, 0.0)  # forecasts of this niche are right by now, which says nothing of others
    assert doubt.of(OTHER) > 2 * before


def test_errors_count_up_to_a_limit_whatever_their_sign():
    doubt, other = Doubt(), Doubt()
    doubt.learn(ONE, -1e6)
    other.learn(ONE, MOST)
    assert doubt.of(OTHER) == other.of(OTHER) < SHARE * MOST


def test_the_scale_is_the_median_of_errors_in_whatever_order():
    errors = [0.5, 0.1, 0.9, 0.3, 0.3, 0.7, 0.2, 0.8]
    for count in range(1, len(errors) + 1):
        doubt = Doubt()
        for niche, error in enumerate(errors[:count]):
            doubt.learn(niche, error)
        assert doubt.of(-1) == SHARE * median(errors[:count]) * math.sqrt(log(1.0 + count))
