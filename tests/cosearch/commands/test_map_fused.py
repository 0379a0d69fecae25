"""``cosearch map --fuse``: groups cover the network, add up, and options that have no say are refused."""

from __future__ import annotations

from contextlib import redirect_stdout
from io import StringIO

import pytest

from cosearch.commands.map_fused import print_groups
from nets import load_network
from tests.cosearch.conftest import Cosearch

SMALL = ("map", "--network", "alexnet", "--resolution", "64", "--accelerator", "edgetpu_like", "--fuse")


def test_groups_cover_the_network_and_add_up(cosearch: Cosearch) -> None:
    data = cosearch(*SMALL, "--objective", "latency", "--json").json
    names = [layer.name for layer in load_network("alexnet", resolution=64).layers]
    assert [name for group in data["groups"] for name in group["layers"]] == names
    assert sum(group["cycles"] for group in data["groups"]) == pytest.approx(data["cycles"])
    assert data["score"] == pytest.approx(data["latency_s"])
    assert data["lower_bound"] <= data["score"] <= data["score_alone"]
    several = [group for group in data["groups"] if "alone" not in group]
    assert several
    for group in several:
        assert group["room_words"] <= data["capacity_words"]
        assert list(group["pieces"]) == group["layers"]
        pieces = [piece for of in group["pieces"].values() for piece in of]
        inside = sum(piece["times"] * piece["energy_pj"] for piece in pieces)
        assert inside + group["dram_pj"] == pytest.approx(group["energy_pj"])
        assert all(level["name"] != "DRAM" for piece in pieces for level in piece["mapping"] or [])
    with redirect_stdout(StringIO()) as printed:
        print_groups(data)
    said = printed.getvalue()
    assert all(group["layers"][0] in said for group in data["groups"])
    assert f"{data['score_alone'] / data['score']:.2f} times as much" in said
    assert "above the best possible" in said


@pytest.mark.parametrize(
    "words, hint",
    [
        (("--mapper", "cmaes"), "is not optimal"),
        (("--tiles", "uneven"), "is not ragged"),
        (("--aggregate", "layers"), "is not network"),
        (("--convention", "drain-reads"), "is not default"),
        (("--constraint", "L2.tile.K <= 8"), "has no say"),
        (("--evaluations", "100"), "has no say"),
        (("--time-limit", "3"), "has no say"),
        (("--objective", "speed"), "speed"),
        (("--accelerator", "eyeriss_chip"), "lacks W"),
    ],
)
def test_what_has_no_say_is_refused(words: tuple[str, ...], hint: str, cosearch: Cosearch) -> None:
    said = cosearch(*SMALL, *words)
    assert said.status == 2
    assert hint in said.err


def test_only_networks_are_fused(cosearch: Cosearch) -> None:
    said = cosearch("map", "--layer", "K=8,C=8", "--accelerator", "eyeriss", "--fuse")
    assert said.status == 2
    assert "--network" in said.err
