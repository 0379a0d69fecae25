"""The folder of one run: everything a person or a program needs to read, watch or replay it.

``study.journal`` every design evaluated; ``best.yaml`` the winner with its mappings; ``pareto.csv`` designs that no
other beats; ``layers.csv`` the winner layer by layer; ``report.html``;
``config.yaml`` every option and the versions of what ran; the schemas of both YAML files. Files are written whole or
not at all.
"""

from __future__ import annotations

import dataclasses
import errno
import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from accel_models.description import to_dict
from cosearch.problem.options import CoSearchOptions
from cosearch.studies.lock import LOCK
from cosearch.studies.versions import versions_of
from nets.documents import write_whole
from nets.documents.plain import plain
from nets.documents.target import PART
from nets.errors import InputError

STUDY: Final = "study.journal"
BEST: Final = "best.yaml"
BEST_BEFORE: Final = "best_before_proof.yaml"
CONFIG: Final = "config.yaml"
LAYERS: Final = "layers.csv"
PARETO: Final = "pareto.csv"
REPORT: Final = "report.html"

PROBE: Final = ".probe"

RUNS: Final = Path("runs")
SCHEMA: Final = 3
"""Of the folder: its options and what the trials of its study hold."""

BEST_SCHEMA: Final = 1
"""Of ``best.yaml``."""

FREE: Final = ("jobs", "time_limit_s")
"""Options that may differ when a run is resumed: threads change nothing, a time limit only ends a run earlier."""


def next_run() -> Path:
    """The first of ``runs/001``, ``runs/002``, ... that does not exist."""
    taken = {entry.name for entry in RUNS.iterdir()} if RUNS.is_dir() else set()
    return next(RUNS / name for number in range(1, len(taken) + 2) if (name := f"{number:03}") not in taken)


def claim(path: Path) -> Path:
    """Make the folder of a new run, before any work.

    Raises:
        InputError: the path is a file, a folder in use, or cannot be written.
    """
    with _refused(path):
        _check_free(path)
        path.mkdir(parents=True, exist_ok=True)
        probe = path / PROBE
        probe.write_bytes(b"")
        probe.unlink()
    return path


def check_claimable(path: Path) -> None:
    """See whether :func:`claim` could make the folder of a new run there; nothing is made.

    Raises:
        InputError: it could not.
    """
    with _refused(path):
        _check_free(path)
        above = next(place for place in (path, *path.absolute().parents) if os.path.lexists(place))
        if not above.is_dir():
            raise NotADirectoryError
        if not os.access(above, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))


def _check_free(path: Path) -> None:
    with suppress(FileNotFoundError):
        os.lstat(path)
    if path.is_dir() and not is_blank(path):
        raise InputError("--out", str(path), "is in use", "name a folder that is empty or does not exist")


@contextmanager
def _refused(path: Path) -> Iterator[None]:
    """A block in which the folder of a run is made, or could be; says what forbids it."""
    try:
        yield
    except (FileExistsError, NotADirectoryError):
        raise InputError("--out", str(path), "is a file or lies below one", "name a folder") from None
    except OSError as error:
        raise InputError("--out", str(path), f"cannot be written: {error.strerror}") from None
    except ValueError as error:
        if isinstance(error, InputError):
            raise
        raise InputError("--out", str(path), "is no name of a folder") from None  # a NUL, or half a character


def is_blank(folder: Path) -> bool:
    """Whether a folder holds nothing, or only what a run that was killed before it began left."""
    return all(entry.name in (PROBE, LOCK, CONFIG + PART) for entry in folder.iterdir())


def schema_name(file: str) -> str:
    """The schema of a file of YAML, which lies beside it."""
    return f"{file.removesuffix('.yaml')}.schema.json"


def write_yaml(path: Path, data: Mapping[str, Any], comment: str) -> None:
    """Write plain data as YAML under a comment, and a line for editors that names the schema.

    The line holds no path but the schema's name: the same file is written whatever folder it lies in.
    """
    import yaml

    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    body = yaml.dump(data, Dumper=dumper, sort_keys=False, default_flow_style=None, width=120, allow_unicode=True)
    write_whole(path, f"# yaml-language-server: $schema={schema_name(path.name)}\n# {comment}\n{body}")


def options_to_dict(options: CoSearchOptions) -> dict[str, Any]:
    """Every option as plain data; the budget as a person writes it, and its limits to the last bit."""
    data = dataclasses.asdict(options)
    limits = {name: limit for name, limit in data["budget"].items() if limit is not None}
    lists = {name: list(value) for name, value in data.items() if isinstance(value, tuple)}
    networks = [network if isinstance(network, str) else network.to_dict() for network in options.given_networks]
    held = {name: dataclasses.asdict(file.mark) for name, file in options.held_files.items()}
    machine = None if options.machine is None else to_dict(options.machine)
    technology = None if options.technology is None else plain(options.technology)
    own = {"networks": networks, "machine": machine, "technology": technology}
    written = own | {"budget": str(options.budget), "limits": limits}
    return data | lists | held | written


def fingerprint(options: CoSearchOptions) -> str:
    """Tells runs apart whose results may differ."""
    data = {name: value for name, value in options_to_dict(options).items() if name not in FREE}
    return hashlib.sha256(json.dumps([data, versions_of(options)], sort_keys=True).encode()).hexdigest()[:16]
