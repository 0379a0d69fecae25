"""What pages tell to type is what commands take; those that a newcomer types first are run, and Python too."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from cosearch.commands import COMMANDS
from cosearch.commands.parser import command_parser
from tests.cosearch.conftest import Cosearch, cosearch

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCK = re.compile(r"^```(bash|console|python)[^\n]*\n(.*?)^```", re.DOTALL | re.MULTILINE)

__all__ = ["cosearch"]


def typed(page: Path) -> list[list[str]]:
    """The words of every line of a page that a person types into a shell."""
    lines = []
    for language, text in BLOCK.findall(page.read_text(encoding="utf-8")):
        for line in text.replace("\\\n", " ").splitlines():
            if language == "bash" or (language == "console" and line.startswith("$ ")):
                lines.append(shlex.split(line.removeprefix("$ ").removesuffix("&"), comments=True))
    return [words for words in lines if words]


@pytest.mark.parametrize("page", [page for page in PAGES if typed(page)], ids=lambda page: page.stem)
def test_commands_take_what_a_page_tells_to_type(page: Path) -> None:
    for words in typed(page):
        if words[0] == "cosearch":
            assert words[1] in COMMANDS, words
            command_parser(words[1]).parse_args(words[2:])  # leaves where an option is none
        elif words[0] == "python" and "/" in words[1]:
            script = ROOT / words[1]
            beside = [script] if script.parent.name == "benchmarks" else sorted(script.parent.glob("*.py"))
            known = "".join(path.read_text(encoding="utf-8") for path in (script, *beside))
            assert [word for word in words[2:] if word.startswith("--") and f'"{word}"' not in known] == [], words


def test_the_first_run_goes_as_the_page_says(
    cosearch: Cosearch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ran = [words for words in typed(ROOT / "docs" / "start.md") if words[0] == "cosearch"]
    assert len(ran) >= 3
    for words in ran:
        assert cosearch(*words[1:]).status == 0, words


def test_python_of_pages_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("README.md", "docs/spaces.md"):
        blocks = [text for language, text in BLOCK.findall((ROOT / name).read_text()) if language == "python"]
        assert blocks
        for text in blocks:
            exec(compile(text, name, "exec"), {})
