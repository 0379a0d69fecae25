"""The best uneven mapping of one arrangement of storage nodes, compiled: branch and bound over groups of dims.

``docs/mapping.md``, "Uneven mappings", derives what is used here. A *node* is the place from which a memory holds one
tensor on; an *arrangement* is a sequence of nodes, outermost first. *Block* ``b`` are the loops just outside node ``b``
(the last block: inside all nodes). In an arrangement every figure of the cost is a product over groups of dims that do
not depend on each other, so a *candidate* of a group (a split of its dims' trips over the blocks) is a row of factors
for each node, and a partial choice is bounded by its products and the least factors of the groups that are left.

The flows' coefficients are those of the search over even mappings, prepared by ``kernel.bound_cases``.
"""

from mappings.mappers.optimal.uneven_kernel.search import lay_out, walk, walk_alone
from mappings.mappers.optimal.uneven_kernel.state import ANY, DONE, FACTORS, GROUPS, N_GROUPS, NONE

__all__ = ["ANY", "DONE", "FACTORS", "GROUPS", "NONE", "N_GROUPS", "lay_out", "walk", "walk_alone"]
