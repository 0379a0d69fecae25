"""Schemas that editors read: sound, current, and met by what the project ships and writes."""

from __future__ import annotations

import json
import re
from importlib.resources import files
from pathlib import Path

import pytest
import yaml

from accel_models import list_accelerators
from accel_models.description import KINDS
from accel_models.presets import load_machine
from accel_models.systems import list_systems
from benchmarks.fuzzing.readers import HARDWARE, READERS
from cosearch.commands.schema import SCHEMAS
from nets.documents import Document, Section, parse_yaml
from nets.given import read_network
from tests.cosearch.conftest import Cosearch

jsonschema = pytest.importorskip("jsonschema")
ROOT = Path(__file__).resolve().parents[3]
EXAMPLES = re.findall(r"```yaml\n(.*?)```", (ROOT / "docs" / "formats.md").read_text(), re.DOTALL)
MACHINES = [text for text in EXAMPLES if re.search("^kind: ", text, re.MULTILINE)]
NETWORKS = next(text for text in EXAMPLES if text.startswith("networks:"))


@pytest.mark.parametrize("kind", SCHEMAS)
def test_a_schema_is_sound_and_printed(kind: str, cosearch: Cosearch) -> None:
    printed = cosearch("schema", kind).json
    assert printed == json.loads(json.dumps(SCHEMAS[kind](), allow_nan=False))
    jsonschema.Draft202012Validator.check_schema(printed)


KEYWORDS = {
    "$schema", "$defs", "$ref", "title", "description", "default", "type", "const", "enum", "discriminator",
    "properties", "required", "additionalProperties", "propertyNames", "minProperties", "maxProperties",
    "items", "prefixItems", "minItems", "maxItems", "oneOf", "anyOf", "not",
    "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "minLength", "maxLength", "pattern",
}  # fmt: skip
"""Of JSON Schema, and ``discriminator`` of OpenAPI: editors pass over all others in silence."""
BY_NAME = ("properties", "$defs")
SCHEMA_INSIDE = ("items", "additionalProperties", "propertyNames", "not")


def _keywords(schema: object) -> set[str]:
    """All words of a schema and of those inside it, without names of properties."""
    if not isinstance(schema, dict):
        return set()
    inside = [part for word in BY_NAME for part in schema.get(word, {}).values()]
    inside += [schema[word] for word in SCHEMA_INSIDE if word in schema]
    inside += [part for word in ("oneOf", "anyOf", "prefixItems") for part in schema.get(word, ())]
    return set(schema).union(*map(_keywords, inside))


@pytest.mark.parametrize("kind", SCHEMAS)
def test_a_schema_says_everything_in_words_that_editors_know(kind: str) -> None:
    assert _keywords(SCHEMAS[kind]()) - KEYWORDS == set()


def test_an_editor_refuses_a_count_out_of_range() -> None:
    validator = jsonschema.Draft202012Validator(SCHEMAS["system"]())
    system = yaml.safe_load((files("accel_models.systems") / "set_mesh.yaml").read_text(encoding="utf-8"))
    assert validator.is_valid(system)
    for count, sound in ((1, True), (256, True), (0, False), (257, False), (1.5, False)):
        system["cores"][0]["count"] = count
        assert validator.is_valid(system) is sound, count


def test_every_kind_stands_in_the_documents() -> None:
    text = (ROOT / "docs" / "formats.md").read_text()
    assert [kind for kind in SCHEMAS if f"`{kind}`" not in text] == []


def test_the_schema_beside_the_machines_is_current() -> None:
    shipped = json.loads((files("accel_models.presets") / "machine.schema.json").read_text(encoding="utf-8"))
    assert shipped == json.loads(json.dumps(SCHEMAS["machine"]())), "cosearch schema machine prints it"


@pytest.mark.parametrize("name", list_accelerators())
def test_shipped_machines_name_their_schema_and_meet_it(name: str) -> None:
    text = (files("accel_models.presets") / f"{name}.yaml").read_text(encoding="utf-8")
    assert text.splitlines()[0] == "# yaml-language-server: $schema=machine.schema.json"
    jsonschema.validate(yaml.safe_load(text), SCHEMAS["machine"]())


@pytest.mark.parametrize("name", list_systems())
def test_shipped_systems_name_their_schema_and_meet_it(name: str) -> None:
    folder = files("accel_models.systems")
    text = (folder / f"{name}.yaml").read_text(encoding="utf-8")
    assert text.splitlines()[0] == "# yaml-language-server: $schema=system.schema.json"
    shipped = json.loads((folder / "system.schema.json").read_text(encoding="utf-8"))
    assert shipped == json.loads(json.dumps(SCHEMAS["system"]())), "cosearch schema system prints it"
    jsonschema.validate(yaml.safe_load(text), shipped)


@pytest.mark.parametrize("name", ["best", "config"])
def test_files_of_a_run_name_their_schema_which_lies_beside_them_and_meet_it(name: str, finished_run: Path) -> None:
    text = (finished_run / f"{name}.yaml").read_text()
    assert text.splitlines()[0] == f"# yaml-language-server: $schema={name}.schema.json"
    schema = json.loads((finished_run / f"{name}.schema.json").read_text())
    assert schema == json.loads(json.dumps(SCHEMAS[name]()))
    jsonschema.validate(yaml.safe_load(text), schema)
    mistyped = yaml.safe_load(text.replace("budget:", "bugdet:", 1))
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(mistyped, schema)


def test_the_schema_of_a_design_knows_its_machine(finished_run: Path) -> None:
    data = yaml.safe_load((finished_run / "best.yaml").read_text())
    data["accelerator"]["l2_byte"] = data["accelerator"].pop("l2_bytes")
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(data, SCHEMAS["best"]())


@pytest.mark.parametrize("text", MACHINES)
def test_the_examples_in_the_documents_are_machines(text: str, tmp_path: Path) -> None:
    jsonschema.validate(yaml.safe_load(text), SCHEMAS["machine"]())
    (tmp_path / "mine.yaml").write_text(text)
    assert load_machine(tmp_path / "mine.yaml").name == "mine"


def test_the_example_of_a_network_is_one() -> None:
    document = Document(parse_yaml(NETWORKS, "docs"), "docs", NETWORKS)
    network = read_network(Section(document, ("networks", 1))).network()
    assert network.inputs("sum") == ("stem", "a")


def test_there_is_an_example_of_every_kind() -> None:
    assert {yaml.safe_load(text)["kind"] for text in MACHINES} == KINDS.keys()


UNTAGGED = {
    "accelforge-mapping": [
        "mapping: {nodes: [{type: storage, target: 0, dspace: [W]}, {type: temporal, rank: K, tile_shape: 1}]}",
        "mapping: {nodes: [{tensors: [W], component: DRAM}, {rank_variable: p, tile_shape: 2}, {einsum: E}]}",
    ],
    "maestro-hardware": [HARDWARE.replace("//", "#")],
    "scalesim-config": ["{architecture_presets: {arrayheight: 4, arraywidth: 8, ifmapsramszkb: 16, filtersramszkb: 8, "
                        "ofmapsramszkb: 4, dataflow: ws}}"],
    "settings": ["{seed: 1, time-limit: 5.5, budget: [area=5mm2, pes=8], quiet: true, space: ofa-digits}"],
}  # fmt: skip
"""Sound files of forms that are no YAML, or that tag their nodes, as their readers have them."""
SEEDS = {
    "machine": "machine",
    "family": "family",
    "system": "system",
    "figures": "figures",
    "accelergy": "accelergy",
    "technology": "technology",
    "accelergy-technology": "accelergy technology",
    "nest": "nest",
    "config": "config",
    "predictor": "accuracy predictor",
    "latency-predictor": "latency predictor",
    "latency-table": "latency table",
    "language-model": "language model",
    "explanation": "explanation",
    "timeloop": "timeloop",
    "zigzag-hardware": "zigzag hardware",
    "zigzag-workload": "zigzag workload",
    "zigzag-mapping": "zigzag mapping",
    "accelforge-workload": "accelforge workload",
}
"""The reader of each kind of file, whose sound texts meet its schema."""


@pytest.mark.parametrize("kind", sorted(set(SCHEMAS) - {"best"}))
def test_what_is_read_meets_its_schema(kind: str) -> None:
    texts = UNTAGGED[kind] if kind in UNTAGGED else READERS[SEEDS[kind]].seeds()
    validator = jsonschema.Draft202012Validator(SCHEMAS[kind]())
    for text in texts:
        data = yaml.safe_load(text)
        validator.validate(data["workload"] if kind == "accelforge-workload" else data)
        assert not validator.is_valid(1)


@pytest.mark.parametrize("kind", ["timeloop", "scalesim-config", "settings", "maestro-hardware"])
def test_a_mistyped_key_does_not(kind: str) -> None:
    texts = UNTAGGED[kind] if kind in UNTAGGED else READERS[SEEDS[kind]].seeds()
    validator = jsonschema.Draft202012Validator(SCHEMAS[kind]())
    for text in texts:
        data = yaml.safe_load(text)
        for key in data:
            assert not validator.is_valid({f"{name}x" if name == key else name: data[name] for name in data})


def test_a_mistyped_key_gets_one_line_with_the_way_out(tmp_path: Path, cosearch: Cosearch) -> None:
    for text in MACHINES:
        for key in yaml.safe_load(text):
            mistyped = re.sub(rf"^{key}:", f"{key}x:", text, flags=re.MULTILINE)
            (tmp_path / "mine.yaml").write_text(mistyped)
            said = cosearch("accelerators", "show", tmp_path / "mine.yaml")
            assert said.status == 2, key
            assert said.err.count("\n") == 1
            assert f"did you mean '{key}'?" in said.err or "'kind' is missing" in said.err
