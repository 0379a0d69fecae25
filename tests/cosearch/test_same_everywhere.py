"""A search ends in the same files, to the last byte, whatever its libraries do for the processor at hand."""

from __future__ import annotations

import pytest

from benchmarks.same_everywhere import files_of, processors

SMALL = ("--budget", "area=5mm2", "--resolution", "192", "--trials", "18", "--evaluations", "20")
SMALL += ("--last-evaluations", "40", "--jobs", "1")
"""A generation and a half of the race, some of it mapped precisely, each design with its own subnet; and baselines."""


MACHINE = (
    "--machine", "eyeriss_like", "--vary", "GLB.capacity=16KB..128KB, GLB.X=4..16, DRAM=lpddr4|hbm2",
    "--network", "gpt2_decode", "--budget", "area=3mm2", "--trials", "13", "--evaluations", "20",
    "--last-evaluations", "20", "--no-baselines",
)  # fmt: skip
"""Designs to begin with, some mapped precisely, neighbours of the best, two kinds of DRAM; a first joint bound."""


@pytest.fixture(scope="module")
def expected() -> dict[str, bytes]:
    return files_of({}, SMALL)


@pytest.mark.parametrize("processor", processors())
def test_the_files_are_those_of_every_processor(processor: str, expected: dict[str, bytes]) -> None:
    assert files_of(processors()[processor], SMALL) == expected


def test_the_files_of_a_machine_of_ones_own_are_the_same_for_other_processors_and_jobs() -> None:
    alone = files_of({}, (*MACHINE, "--jobs", "1"))
    other = next(iter(processors().values()))
    assert files_of(other, (*MACHINE, "--jobs", "2")) == alone
