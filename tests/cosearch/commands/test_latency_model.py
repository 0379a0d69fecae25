"""``--latency-model``: beside the figures of the cost model, never instead of them."""

from __future__ import annotations

import pytest

from tests.cosearch.conftest import Cosearch

LAYER = "K=64,C=64,P=14,Q=14,R=3,S=3"
MAP = ("map", "--layer", LAYER, "--accelerator", "gemmini", "--evaluations", 20)
MODEL = ("--latency-model", "rtl-gemmini")


def test_a_layer_is_mapped_alike_with_and_without(cosearch: Cosearch) -> None:
    plain, asked = cosearch(*MAP, "--json").json, cosearch(*MAP, *MODEL, "--json").json
    measured = asked.pop("latency_model")
    assert {key: asked[key] for key in asked if key != "seconds"} == {
        key: plain[key] for key in plain if key != "seconds"
    }
    assert measured["low_cycles"] < measured["cycles"] < measured["high_cycles"]
    assert "nine in ten measured" in cosearch(*MAP, *MODEL).out


def test_layers_of_a_network_add_up_and_what_was_not_measured_is_said(cosearch: Cosearch) -> None:
    words = ("evaluate", "--network", "mobilenet_v2", "--resolution", 32, "--accelerator", "gemmini", *MODEL)
    said = cosearch(*words, "--evaluations", 5, "--json")
    found = said.json["latency_model"]
    in_array = sum(layer["times"] * layer["cycles"] for layer in found["layers"])
    assert in_array <= found["cycles"] < 1.01 * in_array
    assert any(line.startswith("groups 32 to 960 of 17 of 53 layers, measured were 1") for line in found["outside"])
    told = cosearch(*words, "--evaluations", 5)
    assert "the layers' intervals add up to" in told.out
    assert "warning: rtl-gemmini is used outside what was measured: groups 32 to 960" in told.err


@pytest.mark.parametrize(
    "words, what",
    [
        (("map", "--layer", LAYER, "--accelerator", "eyeriss", *MODEL), "is no design of Gemmini's"),
        (
            ("map", "--layer", LAYER, "--accelerator", "gemmini", "--latency-model", "gemmini"),
            "did you mean 'rtl-gemmini'",
        ),
        (("map", "--network", "alexnet", "--accelerator", "gemmini", *MODEL), "cosearch evaluate --network takes it"),
        (("evaluate", "best.yaml", *MODEL), "has no effect on a file; it goes with --network"),
        (("evaluate", "--network", "alexnet", "--scalesim", "a.cfg", *MODEL), "has no effect with --scalesim"),
    ],
)
def test_where_it_has_no_say_it_is_refused(words: tuple[str, ...], what: str, cosearch: Cosearch) -> None:
    said = cosearch(*words)
    assert said.status == 2
    assert what in said.err
