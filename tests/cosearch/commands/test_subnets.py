"""Subnets of a space, shipped or one's own, wherever a command names a network."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cosearch.commands.parser import command_parser
from cosearch.commands.search import given_options
from nets import Network
from nets.spaces import load_space, registry
from tests.cosearch.conftest import Cosearch

OWN = """
from nets.spaces import Space
from nets.spaces.ends import Classifier, ConvBlock

class Plain(Space):
    title = "Plain"

    def __init__(self):
        super().__init__("plain", depths=[], block_genes={}, free_genes={"width": (1, (8, 16))}, resolutions=(8, 16))

    def _chain(self, architecture, resolution):
        (width,) = architecture["width"]
        stem = ConvBlock(resolution, 3, width, kernel=3, stride=2, activation="relu")
        return (("stem", stem), ("head", Classifier(resolution // 2, width, classes=10)))

def make():
    return Plain()
"""
MACS = 16 * 3 * 9 * 64 + 160


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    (tmp_path / "plain_space.py").write_text(OWN)
    monkeypatch.chdir(tmp_path)
    yield
    sys.modules.pop("plain_space", None)
    for name in ("plain_space:Plain", "plain_space:make"):
        registry._loaded.pop(name, None)


@pytest.mark.parametrize("name", ["plain_space:Plain", "plain_space:make"])
def test_every_command_takes_one(cosearch: Cosearch, name: str) -> None:
    one, quick = ["--subnet", "max"], ["--accelerator", "nvdla_256", "--evaluations", "9"]
    shown = cosearch("networks", "show", name, *one, "--json").json
    assert (shown["macs"], shown["space"], shown["config"]) == (MACS, name, {"d": [], "width": [16], "r": 16})
    for words in (["--space", name], ["--network", name]):
        evaluated = cosearch("evaluate", *words, *one, *quick, "--json").json
        assert evaluated["networks"][0]["config"] == shown["config"]
        assert cosearch("map", *words, *one, *quick, "--json").json["network"] == name
    assert cosearch("roofline", name, "nvdla_256", *one, "--evaluations", "9", "--json").json["network"] == name
    (given,) = given_options(command_parser("search").parse_args(["--network", name, *one]))["networks"]
    assert isinstance(given, Network)
    assert given.macs == MACS


def test_resolutions_and_genes(cosearch: Cosearch) -> None:
    genes = '{"width": [8], "r": 8}'
    assert cosearch("networks", "show", "plain_space:Plain", "--subnet", genes, "--json").json["resolution"] == 8
    smaller = cosearch("networks", "show", "plain_space:Plain", "--subnet", "max", "--resolution", "8", "--json").json
    assert smaller["macs"] == 16 * 3 * 9 * 16 + 160
    twice = cosearch("networks", "show", "plain_space:Plain", "--subnet", genes, "--resolution", "16")
    assert "is said by the genes" in twice.err


def test_a_shipped_space(cosearch: Cosearch) -> None:
    space = load_space("ofa-digits")
    shown = cosearch("networks", "show", "ofa-digits", "--subnet", "min", "--json").json
    assert (shown["macs"], shown["params"]) == space.macs_params(space.min_config())


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["networks", "show", "plain_space:Plain"], "is a space of networks; --subnet max, min or genes as JSON"),
        (["networks", "show", "ofa-digits"], "is a space of networks"),
        (["search", "--network", "plain_space:Plain"], "is a space of networks"),
        (["networks", "show", "plain_space:Plain", "--subnet", "mx"], "must be max, min or genes as JSON"),
        (["networks", "show", "plain_space:Plain", "--subnet", '{"width": [9]}'], "width"),
        (["networks", "show", "plain_space:Plain", "--subnet", "max", "--shape", "x=1"], "no options of an import"),
        (["networks", "show", "resnet18", "--subnet", "max"], "is of a space, and none is named"),
        (["evaluate", "--space", "plain_space:Plain", "--accelerator", "eyeriss"], "say which: --subnet"),
        (["evaluate", "--space", "ofa-digit", "--subnet", "max"], "did you mean 'ofa-digits'?"),
        (["evaluate", "--space", "ofa-digits", "--network", "resnet18"], "contradicts --network resnet18"),
        (["map", "--layer", "K=4", "--accelerator", "eyeriss", "--subnet", "max"], "give --network"),
        (["search", "--subnet", "max"], "give --network"),
    ],
)
def test_what_names_no_subnet(cosearch: Cosearch, words: list[str], says: str) -> None:
    refused = cosearch(*words)
    assert (refused.status, says in refused.err) == (2, True), refused.err


def test_a_function_that_makes_a_space_is_told_apart_when_it_is_called(cosearch: Cosearch) -> None:
    pytest.importorskip("torch")
    assert "is a space of networks" in cosearch("networks", "show", "plain_space:make").err


def test_networks_that_were_not_measured_break_no_limit(cosearch: Cosearch, tmp_path: Path) -> None:
    """A search that met none of the few that were says so: there is no limit whose breaking it could report."""
    (tmp_path / "one.csv").write_text("d,width,r,top1\n,16,16,71\n")
    words = ["nas", "--space", "plain_space:Plain", "--predictor", "one.csv", "--method", "random", "--mappings", "5"]
    words += ["--evaluations", "1", "--accelerator", "nvdla_256", "--quiet"]
    tries = [cosearch(*words, "--seed", seed) for seed in "01234567"]
    said = next(said for said in tries if said.status == 3)
    assert "0 of them outside the limits, 1 of networks that were not measured" in said.out
    assert "none of the 1 networks tried was measured: give more --evaluations" in said.err
