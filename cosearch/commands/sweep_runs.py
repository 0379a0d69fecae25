"""The searches of a sweep: each a process of its own, several at once, in folders that later ones go on with."""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any, Final

from nets.documents import read_json, write_whole
from nets.documents.strict import STRICT
from nets.documents.typed import typed

POLL_S: Final = 0.05
ENDED: Final = "sweep.json"
"""In the folder of a sweep: how the searches of its points ended."""
KEPT: Final = (0, 3)
"""Exit statuses of searches that ran to their end, with a design and without."""
HANDLED: Final = ("budget", "out", "jobs", "quiet")
"""Options of a search that a sweep sets for each of its points."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a search ended: its exit status, and what it said last."""

    __pydantic_config__ = STRICT

    status: int
    words: str


@dataclass(frozen=True, slots=True)
class EndedFile:
    """Of every search that ran to its end, by its words."""

    __pydantic_config__ = STRICT

    ended: dict[str, Ended]


def words_of(args: argparse.Namespace, kinds: Mapping[str, Any]) -> list[str]:
    """The options of a search as the words that set them.

    Args:
        args: of a command line, filled from the environment and a file.
        kinds: of the options, by their names in ``args``.
    """
    words: list[str] = []
    for name, kind in kinds.items():
        value = getattr(args, name, None)
        if value is None or name in HANDLED:
            continue
        option = f"--{name.replace('_', '-')}"
        if kind is bool:
            words += [option] if value else []
        else:
            words += [f"{option}={each}" for each in (value if kind is list else [value])]
    return words


_SEARCH: Final = """
import sys
from accel_models.parent import end_with_parent
end_with_parent({parent})
from cosearch.cli import main
sys.exit(main())
"""
"""A search that ends with the process that started it, however that one ended."""


def run_points(commands: Sequence[Sequence[str]], at_once: int) -> Iterator[tuple[int, int, str]]:
    """Run searches and tell of each that ended: its number, its exit status and what it said last.

    Args:
        commands: words behind ``cosearch``.
        at_once: how many run together.

    Raises:
        KeyboardInterrupt: after every search that runs was asked to end, and has kept what it found.
    """
    waiting = list(enumerate(commands))[::-1]
    running: dict[int, tuple[subprocess.Popen[bytes], IO[bytes]]] = {}
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COSEARCH_")}
    try:
        while waiting or running:
            while waiting and len(running) < at_once:
                number, words = waiting.pop()
                heard: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - read and closed when the process has ended
                command = [sys.executable, "-c", _SEARCH.format(parent=os.getpid()), *words]
                # A group of its own: Ctrl-C is for this process to pass on, once.
                process = subprocess.Popen(
                    command, stdout=subprocess.DEVNULL, stderr=heard, stdin=subprocess.DEVNULL, env=environment,
                    process_group=0,
                )  # fmt: skip
                running[number] = process, heard
            ended = [number for number, (process, _) in running.items() if process.poll() is not None]
            for number in ended:
                process, said = running.pop(number)
                yield number, process.returncode, _last_line(said)
            if not ended:
                time.sleep(POLL_S)
    finally:
        for process, _ in running.values():
            process.send_signal(signal.SIGINT)
        for process, _ in running.values():
            process.wait()


def key_of(words: Sequence[str]) -> str:
    """What tells a point's search from others: its words, but for how many processes share it."""
    return " ".join(word for word in words if not word.startswith("--jobs="))


def write_ended(folder: Path, ended: Mapping[str, Ended]) -> None:
    """Keep how searches ended; those that failed are tried again."""
    kept = {key: asdict(end) for key, end in ended.items() if end.status in KEPT}
    write_whole(folder / ENDED, json.dumps({"ended": kept}, indent=2) + "\n")


def read_ended(folder: Path) -> dict[str, Ended]:
    """How the searches of a sweep ended that were kept; nothing where none did.

    Raises:
        InputError: a file that cannot be read.
    """
    path = folder / ENDED
    return dict(typed(EndedFile, read_json(path, "sweep")).ended) if path.is_file() else {}


def _last_line(heard: IO[bytes]) -> str:
    with heard:
        heard.seek(0)
        lines = [line.strip() for line in heard.read().decode(errors="replace").splitlines() if line.strip()]
    return lines[-1].removeprefix("cosearch: ") if lines else ""
