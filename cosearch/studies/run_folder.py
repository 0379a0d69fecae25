"""The folder of one run: everything a person or a program needs to read, watch or replay it.

``study.journal`` every design evaluated; ``best.yaml`` the winner with its mappings; ``pareto.csv`` designs that no
other beats; ``layers.csv`` the winner layer by layer; ``report.html``;
``config.yaml`` every option and the versions of what ran. Files are written whole or not at all.
"""

from __future__ import annotations

import csv
import dataclasses
import fcntl
import hashlib
import importlib.metadata
import io
import json
import os
import platform
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from cosearch.evaluation.front import pareto
from nets.errors import InputError, ResumeError

if TYPE_CHECKING:
    from cosearch.co_search import CoSearch
    from cosearch.evaluation.design import Design
    from cosearch.evaluation.front import Axis
    from cosearch.evaluation.network_cost import NetworkCost
    from cosearch.problem.objective import Objective

STUDY: Final = "study.journal"
BEST: Final = "best.yaml"
CONFIG: Final = "config.yaml"
LAYERS: Final = "layers.csv"
PARETO: Final = "pareto.csv"
REPORT: Final = "report.html"

PART: Final = ".part"
PROBE: Final = ".probe"

RUNS: Final = Path("runs")
SCHEMA: Final = 3
"""Of the folder: its options and what the trials of its study hold."""

FREE: Final = ("jobs", "time_limit_s")
"""Options that may differ when a run is resumed: threads change nothing, a time limit only ends a run earlier."""

_VERSIONS: Final = ("cosearch", "cmaes", "numba", "numpy", "optuna", "scipy")


def next_run() -> Path:
    """The first of ``runs/001``, ``runs/002``, ... that does not exist."""
    taken = {entry.name for entry in RUNS.iterdir()} if RUNS.is_dir() else set()
    return next(RUNS / name for number in range(1, len(taken) + 2) if (name := f"{number:03}") not in taken)


def claim(path: Path) -> Path:
    """Make the folder of a new run, before any work.

    Raises:
        InputError: the path is a file, a folder in use, or cannot be written.
    """
    try:
        if path.is_dir() and not is_blank(path):
            raise InputError("--out", str(path), "is in use", "name a folder that is empty or does not exist")
        path.mkdir(parents=True, exist_ok=True)
        probe = path / PROBE
        probe.write_bytes(b"")
        probe.unlink()
    except (FileExistsError, NotADirectoryError):
        raise InputError("--out", str(path), "is a file or lies below one", "name a folder") from None
    except OSError as error:
        raise InputError("--out", str(path), f"cannot be written: {error.strerror}") from None
    return path


def is_blank(folder: Path) -> bool:
    """Whether a folder holds nothing, or only what a run that was killed before it began left."""
    return all(entry.name in (PROBE, CONFIG + PART) for entry in folder.iterdir())


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Keep other processes from working in the folder; the system lets go of it however this process ends.

    Raises:
        ResumeError: another process works in it.
    """
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise ResumeError(f"{folder}: another process is at work on this run") from None
    finally:
        os.close(handle)


def write_whole(path: Path, text: str) -> None:
    """Write a file so that it is never seen half written."""
    part = path.with_name(path.name + PART)
    with part.open("w", encoding="utf-8", newline="") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(part, path)


def write_yaml(path: Path, data: Mapping[str, Any], comment: str) -> None:
    """Write plain data as YAML under a comment."""
    import yaml

    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    body = yaml.dump(data, Dumper=dumper, sort_keys=False, default_flow_style=None, width=120, allow_unicode=True)
    write_whole(path, f"# {comment}\n{body}")


def write_config(folder: Path, search: CoSearch, storage: Mapping[str, Any] | None = None) -> None:
    """Every option of the search, the versions of what ran, and the storage that mirrors its study, if any."""
    data = {"schema": SCHEMA, "options": options_to_dict(search), "versions": versions()}
    if storage is not None:
        data["storage"] = dict(storage)
    write_yaml(folder / CONFIG, data, "Options and versions of this run; the result depends on nothing else.")


def options_to_dict(search: CoSearch) -> dict[str, Any]:
    """Every option as plain data; the budget as a person writes it, and its limits to the last bit."""
    options = dataclasses.asdict(search)
    limits = {name: limit for name, limit in options["budget"].items() if limit is not None}
    lists = {name: list(value) for name, value in options.items() if isinstance(value, tuple)}
    return options | lists | {"budget": str(search.budget), "limits": limits}


def fingerprint(search: CoSearch) -> str:
    """Tells runs apart whose results may differ."""
    options = {name: value for name, value in options_to_dict(search).items() if name not in FREE}
    return hashlib.sha256(json.dumps([options, versions()], sort_keys=True).encode()).hexdigest()[:16]


@cache
def versions() -> Mapping[str, str]:
    """Versions of everything that a result depends on, as this process found them."""
    found = {"python": platform.python_version()}
    for name in _VERSIONS:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = "not installed"
    return found


def write_csv(path: Path, rows: Sequence[Mapping[str, Any]], columns: Iterable[str]) -> None:
    """Write rows as CSV; a figure that a row lacks stays empty."""
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, list(columns), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_whole(path, buffer.getvalue())


def layer_rows(costs: Sequence[NetworkCost]) -> tuple[list[str], list[dict[str, Any]]]:
    """Columns, with units, and the cost of every layer of every network."""
    parts = list(dict.fromkeys(part for cost in costs for part in cost.energy_breakdown_pj))
    rows = []
    for cost in costs:
        for layer, bound in zip(cost.layers, cost.bounds):
            figures = layer.to_dict() | {"edp_lower_bound_js": bound.edp}
            figures |= {f"{part}_pj": energy for part, energy in figures.pop("energy_breakdown_pj").items()}
            shape = dict(zip("NGKCPQRS", layer.layer.bounds))
            rows.append({"network": cost.network.name} | figures | shape)
    columns = ["network", "name", "kind", *"NGKCPQRS", "macs", "cycles", "latency_s", "energy_pj", "edp_js"]
    columns += ["edp_lower_bound_js", "utilization", "bound_by", *(f"{part}_pj" for part in parts)]
    return columns, rows


def write_layers(folder: Path, costs: Sequence[NetworkCost]) -> None:
    """The cost of every layer of every network."""
    columns, rows = layer_rows(costs)
    write_csv(folder / LAYERS, rows, columns)


def write_pareto(folder: Path, designs: Sequence[Design], axes: Sequence[Axis], objective: Objective) -> None:
    """Feasible designs that no other beats on all axes at once, smallest value of the objective first."""
    value = f"value_{objective.unit_ending}"
    rows = [
        {
            "trial": design.number,
            value: design.value,
            "latency_s": own["latency"],
            "energy_j": own["energy"],
            "power_w": own["power"],
            **design.hardware(),
            "top1_percent": design.workloads[0].accuracy if len(design.workloads) == 1 else None,
        }
        for design in pareto(designs, axes)
        for own in [design.measures()]
    ]
    columns = f"trial {value} area_mm2 latency_s energy_j power_w elements array parallel l1_bytes l2_bytes"
    write_csv(folder / PARETO, rows, [*columns.split(), "noc_words_per_cycle", "dram_gb_s", "top1_percent"])
