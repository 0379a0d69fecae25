"""``cosearch map --system``: stages cover the network, add up, and what has no say or cannot be is refused."""

from __future__ import annotations

from contextlib import redirect_stdout
from io import StringIO

import pytest

from cosearch.commands.map_cores import print_stages
from nets import load_network
from tests.cosearch.conftest import Cosearch

SMALL = ("map", "--network", "squeezenet1_1", "--resolution", "48")
PAIR = (*SMALL, "--system", "big_little")


@pytest.mark.parametrize("items", [1, 4])
def test_stages_cover_the_network_and_add_up(items: int, cosearch: Cosearch) -> None:
    data = cosearch(*PAIR, "--items", str(items), "--objective", "latency", "--json").json
    names = [layer.name for layer in load_network("squeezenet1_1", resolution=48).layers]
    assert [name for stage in data["stages"] for name in stage["layers"]] == names
    assert data["items"] == items
    assert data["lower_bound"] <= data["score"]
    assert data["score"] == pytest.approx(data["cycles"] / items / 1e9)
    for stage in data["stages"]:
        assert list(stage["splits"]) == stage["layers"]
        assert sum(work["cycles"] for work in stage["splits"].values()) == pytest.approx(stage["cycles"])
        assert set(stage["cores"]) <= set(data["cores"])
    if items == 1:
        assert data["interval_cycles"] is None
        assert sum(stage["energy_pj"] for stage in data["stages"]) < data["energy_pj"]
    else:
        busiest = max(stage["cycles"] for stage in data["stages"])
        assert data["interval_cycles"] >= busiest
        assert data["cycles"] == pytest.approx(data["latency_cycles"] + (items - 1) * data["interval_cycles"])
    with redirect_stdout(StringIO()) as printed:
        print_stages(data)
    said = printed.getvalue()
    assert all(stage["layers"][0] in said for stage in data["stages"])
    assert ("from one inference to the next" in said) == (items > 1)


def test_layers_are_split_over_equal_cores_and_links_are_named(cosearch: Cosearch) -> None:
    said = cosearch(*SMALL, "--system", "tpu_quad", "--objective", "latency").out
    assert "on core0 to core3" in said
    assert "4 rows" in said
    assert "busiest link core" in said
    assert "(on-die)" in said


@pytest.mark.parametrize(
    "words, hint",
    [
        ((*PAIR, "--items", "0"), "at least 1"),
        ((*PAIR, "--accelerator", "eyeriss"), "has its own cores"),
        ((*PAIR, "--node", "28"), "has its own cores"),
        ((*PAIR, "--mapper", "cmaes"), "is not optimal"),
        ((*PAIR, "--seed", "3"), "has no say"),
        ((*PAIR, "--fuse"), "--network"),
        ((*PAIR, "--objective", "speed"), "speed"),
        ((*SMALL, "--system", "big_litle"), "did you mean 'big_little'?"),
        ((*SMALL, "--accelerator", "eyeriss", "--items", "2"), "--system"),
        (("map", "--layer", "K=8,C=8", "--system", "big_little"), "--network"),
    ],
)
def test_what_has_no_say_is_refused(words: tuple[str, ...], hint: str, cosearch: Cosearch) -> None:
    said = cosearch(*words)
    assert said.status == 2
    assert hint in said.err
