"""Pictures of trials: to scale, and served by optuna-dashboard, which also greys what breaks a limit."""

from __future__ import annotations

import io
import json
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cosearch.studies.storage import open_journal
from cosearch.studies.study import read_trials
from cosearch.studies.trial_picture import COLOURS, PICTURES
from tests.cosearch.conftest import QUICK, Cosearch

SVG = "{http://www.w3.org/2000/svg}"
Get = Callable[[str], tuple[dict[str, str], bytes]]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of which some trials keep the limits."""
    from cosearch.cli import main

    folder = tmp_path_factory.mktemp("runs") / "pictured"
    words = [
        "--budget",
        "area=5mm2,latency=1.2ms",
        "--network",
        "squeezenet1_1",
        "--no-baselines",
        "--out",
        str(folder),
    ]
    assert main(["search", *words, *QUICK, "--trials", "24"]) == 0
    return folder


@pytest.fixture(scope="module")
def get(run: Path) -> Get:
    """What optuna-dashboard answers."""
    wsgi = pytest.importorskip("optuna_dashboard").wsgi
    from optuna.artifacts import FileSystemArtifactStore

    app = wsgi(open_journal(run / "study.journal"), artifact_store=FileSystemArtifactStore(str(run / PICTURES)))

    def ask(path: str) -> tuple[dict[str, str], bytes]:
        heard: dict[str, Any] = {}

        def start(status: str, headers: list[tuple[str, str]], *_: Any) -> None:
            heard.update(headers, status=status)

        environment = {
            "REQUEST_METHOD": "GET", "PATH_INFO": path, "QUERY_STRING": "", "SERVER_NAME": "here", "SERVER_PORT": "80",
            "wsgi.input": io.BytesIO(), "wsgi.errors": io.StringIO(), "wsgi.url_scheme": "http",
        }  # fmt: skip
        return heard, b"".join(app(environment, start))

    return ask


def test_the_dashboard_serves_a_picture_of_every_trial(run: Path, get: Get) -> None:
    trials = json.loads(get("/api/studies/0")[1])["trials"]
    assert len(trials) == len(list((run / PICTURES).iterdir())) == 24
    for trial in trials:
        (artifact,) = trial["artifacts"]
        headers, picture = get(f"/artifacts/0/{trial['trial_id']}/{artifact['artifact_id']}")
        assert headers["status"].startswith("200")
        assert headers["Content-Type"] == artifact["mimetype"] == "image/svg+xml"
        title = ElementTree.fromstring(picture).find(f"{SVG}title")
        assert title is not None
        assert str(title.text).startswith(f"trial {trial['number']}:")


def test_the_dashboard_sees_what_breaks_a_limit(run: Path, get: Get) -> None:
    feasible = [trial.feasible for trial in read_trials(run / "study.journal")]
    assert 0 < sum(feasible) < len(feasible)
    shown = json.loads(get("/api/studies/0")[1])["trials"]
    assert [all(slack <= 0 for slack in trial["constraints"]) for trial in shown] == feasible
    assert all(len(trial["constraints"]) == 2 for trial in shown)


def test_a_picture_is_to_scale_and_names_the_broken_limit(run: Path) -> None:
    trials = read_trials(run / "study.journal")
    for trial, path in zip(trials, sorted((run / PICTURES).iterdir()), strict=True):
        drawing = ElementTree.fromstring(path.read_text())
        boxes = drawing.findall(f"{SVG}rect")
        allowed = next(box for box in boxes if box.get("stroke-dasharray"))
        chip = next(box for box in boxes if box.get("stroke") and not box.get("stroke-dasharray"))
        area_mm2 = 5 * (float(chip.get("width", 0)) / float(allowed.get("width", 1))) ** 2
        assert area_mm2 == pytest.approx(trial.attributes["area_mm2"], rel=1e-3)
        parts = [box for box in boxes if box.get("height") == chip.get("height") and box.get("fill") != "none"]
        assert sum(float(box.get("width", 0)) for box in parts) == pytest.approx(float(chip.get("width", 0)), abs=0.1)
        assert {box.get("fill") for box in parts} >= set(COLOURS.values())
        words = [text.text for text in drawing.findall(f"{SVG}text")]
        assert ("breaks latency" in words) == (not trial.feasible)
        assert trial.attributes["array"] in words


def test_the_command_names_the_folder_of_pictures(run: Path, cosearch: Cosearch) -> None:
    command = cosearch("dashboard", run, "--json").json["command"]
    assert command[command.index("--artifact-dir") + 1] == str(run / PICTURES)


def test_the_study_s_note_names_the_best_design_and_shows_its_chip(run: Path, get: Get) -> None:
    body = json.loads(get("/api/studies/0")[1])["note"]["body"]
    best = min((trial for trial in read_trials(run / "study.journal") if trial.feasible), key=lambda trial: trial.value)
    assert body.startswith(f"## Best so far: trial {best.number}, which keeps every limit\n")
    assert "Searched within `area=5mm2,latency=1.2ms` for EDP in J s (smaller is better)." in body
    assert f"| area_mm2 | {best.attributes['area_mm2']} |" in body
    (picture,) = re.findall(r"!\[[^]]*\]\(([^)]*)\)", body)
    heard, drawn = get(picture)
    assert heard["status"].startswith("200")
    assert f"trial {best.number}:" in drawn.decode()


def test_a_trial_that_was_the_best_has_a_note_with_its_chip(run: Path, get: Get) -> None:
    trials = json.loads(get("/api/studies/0")[1])["trials"]
    noted = {trial["number"]: trial["note"]["body"] for trial in trials if trial["note"]["body"]}
    best = min((trial for trial in read_trials(run / "study.journal") if trial.feasible), key=lambda trial: trial.value)
    body = noted[best.number]
    assert body.startswith("## The best when it was found; it keeps every limit\n")
    share = best.attributes["area_mm2"] / 5
    (percent,) = re.findall(r"It takes ([0-9.]+)% of the limit on area, ", body)
    assert abs(float(percent) / 100 - share) <= 0.0005 + 0.00005 / 5 + 1e-9  # attributes have four decimals
    (picture,) = re.findall(r"!\[[^]]*\]\(([^)]*)\)", body)
    assert get(picture)[0]["status"].startswith("200")
