"""Command lines near sound ones end in an answer or one line that says what is wrong; files may be no files."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from benchmarks.fuzzing.command_lines import LINES, PLACES, cleared, lay_files, near
from cosearch.cli import main

LINES_EACH = 3
TAKES_FILES = [line for line in LINES if "../in" in line]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lines")
    lay_files(folder / "in")
    return folder


def check(words: list[str], files: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Run a line; whatever is raised, and any line but one that says what is wrong, ends the test."""
    monkeypatch.chdir(cleared(files / "here"))
    status, said = main(words), capsys.readouterr().err
    assert status in (0, 1, 2, 3, 4), said
    assert "Traceback" not in said
    if status:
        assert [line[:9] for line in said.splitlines()].count("cosearch:") == 1, said


@pytest.mark.parametrize("line", LINES)
def test_mutated_lines(
    line: str, files: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rng = random.Random(line)
    for _ in range(LINES_EACH):
        check(near(line, rng), files, monkeypatch, capsys)


@pytest.mark.parametrize("line", TAKES_FILES)
def test_what_is_no_file_in_the_place_of_each(
    line: str, files: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A folder, a device, a link that leads nowhere, an empty file, a name that is too long."""
    words = line.split()
    for at in (at for at, word in enumerate(words) if word.startswith("../in")):
        for place in PLACES:
            check([*words[:at], place, *words[at + 1 :]], files, monkeypatch, capsys)


@pytest.mark.parametrize(
    "words, hint",
    [
        (["search", "--trails", "3"], "'--trails' is no option; did you mean '--trials'?"),
        (["search", "--trails=3"], "'--trails' is no option; did you mean '--trials'?"),
        (["map", "--tiles", "evn"], "choose from 'ragged', 'perfect', 'even'"),
        (["groups", "--network", "x"], "required: --capacity (see cosearch groups --help)"),
        (["evaluate", "--network", "resnet18"], "name it by --accelerator"),
        (["--nothing"], "'--nothing' is no option"),
        (["networks", "show", "a", "\x1b[31m\u202eb\nc"], "unrecognized arguments: \\x1b[31m\\u202eb\\nc"),
    ],
)
def test_a_mistyped_word_gets_one_line(words: list[str], hint: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 2
    said = capsys.readouterr().err
    assert hint in said
    assert (said.count("\n"), said[:9]) == (1, "cosearch:")
