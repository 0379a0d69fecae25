"""The pictures in the documentation are those that the script takes, and small."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
IMAGES = sorted((ROOT / "docs" / "img").glob("*.png"))


def test_pictures_are_small_and_made_by_the_script() -> None:
    made = set(re.findall(r'Shot\("([\w-]+)"', (ROOT / "docs" / "make_screenshots.py").read_text()))
    assert {path.stem for path in IMAGES} == made
    assert [path.name for path in IMAGES if not 5_000 < path.stat().st_size < 200_000] == []


def test_every_picture_is_shown_with_words_in_its_place() -> None:
    pages = [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
    found = [pair for page in pages for pair in re.findall(r"!\[(.*?)\]\((.*?)\)", page.read_text())]
    shown = {Path(target).stem: words for words, target in found}
    assert {path.stem for path in IMAGES} <= shown.keys()
    assert all(len(words) > 10 for words in shown.values())
