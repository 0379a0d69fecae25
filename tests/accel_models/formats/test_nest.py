"""Plain JSON nests: what is read, what is refused, and that writing loses nothing."""

from __future__ import annotations

import dataclasses
import json
import math
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from accel_models.accelerator import Accelerator, Axis
from accel_models.cost import evaluate
from accel_models.formats import nest as nest_module
from accel_models.formats.nest import Nest, nest_from_dict, nest_to_dict, read_nest, write_nest
from accel_models.loopnest import LevelLoops, Loop, Mapping
from accel_models.presets import load_accelerator
from nets.errors import InputError
from nets.layer import Layer
from tests.strategies import cases

DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "formats.md"
NESTS = Path(__file__).resolve().parents[3].parent / "shared" / "cases" / "nests"

SMALL: dict[str, Any] = {
    "layer": {"K": 5, "C": 4, "Q": 6, "S": 3, "stride": [1, 2]},
    "mac_pj": 0.5,
    "levels": [
        {"name": "DRAM", "temporal": [["K", 3]], "spatial": [["C", 2]], "read_pj": 64},
        {"name": "L1", "keeps": ["W", "O"], "temporal": [["Q", 1], ["K", 1], ["C", 1], ["S", 1]], "capacity_words": 99},
    ],
}


def test_a_nest_becomes_layer_accelerator_and_mapping() -> None:
    nest = nest_from_dict(SMALL)
    assert (nest.layer.K, nest.layer.P, nest.layer.stride) == (5, 1, (1, 2))
    assert nest.accelerator.levels[0].fanout == (Axis("X", 2),)
    assert nest.accelerator.levels[0].read_pj == 64
    assert nest.accelerator.levels[1].capacity_words == 99
    assert nest.accelerator.levels[1].keeps == ("W", "O")
    assert nest.accelerator.levels[0].capacity_words == math.inf
    assert nest.mapping.levels[0].temporal == (Loop("K", 3),)
    assert evaluate(nest.layer, nest.accelerator, nest.mapping).valid


def test_spatial_loops_may_share_an_axis_or_name_one() -> None:
    data = {
        "layer": {"K": 6, "C": 4, "P": 2},
        "levels": [{"name": "DRAM", "spatial": [["K", 2, "X"], ["C", 2, "Y"]]}, {"name": "L1", "fanout": [["Z", 8]],
                    "temporal": [["K", 1], ["C", 1]], "spatial": [["P", 1, "Z"]]}],
    }  # fmt: skip
    nest = nest_from_dict(data)
    assert nest.accelerator.levels[0].fanout == (Axis("X", 3), Axis("Y", 2))
    assert nest.accelerator.levels[1].fanout == (Axis("Z", 8),)


@pytest.mark.parametrize(
    "change, words",
    [
        ({"layers": {}}, "'layers' is not known; did you mean 'layer'?"),
        ({"layer": {"Z": 3}}, "nest: layer: 'Z' is not known"),
        ({"layer": {"K": 0}}, "K: 0 must be a whole number of at least 1"),
        ({"layer": {"K": "5"}}, "must be a whole number"),
        ({"levels": [{"name": "DRAM", "capacity": 5}]}, "'capacity' is not known; did you mean 'capacity_words'?"),
        ({"levels": [{"name": "DRAM", "capacity_words": 0}]}, "must be greater than zero"),
        ({"levels": [{"name": "DRAM", "read_bandwidth": -1}]}, "must be greater than zero"),
        ({"levels": [{"name": "DRAM", "read_pj": "much"}]}, "read_pj: 'much' must be a number"),
        ({"levels": [{"keeps": ["W"]}]}, "levels[0]: 'name' is missing"),
        ({"levels": [{"name": "DRAM", "keeps": ["W", "I"]}]}, "must hold every tensor outermost"),
        ({"levels": [{"name": "DRAM", "keeps": ["A"]}]}, "'A' is not known"),
        ({"levels": [{"name": "DRAM", "temporal": ["K", 3]}]}, "is not a loop"),
        ({"levels": [{"name": "DRAM", "temporal": [["K", 0]]}]}, "at least 1"),
        ({"levels": {}}, "must be a list"),
    ],
)
def test_bad_nests_are_refused_with_place_and_rule(change: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError) as error:
        nest_from_dict(SMALL | change)
    assert words in str(error.value)


@pytest.mark.parametrize(
    "text, pattern", [(DOCUMENT.read_text(), r"```json\n(.*?)```"), (nest_module.__doc__, r"::\n\n(.*?)\n\n")]
)
def test_the_examples_in_the_documents_are_valid(text: str, pattern: str) -> None:
    (example,) = re.findall(pattern, text, re.DOTALL)
    nest = nest_from_dict(json.loads(example))
    assert evaluate(nest.layer, nest.accelerator, nest.mapping).error is None


def test_a_file_that_is_missing_or_no_json_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_nest(tmp_path / "none.json")
    (tmp_path / "bad.json").write_text("{")
    with pytest.raises(InputError, match="is not sound JSON"):
        read_nest(tmp_path / "bad.json")


@settings(max_examples=60, deadline=None)
@given(cases(hardware=True))
def test_writing_and_reading_a_nest_changes_nothing(case: tuple[Layer, Accelerator, Mapping]) -> None:
    layer, accelerator, mapping = case
    nest = Nest(layer, accelerator, mapping)
    text = json.dumps(nest_to_dict(nest))
    again = nest_from_dict(json.loads(text))
    assert again.layer == layer
    assert again.accelerator.mac_pj == accelerator.mac_pj
    assert evaluate(again.layer, again.accelerator, again.mapping).to_dict() == evaluate(*case).to_dict()
    for mine, theirs, loops in zip(again.accelerator.levels, accelerator.levels, mapping.levels):
        assert mine == dataclasses.replace(theirs, keeps=theirs.keeps if loops.keeps is None else loops.keeps)


def test_a_written_file_reads_back(tmp_path: Path) -> None:
    nest = nest_from_dict(SMALL)
    write_nest(nest, tmp_path / "nest.json")
    assert read_nest(tmp_path / "nest.json") == nest


@pytest.mark.skipif(not NESTS.is_dir(), reason="the reference nests are not beside the repository")
def test_the_model_equals_every_reference_nest() -> None:
    for path in sorted(NESTS.glob("*.json")):
        nest = read_nest(path)
        assert nest.expected is not None
        cost = evaluate(nest.layer, nest.accelerator, nest.mapping, convention="timeloop")
        assert (path.name, cost.to_dict()["levels"]) == (path.name, nest.expected["levels"])
        assert (path.name, cost.compute_cycles) == (path.name, nest.expected["compute_cycles"])


def test_a_memory_named_several_times_in_a_row_comes_back_as_levels_that_share_it(tmp_path: Path) -> None:
    """An uneven mapping: inputs stay in L2 over more loops than weights and outputs do."""
    layer = Layer(name="conv", K=8, C=4, P=6, Q=6, R=3, S=3)
    machine = load_accelerator("eyeriss")
    mapping = Mapping(
        (
            LevelLoops("DRAM", (Loop("K", 4),)),
            LevelLoops("L2", (Loop("K", 2),), keeps=("I",)),
            LevelLoops("L2", (Loop("P", 1),), keeps=("W", "O")),
            LevelLoops("L1", (Loop("C", 1), Loop("Q", 1), Loop("R", 1), Loop("S", 1), Loop("K", 1))),
        )
    )
    write_nest(Nest(layer, machine, mapping), tmp_path / "nest.json")
    back = read_nest(tmp_path / "nest.json")
    written, read = evaluate(layer, machine, mapping), evaluate(back.layer, back.accelerator, back.mapping)
    assert read.valid, read.error
    assert (read.cycles, read.energy_pj) == (written.cycles, written.energy_pj)
    assert back.accelerator.level_names == ("DRAM", "L2", "L2#2", "L1")
