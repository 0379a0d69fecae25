"""Values of objectives, their mean, and the names that are none."""

from __future__ import annotations

import math

import pytest

from cosearch.problem.axes import load_axes
from cosearch.problem.objective import geometric_mean, load_objective
from nets.errors import InputError


def test_objectives() -> None:
    assert load_objective("edp").of(2e12, 3.0) == 6.0
    assert load_objective("latency").of(2e12, 3.0) == 3.0
    assert load_objective("energy").of(2e12, 3.0) == 2.0
    assert geometric_mean([2.0, 8.0]) == pytest.approx(4.0)
    assert geometric_mean([2.0, math.inf]) == math.inf


@pytest.mark.parametrize(
    "names, rule",
    [
        (["area"], "cannot be the first"),
        ([], "cannot be the first"),
        (["edp", "aera"], "'area'"),
        (["edp"] * 2, "twice"),
    ],
)
def test_objectives_that_make_no_sense(names: list[str], rule: str) -> None:
    with pytest.raises(InputError, match=rule):
        load_axes(names)
