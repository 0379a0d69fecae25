"""A search with a table of widths: the best of all mixes on each accelerator, bounded over all, kept in its files."""

from __future__ import annotations

import itertools
import shutil
from pathlib import Path

import numpy as np
import pytest
import yaml

from cosearch.bounds.workload import MixesBound, NetworksBound
from cosearch.cli import main
from cosearch.evaluation.mixed_network import MixedNetwork
from cosearch.evaluation.mixes import Mixes
from cosearch.evaluation.workload import FixedNetworks
from cosearch.problem.budget import Budget
from cosearch.problem.objective import OBJECTIVES
from nets.network import Network
from tests.cosearch.conftest import QUICK, Cosearch
from tests.cosearch.evaluation.small_mix import TABLE, network

ANYTHING = Budget()


def every_mix(max_loss: float) -> list[Network]:
    """Those that lose little enough, one by one."""
    mixed = []
    for bits in itertools.product(*TABLE.losses.values()):
        width = dict(zip(TABLE.losses, bits))
        if round(sum(TABLE.losses[name][own] for name, own in width.items()), 9) <= max_loss:
            mixed.append(network().with_weight_bits(width))
    return mixed


def priced(mixes: Mixes, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """What layers cost on some accelerator: narrow ones mostly less, in one figure or the other."""
    rng = np.random.default_rng(seed)
    bits = np.array([layer.weight_bits for layer in mixes.layers])
    return bits * rng.uniform(1e3, 4e3, len(bits)), (9.0 - bits) * rng.uniform(1e-6, 5e-6, len(bits)) + 1e-5


@pytest.mark.parametrize("name", OBJECTIVES)
@pytest.mark.parametrize("limit", [None, 0.9])
def test_each_accelerator_has_its_best_mix(name: str, limit: float | None) -> None:
    goal, mixes = OBJECTIVES[name], Mixes(network(), TABLE, 0.5)
    columns = {layer.shape_key: column for column, layer in enumerate(mixes.layers)}
    chosen = set()
    for seed in range(12):
        energy, latency = priced(mixes, seed)
        found, budget = [], ANYTHING
        for mixed in every_mix(0.5):
            fixed = FixedNetworks([mixed])
            at = [columns[layer.shape_key] for layer in fixed.layers]
            found += fixed.evaluate(energy[at], latency[at], 0)
        if limit is not None:
            budget = Budget(latency_s=limit * max(one.latency_s for one in found) + 1e-12)
        kept = [one for one in found if budget.latency_s is None or one.latency_s <= budget.latency_s]
        (best,) = MixedNetwork(mixes, goal, budget).evaluate(energy, latency, 0)
        value = goal.of(best.energy_pj, best.latency_s)
        assert value == pytest.approx(min(goal.of(one.energy_pj, one.latency_s) for one in kept), rel=1e-9)
        assert (best.energy_pj, best.latency_s) in [(one.energy_pj, one.latency_s) for one in kept]
        chosen.add(tuple((best.weight_bits or {}).items()))
    assert len(chosen) > (name == "edp")


def test_no_mix_is_below_the_bound_of_all() -> None:
    mixes = Mixes(network(), TABLE, 0.5)
    for name, direction in (("energy", (1.0, 0.0)), ("latency", (0.0, 1.0)), ("edp", (1.0, 1e9))):
        bound = MixesBound(mixes, OBJECTIVES[name], ANYTHING)
        columns = {layer.shape_key: column for column, layer in enumerate(bound.layers)}
        figures = [priced(mixes, seed) for seed in range(6)]
        energy, latency = (np.array([row[place] for row in figures]) for place in (0, 1))
        weighted = direction[0] * energy + direction[1] * latency
        each = []
        for mixed in every_mix(0.5):
            alone = NetworksBound([mixed], OBJECTIVES[name], ANYTHING)
            at = [columns[layer.shape_key] for layer in alone.layers]
            each.append(alone.least(energy[:, at], latency[:, at], weighted[:, at], direction))
        found, truth = bound.least(energy, latency, weighted, direction), np.min(each, axis=0)
        assert (found <= truth * (1 + 1e-9)).all()
        assert (found > 0.6 * truth).all()
        assert bound.typical(weighted[0]).sum() == pytest.approx(6.0)


CSV = "layer,bits,loss\nstem,4,0.9\nstem,8,0\nfire9.expand3,4,0.2\nfire9.expand3,8,0\n"
CSV += "classifier,4,0.4\nclassifier,8,0\n"
SEARCH = ["search", "--network", "squeezenet1_1", "--budget", "area=1mm2", *QUICK, "--no-baselines"]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run."""
    folder = tmp_path_factory.mktemp("mixed")
    (folder / "losses.csv").write_text(CSV)
    words = ["--bits-table", folder / "losses.csv", "--max-loss", 0.6, "--out", folder / "run"]
    assert main([str(word) for word in [*SEARCH, *words]]) == 0
    return folder / "run"


def test_the_widths_found_are_kept_and_replayed(run: Path, cosearch: Cosearch) -> None:
    figures = cosearch("evaluate", run / "best.yaml", "--json").json
    chosen = figures["weight_bits"]
    assert figures["exact"]
    assert chosen["loss"] <= chosen["max_loss"] == 0.6
    assert 4 in chosen["bits"].values()
    assert chosen["bits"]["stem"] == 8  # 4 bits lose too much
    best = yaml.safe_load((run / "best.yaml").read_text())
    kept = {layer["name"]: layer.get("weight_bits", 8) for layer in best["networks"][0]["layers"]}
    assert {name: kept[name] for name in chosen["bits"]} == chosen["bits"]
    assert best["weight_bits"] == chosen
    assert 0 < best["joint"]["lower_bound"] < figures["value"]
    assert figures["networks"][0]["accuracy"] is None
    said = " ".join(cosearch("evaluate", run / "best.yaml").out.replace("│", " ").split())
    assert "precision weights of 4 bits: " in said
    assert "lost by narrow weights" in (run / "report.html").read_text()


def test_a_run_goes_on_and_ends_the_same(run: Path, cosearch: Cosearch, tmp_path: Path) -> None:
    began = tmp_path / "began"
    began.mkdir()
    for name in ("config.yaml", "bits_table.csv", "study.journal"):
        shutil.copy(run / name, began)
    assert cosearch("search", "--resume", began, "--quiet").status == 0
    assert (began / "best.yaml").read_bytes() == (run / "best.yaml").read_bytes()
    changed = cosearch("search", "--resume", began, "--max-loss", 0.5)
    assert (changed.status, "--max-loss was 0.6 and is now 0.5" in changed.err) == (4, True)
    (began / "bits_table.csv").write_text(CSV.replace("0.9", "0.8"))
    spoiled = cosearch("search", "--resume", began)
    assert (spoiled.status, "is not the losses.csv that the run began with" in spoiled.err) == (4, True)


def test_a_file_whose_widths_contradict_its_layers_is_refused(run: Path, cosearch: Cosearch, tmp_path: Path) -> None:
    best = yaml.safe_load((run / "best.yaml").read_text())
    best["weight_bits"]["bits"]["stem"] = 4
    (tmp_path / "best.yaml").write_text(yaml.safe_dump(best))
    spoken = cosearch("evaluate", tmp_path / "best.yaml")
    assert (spoken.status, "is not that of the layer, 8" in spoken.err) == (2, True)


def test_a_run_is_proven_further(run: Path, cosearch: Cosearch, tmp_path: Path) -> None:
    shutil.copytree(run, tmp_path / "run")
    before = yaml.safe_load((run / "best.yaml").read_text())["joint"]["lower_bound"]
    proven = cosearch("prove", tmp_path / "run", "--time-limit", "1s", "--json").json
    assert proven["joint"]["lower_bound"] >= before
    assert proven["checked"] > 0
    assert cosearch("evaluate", tmp_path / "run" / "best.yaml", "--json").json["exact"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--network", "squeezenet1_1"), "--max-loss"),
        (("--network", "squeezenet1_1", "--max-loss", "inf"), "must be a finite number"),
        (("--network", "squeezenet1_1,vgg16", "--max-loss", "1"), "is of the layers of one network"),
        (("--max-loss", "1"), "is of the layers of one network"),
        (("--network", "squeezenet1_1", "--max-loss", "1", "--objectives", "edp,area"), "leave --objectives out"),
        (("--network", "squeezenet1_1", "--max-loss", "1", "--predictor", "losses.csv"), "leave --predictor out"),
        (("--network", "vgg16", "--max-loss", "1"), "layer of vgg16: 'stem'"),
        (("--network", "squeezenet1_1", "--max-loss", "-1"), "-1 is less than the 0 that the table's layers lose"),
        (("--network", "squeezenet1_1", "--max-loss", "1", "--precision", "w4a4"), "are wider than the weights of 4"),
    ],
)
def test_what_a_table_cannot_be_asked_for(
    words: tuple[str, ...], says: str, cosearch: Cosearch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("losses.csv").write_text(CSV)
    spoken = cosearch("search", "--bits-table", "losses.csv", *words, "--budget", "area=1mm2", "--out", "run")
    assert spoken.status in (2, 3)
    assert says in spoken.err
    assert not Path("run").exists()
