"""The page on a machine of one's own, run from its first block to its last, as it stands there."""

from __future__ import annotations

import re
import shlex
import sys
from pathlib import Path

import pytest

from accel_models.families import list_families, load_family
from cosearch.problem.vary import fields_of
from tests.cosearch.conftest import Cosearch, cosearch

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "own_machine.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
FILES = {"python": "my_model.py", "yaml": "my_machine.yaml", "csv": "measured.csv"}

__all__ = ["cosearch"]


def test_the_page_prints_today(cosearch: Cosearch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torch")
    monkeypatch.chdir(tmp_path)
    for kind, text in BLOCKS:
        if kind in FILES:
            (tmp_path / FILES[kind]).write_text(text)
    commands = "".join(text for kind, text in BLOCKS if kind == "bash").replace("\\\n", " ").splitlines()
    said = {}
    try:
        for line in commands:
            done = cosearch(*shlex.split(line)[1:])
            assert done.status == 0, f"{line}\n{done.err}"
            said[line.split()[1], line.split()[-1]] = done.out
    finally:
        sys.modules.pop("my_model", None)
    for out in said.values():
        assert "nothing is proven" not in out
    third = said["search", "third"]
    (shown,) = (text for kind, text in BLOCKS if kind == "text")
    assert " ".join(shown.split()) in " ".join(third.split())
    assert "71.30 ± 0.40 % top-1 is measured" in third
    assert third.count("of all variants of this machine inside the budget") == 1
    assert "DRAM bandwidth" in said["explain", "third"]
    assert said["evaluate", "third/best.yaml"].startswith(third.split("\nCan I trust it?")[0])


def test_the_page_names_what_ships_and_what_may_vary() -> None:
    assert re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE) == [
        "eyeriss_like", "simba_like", "tpu_like", "gemmini_like", "two_level",
    ]  # fmt: skip
    assert sorted(re.findall(r"^\| `(\w+_\w+)` \|", PAGE, re.MULTILINE)) == list_families()
    machine, _ = load_family("eyeriss_like")
    parts = {re.sub(r"^(GLB|array)\.", "", name) for name in fields_of(machine) if name.startswith(("GLB.", "array."))}
    named = {word.rpartition(".")[2] for word in re.findall(r"`([\w.]+)`", PAGE)}
    assert parts <= named | {"X", "Y", "x", "y", "X.dims", "Y.dims"}
