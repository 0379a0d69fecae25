"""Several runs in one page, and what the report command writes and refuses."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.cosearch.conftest import Cosearch
from tests.cosearch.reports.test_page import Balanced


def test_runs_are_compared(finished_run: Path, tmp_path: Path, cosearch: Cosearch) -> None:
    one, two = tmp_path / "one", tmp_path / "<b>two"
    for folder in (one, two):
        shutil.copytree(finished_run, folder)
    said = cosearch("report", one, two, "--out", tmp_path / "both.html", "--svg", "--json")
    assert said.json == {
        "reports": [str(one / "report.html"), str(two / "report.html")],
        "comparison": str(tmp_path / "both.html"),
    }
    text = (tmp_path / "both.html").read_text()
    page = Balanced()
    page.feed(text)
    assert page.open == []
    assert page.plots == {"best-so-far", "who-wins", "roofline"}
    assert "b" not in page.seen  # the hostile folder's name stays text
    assert text.count("(1x)</td>") == 6  # the same design twice
    assert (one / "figures" / "machine.svg").is_file()


def test_a_run_without_a_design_is_named(finished_run: Path, tmp_path: Path, cosearch: Cosearch) -> None:
    bare = tmp_path / "bare"
    shutil.copytree(finished_run, bare)
    (bare / "best.yaml").unlink()
    assert cosearch("report", finished_run, bare, "--out", tmp_path / "both.html").status == 0
    assert "No feasible design in bare" in (tmp_path / "both.html").read_text()
    assert "No design yet" in (bare / "report.html").read_text()


def test_a_page_of_one_run_needs_no_place(finished_run: Path, tmp_path: Path, cosearch: Cosearch) -> None:
    said = cosearch("report", finished_run, "--out", tmp_path / "one.html")
    assert (said.status, "comparing several runs" in said.err) == (2, True)
    assert cosearch("report", finished_run, tmp_path).status == 2
