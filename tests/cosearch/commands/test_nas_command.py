"""The command line of architecture search: one search, a comparison, lists, and what it refuses."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from accel_models import presets
from cosearch.strategies.methods import METHODS
from tests.cosearch.conftest import Cosearch

SIXTEEN = "weights 16, inputs 16, outputs 16, partial sums 16 bits"
"""Of the usual machine."""
QUICK = ("--resolution", "128,160", "--mappings", "10", "--quiet")


def test_one_search(cosearch: Cosearch) -> None:
    words = ("nas", "--method", "evolution", "--budget", "latency=60ms", "--evaluations", "60", *QUICK)
    said = cosearch(*words, "--set", "population=20", "--json")
    assert said.status == 0
    assert said.err == ""
    assert said.json["remark"].endswith("layers are taken at the precision of the machine: " + SIXTEEN)
    assert said.json["evaluations"] == 60
    best = said.json["best"]["figures"]
    assert best["latency"] <= 0.06
    assert 64 < best["accuracy"] < 75
    again = cosearch(*words, "--set", "population=20", "--json").json
    assert again["best"] == said.json["best"]
    shown = cosearch(*words, "--set", "population=20")
    assert "best: " in shown.out
    assert "latency <= 60 ms" in shown.out
    assert said.json["remark"].startswith("top-1 is predicted, ±")
    assert said.json["remark"] in shown.out


@pytest.mark.parametrize("method, proven", [("exact", True), ("random", False)])
def test_it_says_whether_a_better_one_may_exist(method: str, proven: bool, cosearch: Cosearch) -> None:
    words = ("nas", "--method", method, "--budget", "latency=600ms", "--evaluations", "20", *QUICK)
    found = cosearch(*words, "--json").json
    assert found["proven"] is proven
    assert ("proves it" in found["verdict"]) is proven
    assert found["verdict"] in cosearch(*words).out


def test_an_exact_answer_that_was_cut_short_is_not_proven(cosearch: Cosearch) -> None:
    words = ("nas", "--method", "exact", "--budget", "latency=60ms", "--evaluations", "1", *QUICK)
    assert cosearch(*words, "--json").json["proven"] is False


def test_a_front(cosearch: Cosearch) -> None:
    said = cosearch("nas", "--method", "nsga2", "--objective", "accuracy,energy", "--evaluations", "60", *QUICK)
    assert said.status == 0
    assert "front of" in said.out


def test_compare_prints_a_table_and_writes_a_plot(cosearch: Cosearch, tmp_path: Path) -> None:
    plot = tmp_path / "plot.svg"
    said = cosearch(
        "nas", "compare", "--methods", "random,aging", "--seeds", "2", "--evaluations", "40", "--out", plot,
        "--budget", "latency=90ms", "--set", "aging.population=10", "--set", "aging.sample=3", "--json", *QUICK,
    )  # fmt: skip
    assert said.status == 0
    rows = said.json["methods"]
    assert {row["method"] for row in rows} == {"random", "aging"}
    assert all(row["found"] == 2 and 0 < row["hypervolume_mean"] < 1 for row in rows)
    text = plot.read_text()
    assert text.startswith("<svg")
    assert all(f">{method}</text>" in text for method in ("random", "aging"))
    assert len(re.findall(r'<path class="s-\w+" d="M[^"]*(?:[LHV][^"]*){3,}"', text)) == 2  # curves, not the legend
    assert "(standard error): ImageNet" in said.json["remark"]


def test_a_front_is_compared_by_hypervolume(cosearch: Cosearch, tmp_path: Path) -> None:
    said = cosearch(
        "nas", "compare", "--methods", "random,nsga3", "--seeds", "1", "--evaluations", "60", "--out",
        tmp_path / "plot.svg", "--objective", "accuracy,latency", *QUICK,
    )  # fmt: skip
    assert said.status == 0
    assert "hypervolume" in said.out


def test_methods_and_spaces_are_listed(cosearch: Cosearch) -> None:
    methods = cosearch("nas", "methods", "--json").json
    assert [row["method"] for row in methods] == list(METHODS)
    spaces = {row["space"]: row for row in cosearch("nas", "spaces", "--json").json}
    assert spaces["ofa-mbv3-w1.0"]["also"] == "ofa-mobilenetv3"
    assert spaces["ofa-mbv3-w1.0"]["accuracy"]
    assert not spaces["ofa-mbv3-w1.2"]["accuracy"]
    assert "evolution" in cosearch("nas", "methods").out
    assert "ofa-mobilenetv3" in cosearch("nas", "spaces").out


@pytest.mark.parametrize(
    "words, status, hint",
    [
        (["--method", "evolve"], 2, "did you mean 'evolution'?"),
        (
            ["--method", "cmaes", "--objective", "accuracy,latency"],
            2,
            "these do: grid, random, random-architectures, tpe, nsga2, nsga3, gp",
        ),
        (["--method", "grid"], 2, "points, more than the 1,000 evaluations"),
        (["--budget", "latency=1ms"], 3, "the best within reach is"),
        (["--min-accuracy", "73", "--budget", "latency=42ms", "--evaluations", "20"], 3, "the closest breaks"),
        (["--budget", "area=5mm2"], 2, "is of the accelerator"),
        (["--set", "population"], 2, "one name and its value"),
        (["--set", "population=abc"], 2, "whole number"),
        (["--weights", "latency", "--objective", "weighted"], 2, "a name and a number"),
        (["--methods", "random"], 2, "is an option of compare"),
        (["--evaluations", "0"], 2, "at least 1"),
        (["compare", "--method", "random"], 2, "is an option of search"),
        (["compare", "--methods", "random,random"], 2, "twice"),
        (["compare", "--methods", "random,cmaes", "--objective", "accuracy,latency"], 2, "cannot serve 2 objectives"),
        (["compare", "--methods", "random", "--set", "population=3"], 2, "must begin with one of the methods"),
    ],
)
def test_what_cannot_be_done_is_said(words: list[str], status: int, hint: str, cosearch: Cosearch) -> None:
    said = cosearch("nas", *words, *QUICK)
    assert (said.status, said.out.count("best:")) == (status, 0)
    assert hint in said.err


def test_a_plot_that_cannot_be_written_is_said_before_the_work(cosearch: Cosearch, tmp_path: Path) -> None:
    """A million evaluations would take hours."""
    long = ("--evaluations", "1000000", *QUICK)
    said = cosearch("nas", "compare", "--methods", "random", *long, "--out", tmp_path / "absent" / "plot.svg")
    assert said.status == 2
    assert said.err.startswith("cosearch: --out: ")
    assert "is in a folder that does not exist" in said.err


def test_accuracies_of_wider_numbers_are_not_claimed_for_narrow_machines(cosearch: Cosearch, tmp_path: Path) -> None:
    preset = (Path(presets.__file__).parent / "eyeriss.yaml").read_text()
    narrow = tmp_path / "narrow.yaml"
    narrow.write_text(preset.replace("weight: 16", "weight: 4"))
    words = ("nas", "--accelerator", narrow, "--evaluations", "4", "--method", "random", *QUICK)
    said = cosearch(*words)
    assert said.status == 2
    assert "how accurate subnets are is known at 8 bits or more; --predictor FILE takes" in said.err
    found = cosearch(*words, "--objective", "latency", "--json")
    assert found.json["remark"] == "layers are taken at the precision of the machine: " + SIXTEEN.replace("16", "4", 1)


def test_a_space_without_known_accuracy_is_searched_for_capacity(cosearch: Cosearch) -> None:
    words = ("nas", "--space", "nasnet-notes", "--evaluations", "6", "--mappings", "5", "--quiet")
    said = cosearch(*words)
    assert said.status == 2
    assert "--objective capacity" in said.err
    found = cosearch(*words, "--objective", "capacity", "--method", "random", "--json").json["best"]["figures"]
    assert found["capacity"] == found["macs"] > 0


def test_a_target_beyond_all_subnets_warns(cosearch: Cosearch) -> None:
    said = cosearch("nas", "--objective", "mnas-hard", "--target", "latency=1s", "--evaluations", "10", *QUICK)
    assert said.status == 0
    assert "warning: the target latency of 1000 ms is so loose" in said.err


def test_a_reward_does_not_forbid_what_it_discourages(cosearch: Cosearch) -> None:
    said = cosearch("nas", "--objective", "mnas-soft", "--target", "latency=20ms", "--evaluations", "10", *QUICK)
    assert said.status == 0
    assert "above the target" in said.err
