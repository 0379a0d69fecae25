"""Other spaces of the template, to compare with: sizes alone, and connectivity as an index."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import permutations
from typing import Final

from accel_models.template import BUFFER_STRIDE_BYTES, PE_STRIDE, Template
from cosearch.problem.hardware import Knobs
from cosearch.problem.template_space import IMPORTANCES, KNOBS, MOST_AXES, WIRED, TemplateSpace

SIZES: Final = ("elements", "l1", "l2", "noc_bandwidth")
ORDERED: Final = {axes: tuple(permutations(WIRED, axes)) for axes in range(1, MOST_AXES + 1)}
"""Every choice of dims in every order, as an index numbers them: by the alphabet of :data:`WIRED`, not by likeness."""
_SPLITS: Final = ("split_1", "split_2")


@dataclass(frozen=True)
class SizesAlone(TemplateSpace):
    """The sizes of a preset (elements, L1, L2, words a cycle), with its dims and the proportions of its array.

    Attributes:
        preset: what is sized.
    """

    preset: Template | None = None

    @property
    def knobs(self) -> tuple[str, ...]:
        """Names of the numbers of a point."""
        return SIZES

    def decode(self, knobs: Knobs) -> Template | None:
        """See :meth:`TemplateSpace.decode`."""
        assert self.preset is not None
        array = self.preset.array
        connected = dict.fromkeys((*IMPORTANCES, *_SPLITS), 0.0)
        connected |= {f"importance_{dim}": 1 - place / 10 for place, dim in enumerate(self.preset.parallel)}
        connected["axes"] = (len(array) - 0.5) / MOST_AXES
        left = math.log(math.prod(array))
        for name, size in zip(_SPLITS, array[:-1]):
            connected[name] = math.log(size) / left
            left -= math.log(size)
        return super().decode({**connected, **{name: knobs[name] for name in SIZES}})


@dataclass(frozen=True)
class Indexed(TemplateSpace):
    """The designs of the template with their dims as one number: the place in a list of all ordered choices."""

    @property
    def knobs(self) -> tuple[str, ...]:
        """Names of the numbers of a point."""
        return ("index", *(name for name in KNOBS if name not in IMPORTANCES))

    def decode(self, knobs: Knobs) -> Template | None:
        """See :meth:`TemplateSpace.decode`."""
        axes = min(MOST_AXES, 1 + int(MOST_AXES * knobs["axes"]))
        choices = ORDERED[axes]
        chosen = choices[min(len(choices) - 1, int(len(choices) * knobs["index"]))]
        ranked = {name: 1 - chosen.index(dim) / 10 if dim in chosen else 0.0 for name, dim in IMPORTANCES.items()}
        return super().decode({**knobs, **ranked})


@dataclass(frozen=True)
class Direct(TemplateSpace):
    """The designs of the template with sizes encoded directly, as the paper has it: evenly, not by their logarithm."""

    def decode(self, knobs: Knobs) -> Template | None:
        """See :meth:`TemplateSpace.decode`."""
        most = {**self._most, "noc_bandwidth": self.most_noc_words}
        least = {"elements": PE_STRIDE, "l1": BUFFER_STRIDE_BYTES, "l2": BUFFER_STRIDE_BYTES, "noc_bandwidth": 1}
        even = {name: _logarithmic(knobs[name], most[name] / least[name]) for name in SIZES}
        return super().decode({**knobs, **even})


def _logarithmic(share: float, ratio: float) -> float:
    """Where on a logarithmic scale over a ratio a share of the way on an even one lies."""
    return math.log1p(share * (ratio - 1)) / math.log(ratio) if ratio > 1 else 0.0
