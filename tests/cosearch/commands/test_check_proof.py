"""``cosearch map --check-proof``: agreement, disagreement, and what is not checked."""

from __future__ import annotations

import math

import numpy as np
import pytest

from cosearch.commands import map_check
from mappings.mappers import mapper
from mappings.mappers.mapper import Found, SearchOptions
from mappings.mapspace import MapSpace, smallest_tiles
from mappings.proof_check import Verdict
from tests.cosearch.conftest import Cosearch

WORDS = ("map", "--layer", "K=16,C=8,P=6,Q=6,R=3,S=3", "--accelerator", "nvdla_256", "--check-proof")
OPTIMAL = ("--mapper", "optimal", "--tiles", "perfect")


def test_a_proof_is_checked(cosearch: Cosearch) -> None:
    said = cosearch(*WORDS, *OPTIMAL, "--constraint", "L2.tile.K <= 8")
    assert said.status == 0
    assert "mappings priced, none is better" in said.out
    data = cosearch(*WORDS, *OPTIMAL, "--json").json
    assert data["check"]["agrees"]
    assert data["check"]["complete"]
    assert data["check"]["mapping"] is None
    assert data["check"]["best"] == pytest.approx(data["edp"], rel=1e-9)
    assert "check" not in cosearch(*WORDS[:-1], *OPTIMAL, "--json").json


def careless(space: MapSpace, options: SearchOptions, *, proves: bool = True) -> Found:
    """Answers the mapping of least tiles, and calls it the best there is."""
    found = Found.none(space)
    found.offer(space, smallest_tiles(space), 1, options)
    found.lower_bound = found.score if proves else np.zeros(len(space))
    return found


def test_a_better_mapping_is_an_error(cosearch: Cosearch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(mapper._MAPPERS, "optimal", careless)
    said = cosearch(*WORDS, *OPTIMAL, "--json")
    assert said.status == 1
    found = said.json
    assert found["proven"]
    assert not found["check"]["agrees"]
    assert found["check"]["best"] < found["edp"]
    assert found["check"]["mapping"]
    assert f"{found['edp']:.10g}" in said.err
    assert f"{found['check']['best']:.10g}" in said.err
    assert "one is better" in cosearch(*WORDS, *OPTIMAL).out


def test_without_a_proof_nothing_is_checked(cosearch: Cosearch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(mapper._MAPPERS, "optimal", lambda *given: careless(*given, proves=False))
    assert "not checked: the search has proven nothing" in cosearch(*WORDS, *OPTIMAL).out
    said = cosearch(*WORDS, *OPTIMAL, "--json")
    assert (said.status, said.json["check"]) == (0, None)


def test_limits_are_named() -> None:
    assert "more than 50,000,000 mappings" in map_check.in_words(Verdict(False, 1.0, 50_000_000, 9, False), math.inf)
    assert "than 2.5 s suffice for" in map_check.in_words(Verdict(False, 1.0, 70, 9, False), 2.5)


@pytest.mark.parametrize(
    "words, named",
    [
        ((*WORDS, "--tiles", "perfect"), "'cmaes' proves nothing"),
        ((*WORDS, "--mapper", "optimal"), "'ragged' cannot be enumerated"),
        (("map", "--network", "alexnet", "--accelerator", "eyeriss", *OPTIMAL, "--check-proof"), "not one layer"),
    ],
)
def test_what_cannot_be_checked_is_refused(words: tuple[str, ...], named: str, cosearch: Cosearch) -> None:
    said = cosearch(*words)
    assert said.status == 2
    assert named in said.err
