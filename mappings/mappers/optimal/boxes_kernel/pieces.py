"""How many pieces a box cuts every dim into, and how much of it rests (``docs/mapping.md``, "Ragged tiles")."""

from __future__ import annotations

from numba import int64, types

from accel_models.compiled import inside
from mappings.mappers.optimal.boxes_kernel.state import (
    BOUNDS,
    BOX,
    JOINT_HI,
    JOINT_LO,
    PART_HI,
    PART_LO,
    TILE_HI,
    TILE_LO,
)


@inside(int64(int64, int64))
def ceil(a, b):
    return -(-a // b)


@inside(int64(int64, int64, int64))
def _parts(size, joint, part):
    """Parts of an extent that is cut into joint tiles and those into parts."""
    full = size // joint
    return full * ceil(joint, part) + ceil(size - full * joint, part)


@inside(int64(int64, int64, int64))
def _time(size, joint, part):
    """Steps of the busiest element over an extent."""
    full = size // joint
    return full * min(part, joint) + min(part, size - full * joint)


@inside(int64(int64, int64, int64))
def _resting(size, joint, part):
    """How much of an extent is with elements that have work in one joint tile of it only."""
    if size <= joint:
        return size
    if size >= 2 * joint:
        return 0
    return max(joint - ceil(size - joint, part) * part, 0)


@inside(types.void(BOUNDS, int64, int64, int64, int64))
def _describe_point(w, d, tile, joint, part):
    """Counts of a dim whose tiling is known."""
    bound = w.bound[d]
    tiles = ceil(bound, tile)
    last = bound - (tiles - 1) * tile
    w.joints_lo[d] = w.joints_hi[d] = (tiles - 1) * ceil(tile, joint) + ceil(last, joint)
    w.parts_lo[d] = w.parts_hi[d] = (tiles - 1) * _parts(tile, joint, part) + _parts(last, joint, part)
    w.first_parts[d] = (tiles - 1) * ceil(min(tile, joint), part) + ceil(min(last, joint), part)
    w.share[d] = ((tiles - 1) * _resting(tile, joint, part) + _resting(last, joint, part)) / bound
    w.steps[d] = (tiles - 1) * _time(tile, joint, part) + _time(last, joint, part)


@inside(types.void(BOUNDS, int64, int64[::1]))
def _describe_range(w, d, x):
    """Counts of a dim whose tiling is one of a range: no tiling of the range has fewer (or more)."""
    bound, fewest, most = w.bound[d], w.tiles_lo[d], w.tiles_hi[d]
    known = fewest == most
    last_lo, last_hi = 1, x[TILE_HI]
    joints = max(ceil(bound, x[JOINT_HI]), fewest)
    first_parts = fewest
    steps = ceil(bound, w.width_hi[d])
    if known:
        last_lo, last_hi = max(bound - (fewest - 1) * x[TILE_HI], 1), bound - (fewest - 1) * x[TILE_LO]
        in_tile, in_last = ceil(x[TILE_LO], x[JOINT_HI]), ceil(last_lo, x[JOINT_HI])
        joints = max(joints, (fewest - 1) * in_tile + in_last)
        first_parts = max(fewest, (fewest - 1) * ceil(min(x[TILE_LO], x[JOINT_LO]), x[PART_HI]) + 1)
        # A joint tile takes as many steps as a part is long, but for the last one of a tile.
        tile_steps, last_steps = (in_tile - 1) * x[PART_LO] + 1, (in_last - 1) * x[PART_LO] + 1
        if in_tile == ceil(x[TILE_HI], x[JOINT_LO]):
            tile_steps += min(x[PART_LO], max(1, x[TILE_LO] - (in_tile - 1) * x[JOINT_HI])) - 1
        if in_last == ceil(last_hi, x[JOINT_LO]):
            last_steps += min(x[PART_LO], max(1, last_lo - (in_last - 1) * x[JOINT_HI])) - 1
        steps = max(steps, (fewest - 1) * tile_steps + last_steps)
    w.joints_lo[d], w.first_parts[d], w.steps[d] = joints, first_parts, steps
    if x[TILE_LO] < x[TILE_HI]:
        w.joints_hi[d] = min(bound, most * ceil(x[TILE_HI], x[JOINT_LO]))
    else:
        last = bound - (fewest - 1) * x[TILE_LO]
        w.joints_hi[d] = min(bound, (fewest - 1) * ceil(x[TILE_LO], x[JOINT_LO]) + ceil(last, x[JOINT_LO]))
    w.parts_lo[d] = max(joints, ceil(bound, x[PART_HI]))
    w.parts_hi[d] = min(bound, w.joints_hi[d] * w.width_hi[d])
    if x[JOINT_HI] >= x[TILE_LO]:
        w.share[d] = 1.0
        return
    share = 0.0
    if w.axis[d] > 1 and x[TILE_LO] < 2 * x[JOINT_HI]:
        share = (2 * x[JOINT_HI] - x[TILE_LO]) / x[TILE_LO]
    even = known and x[TILE_LO] == x[TILE_HI] and bound % x[TILE_LO] == 0
    if most > 1 and not even:
        share += min(x[JOINT_HI], last_hi) / bound
    w.share[d] = min(1.0, share)


@inside(types.void(BOUNDS, BOX))
def describe(w, b):
    """Counts of every dim."""
    for d in range(8):
        x, bound = b[d], w.bound[d]
        w.tiles_lo[d], w.tiles_hi[d] = ceil(bound, x[TILE_HI]), ceil(bound, x[TILE_LO])
        w.loops[d] = int(x[JOINT_LO] < x[TILE_HI])
        w.rests[d] = int(x[JOINT_HI] >= x[TILE_LO])
        w.width_lo[d] = ceil(x[JOINT_LO], x[PART_HI])
        w.width_hi[d] = min(w.axis[d], ceil(x[JOINT_HI], x[PART_LO]))
        even = x[TILE_LO] == x[TILE_HI] and bound % x[TILE_LO] == 0
        w.idle[d] = int(w.axis[d] > 1 and w.tiles_hi[d] > 1 and not even)
        if x[TILE_LO] == x[TILE_HI] and x[JOINT_LO] == x[JOINT_HI] and x[PART_LO] == x[PART_HI]:
            _describe_point(w, d, x[TILE_LO], x[JOINT_LO], x[PART_LO])
        else:
            _describe_range(w, d, x)
