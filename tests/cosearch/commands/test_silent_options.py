"""Options where they have no say are refused in words: those of a mapper, of other actions, of another run."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest

from benchmarks.fuzzing.interchange import SCALESIM, TOPOLOGY
from tests.cosearch.conftest import Cosearch

GIVEN = (("--objective", "latency"), ("--mapper", "random"), ("--evaluations", "5"), ("--seed", "3"))
ONE = ("map", "--layer", "K=4", "--accelerator", "nvdla_256")
SILENT = (
    ("accelerators", "list", "--node", "28"),
    ("accelerators", "list", "--sources"),
    ("accelerators", "families", "--node", "28"),
    ("accelerators", "families", "two_level"),
    ("networks", "list", "--resolution", "64"),
    ("networks", "list", "--subnet", "max"),
    ("exhibit", "list", "--mappings", "5"),
    ("exhibit", "list", "--out", "plots"),
    ("nas", "methods", "--evaluations", "5"),
    ("nas", "spaces", "--space", "ofa-digits"),
    ("nas", "search", "--seeds", "3"),
    ("nas", "compare", "--method", "random"),
    ("predictor", "info", "ofa-digits", "--evaluations", "5"),
    ("predictor", "info", "ofa-digits", "pairs.csv"),
    ("predictor", "table", "t.yaml", "--model", "ridge"),
    ("predictor", "train", "pairs.csv", "--config", "max"),
    ("predictor", "evaluate", "ofa-digits", "pairs.csv", "--target", "latency"),
    *(
        ("supernet", action, "net.pt", *words)
        for action, *words in (
            ("info", "--data", "digits"),
            ("load", "--count", "5"),
            ("train", "--config", "max"),
            ("measure", "--resume"),
        )
        if find_spec("torch")
    ),
)  # fmt: skip


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


@pytest.mark.parametrize("words", SILENT, ids=" ".join)
def test_what_another_action_looks_at_is_refused(words: tuple[str, ...], cosearch: Cosearch) -> None:
    said = cosearch(*words)
    assert said.status == 2
    asked = next(
        (word for word in words if word.startswith("--")), words[2] if words[0] == "accelerators" else words[-1]
    )
    assert asked in said.err
    assert any(rule in said.err for rule in ("is an option of", "has no say"))


@pytest.mark.parametrize(
    "words, hint",
    [
        (("--resume", "runs/001"), "--dry-run plans a new one"),
        (("--join",), "--storage"),
        (("--study-name", "x"), "--storage"),
    ],
)
def test_a_plan_refuses_what_a_run_would_or_what_is_of_another(
    words: tuple[str, ...], hint: str, cosearch: Cosearch
) -> None:
    said = cosearch("search", "--network", "squeezenet1_1", "--budget", "area=2mm2", "--dry-run", *words)
    assert said.status == 2
    assert hint in said.err
