"""Options of a search of another kind than they are declared are refused in words, whatever they are."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import pytest

from cosearch import Budget, CoSearch
from cosearch.problem.options import CoSearchOptions
from nets.errors import InputError

NONE_FITS = (object, {"a": 1}, b"x", [1])
"""What no option may be."""
OPTIONS = [field.name for field in dataclasses.fields(CoSearchOptions)]


def search(**options: Any) -> CoSearch:
    return CoSearch(**{"networks": ["squeezenet1_1"], "budget": Budget.parse("area=2mm2"), "trials": 1} | options)


@pytest.mark.parametrize("name", OPTIONS)
@pytest.mark.parametrize("value", NONE_FITS, ids=repr)
def test_what_no_option_may_be(name: str, value: object) -> None:
    with pytest.raises(InputError, match=f"{name}.* (?:must be|is none whose sizes) "):
        search(**{name: value})


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"budget": "area=2mm2"}, "budget: 'area=2mm2' must be a Budget; write Budget.parse"),
        ({"trials": math.nan}, "trials: nan must be a whole number or None"),
        ({"trials": True}, "trials: True must be a whole number"),
        ({"min_accuracy": "75"}, "min_accuracy: '75' must be a number"),
        ({"objectives": "edp"}, "objectives: 'edp' must be a list of texts"),
        ({"baselines": 1}, "baselines: 1 must be True or False"),
        ({"voltage": "0.8"}, "voltage: '0.8' must be a number or None"),
        ({"predictor": 3}, "predictor: 3 must be text or a Path or a HeldFile or None"),
    ],
)
def test_what_an_option_must_be(options: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError) as refused:
        search(**options)
    assert str(refused.value).startswith(said)


def test_sound_options_stay() -> None:
    options = search(vary=(), objectives=["edp", "area"], time_limit_s=3, fuse=False, seed=7)
    assert (options.seed, options.time_limit_s, options.fuse) == (7, 3, "off")
