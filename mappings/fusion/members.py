"""The best mappings of layers on one machine, each with a bound that none goes below: of layers alone on all of it, of
pieces of a group on the machine from the shared memory inwards.

A group pays for energy and for cycles, ``E + w T``, and the best mapping for a price of a cycle is the one of least
energy on a machine that draws so much more in every cycle (as for whole networks, :mod:`mappings.network_search`).
Results are remembered: groups, tiles and layers of a network share most of their pieces.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from accel_models import codes
from accel_models.accelerator import Accelerator
from accel_models.cost import evaluate, evaluate_batch
from accel_models.fusion.inside import with_static_pj
from accel_models.loopnest import Mapping as LoopNest
from accel_models.loopnest import MappingArrays
from accel_models.mapping_arrays import to_arrays
from accel_models.vector import vector_cost
from mappings.mappers.mapper import Objective, SearchOptions, load_mapper, score
from mappings.mappers.optimal.boxes import applies, least_of_all, search_boxes
from mappings.mapspace import MapSpace, join, take
from nets.errors import InfeasibleError, InputError
from nets.layer import Layer

GAP: Final = 0.001
"""How near to the best mapping a search for one ends."""
MOST_BOXES: Final = 20_000
ELSEWHERE: Final = {"larger": 8, "cases": 4, "boxes": 3000}
"""Settings of the ``optimal`` mapper, which searches what is not of two levels."""


@dataclass(frozen=True, slots=True)
class Member:
    """A layer and its best mapping.

    Attributes:
        layer: what is mapped.
        energy_pj: of everything that moves or multiplies inside, without static power.
        cycles: as long as nothing outside holds it up.
        reads, writes: words of the outermost memory that it reads and writes.
        finished: whether every output that goes up to that memory is finished.
        bound: what no mapping's energy plus cycles at their price is below.
        mapping: one row; ``None`` for a layer that multiplies nothing.
    """

    layer: Layer
    energy_pj: float
    cycles: float
    reads: float
    writes: float
    finished: bool
    bound: float
    mapping: MappingArrays | None


class Members:
    """The best mappings of layers on one machine, remembered.

    Args:
        accelerator: the machine; its static power is left out.
    """

    def __init__(self, accelerator: Accelerator) -> None:
        self._machine = with_static_pj(accelerator, 0.0)
        self._known: dict[tuple[float, bool, tuple[object, ...]], Member] = {}

    @property
    def solved(self) -> int:
        """How many pieces were mapped so far, once for each price of a cycle."""
        return len(self._known)

    def find(self, pieces: Sequence[Layer | None], cycle_pj: float, *, finished: bool = False) -> list[Member | None]:
        """The best mappings of some pieces for a price of a cycle, in pJ; infinity is the least latency.

        Args:
            finished: only of mappings that send no sums up that are not finished, where the machine lets them be
                searched.

        Raises:
            InfeasibleError: no mapping of a piece exists.
        """
        keys = [None if piece is None else (cycle_pj, finished, piece.shape_key) for piece in pieces]
        new = {key: piece for key, piece in zip(keys, pieces) if key and piece and key not in self._known}
        for key, piece in new.items():
            if not piece.is_mac:
                self._known[key] = self._moved(piece, cycle_pj)
        mapped = {key: piece for key, piece in new.items() if piece.is_mac}
        if mapped:
            self._known.update(zip(mapped, self._best(list(mapped.values()), cycle_pj, finished)))
        return [None if key is None else self._known[key] for key in keys]

    def _best(self, pieces: list[Layer], cycle_pj: float, finished: bool) -> list[Member]:
        """Mappings of pieces that multiply; of all mappings first, which often send nothing up that is not finished."""
        if not finished:
            return self._mapped(pieces, cycle_pj)
        found = [one for one in self.find(pieces, cycle_pj) if one is not None]
        again = [place for place, one in enumerate(found) if not one.finished]
        if again:
            for place, one in zip(again, self._mapped([pieces[place] for place in again], cycle_pj, finished=True)):
                found[place] = replace(one, bound=max(one.bound, found[place].bound))
        return found

    def bounds(self, pieces: Sequence[Layer], cycle_pj: float, *, finished: bool = False) -> list[float]:
        """What no mappings of some pieces go below, for a price of a cycle: quick, and often loose.

        Raises:
            InfeasibleError: no mapping of a piece exists.
        """
        mapped = [piece for piece in pieces if piece.is_mac]
        of = dict(zip(map(id, mapped), self._least(mapped, cycle_pj, finished) if mapped else []))
        return [of[id(piece)] if piece.is_mac else self._moved(piece, cycle_pj).bound for piece in pieces]

    def _least(self, pieces: list[Layer], cycle_pj: float, finished: bool) -> list[float]:
        space, objective = self._space(pieces, cycle_pj)
        if applies(space, 0):
            least: list[float] = least_of_all(space, objective, finished=finished).tolist()
            return least
        return [one.bound for one in self.find(pieces, cycle_pj, finished=finished) if one is not None]

    def _space(self, pieces: list[Layer], cycle_pj: float) -> tuple[MapSpace, Objective]:
        """Mappings of pieces on a machine that draws as much as a cycle costs, and what is least of the best ones."""
        if math.isinf(cycle_pj):
            return MapSpace.of(pieces, [self._machine]), "latency"
        return MapSpace.of(pieces, [with_static_pj(self._machine, cycle_pj)]), "energy"

    def _moved(self, piece: Layer, cycle_pj: float) -> Member:
        """A piece that multiplies nothing costs what it moves."""
        cost = vector_cost(piece, self._machine)
        _, input_width, output_width, _ = _widths(self._machine, piece)
        bound = cost.cycles if math.isinf(cycle_pj) else cost.energy_pj + cycle_pj * cost.cycles
        reads, writes = piece.input_words * input_width, piece.output_words * output_width
        return Member(piece, cost.energy_pj, cost.cycles, reads, writes, True, bound, None)

    def _mapped(self, pieces: list[Layer], cycle_pj: float, *, finished: bool = False) -> list[Member]:
        space, objective = self._space(pieces, cycle_pj)
        if space.depth == 2 and applies(space, 0):
            found = [_by_boxes(space, problem, objective, finished) for problem in range(len(pieces))]
        else:
            found = [_otherwise(space, problem, objective) for problem in range(len(pieces))]
        paid = 0.0 if math.isinf(cycle_pj) else cycle_pj
        return self._as_mapped(space, join([row for row, _ in found]), [bound for _, bound in found], paid)

    def _as_mapped(self, space: MapSpace, rows: MappingArrays, bounds: Sequence[float], paid: float) -> list[Member]:
        """Members of given mappings, one row for each piece, on a machine that draws ``paid`` in a cycle."""
        cost = evaluate_batch(
            space.layer_table, space.accelerator_table, rows, layer_of=space.layer_of, full=True,
        )  # fmt: skip
        pieces = [space.problem(number)[0] for number in range(len(bounds))]
        widths = np.array([_widths(self._machine, piece) for piece in pieces])
        sums = widths[:, codes.PSUM]
        read = cost.counts[:, 0, :, 0] * np.stack([widths[:, codes.W], widths[:, codes.I], sums], axis=1)
        outputs = np.array([piece.output_words for piece in pieces])
        written = outputs * widths[:, codes.O] + (cost.counts[:, 0, codes.O, 2] - outputs) * sums
        energies = cost.energy_pj - paid * cost.cycles
        finished = cost.counts[:, 0, codes.O, 2] == outputs
        return [
            Member(
                piece,
                energy_pj=float(energies[number]),
                cycles=float(cost.cycles[number]),
                reads=float(read[number].sum()),
                writes=float(written[number]),
                finished=bool(finished[number]),
                bound=bounds[number],
                mapping=take(rows, np.array([number])),
            )
            for number, piece in enumerate(pieces)
        ]


class GivenMembers(Members):
    """Layers on one machine in mappings that are given, whatever a cycle costs; of none anything is proven.

    Args:
        nests: by shape.
    """

    def __init__(self, accelerator: Accelerator, nests: Mapping[tuple[object, ...], LoopNest]) -> None:
        super().__init__(accelerator)
        self._nests = nests

    def _mapped(self, pieces: list[Layer], cycle_pj: float, *, finished: bool = False) -> list[Member]:
        """The mappings that are given, finished or not.

        Raises:
            InputError: none is given, or one cannot run; says why.
        """
        rows = []
        for piece in pieces:
            if piece.shape_key not in self._nests:
                raise InputError(f"mapping of {piece.name!r}", _size(piece), "is missing")
            nest = self._nests[piece.shape_key]
            if error := evaluate(piece, self._machine, nest).error:
                raise error
            rows.append(to_arrays(piece, self._machine, [nest]))
        return self._as_mapped(MapSpace.of(pieces, [self._machine]), join(rows), [0.0] * len(pieces), 0.0)


def _size(piece: Layer) -> str:
    """A piece in words."""
    return f"a piece of {piece.P} x {piece.Q} positions and {piece.G} x {piece.K} filters"


def _widths(accelerator: Accelerator, piece: Layer) -> list[float]:
    """Words of the outermost memory that an element of W, I, O and a partial sum takes."""
    word = accelerator.levels[0].word_bits
    if word is None:
        return [1.0] * 4
    bits = accelerator.element_bits(0, piece)
    return [bits["W"] / word, bits["I"] / word, bits["O"] / word, bits["sums"] / word]


def _by_boxes(space: MapSpace, problem: int, objective: Objective, finished: bool) -> tuple[MappingArrays, float]:
    """The best mapping that a search over boxes of tilings finds, and its bound; of those that send nothing up that is
    not ``finished``, if asked for and one is found."""
    best, least = None, math.inf
    outputs = space.problem(problem)[0].output_words

    def offer(mappings: MappingArrays) -> NDArray[np.float64]:
        nonlocal best, least
        of = np.full(len(mappings), problem)
        if finished:
            full = evaluate_batch(
                space.layer_table, space.accelerator_table, mappings, layer_of=space.layer_of[of], full=True
            )
            scores = score(objective, full.cycles, full.energy_pj)
            scores[full.counts[:, 0, codes.O, 2] > outputs] = math.inf
        else:
            cost = space.evaluate(mappings, of)
            scores = score(objective, cost.cycles, cost.energy_pj)
        at = int(scores.argmin())
        if scores[at] < least:
            best, least = take(mappings, np.array([at])), float(scores[at])
        return scores

    bound = search_boxes(
        space, problem, objective, best=math.inf, gap=GAP, most=MOST_BOXES, offer=offer, stop=lambda: False,
        finished=finished,
    )  # fmt: skip
    if best is None and finished:  # none was found: the bound stands
        return _by_boxes(space, problem, objective, finished=False)[0], bound
    if best is None:
        return _otherwise(space, problem, objective)
    return best, min(bound, least)


def _otherwise(space: MapSpace, problem: int, objective: Objective) -> tuple[MappingArrays, float]:
    """The same by the ``optimal`` mapper, which speaks of every machine.

    Raises:
        InfeasibleError: no mapping was found.
    """
    layer, accelerator = space.problem(problem)
    alone = MapSpace.of([layer], [accelerator], convention=space.convention)
    found = load_mapper("optimal")(alone, SearchOptions(objective=objective, settings=dict(ELSEWHERE)))
    if not math.isfinite(found.score[0]):
        alone.require_feasible()
        raise InfeasibleError(f"layer {layer.name!r} on {accelerator.name}: no valid mapping was found")
    assert found.lower_bound is not None
    return found.mappings, float(found.lower_bound[0])
