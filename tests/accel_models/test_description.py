import json
import math

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from accel_models.accelerator import Accelerator, Axis, Level
from accel_models.datasheet import datasheet, describe
from accel_models.description import accelerator_from_dict, accelerator_to_dict, from_dict, to_dict
from accel_models.presets import list_accelerators, load_machine
from nets.errors import InputError
from nets.layer import DIMS, TENSORS

POSITIVE = st.floats(1e-3, 1e6) | st.just(math.inf)
ENERGY = st.just(0.0) | st.floats(1e-9, 1e4)


@st.composite
def levels(draw, name, outermost):
    axes = draw(st.integers(0, 3))
    return Level(
        name=name,
        keeps=TENSORS if outermost else tuple(draw(st.sets(st.sampled_from(TENSORS), min_size=1))),
        word_bits=draw(st.none() | st.integers(1, 64)),
        capacity_words=draw(POSITIVE),
        partition_words=draw(st.dictionaries(st.sampled_from(TENSORS), st.floats(1, 1e6))),
        double_buffered=draw(st.booleans()),
        read_bandwidth=draw(POSITIVE),
        shared_bandwidth=draw(POSITIVE),
        read_pj=draw(ENERGY),
        write_pj=draw(ENERGY),
        area_mm2=draw(ENERGY),
        fanout=tuple(
            Axis("XYZ"[i], draw(st.integers(1, 6)), tuple(draw(st.sets(st.sampled_from(DIMS))))) for i in range(axes)
        ),
        network_pj=draw(ENERGY),
    )


@st.composite
def accelerators(draw):
    count = draw(st.integers(1, 6))
    return Accelerator(
        name=draw(st.text("abc: #-", min_size=1, max_size=8)),
        levels=tuple(draw(levels(f"M{i}", i == 0)) for i in range(count)),
        mac_pj=draw(ENERGY),
        clock_hz=draw(st.floats(1e6, 1e10)),
        other_area_mm2=draw(st.dictionaries(st.sampled_from(["network", "overhead (x2.5)"]), ENERGY)),
        node_nm=draw(st.sampled_from([45.0, 16.0])),
    )


@given(accelerators())
def test_any_accelerator_survives_yaml(machine):
    text = yaml.safe_dump(accelerator_to_dict(machine), sort_keys=False)
    assert accelerator_from_dict(yaml.safe_load(text)) == machine


@pytest.mark.parametrize("name", list_accelerators())
def test_every_preset_survives_yaml_and_fills_a_datasheet(name):
    machine = load_machine(name)
    assert from_dict(yaml.safe_load(yaml.safe_dump(to_dict(machine)))) == machine
    accelerator = machine.accelerator()
    assert accelerator_from_dict(to_dict(machine)) == accelerator
    sheet = json.loads(json.dumps(datasheet(machine), allow_nan=False))
    assert sheet["area_mm2"] == pytest.approx(sum(sheet["area_breakdown_mm2"].values()))
    text = describe(machine)
    for level in accelerator.levels:
        assert level.name in text
    assert machine.source in text


def _template(**change):
    data = {"kind": "template", "array": [16, 16], "parallel": ["K", "C"], "l1_bytes": 64, "l2_bytes": 65536}
    data.update(change)
    return data


def _accelerator(**change):
    level = {"name": "L2", "capacity_words": 1024}
    level.update(change)
    return {"kind": "accelerator", "name": "a", "levels": [{"name": "DRAM"}, level]}


@pytest.mark.parametrize(
    "data, words",
    [
        ([], "must be a mapping"),
        ({}, "file.yaml: 'kind' is missing; write kind: accelerator or structure or template"),
        ({"kind": None}, "kind has no value; write accelerator or structure or template"),
        (_template(array=None), "array has no value: it must be a list"),
        (_accelerator(name=""), "name: '' must not be empty"),
        ({"kind": ["template"]}, "is not known"),
        ({"kind": "structure", "levels": []}, "must be 1 to 6"),
        ({"kind": "structure", "levels": [{"name": "D", "memory": "dram"}], "node_nm": 3}, "no sourced figures"),
        ({"kind": "templte"}, "did you mean 'template'?"),
        (_template(l2_byte=1), "file.yaml: 'l2_byte' is not known; did you mean 'l2_bytes'?"),
        ({"kind": "template", "array": [8]}, "'parallel' is missing"),
        (_template(array=16), "array: 16 must be a list"),
        (_template(array=[16, "16"]), "array[1]: '16' must be a whole number; write 16"),
        (_template(l1_bytes=64.0), "l1_bytes: 64.0 must be a whole number; write 64"),
        (_template(l1_bytes=64.5), "l1_bytes: 64.5 must be a whole number"),
        (_template(name=""), "name: '' must not be empty"),
        (_template(dram_bandwidth="1e1"), "must be a number; write 10.0"),
        (_template(dram_bandwidth=True), "must be a number"),
        (_template(strict_strides=1), "must be true or false"),
        (_template(precision={"weights": 8}), "precision: 'weights' is not known; did you mean 'weight'?"),
        (_template(precision={"weight": 0}), "must be a whole number of bits"),
        (_template(l1_bytes=65), "multiple of 16"),
        (_accelerator(capacity=1), "levels[1]: 'capacity' is not known; did you mean 'capacity_words'?"),
        (_accelerator(capacity_words=0), "levels[1]: level 'L2': capacity_words: 0 must be greater than zero"),
        (_accelerator(read_bandwidth=-4), "read_bandwidth: -4 must be greater than zero"),
        (_accelerator(read_pj=-1.0), "read_pj: -1.0 must be a finite number"),
        (_accelerator(keeps=["W", "B"]), "'B' is not known"),
        (_accelerator(fanout=[{"name": "X", "size": 0}]), "fanout[0]: axis 'X': size: 0"),
        (_accelerator(fanout=[{"size": 2}]), "fanout[0]: 'name' is missing"),
        (_accelerator(partition_words={"W": "many"}), "partition_words: W: 'many' must be a number"),
        ({"kind": "accelerator", "name": "a", "levels": []}, "must be 1 to 6"),
        (
            {"kind": "accelerator", "name": "a", "levels": [{"name": "D", "keeps": ["W", "I"]}]},
            "must hold every tensor",
        ),
        ({"kind": "structure", "levels": [{"name": "D", "memory": "ram"}]}, "memory: 'ram' is not known"),
        ({"kind": "structure", "levels": [{"name": "D", "memory": "sram"}]}, "capacity_bytes: inf must be"),
    ],
)
def test_bad_descriptions_name_the_key(data, words):
    with pytest.raises(InputError) as error:
        from_dict(data, "file.yaml")
    assert words in str(error.value)
    assert str(error.value).startswith("file.yaml")
