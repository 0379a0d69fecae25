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

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from nets.documents.table import read_table
from nets.errors import unknown
from nets.measured_configs import read_configs
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
    from nets.documents.model import Percent

    table = read_table(path, ("source",), of="measurements", may_be_empty=True)
    sources = [row["source"] for row in table.rows]
    for number, source in enumerate(sources):
        if source not in IMAGES_OF_SOURCE:
            raise unknown(f"{table.place(number)}: source", source, IMAGES_OF_SOURCE)
    configs, (top1,) = read_configs(table, space, "measurements", ("top1", Percent))
    resolution = np.array([config["r"] for config in configs])
    images = np.array([IMAGES_OF_SOURCE[source] for source in sources])
    table.may_have(("run",))
    if "run" in table.columns:
        labels = np.array([row["run"] for row in table.rows])
    else:
        labels = _run_labels(space, configs, resolution, np.array(sources))
    return Measurements(space, configs, resolution, top1, images, _numbered(labels))


def _numbered(labels: NDArray[np.str_]) -> NDArray[np.int64]:
    """Runs by number, in order of appearance."""
    order = {label: number for number, label in enumerate(dict.fromkeys(labels.tolist()))}
    return np.array([order[label] for label in labels.tolist()])


def _run_labels(
    space: Space, configs: tuple[Config, ...], resolutions: NDArray[np.int64], sources: NDArray[np.str_]
) -> NDArray[np.str_]:
    """Find where the searches of each source began anew."""
    labels = np.empty(len(configs), dtype="<U64")
    for source in dict.fromkeys(sources.tolist()):
        rows = np.flatnonzero(sources == source)
        resolution = resolutions[rows]
        if len(set(resolution.tolist())) > 1:
            starts = resolution_restarts(resolution)
        else:
            starts = founder_restarts(space.features_batch([configs[row] for row in rows]))
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
