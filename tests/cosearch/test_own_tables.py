"""A search with one's own space, accuracies and device: what is found, what is kept of it, and what is refused."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import yaml

from cosearch import Budget, CoSearch
from cosearch.cli import main
from nets.accuracy import write_predictor
from nets.accuracy.train import read_pairs, train, write_pairs
from nets.errors import InputError
from nets.latency import build_layer_table, write_layer_table
from nets.spaces import all_codes, load_space, registry
from tests.cosearch.conftest import Cosearch
from tests.nets.spaces.own import SMALL

QUICK = ["--budget", "area=1mm2", "--trials", "4", "--evaluations", "4", "--last-evaluations", "4", "--jobs", "1"]
QUICK += ["--last-mapper", "cmaes", "--no-baselines", "--quiet"]
SPACE = load_space(SMALL)
EVERY = [SPACE.decode(codes) for codes in all_codes(SPACE)]
MACS = np.array([SPACE.macs_params(config)[0] for config in EVERY], dtype=np.float64)
TOP1 = np.round(60 + 10 * np.log10(MACS / MACS.min()), 2)


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Accuracies of some networks, of few, and a table of a phone that does a million MACs in 10 ms."""
    folder = tmp_path_factory.mktemp("tables")
    write_pairs(folder / "top1.csv", SPACE, EVERY[::3], TOP1[::3])
    write_pairs(folder / "few.csv", SPACE, EVERY[::15], TOP1[::15])
    blocks = [block for resolution in SPACE.resolutions for block in SPACE.all_blocks(resolution)]
    costs = {layer.shape_key: 1e-5 * layer.macs for block in blocks for layer in block.layers}
    write_layer_table(build_layer_table("phone", blocks, costs), folder / "phone.yaml")
    return folder


@pytest.fixture(scope="module")
def run(tables: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a search with all of them."""
    folder = tmp_path_factory.mktemp("runs") / "own"
    own = ["--space", SMALL, "--predictor", tables / "few.csv", "--min-accuracy", "64"]
    own += ["--latency", tables / "phone.yaml", "--latency-limit", "1.5"]
    assert main([str(word) for word in ["search", *own, *QUICK, "--out", folder]]) == 0
    return folder


def test_what_is_found_was_measured_and_keeps_the_limit_elsewhere(run: Path, cosearch: Cosearch) -> None:
    figures = cosearch("evaluate", run / "best.yaml", "--json").json
    (network,) = figures["networks"]
    row = EVERY.index(network["config"])
    assert row % 15 == 0
    assert network["accuracy"]["top1_percent"] == TOP1[row] >= 64
    assert network["accuracy"]["measured"]
    assert figures["elsewhere"]["ms"] == pytest.approx(1e-5 * MACS[row])
    assert figures["elsewhere"]["ms"] <= 1.5
    assert figures["found_by"] == "each priced, exact"  # of the few that were measured, and no others
    said = cosearch("evaluate", run / "best.yaml")
    assert "is measured" in said.out
    assert "ms of at most 1.5 ms: sum of the parts' latencies in the table phone" in " ".join(
        said.out.replace("│", " ").split()
    )
    assert "to the last bit" in said.err


def test_a_run_is_replayed_without_any_code_of_its_space(
    run: Path, cosearch: Cosearch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "_loaded", {})
    monkeypatch.setattr(registry, "own_space", None)  # whatever calls it fails
    assert cosearch("evaluate", run / "best.yaml", "--json").json["exact"]
    assert cosearch("report", run).status == 0
    (entry,) = yaml.safe_load((run / "best.yaml").read_text())["networks"]
    assert entry["space"] == SMALL
    assert entry["layers"]


def test_going_on_takes_a_person_who_names_the_space(
    run: Path, tmp_path: Path, cosearch: Cosearch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "_loaded", {})
    refused = cosearch("search", "--resume", run)
    assert refused.status == 4
    assert f"which no file can have imported; say it too: --space {SMALL}" in refused.err
    assert cosearch("prove", run).status == 4
    before = (run / "best.yaml").read_bytes()
    assert cosearch("search", "--resume", run, "--space", SMALL, "--quiet").status == 0
    assert (run / "best.yaml").read_bytes() == before
    proven = cosearch("prove", shutil.copytree(run, tmp_path / "run"), "--space", SMALL, "--time-limit", "1s")
    assert "joint gap: at most" in proven.out


def test_what_changes_the_result_is_refused(run: Path, tables: Path, tmp_path: Path, cosearch: Cosearch) -> None:
    words = ("search", "--space", SMALL, "--resume")
    other = cosearch(*words, run, "--predictor", tables / "top1.csv")
    assert other.status == 4
    assert "--predictor was few.csv (" in other.err
    assert cosearch(*words, run, "--predictor", tables / "few.csv", "--quiet").status == 0
    copy = shutil.copytree(run, tmp_path / "copy")
    with (copy / "predictor.csv").open("a") as file:
        file.write("\n")
    changed = cosearch(*words, copy)
    assert changed.status == 4
    assert "predictor.csv: is not the few.csv that the run began with: it was changed" in changed.err
    replayed = cosearch("evaluate", copy / "best.yaml")
    assert replayed.status == 2
    assert "is not the few.csv that figures beside it were read from" in replayed.err
    (copy / "predictor.csv").unlink()
    assert cosearch("evaluate", copy / "best.yaml", "--json").json["exact"]
    gone = cosearch(*words, copy)
    assert gone.status == 4
    assert "it is the few.csv that the run began with" in gone.err


def test_a_space_whose_code_was_changed_is_another(run: Path, tmp_path: Path, cosearch: Cosearch) -> None:
    copy = shutil.copytree(run, tmp_path / "copy")
    config = copy / "config.yaml"
    text = config.read_text()
    digest = yaml.safe_load(text)["versions"][SMALL]
    config.write_text(text.replace(digest, "f" * 16))
    said = cosearch("search", "--resume", copy, "--space", SMALL)
    assert said.status == 4
    assert f"{SMALL} {'f' * 16} is now {digest}" in said.err


def test_accuracies_that_are_sums_are_searched_exactly(tables: Path, tmp_path: Path, cosearch: Cosearch) -> None:
    """A ridge, and a table with its ridge for what was not measured; not where a device limits these: no sum."""
    ridge = train(read_pairs(tables / "top1.csv", SPACE), estimates="top-1 as measured")
    write_predictor(ridge, tmp_path / "ridge.json")
    words = ("search", "--space", SMALL, "--min-accuracy", "66", "--resolution", "32", "--json", *QUICK)
    table, slow = (tables / "top1.csv",), ("--latency", tables / "phone.yaml", "--latency-limit", "2")
    found = {
        name: cosearch(*words, "--out", tmp_path / name, "--predictor", *file).json
        for name, file in (("sum", (tmp_path / "ridge.json",)), ("table", table), ("device", (*table, *slow)))
    }
    for name in ("sum", "table"):
        assert found[name]["found_by"] == "shortest path, exact"
        assert found[name]["joint"]["lower_bound"] > 0
    assert found["device"]["found_by"] == "evolution"
    assert "is not predicted by a sum over their genes" in found["device"]["joint"]["note"]
    for said in found.values():
        assert said["networks"][0]["accuracy"]["top1_percent"] >= 66


def test_given_networks_take_their_accuracies_by_name(tmp_path: Path, cosearch: Cosearch) -> None:
    (tmp_path / "top1.csv").write_text("name,top1,error\nmobilenet_v2,73.5,0.25\n")
    words = ("search", "--network", "mobilenet_v2", "--predictor", tmp_path / "top1.csv", "--resolution", "96")
    said = cosearch(*words, "--out", tmp_path / "run", *QUICK, "--json").json
    known = said["networks"][0]["accuracy"]
    assert (known["top1_percent"], known["standard_error"], known["measured"]) == (73.5, 0.25, True)
    assert cosearch("evaluate", tmp_path / "run" / "best.yaml", "--json").json["exact"]
    (tmp_path / "top1.csv").write_text("name,top1\nmobilenet_v3,73.5\n")
    refused = cosearch(*words, "--out", tmp_path / "other", *QUICK)
    assert refused.status == 2
    assert "top1.csv: name: 'mobilenet_v2' is not in it; did you mean 'mobilenet_v3'?" in refused.err
    assert not (tmp_path / "other").exists()


@pytest.mark.parametrize(
    "options, message",
    [
        ({"latency_limit_ms": 5.0}, "latency is missing beside latency-limit"),
        ({"latency": "phone.yaml"}, "latency-limit is missing beside latency"),
        ({"latency": "phone.yaml", "latency_limit_ms": -1.0}, "must be a number of milliseconds above zero"),
        ({"predictor": "none.csv"}, "predictor: '.*none.csv' cannot be read: No such file"),
    ],
)
def test_options_that_do_not_belong_together_are_refused(
    options: dict[str, object], message: str, tables: Path
) -> None:
    files = {name: tables / str(options[name]) for name in ("latency", "predictor") if name in options}
    with pytest.raises(InputError, match=message):
        CoSearch(budget=Budget.parse("area=1mm2"), **options | files)  # type: ignore[arg-type]


def test_a_limit_that_no_subnet_keeps_ends_before_a_run(tables: Path, tmp_path: Path, cosearch: Cosearch) -> None:
    words = ("search", "--space", SMALL, "--predictor", tables / "top1.csv", "--latency", tables / "phone.yaml")
    said = cosearch(*words, "--latency-limit", "0.001", "--out", tmp_path / "run", *QUICK)
    assert said.status == 3
    assert "takes at most 0.001 ms on" in said.err
    assert not (tmp_path / "run").exists()
