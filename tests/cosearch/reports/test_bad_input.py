"""Folders and names that no search wrote: refused in one line, or escaped wherever they come out."""

from __future__ import annotations

import csv
import json
import shutil
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from accel_models import load_accelerator
from cosearch import MapperOptions, layers_frame, map_networks, network_roofline, roofline_chart
from cosearch.reports.printable import one_line
from cosearch.reports.tables import layer_table
from cosearch.studies.run_folder import SCHEMA
from nets import Layer, Network
from tests.cosearch.conftest import Cosearch
from tests.cosearch.reports.test_page import Balanced

HOSTILE = "<script>alert(1)</script>[/b]\n../../\"'&\x1b[31m"


def edited(path: Path, change: Callable[[dict[str, Any]], None]) -> None:
    data = yaml.safe_load(path.read_text())
    change(data)
    path.write_text(yaml.safe_dump(data))


@pytest.mark.parametrize(
    "name, content, said",
    [
        ("config.yaml", b"\xff\xfe", "is not text"),
        ("config.yaml", b"options: {a: ", "is not sound YAML"),
        ("config.yaml", b"schema: 2\n", "schema: 2 must be 3"),
        (
            "config.yaml",
            b"schema: 1\noptions: {}\nversions: {cosearch: 0.0.1}\n",
            f"must be {SCHEMA}, which this version reads",
        ),
        ("config.yaml", b"schema: 1\noptions: {}\nversions: {cosearch: 0.0.1}\n", "cosearch 0.0.1 wrote it"),
        ("config.yaml", b"options: {}\n", "'schema' is missing"),
        ("best.yaml", b"schema: 7\n", "is missing"),
        ("pareto.csv", b"\xff\xfe", "is not text"),
        ("pareto.csv", b"trial,area\n1,2\n", "column: 'area_mm2' is missing; fronts have it; rename 'area'"),
        ("explanation.json", b"[]", "is not of schema 1"),
        ("explanation.json", b'{"schema": 1}', "is not of schema 1"),
        ("explanation.json", b'{"schema": 1, "words": 3, "sensitivity": [], "wiring": [], "objective": ""}', "explain"),
        ("study.journal", b"nothing\n", "study.journal: line 1: 'nothing' is no entry of a study"),
        ("study.journal", b"[]\n\xff\n", "line 1: [] is no entry of a study, which is an object of JSON"),
        ("study.journal", b"{}\n", "is no study of a co-search"),
        ("study.journal", b"", "holds no study of a co-search"),
        ("config.yaml", b"# later\n", "says nothing, or nothing but comments"),
    ],
)
def test_a_folder_of_another_make_is_refused(
    name: str, content: bytes, said: str, finished_run: Path, tmp_path: Path, cosearch: Cosearch
) -> None:
    run = tmp_path / "run"
    shutil.copytree(finished_run, run)
    before = (run / "report.html").read_bytes()
    (run / name).write_bytes(content)
    answer = cosearch("report", run)
    assert (answer.status, answer.out) == (2, "")
    assert said in answer.err
    assert answer.err.count("\n") == 1
    assert (run / "report.html").read_bytes() == before


@pytest.mark.parametrize(
    "baselines", [3, [3], [{}], [{"name": "x", "ratio": "y"}], [{"name": "x", "ratio": 1.0, "area_mm2": 1.0}]], ids=str
)
def test_baselines_that_no_search_wrote_are_refused(
    baselines: Any, finished_run: Path, tmp_path: Path, cosearch: Cosearch
) -> None:
    run = tmp_path / "run"
    shutil.copytree(finished_run, run)
    edited(run / "best.yaml", lambda data: data.update(baselines=baselines))
    for command in (["report", run], ["evaluate", run / "best.yaml"]):
        answer = cosearch(*command)
        assert (answer.status, answer.out) == (2, "")
        assert "baselines" in answer.err


def test_hostile_names_in_a_run_come_out_escaped(finished_run: Path, tmp_path: Path, cosearch: Cosearch) -> None:
    run = tmp_path / HOSTILE.replace("/", "|")
    shutil.copytree(finished_run, run)

    def change(best: dict[str, Any]) -> None:
        best["baselines"][0]["name"] = HOSTILE
        best["accelerator"]["name"] = HOSTILE
        best["budget"] = HOSTILE

    edited(run / "best.yaml", change)
    edited(run / "config.yaml", lambda data: data["options"].update(networks=[HOSTILE]))
    assert cosearch("report", run, "--svg").status == 0
    page = Balanced()
    page.feed((run / "report.html").read_text())
    assert page.open == []
    assert (run / "report.html").read_text().count("<script>") == 2  # the page's own
    for figure in (run / "figures").iterdir():
        assert "<script" not in figure.read_text()
        ElementTree.parse(figure)
    with (run / "report.csv").open(newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert {len(row) for row in rows} == {7}
    assert {row["run"] for row in rows} == {run.name}
    assert json.loads((run / "report.json").read_text())["run"] == run.name
    said = cosearch("evaluate", run / "best.yaml")
    assert said.status == 0
    assert "\x1b" not in said.out
    assert "[/b]" in said.out.replace("\n", "")  # not taken for markup


def hostile_network() -> Network:
    network = Network(HOSTILE, resolution=8)
    network.add(Layer(name=HOSTILE, K=8, C=8, P=4, Q=4))
    return network


def test_hostile_names_of_networks_come_out_escaped(tmp_path: Path) -> None:
    network = hostile_network()
    (cost,) = map_networks([network], load_accelerator("nvdla_256"), MapperOptions(), 20).costs
    roof = network_roofline(cost)
    svg = roofline_chart([roof, roof]).file()
    assert "<script" not in svg.replace("\n", "")
    ElementTree.fromstring(svg)
    page = Balanced()
    page.feed(layer_table(cost, roof, "rows"))
    assert page.open == []
    assert "script" not in page.seen
    pytest.importorskip("pandas")
    layers_frame([cost]).to_csv(tmp_path / "layers.csv", index=False)
    with (tmp_path / "layers.csv").open(newline="") as lines:
        assert [(row["network"], row["name"]) for row in csv.DictReader(lines)] == [(HOSTILE, HOSTILE)]


def test_hostile_names_of_a_machine_do_not_reach_the_terminal(tmp_path: Path, cosearch: Cosearch) -> None:
    machine = {
        "kind": "structure", "name": HOSTILE, "dram_bandwidth": 4.0, "node_nm": 45,
        "levels": [
            {"name": HOSTILE + "0", "memory": "dram"},
            {"name": HOSTILE + "1", "memory": "sram", "capacity_bytes": 65536, "width_bits": 64,
             "fanout": [{"name": HOSTILE, "size": 8, "dims": ["K"]}]},
            {"name": "L1", "memory": "flops", "capacity_bytes": 64, "width_bits": 8},
        ],
    }  # fmt: skip
    path = tmp_path / "machine.yaml"
    path.write_text(yaml.safe_dump(machine))
    svg = tmp_path / "roof.svg"
    for words in (
        ["accelerators", "show", path],
        ["map", "--layer", "K=8,C=8,P=4,Q=4", "--accelerator", path, "--evaluations", 20],
        ["roofline", "alexnet", path, "--evaluations", 5, "--svg", svg],
        ["evaluate", "--network", "alexnet", "--accelerator", path, "--evaluations", 5],
    ):
        said = cosearch(*words)
        assert said.status == 0, said.err
        assert "\x1b" not in said.out
    ElementTree.parse(svg)
    assert "<script" not in svg.read_text()


def test_a_name_on_one_line() -> None:
    assert one_line("a\nb\tc\x1b[1m é") == "a\\nb\\tc\\x1b[1m é"


def test_where_a_plot_or_a_dashboard_cannot_go_is_said_before_the_work(
    finished_run: Path, tmp_path: Path, cosearch: Cosearch
) -> None:
    said = cosearch("roofline", "alexnet", "nvdla_256", "--svg", tmp_path / "none" / "roof.svg")
    assert (said.status, said.out) == (2, "")
    assert "does not exist" in said.err
    for port in (0, 70000):
        assert "from 1 to 65535" in cosearch("dashboard", finished_run, "--port", port).err
    (tmp_path / "study.journal").write_text("nothing\n")
    assert "no journal" in cosearch("dashboard", tmp_path).err
    (tmp_path / "study.journal").write_bytes(b"\xff\n")
    assert "is not text" in cosearch("dashboard", tmp_path).err
