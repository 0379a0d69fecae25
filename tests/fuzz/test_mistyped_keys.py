"""A user who mistypes any key of any file gets one line that says what to write."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from benchmarks.fuzzing.readers import READERS
from nets.errors import CosearchError

FREE: Final = {
    "best": ("figures", "config"),  # what a search recorded is compared, not read
    "config": ("versions",),
    "nest": ("partition_words",),
    "accuracy predictor": ("levels", "scatter"),
    "family": ("vary",),
    "figures": ("figures",),
    "machine": ("other_area_mm2", "partition_words"),
    "zigzag hardware": ("memories",),
    "zigzag mapping": ("spatial_mapping",),
    "stream chip": ("cores", "core_coordinates"),
    "stream system": ("cores",),
    "accelforge workload": ("iteration_space_shape", "rank_sizes", "bits_per_value", "projection", "renames"),
}
"""Keys below which any others may stand, or names that a user chooses."""
PASSED_OVER: Final = {"language model": ("rope_scaling",)}
"""Keys that change nothing that is read."""
KINDS: Final = (
    *("machine", "family", "figures", "nest", "timeloop", "best", "config", "accuracy predictor", "latency predictor"),
    *("zigzag hardware", "zigzag workload", "zigzag mapping", "accelforge workload", "stream chip"),
    *("explanation", "language model", "system", "architecture"),
    *("accelergy", "accelergy technology", "technology", "stream system"),
)


def keys_of(data: Any, free: tuple[str, ...], way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The ways to all keys."""
    if isinstance(data, dict):
        for key, value in data.items():
            yield (*way, key)
            if key not in free:
                yield from keys_of(value, free, (*way, key))
    elif isinstance(data, list):
        for number, value in enumerate(data):
            yield from keys_of(value, free, (*way, number))


def mistyped(data: Any, way: tuple[Any, ...]) -> Any:
    """The data with one key misspelled, in its place."""
    data = copy.deepcopy(data)
    holder = data
    for step in way[:-1]:
        holder = holder[step]
    items = list(holder.items())
    holder.clear()
    holder.update((f"{key}x" if key == way[-1] else key, value) for key, value in items)
    return data


NAMES: Final = {
    "settings": r"^[\w-]+(?= =)",
    "scalesim topology": r"\A[\w ]+(?=,)|(?<=, )[A-Z][a-zA-Z ]+(?=,)|(?<=,)[A-Z]\w*(?=,)",
    "maestro mapping": r"\b(?!CONV)[A-Z][A-Za-z]+(?= ?[({:]| net| CONV1)|\b(?:[KCRS]|[XY](?=: \d{3}))(?=: )",
    "latency table": r"\b(?:count|mean|std)(?=:)",
    "bits table": r"\A\w+|(?<=,)[a-z]+(?=,|\n)",
    "layer": r"\b[A-Za-z]+(?==)",
    "constraint": r"\b(?:tile|order|parallel|keeps)\b",
    "scalesim config": r"(?<=^\[)\w+(?=\])|^\w+(?=:)",
    "maestro hardware": r"^\w+(?=:)",
    "timeloop nodes": r"(?<=[{ ])(?!version|technology|WIDTH|global)[\w-]+(?=: )",
    "accelforge": r"\w+(?=: )",
    "measurements": r"(?<!\n)(?<![ \d])\b[a-z]\w*\b(?=,|\n)",
    "accuracies": r"\A\w+|(?<=,)(?:top1|error)",
    "front": r"\b\w+_(?:s|j|mm2)(?=,)(?<!value_j_s)",
    "vary": r"[\w.]+(?==)",
    "budget": r"\w+(?==)",
    "phases": r"[a-z]+(?=:)",
}
"""Where keys, columns and names stand in texts of other forms."""


@pytest.mark.parametrize("name", NAMES)
def test_every_name_of_a_text(name: str, tmp_path: Path) -> None:
    reader, unsaid, tried = READERS[name], [], 0
    for text in reader.seeds():
        for match in re.finditer(NAMES[name], text, re.MULTILINE):
            tried += 1
            wrong = text[: match.end()] + "x" + text[match.end() :]
            try:
                list(reader.read(wrong, tmp_path))
                unsaid.append((match[0], "was read"))
            except CosearchError as error:
                said = str(error)
                if match[0].lower() not in said.lower().replace(f"{match[0]}x".lower(), ""):
                    unsaid.append((match[0], said))
    assert tried
    assert unsaid == []


@pytest.mark.parametrize("name", KINDS)
def test_every_key(name: str, tmp_path: Path) -> None:
    reader, unsaid = READERS[name], []
    for text in reader.seeds():
        data = yaml.safe_load(text) if reader.form == "yaml" else json.loads(text)
        for way in keys_of(data, FREE.get(name, ())):
            if way[-1] in PASSED_OVER.get(name, ()):
                continue
            wrong = mistyped(data, way)
            wrong_text = yaml.safe_dump(wrong, sort_keys=False) if reader.form == "yaml" else json.dumps(wrong)
            try:
                list(reader.read(wrong_text, tmp_path))
                unsaid.append((way, "was read"))
            except CosearchError as error:
                said = str(error)
                if "\n" in said or repr(str(way[-1])) not in said:
                    unsaid.append((way, said))
    assert unsaid == []
