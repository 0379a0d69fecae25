"""``cosearch accelerators show --sources``."""

from __future__ import annotations

from pathlib import Path

from tests.cosearch.conftest import Cosearch


def test_sources_are_shown(cosearch: Cosearch) -> None:
    said = cosearch("accelerators", "show", "gemmini", "--sources")
    assert said.status == 0
    assert said.out.count("source: ") == len(cosearch("accelerators", "show", "gemmini", "--sources", "--json").json)
    assert "Horowitz, ISSCC 2014" in said.out


def test_where_there_are_none_it_is_refused(tmp_path: Path, cosearch: Cosearch) -> None:
    said = cosearch("accelerators", "list", "--sources")
    assert said.status == 2
    assert "is an option of show" in said.err
    (tmp_path / "given.yaml").write_text("kind: accelerator\nlevels: [{name: DRAM}]\n")
    said = cosearch("accelerators", "show", tmp_path / "given.yaml", "--sources")
    assert said.status == 2
    assert "has figures that come from its own file" in said.err
