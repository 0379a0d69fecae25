"""The report: whole, self-contained, well formed, and hostile names escaped."""

from __future__ import annotations

import csv
import dataclasses
import json
import math
import re
import shlex
import shutil
import statistics
import xml.etree.ElementTree as ElementTree
from collections.abc import Sequence
from html.parser import HTMLParser
from pathlib import Path

import pytest
import yaml

from accel_models import Accelerator, Axis, Level, LevelLoops, Loop, Mapping, evaluate, load_accelerator, roofline
from accel_models.roofline import RooflinePoint
from cosearch.cli import main
from cosearch.evaluation.front import shares_dominated
from cosearch.evaluation.winner import AccuracyFloor, accuracy_to_dict, winner_to_dict
from cosearch.reports import write_report
from cosearch.reports.chart import Chart
from cosearch.reports.charts import bars, best_so_far, convergence, dominated, generations, layer_columns, trade_off
from cosearch.reports.compare import who_wins
from cosearch.reports.figure import Figure, Scale
from cosearch.reports.machine import draw
from cosearch.reports.roofline import NetworkRoofline
from cosearch.reports.roofline_chart import roofline_chart
from cosearch.reports.run import read_run
from cosearch.reports.summary import describe_accuracy
from cosearch.reports.tables import Cell, table
from cosearch.studies.replay import read_best
from cosearch.studies.study import TrialPoint
from nets.accuracy import Accuracy
from nets.errors import InputError
from nets.layer import Layer
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
        self.ids: list[str] = []
        self.plots: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        self.loads += [str(value) for name, value in attrs if name in ("src", "href")]
        self.ids += [str(value) for name, value in attrs if name == "id"]
        given = dict(attrs)
        if given.get("class") == "plot":
            assert given["aria-label"]
            assert given["aria-describedby"] == f"{given['id']}-desc"
            self.plots.add(str(given["id"]))
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
    assert page.seen.count("svg") == page.seen.count("desc") == 1  # the machine
    assert page.plots >= {"area", "convergence", "energy", "roofline", "layers"}  # fronts where there are
    assert page.seen.count("caption") == page.seen.count("table") >= 2
    assert page.seen.count("figcaption") == len(page.plots) + 1
    assert (finished_run / "report.html").stat().st_size < 3_000_000
    assert len(set(page.ids)) == len(page.ids)


def test_the_page_says_how_sure_the_floor_is(finished_run: Path) -> None:
    """And so do its data, and the file of the design, which replays it."""
    said = "the floor of 75 % holds with probability 0."
    assert said in (finished_run / "report.html").read_text()
    known = json.loads((finished_run / "report.json").read_text())["winner"]["networks"][0]["accuracy"]
    accuracy = read_best(finished_run / "best.yaml").winner.accuracies[0]
    assert accuracy is not None
    assert known["floor"] == 75.0
    assert known["confidence"] is None
    assert known["probability"] == accuracy.probability(75.0) >= 0.5


@pytest.mark.parametrize(
    "top1, error, floor, words",
    [
        (
            75.0,
            0.38,
            AccuracyFloor(75.0),
            "the floor of 75 % holds with probability 0.50: --confidence 0.9 asks for more",
        ),
        (75.6, 0.38, AccuracyFloor(75.0, 0.9), "holds with probability 0.94 (0.9 was asked for)"),
        (77.0, 0.38, AccuracyFloor(75.0), "holds with probability 0.9999"),
    ],
)
def test_words_about_a_floor(top1: float, error: float, floor: AccuracyFloor, words: str) -> None:
    """Never more than it is."""
    assert describe_accuracy(Accuracy(top1, error, "measured"), floor).endswith(words)


def test_a_published_accuracy_says_nothing_of_floors() -> None:
    published = Accuracy(76.13, math.nan, "published")
    assert describe_accuracy(published, AccuracyFloor(75.0)) == describe_accuracy(published)
    assert accuracy_to_dict(published, AccuracyFloor(75.0))["accuracy"]["probability"] is None


@pytest.mark.parametrize(
    "floor, rule",
    [
        ("high", "must be a mapping"),
        ({"confidence": 0.9}, "top1_percent"),
        ({"top1_percent": 175}, "must be a percentage between 0 and 100"),
        ({"top1_percent": 75, "confidence": 2}, "must be a probability between 0 and 1"),
        ({"top1_percent": 75, "sure": True}, "'sure' is not known"),
    ],
)
def test_a_floor_that_is_none_is_refused(floor: object, rule: str, finished_run: Path, tmp_path: Path) -> None:
    data = yaml.safe_load((finished_run / "best.yaml").read_text())
    (tmp_path / "best.yaml").write_text(yaml.safe_dump(data | {"floor": floor}))
    with pytest.raises(InputError, match=rule):
        read_best(tmp_path / "best.yaml")


def test_a_design_without_a_floor_is_read_as_before(finished_run: Path, tmp_path: Path) -> None:
    data = yaml.safe_load((finished_run / "best.yaml").read_text())
    del data["floor"]
    (tmp_path / "best.yaml").write_text(yaml.safe_dump(data))
    assert read_best(tmp_path / "best.yaml").winner.floor is None


def test_the_page_follows_the_screen(finished_run: Path) -> None:
    text = (finished_run / "report.html").read_text()
    assert '<meta name="viewport" content="width=device-width, initial-scale=1">' in text
    assert text.partition("</style>")[0].count("prefers-color-scheme: dark") == 2  # the page's own and the colours
    assert '<html lang="en"' in text


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


def data_of(html: str) -> str:
    """What a chart's place in the page holds for the library."""
    found = re.search(r'<script type="application/json">(.*?)</script>', html, re.DOTALL)
    assert found
    return found[1]


def hostile_figures() -> list[Chart | Figure | None]:
    layer = Layer(name=HOSTILE, K=6, C=8)
    level = Level(name=HOSTILE, shared_bandwidth=2.0, fanout=(Axis(HOSTILE, 4, ("K",)),))
    machine = Accelerator(
        name=HOSTILE,
        levels=(level, Level(name="<L1>", area_mm2=1.0)),
        mac_area_mm2=1.0,
        other_area_mm2={"<b>": 3.0},
    )
    nest = Mapping((LevelLoops(HOSTILE, (Loop("K", 4), Loop("C", 1)), (Loop("K", 1, HOSTILE),)), LevelLoops("<L1>")))
    points = roofline(layer, machine, {HOSTILE: evaluate(layer, machine, nest)})
    trials = [TrialPoint(number, 1.0 + number, True, {"area_mm2": 1.0 + number}) for number in range(2)]
    return [
        bars("bars", {HOSTILE: 2.0, "L2": 1.0}, HOSTILE, HOSTILE),
        layer_columns("columns", [(HOSTILE, 1.0, 2.0)], HOSTILE),
        convergence(trials, HOSTILE, HOSTILE, 2),
        trade_off(trials, "area_mm2", HOSTILE, HOSTILE, HOSTILE, grows=False),
        best_so_far({HOSTILE: trials}, HOSTILE),
        draw(machine),
        roofline_chart([NetworkRoofline(HOSTILE, machine, points, [1.0])] * 2),
    ]


def test_hostile_names_are_escaped_in_every_figure() -> None:
    for figure in hostile_figures():
        assert figure is not None
        ElementTree.fromstring(figure.file())
        assert "<script>" not in figure.file()
        page = Balanced()
        page.feed(figure.inline())
        assert page.open == []
        assert "<script>" not in figure.inline()
        if isinstance(figure, Chart):
            words = json.dumps(json.loads(data_of(figure.inline())))
            assert not re.search(r"<(?!br>|/?extra>)", words)  # nothing that the library would read as HTML


def test_hostile_names_are_escaped_in_tables() -> None:
    html = table(HOSTILE, [HOSTILE], [[Cell(HOSTILE, folded=HOSTILE)], [HOSTILE]], sortable=True)
    page = Balanced()
    page.feed(html)
    assert page.open == []
    assert "script" not in page.seen


def test_a_hostile_folder_and_hostile_options_are_escaped(finished_run: Path, tmp_path: Path) -> None:
    copy = tmp_path / "<script>alert(1)<\n'& x"
    shutil.copytree(finished_run, copy)
    config = yaml.safe_load((copy / "config.yaml").read_text())
    config["options"]["space"] = HOSTILE + "\n<script>"
    (copy / "config.yaml").write_text(yaml.safe_dump(config))
    text = write_report(copy, svg=True).read_text()
    page = Balanced()
    page.feed(text)
    assert text.count("<script>") == 2  # the page's own
    assert page.open == []
    names = {path.name for path in (copy / "figures").iterdir()}
    assert {"machine.svg", "roofline.svg", "convergence.svg", "energy.svg"} <= names
    for path in (copy / "figures").iterdir():
        ElementTree.parse(path)


def test_a_run_without_a_feasible_design_says_so(tmp_path: Path, cosearch: Cosearch) -> None:
    folder = tmp_path / "run"
    words = ["--budget", "area=2mm2,power=0.001mW", "--network", "mobilenet_v2", "--trials", "4", "--evaluations", "20"]
    assert cosearch("search", *words, "--jobs", "1", "--quiet", "--out", folder).status == 3
    text = (folder / "report.html").read_text()
    assert "No feasible design" in text
    assert re.search(r"The closest is trial \d: power .* exceeds the limit of 0.001 mW", text)
    page = Balanced()
    page.feed(text)
    assert page.open == []
    assert page.plots == {"convergence"}
    data = json.loads((folder / "report.json").read_text())
    assert (data["schema"], data["feasible"]) == (1, False)


def test_figures_for_programs_are_those_of_the_winner(finished_run: Path) -> None:
    best = read_best(finished_run / "best.yaml")
    data = json.loads((finished_run / "report.json").read_text())
    assert data["schema"] == 1
    assert data["winner"] == json.loads(json.dumps(winner_to_dict(best.winner, best.objective)))
    assert math.fsum(layer["time_share"] for layer in data["rooflines"][0]["layers"]) <= 1 + 1e-9
    with (finished_run / "report.csv").open(newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert {row["schema"] for row in rows} == {"1"}
    energies = [float(row["value"]) for row in rows if (row["quantity"], row["unit"]) == ("energy", "pJ")]
    layers = best.winner.costs[0].layers
    assert energies[0] == best.winner.costs[0].energy_pj
    assert math.fsum(energies[-len(layers) :]) == pytest.approx(best.winner.costs[0].energy_pj)


def test_the_command_in_the_report_is_the_one_that_ran(
    finished_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It runs as it stands, and asks what was asked."""
    run = read_run(finished_run)
    assert run.command.startswith("cosearch search --budget area=5mm2 --space ofa-mbv3-w1.0 --min-accuracy 75.0")
    assert "--trials 4 --evaluations 20 --last-evaluations 60" in run.command
    monkeypatch.chdir(tmp_path)
    assert main([*shlex.split(run.command)[1:], "--dry-run"]) == 0
    turned = dataclasses.replace(run, options={**run.options, "standing_costs": True, "fuse": "auto", "seed": 0})
    assert {"--standing-costs", "--fuse", "auto", "--seed", "0"} <= set(words := shlex.split(turned.command)[1:])
    assert main([*words, "--dry-run"]) == 0


def test_the_hypervolume_is_that_of_the_search() -> None:
    figures = [(1.0, 2.0, 70.0), (2.0, 1.0, 72.0), (0.1, 0.1, 80.0), (4.0, 4.0, 69.0), (0.5, 1.5, 74.0)]
    trials = [
        TrialPoint(number, 1.0, number != 2, {"area_mm2": area, "latency_ms": latency, "top1_percent": top1})
        for number, (area, latency, top1) in enumerate(figures)
    ]
    figure = dominated(trials, ["area", "latency", "accuracy"], 2)
    assert figure is not None
    losses = [[math.log(area), math.log(latency), -top1] for area, latency, top1 in figures]
    shares = shares_dominated([losses[0], losses[1], None, *losses[3:]], 2)
    assert 0 < shares[0] == shares[1] < shares[2] < 1  # what breaks a limit dominates nothing
    svg = figure.file()
    assert all(f"generation {number}: {share:.1%}" in svg for number, share in enumerate(shares))
    assert dominated(trials, ["power"], 2) is None


def test_the_drawing_keeps_areas_to_scale() -> None:
    machine = load_accelerator("nvdla_1024")
    figure = draw(machine)
    assert figure is not None
    parts = {}
    for mark in ElementTree.fromstring(figure.file()).iter("{http://www.w3.org/2000/svg}rect"):
        title = mark.find("{http://www.w3.org/2000/svg}title")
        if title is not None and title.text:
            parts[title.text.partition(":")[0]] = float(mark.get("width", 0)) * float(mark.get("height", 0))
    areas = machine.area_breakdown_mm2()
    areas["array"] = areas.pop("L1") + areas.pop("MAC")
    for name, area in areas.items():
        assert parts[name] / parts["array"] == pytest.approx(area / areas["array"], rel=0.01)
    l1 = machine.levels[-1].area_mm2
    assert parts["L1"] / parts["MAC"] == pytest.approx(l1 / machine.mac_area_mm2, rel=0.01)


def test_a_log_scale_has_round_ticks_in_its_span() -> None:
    scale = Scale(0.8, 4000.0, 0.0, 100.0)
    assert scale.ticks() == [1, 10, 100, 1000]
    assert scale.at(0.8) == 0
    assert scale.at(4000.0) == pytest.approx(100)
    assert Scale(0.0, 1.0, 0, 1, logarithmic=False).ticks() == pytest.approx([0, 0.5, 1])
    for span in (1e-9, 3.0, 1e12):
        around = Scale.around([2.0, 2.0 + span], 0, 1)
        assert 1 <= len(around.ticks()) <= 12


def test_convergence_follows_the_best_feasible_trial() -> None:
    values = [(3.0, True), (1.0, False), (2.0, True), (math.inf, False), (5.0, True)]
    trials = [TrialPoint(number, value, feasible) for number, (value, feasible) in enumerate(values)]
    chart = convergence(trials, "EDP", "J s", 3)
    assert chart is not None
    drawn = {one.name: (list(one.x), list(one.y)) for one in chart.series}
    assert drawn["keeps every limit"] == ([0, 2, 4], [3.0, 2.0, 5.0])
    assert drawn["breaks a limit"] == ([1], [1.0])
    assert drawn["best so far"] == ([0, 2, 4], [3.0, 2.0, 2.0])
    # of 3, 1 and 2; the second generation has one value
    assert drawn["median of a generation"] == ([-0.5, 2.5], [2.0, 2.0])
    assert drawn["quartiles of a generation"] == ([-0.5, 2.5, 2.5, -0.5], [2.5, 2.5, 1.5, 1.5])
    assert chart.file().count("<title>trial ") == 4
    assert convergence([TrialPoint(0, math.inf, False)], "EDP", "J s", 3) is None


def test_generations_are_a_table_too(finished_run: Path) -> None:
    trials = read_run(finished_run).trials
    (only,) = generations(trials, 12)
    assert (only.number, only.first, only.last) == (0, 0, 3)
    assert only.quartiles is not None
    assert only.quartiles[1] == pytest.approx(statistics.median(trial.value for trial in trials))
    assert only.best == min(trial.value for trial in trials if trial.feasible)
    text = (finished_run / "report.html").read_text()
    assert "What every generation found" in text
    assert f">{only.best:.4g}</td>" in text


def test_generations_without_values_have_no_quartiles() -> None:
    trials = [
        TrialPoint(0, math.inf, False),
        TrialPoint(1, 3.0, False),
        TrialPoint(2, 2.0, True),
        TrialPoint(3, 1.0, True),
    ]
    first, second = generations(trials, 2)
    assert (first.quartiles, first.feasible, first.best) == (None, 0, math.inf)
    assert (second.quartiles, second.feasible, second.best) == ((1.25, 1.5, 1.75), 2, 1.0)


def test_colours_of_a_roofline_mean_the_same_whatever_comes_first() -> None:
    machine = load_accelerator("nvdla_256")
    bound_by_dram, bound_by_array = Layer(name="fc", K=64, C=64), Layer(name="conv", K=64, C=64, P=56, Q=56, R=3, S=3)
    colours = set()
    for layers in ([bound_by_dram, bound_by_array], [bound_by_array, bound_by_dram]):
        points = [point for layer in layers for point in roofline(layer, machine)]
        assert {point.bound_by for point in points} == {"DRAM", "compute"}
        chart = roofline_chart([NetworkRoofline("net", machine, mapped(points), [0.5, 0.5])])
        colours |= {one.colour for one in chart.series if one.name == "bound by DRAM"}
    assert colours == {"orange"}


def mapped(points: Sequence[RooflinePoint]) -> list[RooflinePoint]:
    """As if each layer reached what is attainable."""
    return [dataclasses.replace(point, achieved=point.attainable) for point in points]


def test_a_point_of_the_roofline_names_its_layer_and_opens_its_row(finished_run: Path) -> None:
    text = (finished_run / "report.html").read_text()
    cost = read_best(finished_run / "best.yaml").winner.costs[0]
    (place,) = re.findall(r'<div class="plot" id="roofline".*?data-opens="([^"]*)"', text)
    rows = re.search(rf'<table class="sortable" id="{place}">(.*?)</table>', text, re.DOTALL)
    assert rows
    data = json.loads(data_of(text[text.index('id="roofline"') :]))["data"]
    layers = [name for trace in data if trace.get("meta") == "layers" for name in trace["text"]]
    assert sorted(layers) == sorted(layer.layer.name for layer in cost.layers if layer.mapping is not None)
    folded = dict(re.findall(r"<summary>(.*?)</summary><pre>(.*?)</pre>", rows[1], re.DOTALL))
    assert sorted(folded) == sorted(layers)
    for layer in cost.layers:
        if layer.mapping is not None:
            words = folded[layer.layer.name]
            assert f"bound by {'the array' if layer.bound_by == 'compute' else layer.bound_by}" in words
            assert "MACs a byte" in words


def test_who_wins_where_names_the_run_that_is_best_from_each_area_on() -> None:
    runs = {
        "small": [TrialPoint(0, 4.0, True, {"area_mm2": 1.0}), TrialPoint(1, 3.5, True, {"area_mm2": 4.0})],
        "large": [TrialPoint(0, 3.0, True, {"area_mm2": 2.0}), TrialPoint(1, 0.1, False, {"area_mm2": 1.0})],
        "none": [TrialPoint(0, 0.1, False, {"area_mm2": 1.0})],
    }
    chart = who_wins(runs, "J s")
    assert chart is not None
    assert chart.description == "The best of all is from 1 mm2 on small, from 2 mm2 on large."
    assert [one.name for one in chart.series] == ["small", "large"]
    assert who_wins({"none": runs["none"]}, "J s") is None
