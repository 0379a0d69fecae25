"""Options of a mapper where they have no say: on what is evaluated as it is, and beside mappers that pass them over."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.fuzzing.interchange import SCALESIM, TOPOLOGY
from tests.cosearch.conftest import Cosearch

GIVEN = (("--objective", "latency"), ("--mapper", "random"), ("--evaluations", "5"), ("--seed", "3"))
ONE = ("map", "--layer", "K=4", "--accelerator", "nvdla_256")


@pytest.mark.parametrize("words", GIVEN, ids=lambda words: words[0])
@pytest.mark.parametrize("what", ["best.yaml", "--nest", "--timeloop", "--zigzag"])
def test_what_is_mapped_already_takes_none(what: str, words: tuple[str, str], cosearch: Cosearch) -> None:
    said = cosearch("evaluate", *([what] if what == "best.yaml" else [what, "given"]), *words)
    assert said.status == 2
    assert f"{words[0]}: " in said.err
    assert "goes with --network" in said.err


@pytest.mark.parametrize("words", GIVEN, ids=lambda words: words[0])
def test_a_systolic_array_takes_none(words: tuple[str, str], tmp_path: Path, cosearch: Cosearch) -> None:
    (tmp_path / "array.cfg").write_text(SCALESIM)
    (tmp_path / "net.csv").write_text(TOPOLOGY)
    on = ("evaluate", "--scalesim", str(tmp_path / "array.cfg"), "--network", str(tmp_path / "net.csv"))
    assert cosearch(*on).status == 0
    said = cosearch(*on, *words)
    assert said.status == 2
    assert "has no effect with --scalesim" in said.err


@pytest.mark.parametrize(
    "mapper, option", [("optimal", "--seed"), ("optimal", "--evaluations"), ("exhaustive", "--seed")]
)
def test_a_mapper_refuses_what_it_does_not_look_at(mapper: str, option: str, cosearch: Cosearch) -> None:
    said = cosearch(*ONE, "--mapper", mapper, option, "3")
    assert said.status == 2
    assert f"{option}: 3 has no effect with --mapper {mapper}" in said.err
    assert cosearch(*ONE, "--mapper", "random", option, "3").status == 0
