"""The page on language models shows what its commands print."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from tests.cosearch.conftest import Cosearch

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "language_models.md").read_text(encoding="utf-8")
SHOWN = re.findall(r"```bash\ncosearch ([^`]*?)\n```[^`]*```text\n([^`]*)```", PAGE)


@pytest.mark.parametrize(("words", "shown"), SHOWN)
def test_the_page_prints_today(words: str, shown: str, cosearch: Cosearch) -> None:
    assert shown in cosearch(*shlex.split(words)).out


def test_both_commands_are_found() -> None:
    assert len(SHOWN) == 2
