"""How full a voxel grid is: counts of a simulated LiDAR scan, which size the layers of sparse 3D networks.

The scan: a spinning LiDAR of 64 beams between +2.0 and -24.8 degrees and 2083 azimuths, as the HDL-64E of KITTI
(Geiger et al. 2013), 1.73 m above a flat street with house fronts 12 m to either side and parked cars. Ranges are
noisy by 2 cm and end at 80 m. No recorded data are needed; the test that holds these counts runs :func:`scan` anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from nets.errors import InputError

Floats = NDArray[np.float64]
Cells = NDArray[np.int64]

BEAMS: Final = 64
AZIMUTHS: Final = 2083
HEIGHT_M: Final = 1.73
RANGE_M: Final = 80.0
NOISE_M: Final = 0.02
STREET_M: Final = 12.0
HOUSE_M: Final = 9.0
_CAR: Final = (4.2, 1.8, 1.5)


@dataclass(frozen=True, slots=True)
class Grid:
    """Occupied voxels at one stride of a network.

    Attributes:
        voxels: occupied.
        neighbours: pairs of occupied voxels one step apart, in any of 26 directions: the work of a 3x3x3 convolution
            besides its centre.
    """

    voxels: int
    neighbours: int


def scan(seed: int = 0) -> Floats:
    """Points in metres, shape (points, 3); the street runs along x, the sensor stands in its middle."""
    elevation = np.radians(np.linspace(2.0, -24.8, BEAMS))
    azimuth = np.linspace(0, 2 * np.pi, AZIMUTHS, endpoint=False)
    directions = np.stack(
        [
            np.outer(np.cos(elevation), np.cos(azimuth)),
            np.outer(np.cos(elevation), np.sin(azimuth)),
            np.outer(np.sin(elevation), np.ones(AZIMUTHS)),
        ],
        axis=-1,
    ).reshape(-1, 3)
    origin = np.array([0.0, 0.0, HEIGHT_M])
    with np.errstate(divide="ignore", invalid="ignore"):
        distance = np.where(directions[:, 2] < 0, -HEIGHT_M / directions[:, 2], np.inf)
        fronts = np.where(directions[:, 1] != 0, STREET_M / np.abs(directions[:, 1]), np.inf)
        low_enough = HEIGHT_M + fronts * directions[:, 2] < HOUSE_M
        distance = np.minimum(distance, np.where(low_enough, fronts, np.inf))
        for centre in np.arange(-70.0, 71.0, 7.0):
            for side in (-5.0, 5.0):
                distance = np.minimum(distance, _hits_box(origin, directions, np.array([centre, side, 0.0])))
    distance += np.random.default_rng(seed).normal(scale=NOISE_M, size=len(distance))
    seen = distance < RANGE_M
    points: Floats = origin + directions[seen] * distance[seen, None]
    return points


def _hits_box(origin: Floats, directions: Floats, foot: Floats) -> Floats:
    """Distance to a car that stands with the middle of its floor at ``foot``; infinite where it is missed."""
    size = np.array(_CAR)
    low, high = foot - size * [0.5, 0.5, 0.0], foot + size * [0.5, 0.5, 1.0]
    first, second = (low - origin) / directions, (high - origin) / directions
    enters, leaves = np.minimum(first, second).max(axis=1), np.maximum(first, second).min(axis=1)
    distance: Floats = np.where((enters <= leaves) & (enters > 0), enters, np.inf)
    return distance


def count(points: Floats, voxel_m: float, strides: int = 5) -> list[Grid]:
    """Occupied voxels and neighbours at strides 1, 2, 4 ... of a network that halves the grid with every stage."""
    cells = np.unique(np.floor(points / voxel_m).astype(np.int64), axis=0)
    grids = []
    for _ in range(strides):
        grids.append(Grid(len(cells), _neighbours(cells)))
        cells = np.unique(cells >> 1, axis=0)
    return grids


def _neighbours(cells: Cells) -> int:
    """Ordered pairs of different cells at most one step apart along every axis."""
    span = cells.max(axis=0) - cells.min(axis=0) + 3
    weights = np.array([span[1] * span[2], span[2], 1])
    keys = np.sort((cells - cells.min(axis=0) + 1) @ weights)
    pairs = 0
    steps = np.stack(np.meshgrid(*[[-1, 0, 1]] * 3, indexing="ij"), axis=-1).reshape(-1, 3) @ weights
    for step in steps[steps > 0]:  # every pair once; the other 13 directions mirror these
        pairs += int(np.isin(keys + step, keys, assume_unique=True).sum())
    return 2 * pairs


POINTS: Final = 131_968
"""Of :func:`scan`."""

_GRIDS: Final = (
    Grid(91_817, 584_112),
    Grid(54_485, 530_656),
    Grid(23_513, 234_756),
    Grid(9_866, 103_884),
    Grid(4_037, 44_466),
    Grid(1_182, 10_600),
    Grid(434, 3_776),
)
"""Of :func:`count` at voxels of 50, 100 ... 3200 mm."""

_STRIDES: Final = 5

VOXEL_MM: Final = (50, 100, 200)
"""Sizes of the finest voxels that a network of five strides can have."""


def grids(voxel_mm: int) -> tuple[Grid, ...]:
    """Counts at the five strides of a network whose finest voxels are that large.

    Raises:
        InputError: another size.
    """
    if voxel_mm not in VOXEL_MM:
        known = ", ".join(map(str, VOXEL_MM))
        raise InputError("voxel size in mm", voxel_mm, f"must be one of {known}: their occupancy is known")
    first = VOXEL_MM.index(voxel_mm)
    return _GRIDS[first : first + _STRIDES]
