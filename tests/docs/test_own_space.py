"""The page on a space of one's own, run from its first block to the search, as it stands there."""

from __future__ import annotations

import re
import shlex
import sys
from pathlib import Path

import pytest

from tests.cosearch.conftest import Cosearch, cosearch

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "own_space.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)

__all__ = ["cosearch"]


@pytest.fixture
def said(cosearch: Cosearch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What each command of the page prints, in the order in which it has them."""
    monkeypatch.chdir(tmp_path)
    files = {"python": "my_space.py", "csv": "measured.csv"}
    for kind, text in BLOCKS:
        if kind in files:
            (tmp_path / files[kind]).write_text(text)
    commands = "".join(text for kind, text in BLOCKS if kind == "bash").replace("\\\n", " ").splitlines()
    found = {}
    try:
        for line in commands:
            done = cosearch(*shlex.split(line)[1:])
            assert done.status == 0, f"{line}\n{done.err}"
            found[" ".join(line.split())] = done.out
    finally:
        sys.modules.pop("my_space", None)
    return found


def test_the_page_prints_today(said: dict[str, str]) -> None:
    network, evaluation, mapping, roofline, info, _, nas, search, evaluated, resumed = said.values()
    (shown_network, shown_info, shown_nas) = (text for kind, text in BLOCKS if kind == "text")
    assert network == shown_network
    assert "my_space:Plain at 32" in evaluation
    assert "my_space:Plain at 48 on nvdla_256" in mapping
    assert "my_space:Plain on nvdla_256" in roofline
    assert info == shown_info
    assert shown_nas in nas
    for out in (search, evaluated, resumed):
        words = " ".join(out.replace("│", " ").split())
        assert "is measured" in words
        assert "ms of at most 0.9 ms: sum of the parts' latencies in the table eyeriss" in words
    assert search.split("Can I trust")[0] == evaluated.split("Can I trust")[0]
