"""Mappings of AccelForge and LoopTree: one list of nodes, in which each tensor's storage may stand anywhere.

AccelForge spells the nodes as YAML tags, LoopTree (timeloop-python) as types; both list them outermost first::

    mapping:                                                      mapping:
      nodes:                                                        type: fused
      - !Storage {tensors: [W, I, O], component: DRAM}              nodes:
      - !Storage {tensors: [W], component: L2}                      - {type: storage, target: 0, dspace: [W, I, O]}
      - !Temporal {rank_variable: q, tile_shape: 4}                 - {type: temporal, rank: Q, tile_shape: 4}
      - !Spatial {rank_variable: k, name: X, component: Array,      - {type: spatial, rank: K, tile_shape: 1}
                  tile_shape: 1}
      - !Compute {einsum: E, component: MAC}                        - {type: compute, einsum: E, target: 2}

``tile_shape`` is the extent that one iteration leaves, as in :class:`~accel_models.loopnest.Loop`. A memory with
storage nodes at several places becomes that memory several times in a row, each time with what it begins to keep there
(see :mod:`accel_models.uneven`). A loop between a fan-out and the next storage node, or over a dim that loops at its
place already, belongs to a part of the memory that keeps nothing.

What differs, for the same nodes:

- AccelForge *lowers* a storage node: one right above loops fetches the tile at its own place, but reserves only what is
  left below those loops, as far as they all index the tensor (through the loop of a sliding window it fetches the
  overlap once). Here a tensor reserves the tile at the place of its node, and one that is to reserve less has its node
  below the loop. Nodes are read where they stand, so a mapping that AccelForge's memories hold by lowering may be
  refused by the cost model for its capacity.
- AccelForge fetches a tile again in every iteration of every loop above its node; the cost model only where the tile
  changes, and of a sliding window only what is new. So its counts (with the convention ``drain-reads``) are the same
  where no loop right above a node is irrelevant to the tensor or slides its window, and lower elsewhere.

LoopTree numbers its memories from 0, the outermost, and names no axes: its spatial loops take the first axes that have
room for them, and nothing that is counted depends on which axes of a fan-out these are.
"""

from __future__ import annotations

from accel_models.formats.accelforge.notation import MATMUL_DIMS, Names, Notation
from accel_models.formats.accelforge.reading import read_mapping
from accel_models.formats.accelforge.writing import write_mapping

__all__ = ["MATMUL_DIMS", "Names", "Notation", "read_mapping", "write_mapping"]
