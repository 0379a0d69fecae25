"""Cycles beyond 2^53, which no float tells apart, are refused by name wherever they come out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from accel_models import evaluate, load_accelerator
from accel_models.formats.nest import read_nest
from accel_models.vector import vector_cost
from benchmarks.fuzzing.readers import NEST
from mappings import search
from nets import Layer
from nets.errors import InputError

SLOW = """
kind: template
array: [8, 8]
parallel: [K, C]
l1_bytes: 64
l2_bytes: 65536
dram_bandwidth: 1.0e-20
"""
SAID = "cycles: [0-9]+ is too large to be counted exactly"


def test_a_nest(tmp_path: Path) -> None:
    path = tmp_path / "nest.json"
    slow, fast = ({**NEST["levels"][0], "read_bandwidth": words} for words in (1e-30, 1e-3))
    for level, valid in ((slow, False), (fast, True)):
        path.write_text(json.dumps({**NEST, "levels": [level, NEST["levels"][1]]}))
        nest = read_nest(path)
        cost = evaluate(nest.layer, nest.accelerator, nest.mapping)
        assert cost.valid is valid
        assert (SAID.split("[")[0] in str(cost.error)) is not valid


def test_what_a_search_finds_and_a_layer_that_multiplies_nothing(tmp_path: Path) -> None:
    path = tmp_path / "slow.yaml"
    path.write_text(SLOW)
    machine = load_accelerator(path)
    with pytest.raises(InputError, match=SAID):
        search(Layer(name="x", K=8, C=8, P=4, Q=4), machine, mapper="random", budget=20)
    with pytest.raises(InputError, match=SAID):
        vector_cost(Layer(name="pool", kind="pool", G=8, P=4, Q=4), machine)
