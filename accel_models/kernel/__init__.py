"""The cost kernel: what a loop nest reads, fills and updates, how long it takes and what energy that costs.

Compiled functions; they trust what they get. :mod:`accel_models.cost` builds the arrays and turns status codes into
words; ``docs/cost_model.md`` derives every formula, and each module names its sections.

How the counts come about
-------------------------
Time is an odometer of temporal loops. In the step that advances loop ``l`` the loops inside it fall back to their first
piece, those outside stay. A memory then receives what its new tile lacks of the old one, so what it receives in all is

    sum over all steps of |tile|  -  sum over loops l, over the steps at l, of |tile and previous tile|.

A tile is a box, so both sums are products over *groups* of dims that do not depend on each other: every dim by itself,
but for inputs rows ``(P, R)`` and columns ``(Q, S)``, which move one window together. Going through the loops from the
innermost outwards the second product soon becomes zero (as soon as a dim of the tensor that moves without overlap lies
inside), which makes the count cheap.

A dim whose tiles divide has one size of piece at every depth and all is closed form. A ragged dim has a few sizes, each
with a multiplicity; :mod:`~accel_models.kernel.pieces` keeps those short lists. What several children want in one step
is read once, so reads count *unions* over the children of a parent: for plain dims the sum of disjoint pieces, for
windows the union of intervals.
"""

from accel_models.kernel.evaluation import evaluate_range as evaluate_range
from accel_models.kernel.work import new_work as new_work
