"""Every wiring beside the chosen one: all of them, mirror images once, with bounds that no trial is below."""

from __future__ import annotations

import dataclasses
import json
import math
import shutil
from pathlib import Path

import pytest
import yaml

from cosearch.co_search import CoSearch
from cosearch.problem.template_space import WIRINGS
from cosearch.reports.rivals import NEAREST, Rival, WiringBounds, describe_rivals, rivals, summarised
from cosearch.reports.run import Run, read_run
from cosearch.studies.replay import Replay
from cosearch.studies.resume import resumed
from cosearch.studies.study import TrialPoint
from tests.cosearch.conftest import Cosearch


@pytest.fixture(scope="module")
def run(finished_run: Path) -> Run:
    return read_run(finished_run)


@pytest.fixture(scope="module")
def replay(run: Run) -> Replay:
    assert run.replay is not None
    return run.replay


@pytest.fixture(scope="module")
def bounds(run: Run, replay: Replay) -> WiringBounds:
    return WiringBounds.of(run.folder, replay, resumed(run.folder, {}, {}, CoSearch).options)


def test_every_wiring_is_there_once(run: Run, replay: Replay, bounds: WiringBounds) -> None:
    found = rivals(run, replay, bounds)
    named = [name for rival in found for name in (rival.wiring, rival.mirror) if name]
    assert sorted(named) == sorted(WIRINGS)
    assert [rival.chosen for rival in found] == [True] + [False] * (len(found) - 1)
    assert sum(rival.trials for rival in found) == len(run.trials)
    alone = rivals(run, replay, dataclasses.replace(bounds, square=False))
    assert sorted(rival.wiring for rival in alone) == sorted(WIRINGS)


def test_no_trial_is_below_the_bound_of_its_wiring(run: Run, replay: Replay, bounds: WiringBounds) -> None:
    value = replay.winner.value(replay.objective)
    for rival in rivals(run, replay, bounds):
        assert rival.bound is not None
        if rival.times is not None:
            best = min(
                trial.value for trial in run.trials
                if " ".join(sorted(trial.attributes["parallel"].split()))
                in (" ".join(sorted(name.split())) for name in (rival.wiring, rival.mirror))
            )  # fmt: skip
            assert rival.bound * value <= best
    assert not rivals(run, replay, bounds)[0].ruled_out


def test_no_wiring_promises_more_than_the_joint_bound(run: Run, replay: Replay, bounds: WiringBounds) -> None:
    least = replay.joint["lower_bound"] / replay.winner.value(replay.objective)
    assert all(rival.bound is not None and rival.bound >= least for rival in rivals(run, replay, bounds))


def test_times_are_over_the_best_trial_of_the_winners_wiring(run: Run, replay: Replay, bounds: WiringBounds) -> None:
    wiring = rivals(run, replay, bounds)[0].wiring
    other = "R S" if wiring != "R S" else "K"
    trials = [
        TrialPoint(0, 2.0, True, {"parallel": wiring}),
        TrialPoint(1, 3.0, True, {"parallel": " ".join(reversed(other.split()))}),
        TrialPoint(2, 1.0, False, {"parallel": other}),
        TrialPoint(3, 1.0, False, {"parallel": "C"}),
    ]
    found = {rival.wiring: rival for rival in rivals(dataclasses.replace(run, trials=trials), replay, bounds)}
    assert found[wiring].times == 1
    assert found[other].times == 1.5
    assert found[other].tried == "2 tried, 50.0% worse"
    assert found["C"].tried == "1 tried, none within every limit"
    assert found["P"].tried == "not tried"


@pytest.mark.parametrize(
    "bound, words",
    [
        (None, "nothing is proven"),
        (math.inf, "no design of it keeps the limits"),
        (1.234, "cannot be better: at least 1.23 times"),
        (0.9, "could be better by at most 10.0%"),
    ],
)
def test_what_a_bound_says(bound: float | None, words: str) -> None:
    rival = Rival("K", "", False, 0, None, bound)
    assert rival.proven == words
    json.dumps(rival.to_dict(), allow_nan=False)


def test_words_about_all_of_them() -> None:
    found = [
        Rival("K P", "K Q", True, 5, 1.0, 0.8),
        Rival("C P", "C Q", False, 3, 0.99, 0.7),
        Rival("K", "", False, 0, None, 2.0),
        Rival("C", "", False, 0, None, math.inf),
    ]
    said = describe_rivals(found, "")
    assert said.startswith("Of 4 wirings of one to three dims, mirror images counted once, 2 were tried")
    assert "the nearest to the chosen one is C P, 1.0% better as the trials were mapped" in said
    assert "2 cannot hold a better design" in said
    assert "still open: C P, by at most 30.0%" in said
    assert describe_rivals(found, "it is measured").endswith("Nothing is proven of them: it is measured.")
    assert summarised(found) == [
        "2 more of 1 axis, 2 of them not tried: 2 cannot be better (proven)",
        "2 more of 2 axes, 0 of them not tried: 0 cannot be better (proven), the others by at most 30.0%",
    ]


def test_the_command_shows_the_nearest_or_all(finished_run: Path, tmp_path: Path, cosearch: Cosearch) -> None:
    folder = tmp_path / "run"
    shutil.copytree(finished_run, folder)
    short = cosearch("explain", folder, "--evaluations", "5").out
    whole = cosearch("explain", folder, "--evaluations", "5", "--all-wirings").out
    rows = [text.partition("every wiring")[2].splitlines() for text in (short, whole)]
    every = json.loads((folder / "explanation.json").read_text())["every_wiring"]
    assert len(rows[1]) == 1 + len(every)
    assert rows[0][: NEAREST + 1] == rows[1][: NEAREST + 1]
    assert " more of " in rows[0][NEAREST + 1]
    assert "Every wiring, arrays of any size" in (folder / "report.html").read_text()


def test_a_run_of_another_version_has_no_bounds(finished_run: Path, tmp_path: Path, cosearch: Cosearch) -> None:
    folder = tmp_path / "run"
    shutil.copytree(finished_run, folder)
    config = yaml.safe_load((folder / "config.yaml").read_text())
    config["versions"]["numpy"] = "1.0"
    (folder / "config.yaml").write_text(yaml.safe_dump(config))
    said = cosearch("explain", folder, "--evaluations", "5")
    assert said.status == 0
    assert "Nothing is proven of them" in said.out
    assert "numpy 1.0 is now" in said.out
