"""Files and folders that may not be looked at are not taken for ones that are not there."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from nets.documents import files_in, is_file
from nets.errors import InputError


def test_what_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "one").write_text("")
    assert is_file("x", tmp_path / "one")
    assert not is_file("x", tmp_path)
    assert not is_file("x", tmp_path / "none")
    assert not is_file("x", tmp_path / "one" / "below")
    with pytest.raises(InputError, match="is no name of a file"):
        is_file("x", "\0")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    with pytest.raises(InputError, match="loop' cannot be read: Too many levels"):
        is_file("x", tmp_path / "loop")


def test_files_of_a_folder_by_name(tmp_path: Path) -> None:
    for name in ("b.yaml", "a.yml", "c.txt"):
        (tmp_path / name).write_text("")
    assert files_in("x", tmp_path, ".yaml", ".yml") == [tmp_path / "a.yml", tmp_path / "b.yaml"]
    for folder in (tmp_path / "none", tmp_path / "c.txt"):
        with pytest.raises(InputError, match=r"x: .* cannot be read: No"):
            files_in("x", folder, ".yaml")
    with pytest.raises(InputError, match="is no name of a folder"):
        files_in("x", "\0", ".yaml")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may look into any folder")
def test_a_folder_that_is_closed(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0)
    try:
        for look in (lambda: is_file("x", closed / "one"), lambda: files_in("x", closed, ".yaml")):
            with pytest.raises(InputError, match="cannot be read: Permission denied"):
                look()
    finally:
        closed.chmod(0o700)
