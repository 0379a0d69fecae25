"""The tiles of every level, scaled down until they fit."""

from __future__ import annotations

from accel_models.compiled import inside
from accel_models.compiled_math import exp, log
from mappings.decode_kernel.arrays import largest_divisor, whole_width
from mappings.decode_kernel.memories import end_of_memory
from mappings.decode_kernel.room import tiles_fit, words_of_levels

HELD, LEAST, MOST = 0, 1, 2
BISECTIONS = 7


@inside("void(int64[::1], int64, int64[:,::1], float64[:,::1], float64)")
def _place(dims, k, line, span, factor):
    """Put the tiles where ``factor`` times their ratios stands, evenly on a logarithmic scale, rounded down.

    ``line`` holds the tiles and the ends of the scale (HELD, LEAST, MOST); ``span`` the ratios and the scale's lengths.
    """
    for i in range(k):
        d = dims[i]
        at = factor * span[0, d]
        if at >= 1.0:
            line[HELD, d] = line[MOST, d]
        else:
            line[HELD, d] = min(int(line[LEAST, d] * exp(at * span[1, d])), line[MOST, d])


@inside(
    "boolean(int64[::1], float64[::1], boolean, int64[::1], int64, int64, boolean[::1], int64[:,::1], int64[:,::1],"
    "int64[:,::1], int64[:,:,::1], int8[:,::1], float64[:,::1], boolean[:,::1], float64[::1], int64[::1],"
    "int64[:,::1], float64[:,::1], int64[:,::1], int64[:,::1])",
)
def cut_tiles(
    bounds,
    vector,
    perfect,
    dims,
    k,
    at,
    partial,
    low,
    high,
    width,
    share,
    axis,
    levels,
    keep,
    bits,
    geometry,
    line,
    span,
    tile,
    part,
):
    """Choose all tiles, outermost level first; ``partial[level]`` says how wide outputs are taken to be there;
    ``low`` and ``high`` bound what each level may hold.

    Returns whether a tile was scaled down to fit.
    """
    L = len(levels)
    held, least, most = line[HELD], line[LEAST], line[MOST]
    scaled = False
    taken, end = 0.0, 1
    for d in range(8):
        held[d] = bounds[d]
    for level in range(L):
        for i in range(k):
            d = dims[i]
            tile[level, d] = held[d]
            wide = width[level, d]
            if perfect and wide > 1:
                wide = whole_width(held[d], level, d, width, share, axis)
            most[d] = (held[d] + wide - 1) // wide
            below = 1
            for inner in range(level + 1, L):
                below *= width[inner, d]
            least[d] = min(most[d], below)
            if level < L - 1:
                # What a constraint asks for comes before filling the array.
                most[d] = max(min(most[d], high[level + 1, d]), min(low[level + 1, d], tile[level, d]))
                least[d] = min(max(least[d], low[level + 1, d]), most[d])
            held[d] = 1
        if level < L - 1:
            for i in range(k):
                d = dims[i]
                span[0, d] = vector[at + level * k + i]
                span[1, d] = log((most[d] + 1) / least[d])
            # Levels of one memory share its room: outer ones have taken some, and inner ones need their least.
            if level + 1 == end:
                taken, end = 0.0, end_of_memory(level + 1, levels)
            needed = 0.0
            if level + 2 < end:
                needed = words_of_levels(least, level + 2, end, partial, levels, keep, bits, geometry)
            # As they are (trial 0); else between 0 (trial 1) and 1 by bisection, and last the largest that fits.
            factor, fitting, over = 1.0, 0.0, 1.0
            for trial in range(BISECTIONS + 3):
                _place(dims, k, line, span, factor)
                if trial == BISECTIONS + 2:
                    break
                fits = tiles_fit(held, level + 1, partial[level + 1], levels, keep, bits, geometry, taken + needed)
                if trial == 0:
                    if fits:
                        break
                    scaled = True
                    factor = 0.0
                    continue
                if trial == 1 and not fits:
                    # Not even the array can be filled: go on down from there to 1, all dims together.
                    for i in range(k):
                        d = dims[i]
                        most[d] = least[d]
                        least[d] = min(low[level + 1, d], most[d])
                        span[0, d] = 1.0
                        span[1, d] = log((most[d] + 1) / least[d])
                    if level + 2 < end:
                        needed = words_of_levels(least, level + 2, end, partial, levels, keep, bits, geometry)
                elif trial > 1:
                    if fits:
                        fitting = factor
                    else:
                        over = factor
                factor = (fitting + over) / 2 if trial <= BISECTIONS else fitting
        for i in range(k):
            d = dims[i]
            extent = tile[level, d]
            wide = width[level, d]
            if perfect:
                whole = whole_width(extent, level, d, width, share, axis)
                held[d] = largest_divisor(extent // whole, held[d])
                tile[level, d] = held[d] * whole
            else:
                # Of all tiles of one number of trips the smallest.
                size = min(held[d] * wide, extent)
                pieces = (extent + size - 1) // size
                tile[level, d] = (extent + pieces - 1) // pieces
                snapped = (tile[level, d] + wide - 1) // wide
                if level < L - 1 and snapped < low[level + 1, d]:  # but a tile that is asked for stays as it is
                    tile[level, d] = size
                else:
                    held[d] = snapped
            part[level, d] = held[d]
        if level + 2 < end:
            taken += words_of_levels(held, level + 1, level + 2, partial, levels, keep, bits, geometry)
    return scaled
