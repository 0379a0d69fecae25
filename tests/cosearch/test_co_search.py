"""A whole run: its files, exact replay, repeatability, limits known only after mapping, and interruption."""

from __future__ import annotations

import csv
import json
import math
from pathlib import Path

import pytest
import yaml

from cosearch import Budget, CoSearch, CoSearchResult
from cosearch.search.observer import SilentObserver
from nets.accuracy import load_predictor
from tests.cosearch.conftest import QUICK, Cosearch

SMALL = {
    "trials": 6,
    "population": 3,
    "mapper_budget": 20,
    "last_mapper_budget": 60,
    "last_mapper": "cmaes",
    "baselines": False,
}
BUDGET = Budget.parse("area=2mm2")


def comparable(result: CoSearchResult) -> str:
    data = result.to_dict()
    del data["wall_s"]
    return json.dumps(data, sort_keys=True)


def test_a_run_writes_its_folder(finished_run: Path) -> None:
    names = {path.name for path in finished_run.iterdir()}
    assert names >= {"study.journal", "best.yaml", "pareto.csv", "layers.csv", "report.html", "config.yaml"}
    assert not any(name.endswith(".part") for name in names)
    config = yaml.safe_load((finished_run / "config.yaml").read_text())
    assert config["options"]["budget"] == "area=5mm2"
    assert config["options"]["seed"] == 0
    assert config["versions"]["optuna"].startswith("5.")


def test_replay_gives_the_figures_to_the_last_bit(finished_run: Path, cosearch: Cosearch) -> None:
    recorded = yaml.safe_load((finished_run / "best.yaml").read_text())["figures"]
    replayed = cosearch("evaluate", finished_run / "best.yaml", "--json").json
    assert replayed.pop("exact") is True
    assert replayed.pop("objective") == "edp"
    assert replayed == recorded


def test_an_edited_design_does_not_pass_for_the_recorded_one(
    finished_run: Path, tmp_path: Path, cosearch: Cosearch
) -> None:
    data = yaml.safe_load((finished_run / "best.yaml").read_text())
    data["accelerator"]["dram_bandwidth"] = 6.4
    edited = tmp_path / "edited.yaml"
    edited.write_text(yaml.safe_dump(data))
    said = cosearch("evaluate", edited)
    assert said.status == 0
    assert "differ from the figures in the file" in said.err


def test_layers_add_up_to_the_network(finished_run: Path) -> None:
    figures = yaml.safe_load((finished_run / "best.yaml").read_text())["figures"]["networks"][0]
    with (finished_run / "layers.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert math.fsum(float(row["energy_pj"]) for row in rows) == pytest.approx(figures["energy_pj"])
    assert math.fsum(float(row["latency_s"]) for row in rows) == pytest.approx(figures["latency_s"])
    assert sum(int(row["macs"]) for row in rows) == figures["macs"]


def test_the_subnet_reaches_the_accuracy_inside_the_area(finished_run: Path) -> None:
    figures = yaml.safe_load((finished_run / "best.yaml").read_text())["figures"]
    (network,) = figures["networks"]
    assert load_predictor("ofa-mbv3-w1.0").predict(network["config"]).top1_percent >= 75.0
    assert network["accuracy"]["standard_error"] > 0
    assert figures["area_mm2"] <= 5.0


def test_only_json_on_standard_output(cosearch: Cosearch, tmp_path: Path) -> None:
    said = cosearch(
        "search", "--network", "squeezenet1_1,alexnet", "--budget", "area=2mm2", "--out", tmp_path / "run",
        *[word for word in QUICK if word != "--quiet"], "--json",
    )  # fmt: skip
    assert said.status == 0
    assert said.json["feasible"] is True
    assert [network["network"] for network in said.json["networks"]] == ["squeezenet1_1", "alexnet"]
    edps = [network["edp_js"] for network in said.json["networks"]]
    assert said.json["value"] == pytest.approx(math.sqrt(math.prod(edps)))
    assert {baseline["name"] for baseline in said.json["baselines"]} >= {"eyeriss", "nvdla_256", "shidiannao"}
    assert "run folder" in said.err


@pytest.mark.parametrize("options", [{"networks": ("squeezenet1_1",)}, {"min_accuracy": 74.0}])
def test_the_result_does_not_depend_on_jobs(options: dict[str, object]) -> None:
    one, two = (CoSearch(budget=BUDGET, seed=3, jobs=jobs, **options, **SMALL).run() for jobs in (1, 2))
    assert comparable(one) == comparable(two)


def test_another_seed_is_another_search() -> None:
    one, two = (CoSearch(budget=BUDGET, networks=("squeezenet1_1",), seed=seed, **SMALL).run() for seed in (0, 1))
    assert comparable(one) != comparable(two)


def test_limits_known_after_mapping_are_kept() -> None:
    free = CoSearch(budget=BUDGET, networks=("squeezenet1_1",), objective="energy", **SMALL).run()
    assert free.winner is not None
    limit = 0.6 * min(design.measures()["latency"] for design in free.designs)
    budget = Budget(area_mm2=2.0, latency_s=limit)
    tight = CoSearch(budget=budget, networks=("squeezenet1_1",), objective="energy", **SMALL).run()
    assert tight.winner is not None
    assert tight.winner.costs[0].latency_s <= limit
    assert any(not design.feasible for design in tight.designs)


def test_every_design_lies_inside_the_budget() -> None:
    budget = Budget.parse("area=1mm2,pes=64,sram=32KiB,bandwidth=4GB/s,noc=12words/cycle")
    result = CoSearch(budget=budget, networks=("squeezenet1_1",), **SMALL).run()
    for design in result.designs:
        assert design.machine.area_mm2 <= 1.0
        assert design.machine.pes <= 64
        assert design.machine.on_chip_bytes <= 32 * 1024
        assert design.machine.dram_bandwidth == 4.0
        assert design.machine.noc_bandwidth <= 12.0


class Stopper(SilentObserver):
    """Presses Ctrl-C after the first generation."""

    def generation(self, *_: object) -> None:
        raise KeyboardInterrupt


def test_ctrl_c_keeps_what_was_found(tmp_path: Path) -> None:
    search = CoSearch(budget=BUDGET, networks=("squeezenet1_1",), **SMALL)
    result = search.run(Stopper(), None)
    assert result.interrupted
    assert len(result.designs) == 3
    assert result.winner is not None


def test_a_second_ctrl_c_settles_for_the_shorter_mapping() -> None:
    class Impatient(Stopper):
        def stage(self, text: str) -> None:
            if "longer" in text:
                raise KeyboardInterrupt

    result = CoSearch(budget=BUDGET, networks=("squeezenet1_1",), **SMALL).run(Impatient())
    assert result.interrupted
    assert result.winner is not None
    assert result.value == pytest.approx(min(design.value for design in result.designs))


def test_a_full_disk_ends_in_one_line_and_keeps_the_study(
    cosearch: Cosearch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device", "layers.csv")

    monkeypatch.setattr("cosearch.co_search.write_layers", full)
    out = tmp_path / "run"
    said = cosearch("search", "--network", "squeezenet1_1", "--out", out, *QUICK)
    assert said.status == 1
    assert "layers.csv: No space left on device" in said.err
    assert (out / "study.journal").exists()


def test_ctrl_c_on_the_command_line_ends_with_130(
    cosearch: Cosearch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cosearch.commands.progress.Progress.generation", Stopper.generation)
    out = tmp_path / "run"
    words = ["search", "--network", "squeezenet1_1", "--out", out, *QUICK, "--trials", "11"]
    assert cosearch(*words).status == 130
    assert cosearch("evaluate", out / "best.yaml", "--json").json["exact"] is True


def test_a_time_limit_cuts_the_search_short_and_says_so() -> None:
    result = CoSearch(budget=BUDGET, networks=("squeezenet1_1",), time_limit_s=1e-6, **SMALL).run()
    assert result.cut_short
    assert len(result.designs) == 3
