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


def test_the_schema_beside_the_machines_is_current() -> None:
    shipped = json.loads((files("accel_models.presets") / "machine.schema.json").read_text(encoding="utf-8"))
    assert shipped == json.loads(json.dumps(SCHEMAS["machine"]())), "cosearch schema machine prints it"


@pytest.mark.parametrize("name", list_accelerators())
def test_shipped_machines_name_their_schema_and_meet_it(name: str) -> None:
    text = (files("accel_models.presets") / f"{name}.yaml").read_text(encoding="utf-8")
    assert text.splitlines()[0] == "# yaml-language-server: $schema=machine.schema.json"
    jsonschema.validate(yaml.safe_load(text), SCHEMAS["machine"]())


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


def test_a_mistyped_key_gets_one_line_with_the_way_out(tmp_path: Path, cosearch: Cosearch) -> None:
    for text in MACHINES:
        for key in yaml.safe_load(text):
            mistyped = re.sub(rf"^{key}:", f"{key}x:", text, flags=re.MULTILINE)
            (tmp_path / "mine.yaml").write_text(mistyped)
            said = cosearch("accelerators", "show", tmp_path / "mine.yaml")
            assert said.status == 2, key
            assert said.err.count("\n") == 1
            assert f"did you mean '{key}'?" in said.err or "kind: 'None' is not known" in said.err
