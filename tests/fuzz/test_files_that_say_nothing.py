"""Files that are empty or of another kind of text, keys without a value: one line that names the file or the key."""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from benchmarks.fuzzing.readers import READERS
from nets.errors import CosearchError
from tests.fuzz.test_mistyped_keys import KINDS, keys_of

FILES: Final = (
    *(kind for kind in KINDS if kind != "architecture"),
    *("maestro mapping", "maestro hardware", "latency table", "measurements", "bits table", "accuracies"),
    *("timeloop nodes", "scalesim topology", "scalesim config", "gemmini", "gemmini header", "front"),
)
"""Readers of one file of text each."""
WRITTEN: Final = tuple(kind for kind in FILES if kind in KINDS or READERS[kind].form == "yaml")
"""Of YAML and JSON."""
AS_WRITTEN: Final = ("best", "config", "explanation")
"""What a run writes; keys of it are not filled in by hand."""


def refused(name: str, text: str, folder: Path) -> str:
    """What the reader says of a text; it must be one line of the project's own, without Python's words."""
    with pytest.raises(CosearchError) as error:
        list(READERS[name].read(text, folder))
    said = str(error.value)
    assert "\n" not in said
    assert re.search(r"(?:: |^)'?None'? ", said) is None, said
    return said


@pytest.mark.parametrize("text", ["", "  \n\n", "\ufeff"], ids=["empty", "blank", "mark"])
@pytest.mark.parametrize("name", FILES)
def test_an_empty_file(name: str, text: str, tmp_path: Path) -> None:
    said = refused(name, text, tmp_path)
    assert f"{tmp_path}/" in said
    assert "is empty" in said


@pytest.mark.parametrize("name", WRITTEN)
def test_nothing_but_a_comment(name: str, tmp_path: Path) -> None:
    said = refused(name, "# nothing yet\n", tmp_path)
    assert "nothing but comments" in said if READERS[name].form == "yaml" else "line 1, column 1" in said


@pytest.mark.parametrize("text", ["3", "hello", "true", "[1, 2]", "[]", "null"])
@pytest.mark.parametrize("name", WRITTEN)
def test_another_kind_of_value(name: str, text: str, tmp_path: Path) -> None:
    refused(name, text, tmp_path)


@pytest.mark.parametrize("name", WRITTEN)
def test_a_text_fifty_deep(name: str, tmp_path: Path) -> None:
    for text in ('{"a": ' * 50 + "1" + "}" * 50, '{"a": ' + "[" * 50 + "]" * 50 + "}"):
        refused(name, text, tmp_path)


@pytest.mark.parametrize("name", FILES)
def test_text_in_another_encoding(name: str, tmp_path: Path) -> None:
    text = READERS[name].seeds()[0]
    said = refused(name, text.encode("utf-16").decode("utf-8", "surrogateescape"), tmp_path)
    assert said.endswith("it begins as UTF-16 does: save it as UTF-8")
    assert "holds a NUL" in refused(name, f"{text[:10]}\0{text[10:]}", tmp_path)


@pytest.mark.parametrize("name", WRITTEN)
def test_a_key_without_a_value(name: str, tmp_path: Path) -> None:
    """Read, where a key may be left out; or refused in words, and where it is mandatory by its name."""
    reader, named = READERS[name], 0
    for text in reader.seeds():
        data = yaml.safe_load(text) if reader.form == "yaml" else json.loads(text)
        for way in keys_of(data, () if name not in AS_WRITTEN else ("figures", "config", "baselines")):
            changed = without_value(data, way)
            emptied = yaml.safe_dump(changed, sort_keys=False) if reader.form == "yaml" else json.dumps(changed)
            if not is_read(name, emptied, tmp_path):
                named += str(way[-1]) in refused(name, emptied, tmp_path)
    assert named


def is_read(name: str, text: str, folder: Path) -> bool:
    """Whether the reader takes a text."""
    try:
        list(READERS[name].read(text, folder))
    except CosearchError:
        return False
    return True


def without_value(data: Any, way: tuple[Any, ...]) -> Any:
    """The data with one key that has none."""
    data = copy.deepcopy(data)
    holder = data
    for step in way[:-1]:
        holder = holder[step]
    holder[way[-1]] = None
    return data
