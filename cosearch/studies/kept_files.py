"""Files that a run was given, kept in its folder: what was asked stays what was asked, wherever they go."""

from __future__ import annotations

from pathlib import Path

from cosearch.problem.options import CoSearchOptions
from nets.documents import FileMark, HeldFile, hold, write_whole_bytes
from nets.errors import InputError, ResumeError


def keep_files(folder: Path, options: CoSearchOptions) -> None:
    """Write the files of some options into a run's folder."""
    for option, file in options.held_files.items():
        write_whole_bytes(folder / kept_name(option, file.mark), file.content)


def forget_files(folder: Path, options: CoSearchOptions) -> None:
    """Remove them again."""
    for option, file in options.held_files.items():
        (folder / kept_name(option, file.mark)).unlink(missing_ok=True)


def kept_file(folder: Path, option: str, mark: FileMark) -> HeldFile:
    """The file of an option of a run.

    Raises:
        ResumeError: it is no longer there, or is another one.
    """
    path = folder / kept_name(option, mark)
    try:
        file = hold("run", path)
    except InputError as error:
        raise ResumeError(f"{error}; it is the {mark.name} that the run began with") from None
    if file.digest != mark.sha256:
        raise ResumeError(f"{path}: is not the {mark.name} that the run began with: it was changed")
    return HeldFile(mark.name, file.content)


def check_kept(folder: Path, option: str, mark: FileMark) -> None:
    """Refuse a folder whose file is another one than figures were made from; one that lacks it says nothing else.

    Raises:
        InputError: it is another one.
    """
    path = folder / kept_name(option, mark)
    if path.is_file() and hold("run", path).digest != mark.sha256:
        rule = f"is not the {mark.name} that figures beside it were read from"
        raise InputError("run", str(path), rule, "put it back, or search again")


def kept_name(option: str, mark: FileMark) -> str:
    """What the file of an option is called in a run's folder."""
    return option + Path(mark.name).suffix
