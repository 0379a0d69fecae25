"""A mapping as a vector in [0, 1]^n, as NAAS writes it, and what the vector decodes to.

Lin, Yang, Han, "NAAS: Neural Accelerator Architecture Search", DAC 2021, section II-B. For every level the *order* of
its loops, for every level but the last a *tiling ratio* for each dim, and where the array leaves a choice the *parallel
dims*. Only dims of more than one trip have genes, so k active dims on L levels take k (2L - 1) genes:

=============  ======================================  ===========================================================
genes          importance encoding                     index encoding
=============  ======================================  ===========================================================
order          L x k: the more important, the          L x 1: which of the k! permutations
               further out
tiling ratio   (L - 1) x k                             (L - 1) x k
parallel dims  L x k: the most important dims run,     L x 1: the first of which of the k! permutations
               if any axis has a choice
bypass         M x 3: a memory holds a tensor from     the same
               0.5 on, if the map space lets it bypass
ranks          L - 1: the more important of a          M x 1: which of the permutations of a memory's tensors,
               memory's tensors the further out,       if mappings may be uneven
               if mappings may be uneven
several axes   1 for each fan-out of two axes that     the same
               may run one dim: above 0.5 they may
               run it together
=============  ======================================  ===========================================================

Of ``L`` levels the outermost is one memory, the others are ``M``: ``L - 1``, or less where mappings may be uneven and a
memory is one level for each tensor that it may hold.

Decoding, from the outermost level inwards:

1. *Array.* Every axis takes the most important dim that it can run, at the width min(axis size, extent). An axis with
   room left takes the next; on NAAS's template an axis runs exactly one dim, which is then no choice. Where dims may
   run on several axes, an axis may take more of a dim that an earlier one runs; elsewhere it passes it over.
2. *Tiles.* A ratio r in [0, 1] puts the tile of a dim between the smallest that still fills the array below (r = 0) and
   the whole extent (r = 1), evenly on a logarithmic scale, then to the smallest tile of as many trips (ragged) or
   to a divisor (perfect).
3. *Tensors.* Of an uneven mapping the most important tensor of a memory has the outermost of its levels. Of those that
   bypass it none has one; the levels that are then left hold nothing and stand first. A ratio of 1 at all levels but
   the first gives them one tile, as in an even mapping.
4. *Capacity.* Where the tiles overflow the next level, one factor scales all ratios of the level down until they fit;
   where even r = 0 overflows, the array is filled less, by one factor on the logarithms. A vector so stands
   for the nearest mapping along one line that fits, and nearly every vector is feasible. This is part of what a vector
   means, not a repair of a mapping that someone asked for. Levels of one memory share its room: each takes what the
   levels outside it left, less what those inside it need to fill the array, or where that is too much, an element each.

Constraints narrow each step: they order loops before importance does, bound the tiles a ratio runs between, and take
dims and room from axes.

Ours, because the paper is silent: the logarithmic scale, filling the array first, the factor of step 4, everything
about uneven mappings and dims on several axes.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from accel_models.codes import AXIS_DIMS, AXIS_SIZE
from accel_models.loopnest import MappingArrays
from mappings import decode_kernel
from mappings.mapspace import MapSpace, empty_mappings
from nets.errors import unknown

EncodingName = Literal["importance", "index"]
ENCODINGS: Final[dict[str, int]] = {"importance": decode_kernel.IMPORTANCE, "index": decode_kernel.INDEX}


@dataclass(frozen=True, slots=True)
class Encoding:
    """How the vectors of one map space are laid out.

    Attributes:
        space: the problems.
        name: ``"importance"`` or ``"index"``.
        choice: whether vectors hold genes for the parallel dims.
        memories: memories inside the outermost of a machine, at most.
        again_of: int64 (L,), the number of the gene that lets dims run on several axes of a level's fan-out, or -1.
        genes: int64 (P,), length of the vector of each problem.
    """

    space: MapSpace
    name: EncodingName
    choice: bool
    memories: int
    again_of: NDArray[np.int64]
    genes: NDArray[np.int64]

    @classmethod
    def of(cls, space: MapSpace, name: EncodingName = "importance") -> Encoding:
        """The layout for a map space."""
        if name not in ENCODINGS:
            raise unknown("encoding", name, ENCODINGS)
        levels = space.accelerator_table.levels
        sizes = levels[:, :, AXIS_SIZE : AXIS_SIZE + 3]
        dims = levels[:, :, AXIS_DIMS : AXIS_DIMS + 3].astype(np.int64)
        wired = (dims & (dims - 1)) == 0
        choice = bool((~wired & (sizes > 1)).any())
        memories = max(len(set(accelerator.memory_of)) for accelerator in space.accelerators) - 1
        runs = np.where(sizes > 1, dims, 0)
        x, y, z = np.moveaxis(runs, 2, 0)
        again = (((x & y) | (x & z) | (y & z)) != 0).any(axis=0)
        again_of = np.where(again, np.cumsum(again) - 1, -1)
        layout = cls(space, name, choice, memories, again_of, np.zeros(0, dtype=np.int64))
        lengths = np.array([layout.length(k) for k in range(9)], dtype=np.int64)
        return dataclasses.replace(layout, genes=lengths[space.n_dims])

    @property
    def longest(self) -> int:
        """Genes of the longest vector."""
        return int(self.genes.max())

    @property
    def typical(self) -> int:
        """Genes of a convolution with batch 1 and without groups, whatever the problems at hand."""
        return self.length(6)

    def length(self, k: int) -> int:
        """Genes for ``k`` active dims; at least one, which then says nothing."""
        depth, by_rank = self.space.depth, self.name == "importance"
        orders = depth * (k if by_rank else 1)
        tiles = (depth - 1) * k
        bypass = 3 * self.memories if self.space.bypass else 0
        ranks = (depth - 1 if by_rank else self.memories) if self.space.uneven else 0
        several = int((self.again_of >= 0).sum())
        return max(orders * (2 if self.choice else 1) + tiles + bypass + ranks + several, 1)

    def decode(self, vectors: NDArray[np.float64], problem_of: NDArray[np.int64]) -> MappingArrays:
        """The mappings that vectors stand for.

        Args:
            vectors: float64 (B, n) with n at least the genes of any problem in it; the rest of a row is ignored.
            problem_of: int64 (B,), the problem each row belongs to.
        """
        space, constraints = self.space, self.space.constraint_table
        out = empty_mappings(len(vectors), space.depth)
        decode_kernel.decode(
            0, len(vectors), space.layer_table.bounds, space.layer_table.geometry, space.layer_table.bits,
            space.accelerator_table.levels, space.accelerator_table.can_keep, space.layer_of, space.accelerator_of,
            space.dims, space.n_dims, problem_of, np.ascontiguousarray(vectors), ENCODINGS[self.name], self.choice,
            space.bypass, space.tiles == "perfect", self.memories, space.uneven, self.again_of,
            constraints.low, constraints.high, constraints.rank, constraints.fixed,
            out.tile, out.part, out.order, out.axis, out.keep,
        )  # fmt: skip
        return out

    def encode(self, mappings: MappingArrays, problem_of: NDArray[np.int64]) -> NDArray[np.float64]:
        """Vectors (B, longest) that decode to the given mappings, or to the nearest that this encoding has.

        It lacks mappings that fill the array less than they could, and keep tiles larger than their trips need; of
        uneven ones those that run more loops inside all tensors of a memory than its levels have room for.
        """
        space = self.space
        vectors = np.zeros((len(mappings), self.longest))
        decode_kernel.encode(
            space.layer_table.bounds, space.accelerator_table.levels, space.layer_of, space.accelerator_of, space.dims,
            space.n_dims, problem_of, ENCODINGS[self.name], self.choice, space.bypass, space.tiles == "perfect",
            self.memories, space.uneven, self.again_of, space.accelerator_table.can_keep,
            mappings.tile, mappings.part, mappings.order, mappings.axis, mappings.keep, vectors,
        )  # fmt: skip
        return vectors
