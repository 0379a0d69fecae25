"""What could make a design wrong: its area as silicon, its speed, what it is compared with, what is to be checked."""

from __future__ import annotations

import dataclasses
import math
import re
from pathlib import Path

import pytest

from accel_models.overhead import area_interval
from cosearch.reports.caveats import EYERISS_POWER, EYERISS_SPEED, NVDLA_SPEED, caveats
from cosearch.reports.trust import Answer
from cosearch.studies.replay import Replay, read_best
from nets.accuracy import Accuracy

TECHNOLOGY = Path(__file__).resolve().parents[3] / "docs" / "technology.md"


@pytest.fixture(scope="module")
def replay(finished_run: Path) -> Replay:
    return dataclasses.replace(read_best(finished_run / "best.yaml"), budget="area=5mm2")


def by_name(replay: Replay) -> dict[str, Answer]:
    return {answer.short: answer for answer in caveats(replay)}


def test_figures_beside_chips_are_those_of_the_page_on_technology() -> None:
    rows = re.findall(r"^(nvdla|eyeriss)\S* +\S+ (frames/s|mW) .* (\d\.\d\d)$", TECHNOLOGY.read_text(), re.MULTILINE)
    found = {(chip, what): [float(ratio) for c, w, ratio in rows if (c, w) == (chip, what)] for chip, what, _ in rows}
    for key, stated in {
        ("nvdla", "frames/s"): NVDLA_SPEED, ("eyeriss", "frames/s"): EYERISS_SPEED, ("eyeriss", "mW"): EYERISS_POWER,
    }.items():  # fmt: skip
        assert (min(found[key]), max(found[key])) == stated


@pytest.mark.parametrize("place, figure", [(0.5, "no"), (0.0, "not sure"), (2.0, "yes")])
def test_a_limit_on_area_is_held_against_published_designs(replay: Replay, place: float, figure: str) -> None:
    interval = area_interval(replay.winner.machine)
    assert interval is not None
    limit = {0.5: interval.low_mm2 * 0.9, 0.0: interval.mm2, 2.0: interval.high_mm2 * 1.1}[place]
    answer = by_name(dataclasses.replace(replay, budget=f"area={limit:.4f}mm2"))["area as silicon"]
    assert answer.figure.partition(",")[0] == figure
    assert ("leaves room for the worst" in answer.more) == (figure != "yes")


def test_without_a_limit_on_area_nothing_is_said_of_it(replay: Replay) -> None:
    assert "area as silicon" not in by_name(dataclasses.replace(replay, budget="latency=10ms"))


def test_a_comparison_says_what_it_is_not(replay: Replay) -> None:
    entries = [{"name": "near", "ratio": 1.5}, {"name": "far", "ratio": 9.0}, {"name": "none"}]
    found = by_name(dataclasses.replace(replay, baselines=entries))["published designs"]
    assert found.figure == "the nearest takes 1.5 times"
    given = dataclasses.replace(replay, winner=dataclasses.replace(replay.winner, found_by=""), baselines=entries)
    said = [one.more for one in (found, by_name(given)["published designs"])]
    assert ["The network was searched for this design" in more for more in said] == [
        bool(replay.winner.found_by),
        False,
    ]
    assert "published designs" not in by_name(dataclasses.replace(replay, baselines=entries[2:]))


def test_what_is_to_be_checked_names_the_costliest_layers(replay: Replay) -> None:
    (cost,) = replay.winner.costs
    shares = {one.layer.name: one.energy_pj / cost.energy_pj + one.latency_s / cost.latency_s for one in cost.layers}
    first, second = sorted(shares, key=lambda name: -shares[name])[:2]
    brief = by_name(replay)["before building"].brief
    assert f"{first} ({shares[first] / 2:.0%}), {second} ({shares[second] / 2:.0%})" in brief
    assert f"{cost.energy_breakdown_pj['DRAM'] / cost.energy_pj:.0%} of the energy" in brief


def test_of_several_networks_each_layer_says_whose_it_is_and_published_accuracies_are_not_predicted(
    replay: Replay,
) -> None:
    (cost,) = replay.winner.costs
    assert "which is predicted" in by_name(replay)["before building"].brief
    known = Accuracy(72.0, math.nan, "published: somewhere")
    two = dataclasses.replace(replay.winner, costs=(cost, cost), accuracies=(known, known))
    brief = by_name(dataclasses.replace(replay, winner=two))["before building"].brief
    assert brief.count(f" of {cost.network.name} (") == 2
    assert "which is predicted" not in brief
