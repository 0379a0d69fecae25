"""The benchmark of fronts: hypervolumes and beaten points known by hand."""

from __future__ import annotations

import math
import sys

import pytest

from benchmarks.front import beaten, main, ratio

SINGLES = [(1.0, 4.0), (2.0, 2.0)]
REFERENCE = (3.0, 4.0)


def test_the_same_points_dominate_the_same() -> None:
    for scale in ("plain", "log"):
        assert ratio(SINGLES, SINGLES, REFERENCE, scale) == 1.0
    assert ratio([(2.0, 3.0)], SINGLES, REFERENCE, "plain") == 0.5
    assert ratio([(2.0, 3.0)], SINGLES, REFERENCE, "log") == pytest.approx(math.log(4 / 3) / math.log(2))


def test_a_point_is_beaten_by_less_in_no_more_area() -> None:
    assert beaten([(1.0, 4.0), (2.5, 2.2), (1.5, 5.0)], SINGLES) == pytest.approx([0.1, 0.25])


def test_it_runs(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    words = "front.py --areas 2 --most 1 --trials 12 --networks squeezenet1_1 --jobs 1"
    monkeypatch.setattr(sys, "argv", words.split())
    assert main() == 0
    assert "points are beaten by a single search" in capsys.readouterr().out
