"""Networks that are given as objects: searched, resumed, replayed, explained and proven from the run's folder alone."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from accel_models.families import load_family
from accel_models.precision import INT8
from cosearch import Budget, CoSearch
from nets import Network, load_network
from nets.errors import InputError, ResumeError
from tests.cosearch.conftest import Cosearch
from tests.nets.given import mine

BUDGET = Budget.parse("area=1mm2")
SMALL: dict[str, Any] = {"trials": 4, "population": 2, "mapper_budget": 20, "last_mapper_budget": 40}


@pytest.fixture(scope="module")
def given_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a small search for a network that is no reference network, and one that is."""
    folder = tmp_path_factory.mktemp("given") / "run"
    search = CoSearch(budget=BUDGET, networks=[mine(), "squeezenet1_1"], baselines=False, **SMALL)
    result = search.run(folder=folder)
    assert result.winner is not None
    assert [cost.network.name for cost in result.winner.costs] == ["mine", "squeezenet1_1"]
    return folder


def test_the_options_hold_every_layer(given_run: Path) -> None:
    own, reference = yaml.safe_load((given_run / "config.yaml").read_text())["options"]["networks"]
    assert reference == "squeezenet1_1"
    assert [layer["name"] for layer in own["layers"]] == ["stem", "a", "b", "sum"]


def test_the_replay_is_exact(given_run: Path, cosearch: Cosearch) -> None:
    replayed = cosearch("evaluate", given_run / "best.yaml", "--json").json
    assert replayed["exact"] is True
    assert [network["network"] for network in replayed["networks"]] == ["mine", "squeezenet1_1"]
    assert replayed["networks"][0]["accuracy"] is None
    assert replayed["networks"][1]["accuracy"] is not None


def test_its_options_alone_search_again_with_the_same_result(
    given_run: Path, tmp_path: Path, cosearch: Cosearch
) -> None:
    shutil.copy(given_run / "config.yaml", tmp_path)
    assert cosearch("search", "--resume", tmp_path, "--quiet", "--jobs", "2").status == 0
    for file in ("best.yaml", "pareto.csv", "layers.csv"):
        assert (tmp_path / file).read_bytes() == (given_run / file).read_bytes()
    assert (
        "cp run/config.yaml again &amp;&amp; cosearch search --resume again" in (given_run / "report.html").read_text()
    )


def test_the_python_surface_resumes_it_too(given_run: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    shutil.copytree(given_run, folder)
    search = CoSearch(budget=BUDGET, networks=(mine(), "squeezenet1_1"), baselines=False, **SMALL)
    result = search.run(folder=folder, resume=True)
    assert result.winner is not None
    assert (folder / "best.yaml").read_bytes() == (given_run / "best.yaml").read_bytes()
    other = CoSearch(budget=BUDGET, networks=[mine("other")], baselines=False, **SMALL)
    with pytest.raises(ResumeError):
        other.run(folder=folder, resume=True)


def test_it_is_explained_and_proven(given_run: Path, tmp_path: Path, cosearch: Cosearch) -> None:
    folder = tmp_path / "run"
    shutil.copytree(given_run, folder)
    explained = cosearch("explain", folder, "--evaluations", "10")
    assert (explained.status, "mine is held back by" in explained.out) == (0, True)
    for _ in range(2):  # the second goes on from what the first kept
        proven = cosearch("prove", folder, "--gap", "1000%", "--time-limit", "3s", "--jobs", "1", "--json")
        assert proven.status == 0
        assert proven.json["joint"]["lower_bound"] > 0
    assert cosearch("evaluate", folder / "best.yaml", "--json").json["exact"] is True


def test_an_edited_layer_is_not_what_was_proven(given_run: Path, tmp_path: Path, cosearch: Cosearch) -> None:
    data = yaml.safe_load((given_run / "best.yaml").read_text())
    assert cosearch("evaluate", given_run / "best.yaml", "--json").json["mappings"]["lower_bound"] > 0
    data["networks"][0]["layers"][0]["weight_bits"] = 4
    edited = tmp_path / "best.yaml"
    edited.write_text(yaml.safe_dump(data))
    replayed = cosearch("evaluate", edited, "--json").json
    assert replayed["exact"] is False


@pytest.mark.parametrize(
    "old, new, rule",
    [
        (
            "kind: eltwise",
            "kind: eltwse",
            "networks[0]: layers[3]: kind (line 37): 'eltwse' is not known",
        ),
        ("operands: 2", "operand: 2", "'operand' is not known; did you mean 'operands'?"),
        ("inputs: [a, b]", "inputs: [a, c]", "'c' is not a layer"),
    ],
)
def test_a_mistyped_layer_is_refused_with_its_line(
    given_run: Path, tmp_path: Path, cosearch: Cosearch, old: str, new: str, rule: str
) -> None:
    text = (given_run / "best.yaml").read_text()
    assert old in text
    (tmp_path / "best.yaml").write_text(text.replace(old, new, 1))
    said = cosearch("evaluate", tmp_path / "best.yaml")
    assert (said.status, rule in said.err) == (2, True), said.err
    shutil.copy(given_run / "config.yaml", tmp_path)
    (tmp_path / "config.yaml").write_text((tmp_path / "config.yaml").read_text().replace(old, new, 1))
    assert cosearch("search", "--resume", tmp_path).status == 4


@pytest.mark.parametrize(
    "options, rule",
    [
        ({"networks": [mine(), mine()]}, "'mine' is named twice"),
        ({"networks": [mine(), "mine"]}, "'mine' is named twice"),
        ({"networks": mine()}, "must be a list of networks"),
        ({"networks": "squeezenet1_1"}, "must be a list of networks"),
        ({"networks": [3]}, "must be the name of a reference network, or a Network"),
        ({"networks": [mine()], "resolution": 32}, "resolution: 32 is not for 'mine'"),
        ({"networks": [mine()], "data": "digits"}, "and the networks are given"),
    ],
)
def test_what_is_no_list_of_networks_is_refused(options: dict[str, Any], rule: str) -> None:
    with pytest.raises(InputError) as refused:
        CoSearch(budget=BUDGET, **options)
    assert rule in str(refused.value)


def wide() -> Network:
    """A network one of whose layers reads 16 bits."""
    return mine().changed(lambda layer: replace(layer, input_bits=16) if layer.name == "a" else layer)


def test_the_arithmetic_is_that_of_the_widest_layer() -> None:
    assert str(CoSearch(budget=BUDGET, networks=[wide()]).hardware.precision).startswith("weights 16, inputs 16")
    assert CoSearch(budget=BUDGET, networks=[mine()]).hardware.precision == INT8
    asked = CoSearch(budget=BUDGET, networks=[wide()], precision="w8a8")
    assert asked.hardware.precision == INT8
    assert {layer.input_bits for layer in asked.load_networks()[0].layers} == {8}
    machine, vary = load_family("two_level")
    with pytest.raises(InputError, match=r"multiplies weights 8.*are wider: weights 16, inputs 16"):
        CoSearch(budget=BUDGET, networks=[wide()], machine=machine, vary=vary)


def test_another_network_has_no_published_accuracy_by_its_name() -> None:
    fixed = CoSearch(budget=BUDGET, networks=[mine("squeezenet1_1")]).workload()
    (network,) = fixed.networks(())
    assert fixed.accuracy(network) is None
    same = CoSearch(budget=BUDGET, networks=[load_network("squeezenet1_1")]).workload()
    assert same.accuracy(same.networks(())[0]) is not None
