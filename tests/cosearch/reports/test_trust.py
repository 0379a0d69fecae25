"""Can I trust it? Answered first on the page, briefly in the terminal, and with the two gaps told apart."""

from __future__ import annotations

import dataclasses
import json
import math
from pathlib import Path

import pytest

from cosearch.evaluation.spread import Spread
from cosearch.evaluation.winner import FOUND_BY, AccuracyFloor
from cosearch.problem.objective import load_objective
from cosearch.reports.trust import Answer, answers, sentences
from cosearch.studies.replay import Replay, read_best
from nets.accuracy import Accuracy
from tests.cosearch.conftest import Cosearch

EDP = load_objective("edp")
JOINT = {"lower_bound": 1e-6, "gap": 0.25, "proven_share": 0.5, "boxes": 3}
SPREAD = Spread(40, 0.01, 5, 2, "C P Q", "K P Q", 0.03)


@pytest.fixture(scope="module")
def replay(finished_run: Path) -> Replay:
    return read_best(finished_run / "best.yaml")


def by_name(found: list[Answer]) -> dict[str, Answer]:
    return {answer.short: answer for answer in found}


def test_the_page_opens_with_it(finished_run: Path) -> None:
    text = (finished_run / "report.html").read_text()
    first = text.index("<h2>")
    assert text[first:].startswith("<h2>Can I trust it?</h2>")
    assert text.count("<dt>How ") >= 5
    data = json.loads((finished_run / "report.json").read_text())
    assert [answer["short"] for answer in data["trust"]] == [
        "joint gap", "mapping gap", "network", "accuracy", "area, energy", "another seed", "area as silicon",
        "latency, power", "published designs", "before building",
    ]  # fmt: skip
    assert data["spread"]["trials"] == 4


def test_the_terminal_says_the_same_briefly(finished_run: Path, replay: Replay, cosearch: Cosearch) -> None:
    said = " ".join(cosearch("evaluate", finished_run / "best.yaml").out.replace("│", " ").split())
    assert "Can I trust it?" in said
    for answer in answers(replay.winner, replay.objective, replay.joint, None):
        assert " ".join(answer.brief.split()[:8]) in said


def test_what_bounds_mappings_is_said() -> None:
    from dataclasses import replace

    from accel_models.presets import load_machine
    from cosearch.evaluation.mapped_networks import map_networks
    from cosearch.evaluation.mapping_bounds import MappingProof
    from cosearch.problem.mapper_options import MapperOptions
    from cosearch.reports.trust import describe_mappings
    from nets import Layer, Network

    network = Network("two", resolution=8)
    network.add(Layer(name="a", K=8, C=8, P=4, Q=4), ())
    network.add(Layer(name="b", K=8, C=16, P=4, Q=4))
    network.add(Layer(name="pool", kind="pool", G=8, P=2, Q=2))
    cost = map_networks([network], load_machine("nvdla_256"), MapperOptions(mapper="random"), 5).costs[0]
    assert cost.weakly_bounded == 2
    assert "(proven, by a weak bound: what every mapping has to pay)" in describe_mappings(cost, EDP)
    proof, (first, second, pool) = MappingProof(1.0, 0.0, 1.0), cost.layers
    half = replace(cost, layers=(replace(first, proof=proof), second, pool))
    assert "(proven, by a weak bound for 1 of 2 layers: what every" in describe_mappings(half, EDP)
    whole = replace(half, layers=(*half.layers[:1], replace(second, proof=proof), pool))
    assert "this accelerator (proven): none has" in describe_mappings(whole, EDP)


def test_joint_gap_and_mapping_gap_are_told_apart(replay: Replay) -> None:
    found = by_name(answers(replay.winner, EDP, JOINT, SPREAD))
    assert found["joint gap"].figure == "at most 25.0% above"
    assert "all accelerators inside the budget" in found["joint gap"].brief
    gap = replay.winner.costs[0].gap(EDP)
    assert found["mapping gap"].figure == f"at most {gap:.1%} above"
    assert "this network on this accelerator" in found["mapping gap"].brief
    # by a quarter above the bound is by a fifth at most too much
    assert found["another seed"].figure == "at most 20.0% better"


@pytest.mark.parametrize(
    "joint, figure, words",
    [
        (JOINT | {"gap": 9.0}, "at most 10 times", "at most 10 times the best of all accelerators inside the budget"),
        (JOINT | {"gap": 0.0}, "none is better", "with any network and mappings allowed, is better (proven)"),
        ({"lower_bound": None, "gap": None, "proven_share": None, "note": "it is measured"}, "not known", "measured"),
    ],
)
def test_other_ends_of_a_joint_bound(joint: dict[str, object], figure: str, words: str, replay: Replay) -> None:
    found = by_name(answers(replay.winner, EDP, joint, SPREAD))["joint gap"]
    assert found.figure == figure
    assert words in found.brief


def test_what_is_not_known_is_not_answered(replay: Replay) -> None:
    found = by_name(answers(replay.winner, EDP, None, None))
    assert "joint gap" not in found
    assert "another seed" not in found
    assert by_name(answers(replay.winner, EDP, None, SPREAD))["another seed"].figure == "not measured"


@pytest.mark.parametrize(
    "found_by, words",
    list(zip(FOUND_BY, ("(proven)", "not proven", "evolution says", "each was priced", "looked at"), strict=True)),
)
def test_it_says_how_the_network_was_found(found_by: str, words: str, replay: Replay) -> None:
    winner = dataclasses.replace(replay.winner, found_by=found_by)
    assert words in by_name(answers(winner, EDP, None, None))["network"].brief
    given = dataclasses.replace(replay.winner, found_by="")
    assert "network" not in by_name(answers(given, EDP, None, None))


@pytest.mark.parametrize(
    "known, floor, figure",
    [
        (None, None, "not known"),
        (Accuracy(76.13, math.nan, "published"), None, "76.13 %"),
        (Accuracy(75.0, 0.38, "measured"), None, "± 0.38 %"),
        (Accuracy(75.0, 0.38, "measured"), AccuracyFloor(75.0), "0.50 sure of the floor"),
    ],
)
def test_how_sure_an_accuracy_is(
    known: Accuracy | None, floor: AccuracyFloor | None, figure: str, replay: Replay
) -> None:
    winner = dataclasses.replace(replay.winner, accuracies=(known,), floor=floor)
    assert by_name(answers(winner, EDP, None, None))["accuracy"].figure == figure


def test_networks_are_named_where_there_are_several(replay: Replay) -> None:
    one = replay.winner
    winner = dataclasses.replace(one, costs=one.costs * 2, accuracies=one.accuracies * 2)
    name = one.costs[0].network.name
    assert f"mapping gap of {name}" in by_name(answers(winner, EDP, None, None))


def test_small_nodes_have_a_warning(replay: Replay) -> None:
    cost = replay.winner.costs[0]
    small = dataclasses.replace(cost, accelerator=dataclasses.replace(cost.accelerator, node_nm=7))
    told = [
        by_name(answers(dataclasses.replace(replay.winner, costs=(one,)), EDP, None, None))["area, energy"].more
        for one in (cost, small)
    ]
    assert ["Below 22 nm" in more for more in told] == [False, True]


def test_sentences_begin_and_end_as_sentences() -> None:
    assert sentences(Answer("?", "", "", "so it is", "And more.")) == ["So it is.", "And more."]
