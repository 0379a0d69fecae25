"""Where the genes of a vector stand."""

from __future__ import annotations

from accel_models.compiled import inside
from mappings.decode_kernel.rankings import IMPORTANCE


@inside("UniTuple(int64, 6)(int64, int64, int64, boolean, boolean, int64, boolean)")
def gene_places(L, k, encoding, choice, bypass, memories, uneven):
    """Genes of one order of ``k`` dims, and where those begin of tiles, parallel dims, kept tensors, and both others.

    Orders of all levels come first; the last two are those of a memory's levels and of dims on several axes.
    """
    per_order = k if encoding == IMPORTANCE else 1
    tiles_at = L * per_order
    choice_at = tiles_at + (L - 1) * k
    keep_at = choice_at + (L * per_order if choice else 0)
    ranks_at = keep_at + (3 * memories if bypass else 0)
    again_at = ranks_at + ((L - 1 if encoding == IMPORTANCE else memories) if uneven else 0)
    return per_order, tiles_at, choice_at, keep_at, ranks_at, again_at
