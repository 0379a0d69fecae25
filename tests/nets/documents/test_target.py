"""Files to write: refused before the work where they cannot be, whole or not there after it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from nets.documents import require_folder, require_writable, write_whole
from nets.errors import InputError

NOBODY = 65534

AS_NOBODY = """
import os, sys
from nets.documents import require_folder, require_writable, write_whole
os.setgroups([])
os.setgid({nobody})
os.setuid({nobody})
{what}(*sys.argv[1:])
"""


def as_nobody(what: str, *words: str | Path) -> str:
    """The last line that is said where somebody without rights does it."""
    code = AS_NOBODY.format(nobody=NOBODY, what=what)
    environment = os.environ | {"PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, env=environment)
    return (done.stderr.splitlines() or [""])[-1]


@pytest.fixture
def sealed(tmp_path: Path) -> Path:
    """A folder that only its owner may write into, on a way that everybody may go."""
    if os.geteuid() != 0:
        pytest.skip("only root can become somebody else")
    for folder in tmp_path.parents:
        if folder.stat().st_uid == 0 and folder.is_relative_to("/tmp/"):
            folder.chmod(folder.stat().st_mode | 0o055)
    folder = tmp_path / "sealed"
    folder.mkdir()
    tmp_path.chmod(0o755)
    folder.chmod(0o755)
    return folder


def test_a_file_is_whole_or_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_whole(path, "first")
    write_whole(path, "second")
    assert path.read_text() == "second"
    assert [*tmp_path.iterdir()] == [path]


@pytest.mark.parametrize(
    "make, rule",
    [
        (lambda folder: folder, "is a folder; name a file"),
        (lambda folder: folder / "absent" / "file", "is in a folder that does not exist"),
        (lambda folder: folder / "plain" / "file", "is in a folder that does not exist"),
        (lambda folder: Path(f"{folder}/a\0b"), "is no name of a file"),
        (lambda folder: folder / ("x" * 300), "cannot be written: File name too long"),
    ],
)
def test_what_cannot_be_written_is_refused(make: Callable[[Path], Path], rule: str, tmp_path: Path) -> None:
    (tmp_path / "plain").write_text("")
    with pytest.raises(InputError) as refused:
        require_writable("--out", make(tmp_path))
    assert str(refused.value).endswith(rule)
    assert [each.name for each in tmp_path.iterdir()] == ["plain"]


def test_a_folder_need_not_be_there_and_is_not_made(tmp_path: Path) -> None:
    assert require_folder("--out", tmp_path / "a" / "b") == tmp_path / "a" / "b"
    assert [*tmp_path.iterdir()] == []
    (tmp_path / "plain").write_text("")
    for below in ("plain", "plain/below"):
        with pytest.raises(InputError, match="is a file or lies below one; name a folder"):
            require_folder("--out", tmp_path / below)


def test_what_is_no_file_takes_the_bytes_as_they_are(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        write_whole(require_writable("--out", pipe), "through")
        assert os.read(reader, 100) == b"through"
    finally:
        os.close(reader)
    assert pipe.is_fifo()


def test_somebody_without_rights_is_told_before_the_work(sealed: Path) -> None:
    said = "cannot be written: Permission denied"
    assert as_nobody("require_writable", "--out", sealed / "file").endswith(f"--out: '{sealed}/file' {said}")
    assert as_nobody("require_folder", "--out", sealed / "new").endswith(f"--out: '{sealed}/new' {said}")


def test_errors_name_the_file_that_was_asked_for(sealed: Path) -> None:
    """And not its part, of which nobody has heard."""
    assert as_nobody("write_whole", sealed / "file", "text").endswith(f"Permission denied: '{sealed}/file'")
