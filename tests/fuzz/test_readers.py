"""Every reader of files and texts gives sound figures or the project's own error, in one line and at once."""

from __future__ import annotations

import random
import time
from pathlib import Path
from typing import Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmarks.fuzzing.mutations import mutated
from benchmarks.fuzzing.reader import bad_figures
from benchmarks.fuzzing.readers import READERS
from nets.errors import CosearchError
from tests.fuzz.corpus import CORPUS

INPUTS_PER_WEIGHT = 25


def check(name: str, text: str, folder: Path) -> None:
    """Read a text; whatever is raised besides the project's own errors ends the test."""
    began, refusal, figures = time.process_time(), "", list[float]()
    try:
        figures = list(READERS[name].read(text, folder))
    except CosearchError as error:
        refusal = str(error)
    assert len(refusal) < 2000
    assert bad_figures(figures) == [], text
    assert time.process_time() - began < 2.0, text[:1000]


@pytest.mark.parametrize("name", READERS)
def test_sound_texts_are_read(name: str, tmp_path: Path) -> None:
    for text in READERS[name].seeds():
        assert bad_figures(list(READERS[name].read(text, tmp_path))) == []


@pytest.mark.parametrize("name, text", CORPUS, ids=lambda value: repr(value[:40]))
def test_what_once_broke(name: str, text: str, tmp_path: Path) -> None:
    with pytest.raises(CosearchError) as refused:
        list(READERS[name].read(text, tmp_path))
    assert len(str(refused.value)) < 2000


@pytest.mark.parametrize("name", READERS)
def test_mutated_texts(name: str, tmp_path: Path) -> None:
    reader, rng = READERS[name], random.Random(name)
    seeds = reader.seeds()
    for text in seeds:  # imports and compilation take no input's time
        list(reader.read(text, tmp_path))
    for _ in range(INPUTS_PER_WEIGHT * reader.weight):
        check(name, mutated(rng.choice(seeds), rng, reader.form), tmp_path)


LONG: Final = 20_000
"""Letters, of which a reader that goes back to each would look at two hundred million pairs."""


@pytest.mark.parametrize("unit", ["x", " x ", "a[", "a = ", "/* ", "object ", "9", "[", "#define A "])
@pytest.mark.parametrize(
    "name", ["gemmini", "gemmini header", "scalesim config", "maestro mapping", "maestro hardware"]
)
def test_long_texts_take_no_longer_than_their_length(name: str, unit: str, tmp_path: Path) -> None:
    many = unit * (LONG // len(unit))
    for text in (
        many,
        f"[general]\na{' ' * LONG}b",
        READERS[name].seeds()[0].replace("=", f"={' ' * LONG}=", 1) + many,
    ):
        check(name, text, tmp_path)


def test_a_long_einsum_takes_no_longer_than_its_length(tmp_path: Path) -> None:
    for unit in ("x", "a[", "a[b", "[", "a "):
        check("accelforge workload", f"workload: {{einsums: ['{unit * (LONG // len(unit))}']}}", tmp_path)


HANDED_OVER = [name for name, reader in READERS.items() if reader.form != "data" and name != "constraint"]
"""Whose text is that of a user's file; of the others a file is made of what the fuzzer says."""


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.sampled_from(HANDED_OVER), text=st.text(max_size=60))
def test_any_text(name: str, text: str, tmp_path: Path) -> None:
    check(name, text, tmp_path)
