"""Files of sections and entries."""

from __future__ import annotations

from pathlib import Path

import pytest

from nets.documents.ini_text import read_ini
from nets.errors import InputError


def test_sections_keys_and_lines(tmp_path: Path) -> None:
    (tmp_path / "a.cfg").write_text("# first\n[General]\nRun_Name = a b ; said\n\n[Sizes]\nWidth: 8\nTruth : False\n")
    document = read_ini(tmp_path / "a.cfg", "configuration")
    assert document.data == {"general": {"run_name": "a b"}, "sizes": {"width": 8, "truth": False}}
    assert document.where(("sizes", "width")).endswith("(line 6)")


@pytest.mark.parametrize(
    "text, words",
    [
        ("a: 1\n", "line 1: 'a: 1' is no entry of a section"),
        ("[a]\nb\n", "line 2: 'b' is no entry of a section"),
        ("[a]\nb: 1\nB = 2\n", "line 3: 'b' is a key that stands twice"),
        ("[a]\n[A]\n", "line 2: 'a' is a section that stands twice"),
        (f"[a]\nb: {'9' * 50}\n", "line 2: "),
    ],
)
def test_what_is_refused(text: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "a.cfg").write_text(text)
    with pytest.raises(InputError) as refused:
        read_ini(tmp_path / "a.cfg", "configuration")
    assert words in str(refused.value)
