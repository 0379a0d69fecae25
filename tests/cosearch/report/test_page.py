"""The report: whole, self-contained, well formed, and hostile names escaped."""

from __future__ import annotations

import math
import shutil
import xml.etree.ElementTree as ElementTree
from html.parser import HTMLParser
from pathlib import Path

import pytest

from cosearch.report import write_report
from cosearch.report.charts import bars, convergence, layer_columns
from cosearch.study import TrialPoint
from nets.errors import InputError
from tests.cosearch.conftest import Cosearch

HOSTILE = "<script>alert(1)</script>\"'&"
VOID = {"meta", "br", "link"}


class Balanced(HTMLParser):
    """Checks that every element is closed, and collects what the page would load."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []
        self.loads: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        self.loads += [str(value) for name, value in attrs if name in ("src", "href")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)


def test_the_page_is_whole_and_loads_nothing(finished_run: Path) -> None:
    page = Balanced()
    page.feed((finished_run / "report.html").read_text())
    assert page.open == []
    assert page.loads == []
    assert page.seen.count("svg") == 4  # convergence, area, energy, layers
    assert "table" in page.seen


def test_a_report_is_written_again_equal(finished_run: Path, tmp_path: Path, cosearch: Cosearch) -> None:
    copy = tmp_path / finished_run.name
    shutil.copytree(finished_run, copy)
    before = (copy / "report.html").read_text()
    (copy / "report.html").unlink()
    said = cosearch("report", copy, "--json")
    assert said.json == {"report": str(copy / "report.html")}
    assert (copy / "report.html").read_text() == before


def test_what_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"config\.yaml"):
        write_report(tmp_path)


def test_hostile_names_are_escaped() -> None:
    for svg in (
        bars({HOSTILE: 2.0, "L2": 1.0}, HOSTILE, HOSTILE),
        layer_columns([(HOSTILE, 1.0, 2.0)], HOSTILE),
        convergence([TrialPoint(0, 1.0, True)], HOSTILE),
    ):
        assert "<script" not in svg
        ElementTree.fromstring(svg)


def test_convergence_follows_the_best_feasible_trial() -> None:
    values = [(3.0, True), (1.0, False), (2.0, True), (math.inf, False), (5.0, True)]
    svg = convergence([TrialPoint(number, value, feasible) for number, (value, feasible) in enumerate(values)], "J s")
    assert svg.count("<circle") == 4
    assert svg.count("hollow") == 1
    assert svg.count('class="best"') == 1
    assert convergence([TrialPoint(0, math.inf, False)], "J s") == ""
