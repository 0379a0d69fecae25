"""The border: help, exit statuses, one line for each error, only JSON on standard output."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from cosearch.commands import COMMANDS
from tests.cosearch.conftest import QUICK, Cosearch

HEAVY = ("numpy", "numba", "optuna", "networkx", "scipy", "torch", "yaml", "rich")


@pytest.mark.parametrize("words", [["--help"], ["search", "--help"], ["evaluate", "--help"], ["map", "--help"]])
def test_help_imports_nothing_heavy(words: list[str]) -> None:
    code = (
        f"import sys; from cosearch.cli import main; assert main({words!r}) == 0; "
        f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"
    assert "example:" in done.stdout


def test_a_part_that_a_machine_has_not_is_refused_before_the_search_is_loaded() -> None:
    words = ["search", "--machine", "eyeriss_like", "--vary", "L9.capacity=16KB..512KB", "--network", "resnet18"]
    code = (
        f"import sys; from cosearch.cli import main; assert main({words!r}) == 2; "
        "assert 'cosearch.co_search' not in sys.modules and 'numba' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "'L9.capacity' is not known" in done.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str, cosearch: Cosearch) -> None:
    said = cosearch(command, "--help")
    assert said.status == 0
    assert f"cosearch {command}" in said.out
    assert "example:" in said.out
    assert "--json" in said.out


def test_version(cosearch: Cosearch) -> None:
    said = cosearch("--version")
    assert (said.status, said.err) == (0, "")
    assert said.out.startswith("cosearch")


@pytest.mark.parametrize(
    "words, hint",
    [
        (["serch"], "did you mean 'search'?"),
        ([], "COMMAND"),
        (["search", "--trials", "many"], "--trials"),
        (["search", "--no-such-option"], "--no-such-option"),
        (["search", "--network", "resnet51"], "did you mean 'resnet50'?"),
        (["search", "--network", "resnet50,resnet50"], "twice"),
        (["search", "--network", "resnet50", "--space", "ofa-mbv3-w1.0"], "contradicts --network"),
        (["search", "--space", "ofa-mbv3-w1"], "did you mean 'ofa-mbv3-w1."),
        (["search", "--space", "ofa-proxyless-w1.3"], "cannot be predicted"),
        (["search", "--objective", "edpp"], "did you mean 'edp'?"),
        (["search", "--sampler", "cma"], "did you mean 'cmaes'?"),
        (["search", "--node", "44"], "node"),
        (["search", "--trials", "0"], "trials"),
        (["search", "--jobs", "0"], "jobs"),
        (["search", "--seed", "-1"], "seed"),
        (["search", "--time-limit", "nan"], "time-limit"),
        (["search", "--min-accuracy", "nan"], "min-accuracy"),
        (["search", "--confidence", "1"], "confidence: 1.0 must be a probability between 0 and 1"),
        (["search", "--confidence", "0.9", "--network", "resnet50"], "--confidence: 0.9 is for searching a network"),
        (["search", "--resolution", "193"], "resolution"),
        (["search", "--budget", "area=5"], "did you mean 5mm2?"),
        (["search", "--budget", "area=-1mm2"], "greater than zero"),
        (["search", "--budget", "area=5kg"], "no unit of area"),
        (["search", "--budget", "area=nan"], "finite"),
        (["search", "--budget", "area=5mm2", "--budget", "area=6mm2"], "twice"),
        (["networks", "show", "resnet51"], "did you mean 'resnet50'?"),
        (["networks", "show"], "needs a name"),
        (["accelerators", "show", "eyeris"], "did you mean 'eyeriss'?"),
        (["evaluate"], "one of"),
        (["evaluate", "--network", "resnet50"], "--accelerator"),
        (["evaluate", "no-such.yaml"], "cannot be read"),
        (["evaluate", "--nest", "no-such.json"], "cannot be read"),
        (["map", "--layer", "K=64,X=3", "--accelerator", "eyeriss"], "'X' is not known"),
        (["map", "--layer", "K=64,C=0", "--accelerator", "eyeriss"], "at least 1"),
        (["map", "--layer", "resnet50:stemm", "--accelerator", "eyeriss"], "did you mean 'stem'?"),
        (["map", "--layer", "resnet50", "--accelerator", "eyeriss"], "LAYER"),
        (["map", "--layer", "K=4,C=4", "--accelerator", "nvdla"], "did you mean"),
        (["roofline", "resnet50", "eyeris"], "did you mean 'eyeriss'?"),
        (["report", "no-such-run"], "config.yaml"),
        (["dashboard", "no-such-run"], "study.journal"),
    ],
)
def test_bad_usage_is_one_line_and_status_2(
    words: list[str], hint: str, cosearch: Cosearch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    said = cosearch(*words)
    assert said.status == 2
    assert hint in said.err
    assert said.out == ""
    assert not list(tmp_path.rglob("*.*")), "nothing is left behind"


@pytest.mark.parametrize("text", ["accelerator: [1, 2\nnetworks: {", "- a list", "", "schema: 1\nsurprise: 2"])
def test_a_broken_yaml_is_refused(text: str, cosearch: Cosearch, tmp_path: Path) -> None:
    path = tmp_path / "best.yaml"
    path.write_text(text)
    said = cosearch("evaluate", path)
    assert said.status == 2
    assert "best.yaml" in said.err


def test_a_binary_file_is_refused(cosearch: Cosearch, tmp_path: Path) -> None:
    path = tmp_path / "best.yaml"
    path.write_bytes(b"\xff\xfe\x00")
    assert cosearch("evaluate", path).status == 2


def test_an_unreachable_accuracy_ends_at_once_with_the_highest(cosearch: Cosearch, tmp_path: Path) -> None:
    said = cosearch("search", "--min-accuracy", "82", "--out", tmp_path / "run")
    assert said.status == 3
    assert "highest reachable is 77." in said.err
    assert not (tmp_path / "run").exists()


def test_a_confidence_out_of_reach_ends_at_once_with_the_highest_floor(cosearch: Cosearch, tmp_path: Path) -> None:
    words = ["--min-accuracy", "77", "--confidence", "0.9999", "--out", tmp_path / "run"]
    said = cosearch("search", *words)
    assert said.status == 3
    assert "77 % top-1 at any resolution with probability 0.9999: the highest reachable is 7" in said.err
    assert not (tmp_path / "run").exists()


def test_a_budget_below_the_smallest_design_says_so(cosearch: Cosearch, tmp_path: Path) -> None:
    said = cosearch("search", "--network", "alexnet", "--budget", "area=100um2", "--out", tmp_path / "run")
    assert said.status == 3
    assert "exceeds the limit of 100 um2" in said.err
    assert not (tmp_path / "run").exists()


def test_a_budget_that_no_design_meets_names_the_closest_and_the_limit(cosearch: Cosearch, tmp_path: Path) -> None:
    out = tmp_path / "run"
    words = ["search", "--network", "squeezenet1_1", "--budget", "area=2mm2,latency=1us", "--out", out, *QUICK]
    said = cosearch(*words, "--json")
    assert said.status == 3
    assert "closest" in said.err
    assert "exceeds the limit of 1 us" in said.err
    assert said.json["feasible"] is False
    assert said.json["closest"]["violations"][0]["quantity"] == "latency"
    assert not (out / "best.yaml").exists()
    assert "No feasible design" in (out / "report.html").read_text()


def test_a_folder_in_use_is_refused(cosearch: Cosearch, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("precious")
    said = cosearch("search", "--out", tmp_path)
    assert said.status == 2
    assert "in use" in said.err
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_a_file_in_place_of_the_folder_is_refused(cosearch: Cosearch, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert cosearch("search", "--out", tmp_path / "file").status == 2
    assert cosearch("search", "--out", tmp_path / "file" / "run").status == 2


def test_a_read_only_folder_is_refused_before_any_work(
    cosearch: Cosearch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(30, "Read-only file system", str(tmp_path / "run"))

    monkeypatch.setattr(Path, "mkdir", refuse)
    monkeypatch.setattr("cosearch.co_search.CoSearch.run", lambda *_: pytest.fail("it began to work"))
    said = cosearch("search", "--out", tmp_path / "run")
    assert said.status == 2
    assert "Read-only file system" in said.err


def test_networks_show_as_json(cosearch: Cosearch) -> None:
    said = cosearch("networks", "show", "resnet50", "--json")
    assert (said.json["macs"], said.json["params"]) == (4_089_184_256, 25_557_032)
    assert cosearch("networks", "list", "resnet*", "--json").json == ["resnet18", "resnet34", "resnet50", "resnet50d"]


def test_accelerators_show(cosearch: Cosearch) -> None:
    assert "168 MACs" in cosearch("accelerators", "show", "eyeriss").out
    assert cosearch("accelerators", "show", "eyeriss", "--json").json["macs_per_cycle"] == 168


def test_map_prints_a_loop_nest(cosearch: Cosearch) -> None:
    said = cosearch("map", "--layer", "K=8,C=4,P=6,Q=6,R=3,S=3", "--accelerator", "nvdla_256", "--evaluations", "50")
    assert said.status == 0
    assert "parallel for k" in said.out
    data = cosearch(
        "map",
        "--layer",
        "K=8,C=4,P=6,Q=6,R=3,S=3,stride=2",
        "--accelerator",
        "nvdla_256",
        "--evaluations",
        "50",
        "--json",
    ).json
    assert data["cost"]["macs"] == 8 * 4 * 36 * 9


def test_roofline_loses_nothing_below_the_roof(cosearch: Cosearch) -> None:
    data = cosearch("roofline", "alexnet", "nvdla_256", "--evaluations", "50", "--json").json
    for layer in data["layers"]:
        assert layer["achieved_macs_per_cycle"] <= layer["attainable_macs_per_cycle"] * (1 + 1e-12)


def test_evaluate_network_as_json(cosearch: Cosearch) -> None:
    data = cosearch(
        "evaluate", "--network", "alexnet", "--accelerator", "nvdla_256", "--evaluations", "50", "--json"
    ).json
    (network,) = data["networks"]
    assert network["edp_js"] == pytest.approx(network["energy_pj"] * 1e-12 * network["latency_s"])


def test_evaluate_nest(cosearch: Cosearch, tmp_path: Path) -> None:
    path = tmp_path / "nest.json"
    path.write_text(
        '{"layer": {"K": 4, "C": 2, "P": 3}, "levels": ['
        '{"name": "DRAM", "temporal": [["K", 2]]}, {"name": "L1", "temporal": [["K", 1], ["C", 1], ["P", 1]]}]}'
    )
    data = cosearch("evaluate", "--nest", path, "--json").json
    assert data["compute_cycles"] == data["macs"] == 24
    assert data["levels"]["DRAM"]["W"] == {"reads": 8, "fills": 0, "updates": 0}


def test_map_proves_the_known_optimum_of_a_timeloop_problem(cosearch: Cosearch, tmp_path: Path) -> None:
    """A 16 x 16 x 16 product on one MAC: Timeloop's exhaustive mapper and AccelForge both find 185,600 pJ."""
    memory = "name: {}, instances: 1, meshX: 1, word-bits: 8, block-size: 1, vector-access-energy: {}"
    levels = [memory.format("RF", 1.0) + ", entries: 96", memory.format("GLB", 6.0) + ", entries: 4096"]
    levels.append(memory.format("DRAM", 200.0) + ", technology: DRAM")
    storage = ", ".join(f"{{{level}}}" for level in levels)
    (tmp_path / "case.yaml").write_text(
        "arch:\n  arithmetic: {name: MACs, instances: 1, meshX: 1, word-bits: 8, energy: 1, area: 200}\n"
        f"  storage: [{storage}]\n"
        "problem: {shape: cnn-layer, R: 1, S: 1, P: 16, Q: 1, C: 16, K: 16, N: 1,"
        " Wstride: 1, Hstride: 1, Wdilation: 1, Hdilation: 1}\n"
    )
    options = ("--timeloop", str(tmp_path), "--mapper", "optimal", "--tiles", "perfect", "--objective", "energy")
    data = cosearch("map", *options, "--json").json
    assert (data["energy_pj"], data["lower_bound"], data["gap"], data["proven"]) == (185600, 185600, 0, True)
    drained = cosearch("map", *options, "--convention", "drain-reads", "--json").json
    assert (drained["energy_pj"], drained["proven"]) == (187392, True)


def test_map_joins_the_layers_of_a_network(cosearch: Cosearch) -> None:
    words = (
        "map",
        "--network",
        "squeezenet1_1",
        "--resolution",
        "64",
        "--accelerator",
        "nvdla_256",
        "--tiles",
        "perfect",
    )
    data = cosearch(*words, "--mapper", "optimal", "--json").json
    layers = data["layers"]
    assert data["proven"]
    assert sum(row["count"] * row["energy_pj"] for row in layers) == pytest.approx(data["energy_pj"])
    assert sum(row["count"] * row["cycles"] for row in layers) == pytest.approx(data["cycles"])
    assert data["edp"] == pytest.approx(data["energy_pj"] * 1e-12 * data["latency_s"])
    summed = cosearch(*words, "--evaluations", "30", "--aggregate", "layers", "--json").json
    assert summed["edp"] < data["edp"] <= data["edp_of_layer_optima"]
    products = sum(row["count"] * row["energy_pj"] * row["cycles"] for row in summed["layers"])
    assert summed["edp"] == pytest.approx(products * data["latency_s"] / data["cycles"] * 1e-12)
    said = cosearch(*words, "--evaluations", "30").out
    assert "EDP of the network" in said
    assert "fire2.squeeze" in said


@pytest.mark.parametrize(
    "words, named",
    [
        (["--network", "squeezenet1_1"], "needs --accelerator"),
        (["--network", "squeezenet1_1", "--layer", "K=4", "--accelerator", "eyeriss"], "brings its own layers"),
        (["--network", "squeezenet1_1", "--objective", "energy", "--accelerator", "eyeriss"], "is not edp"),
        (["--layer", "K=4", "--accelerator", "eyeriss", "--aggregate", "layers"], "goes with --network"),
        (["--layer", "K=4", "--accelerator", "eyeriss", "--resolution", "64"], "goes with --network"),
        (["--network", "squeeznet", "--accelerator", "eyeriss"], "did you mean"),
    ],
)
def test_map_refuses_what_does_not_go_together(words: list[str], named: str, cosearch: Cosearch) -> None:
    said = cosearch("map", *words)
    assert said.status == 2
    assert named in said.err


def test_map_refuses_a_layer_beside_timeloop_files(cosearch: Cosearch, tmp_path: Path) -> None:
    done = cosearch("map", "--timeloop", str(tmp_path), "--layer", "K=4")
    assert done.status == 2
    assert "leave --layer out" in done.err


@pytest.mark.parametrize(
    "text",
    [
        "postgresql://bob:hunter2@host/db",
        "postgresql://bob:hunt'er2 \"x@host/db",
        "postgresql://bob:hunter2",
        "password=hunter2",
    ],
)
def test_no_password_is_said_wherever_it_stands(text: str, cosearch: Cosearch, tmp_path: Path) -> None:
    config = tmp_path / "run.toml"
    for words in (
        [text],
        ["evaluate", text],
        ["dashboard", text],
        ["search", "--trials", text],
        ["search", "--cluster", text],
    ):
        said = cosearch(*words)
        assert said.status == 2
        assert "hunt" not in said.out + said.err
    for line in ("storage = [{}]", "seed = {}", "storage = {}"):
        config.write_text(line.format(json.dumps(text)))
        said = cosearch("search", "--config", config, "--study-name", text, "--out", tmp_path / "run")
        assert said.status in (1, 2)
        assert "hunt" not in said.out + said.err


@pytest.mark.parametrize(
    "words", [["search", "--budget=--"], ["map", "--layer=--"], ["search", f"--batch={'9' * 5000}"]]
)
def test_a_value_that_is_none_is_one_short_line(words: list[str], cosearch: Cosearch) -> None:
    said = cosearch(*words)
    assert said.status == 2
    assert len(said.err.splitlines()[-1]) < 300


def test_errors_hold_nothing_that_does_not_print(cosearch: Cosearch, tmp_path: Path) -> None:
    folder = tmp_path / "\x1b[31m\u202ered"
    folder.mkdir()
    said = cosearch("prove", folder)
    assert said.status == 4
    assert said.err.strip().isprintable()
    said = cosearch("report", tmp_path / ("long" * 1000))
    assert said.status == 2
    assert len(said.err) < 500


@pytest.mark.parametrize(
    "words",
    [
        ["map", "--layer", "K=4", "--seed", "-1"],
        ["groups", "--network", "squeezenet1_1", "--capacity", "9" * 5000],
        ["groups", "--network", "squeezenet1_1", "--capacity", "Ki"],
        ["nas", "search", "--resolution", "²"],
        ["nas", "search", "--weights", "latency=1,latency=2"],
        ["search", "--cluster", f"tcp://host:{'9' * 5000}"],
        ["search", "--objectives", ""],
        ["search", "--network", "squeezenet1_1", "--outputs", ""],
        ["search", "--network", "squeezenet1_1", "--data", "digits"],
    ],
)
def test_numbers_that_are_none_are_refused(words: list[str], cosearch: Cosearch) -> None:
    said = cosearch(*words)
    assert said.status == 2
    assert said.err.startswith("cosearch: ")
