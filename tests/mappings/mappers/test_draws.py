"""Random numbers of a search: what is kept for the next one is what it would have drawn."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from accel_models import load_accelerator
from mappings.mappers import draws
from mappings.mappers.draws import FIRST, Draws
from mappings.mapspace import MapSpace
from tests.mappings.mapper_conformance import CONV, DEPTHWISE, MATMUL

SPACE = MapSpace.of([CONV, DEPTHWISE, MATMUL], [load_accelerator("eyeriss")])
GENES = np.array([9, 4, 6])


def drawn(steps: str) -> list[NDArray[np.float64]]:
    made = Draws(SPACE, 5)
    return [made.normal(3, GENES) if step == "n" else made.uniform(2, GENES + 1) for step in steps]


@pytest.mark.parametrize("before", [[], ["n"], ["n" * (FIRST + 2)], ["nunu", "nn", "u"]])
def test_earlier_searches_change_no_draw(before: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    steps = "nnunnun"
    monkeypatch.setattr(draws, "_kept", {})
    alone = [array.copy() for array in drawn(steps)]
    monkeypatch.setattr(draws, "_kept", {})
    for earlier in before:
        drawn(earlier)
    for own, later, latest in zip(alone, drawn(steps), drawn(steps)):
        np.testing.assert_array_equal(own, later)
        np.testing.assert_array_equal(own, latest)


def test_a_stream_is_that_of_its_layer_whatever_the_company() -> None:
    alone = Draws(MapSpace.of([MATMUL], [load_accelerator("eyeriss")]), 5)
    for array in drawn("nnnnnn"):
        np.testing.assert_array_equal(array[2, :, :6], alone.normal(3, GENES[2:])[0])
