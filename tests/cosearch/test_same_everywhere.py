"""A search ends in the same files, to the last byte, whatever its libraries do for the processor at hand."""

from __future__ import annotations

import pytest

from benchmarks.same_everywhere import files_of, processors

SMALL = ("--budget", "area=5mm2", "--resolution", "192", "--trials", "18", "--evaluations", "20")
SMALL += ("--last-evaluations", "40", "--jobs", "1")
"""A generation and a half of the race, some of it mapped precisely, each design with its own subnet; and baselines."""


@pytest.fixture(scope="module")
def expected() -> dict[str, bytes]:
    return files_of({}, SMALL)


@pytest.mark.parametrize("processor", processors())
def test_the_files_are_those_of_every_processor(processor: str, expected: dict[str, bytes]) -> None:
    assert files_of(processors()[processor], SMALL) == expected
