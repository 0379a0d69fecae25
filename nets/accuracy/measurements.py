"""Measured (subnet, top-1) pairs of a space, and the search runs that they were measured in.

The file is CSV with the columns ``source, ks, e, d, r, top1`` (genes as space-separated integers) in the order of
measurement; others are ignored, but for ``run``, which names a row's run where it is present. Two things about the
sources decide how an error may be stated:

* Rows of one search are near-duplicates of each other, so a random split tests a model on what it has all but seen.
  An honest split keeps whole runs apart.
* A source that measured on a part of the validation set (a *shard*) shares that part's sampling error among all rows
  of a run: with 12,500 images about 0.4 points.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from nets.errors import InputError, unknown
from nets.spaces import Config, Space

VALIDATION_IMAGES: Final = 50_000
"""Images of the ImageNet validation set."""

IMAGES_OF_SOURCE: Final = {"dynas_t": VALIDATION_IMAGES, "moofa_mit_ofa": 12_500}
"""Images behind each row of a source: IntelLabs DyNAS-T (Apache-2.0) and MOOFA."""

_FOUNDERS: Final = 50
"""Rows of the starting population that the runs of a source share."""


@dataclass(frozen=True, slots=True)
class Measurements:
    """Rows of a file; all arrays have one entry per row.

    Attributes:
        space: that the configs are of.
        configs: canonical.
        resolution: of the input image.
        top1: percent.
        images: how many images it was measured on.
        run: number of the search run, from 0, in order of appearance.
    """

    space: Space
    configs: tuple[Config, ...]
    resolution: NDArray[np.int64]
    top1: NDArray[np.float64]
    images: NDArray[np.int64]
    run: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.configs)

    def select(self, rows: NDArray[np.bool_]) -> Measurements:
        """The rows where ``rows`` is true; runs keep their numbers."""
        configs = tuple(config for config, chosen in zip(self.configs, rows) if chosen)
        return Measurements(
            self.space, configs, self.resolution[rows], self.top1[rows], self.images[rows], self.run[rows]
        )


def read_measurements(path: str | Path, space: Space) -> Measurements:
    """Read a file of pairs measured on subnets of ``space``.

    Raises:
        InputError: the file cannot be read, a column is missing, a source is not known, or a row is not of the space.
    """
    rows = _read_rows(Path(path))
    configs, resolution, top1, images = [], [], [], []
    for number, row in enumerate(rows, start=2):
        place = f"{path}: line {number}"
        if row["source"] not in IMAGES_OF_SOURCE:
            raise unknown(f"{place}: source", row["source"], IMAGES_OF_SOURCE)
        try:
            genes = {gene: [int(value) for value in row[gene].split()] for gene in ("ks", "e", "d")}
            config = space.canonical(genes | {"r": int(row["r"])})
            accuracy = float(row["top1"])
        except ValueError as error:
            raise InputError(place, ",".join(row.values()), f"is no measurement of {space.id} ({error})") from error
        if not 0 < accuracy < 100:
            raise InputError(f"{place}: top1", accuracy, "must be a percentage between 0 and 100")
        configs.append(config)
        resolution.append(config["r"])
        top1.append(accuracy)
        images.append(IMAGES_OF_SOURCE[row["source"]])
    labels = [row["run"] for row in rows] if "run" in rows[0] else None
    table = Measurements(
        space, tuple(configs), np.array(resolution), np.array(top1), np.array(images), np.zeros(len(rows), np.int64)
    )
    sources = np.array([row["source"] for row in rows])
    return _with_runs(table, np.array(labels) if labels else _run_labels(table, sources))


def _read_rows(path: Path) -> list[dict[str, str]]:
    try:
        with path.open(newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file)
            rows = list(reader)
            columns = set(reader.fieldnames or ())
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError("measurements", str(path), f"cannot be read ({error})") from error
    for column in ("source", "ks", "e", "d", "r", "top1"):
        if column not in columns:
            raise InputError(f"{path}: column", column, "is missing")
    if not rows:
        raise InputError("measurements", str(path), "has no rows")
    for number, row in enumerate(rows, start=2):
        if None in row or None in row.values():
            raise InputError(f"{path}: line {number}", len(row), f"fields: must be {len(columns)} as in the header")
    return rows


def _with_runs(table: Measurements, labels: NDArray[np.str_]) -> Measurements:
    """Number runs in order of appearance."""
    order = {label: number for number, label in enumerate(dict.fromkeys(labels.tolist()))}
    run = np.array([order[label] for label in labels.tolist()])
    return Measurements(table.space, table.configs, table.resolution, table.top1, table.images, run)


def _run_labels(table: Measurements, sources: NDArray[np.str_]) -> NDArray[np.str_]:
    """Find where the searches of each source began anew."""
    labels = np.empty(len(table), dtype="<U64")
    for source in dict.fromkeys(sources.tolist()):
        rows = np.flatnonzero(sources == source)
        resolution = table.resolution[rows]
        if len(set(resolution.tolist())) > 1:
            starts = resolution_restarts(resolution)
        else:
            starts = founder_restarts(table.space.features_batch([table.configs[row] for row in rows]))
        labels[rows] = [f"{source}/{number}" for number in np.searchsorted(starts, np.arange(len(rows)), side="right")]
    return labels


def resolution_restarts(resolution: NDArray[np.int64]) -> list[int]:
    """Rows where a sweep of resolutions begins anew: the lowest comes back after the highest was reached."""
    starts, swept = [], False
    for row, value in enumerate(resolution):
        swept = swept or value == resolution.max()
        if swept and value == resolution.min():
            starts.append(row)
            swept = False
    return starts


def founder_restarts(features: NDArray[np.float64], window: int = 30, recent: int = 100) -> list[int]:
    """Rows where an evolutionary search begins anew from the starting population that all runs of a source share.

    Inside a run a row resembles those before it. The first children of a new run resemble the founders instead: a
    run begins where the share of rows nearer to a founder than to any of the ``recent`` rows before jumps by more than
    half between one window and the next.

    Args:
        features: one-hot configs in order of measurement, shape (rows, features).
        window, recent: rows.
    """
    count = len(features)
    if count < _FOUNDERS + 2 * window:
        return []
    genes = features.sum(axis=1)
    distance = genes[:, None] + genes[None, :] - 2 * features @ features.T
    of_founder = np.zeros(count)
    for row in range(_FOUNDERS + 1, count):
        before = distance[row, max(_FOUNDERS, row - recent) : row]
        of_founder[row] = distance[row, :_FOUNDERS].min() < before.min()
    share = np.convolve(of_founder, np.ones(window) / window, mode="valid")
    jump = np.zeros(count)
    jump[_FOUNDERS + window : count - window + 1] = (
        share[_FOUNDERS + window :] - share[_FOUNDERS : count - 2 * window + 1]
    )
    starts: list[int] = []
    while jump.max() > 0.5:
        peak = int(jump.argmax())
        starts.append(peak)
        jump[max(0, peak - 2 * window) : peak + 2 * window] = 0
    return sorted(starts)
