"""The page on bringing networks shows what its command prints."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

pytest.importorskip("torch")

from tests.cosearch.conftest import Cosearch

PAGE = Path(__file__).resolve().parents[3] / "docs" / "import.md"


def test_the_page_prints_today(cosearch: Cosearch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocks = re.findall(r"```(\w+)[^\n]*\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    (module, *_), (shown,) = ([text for kind, text in blocks if kind == wanted] for wanted in ("python", "text"))
    (tmp_path / "my_networks.py").write_text(module)
    monkeypatch.chdir(tmp_path)
    spoken = cosearch("networks", "show", "my_networks:patches")
    sys.modules.pop("my_networks", None)
    assert spoken.out.startswith(shown)
