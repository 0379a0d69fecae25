"""Constraints on mappings as a person writes them, ``level.subject = value``: what each asks, in types.

==========================  =========================================================================================
``L2.tile.K <= 16``         the tile of K that L2 holds (``=``, ``<=``, ``>=``)
``L2.order = KC*PQ``        L2's loops, outermost first; ``*`` stands for all dims not named (at the end if absent)
``L2.stationary = W``       L2's loops that do not move W are innermost, so that W stays in the level below
``L2.X.parallel = K,C``     the dims that axis X below L2 may run (``none`` for no dim)
``L2.X.width <= 8``         how many instances along the axis may be used
``L2.keeps = W,I``          the tensors that L2 holds, no more and no fewer (``none`` for no tensor)
==========================  =========================================================================================
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from nets.documents.grammar import Piece
from nets.errors import InputError, nearest
from nets.layer import DIMS, TENSORS

_PATTERN: Final = re.compile(r"\s*([^\s.<>=]+)\.([^\s<>=]+)\s*(<=|>=|=)\s*(\S(?:.*\S)?)\s*")
_SUBJECTS: Final = ("tile.K", "order", "stationary", "keeps", "X.parallel", "X.width")


@dataclass(frozen=True, slots=True)
class Tile:
    """The extent of a dim that a level holds."""

    dim: str
    relation: str
    size: int


@dataclass(frozen=True, slots=True)
class Order:
    """Loops of a level, outermost first: some, then those not named, then others."""

    outer: str
    inner: str


@dataclass(frozen=True, slots=True)
class Stationary:
    """The loops that do not move a tensor are innermost."""

    tensor: str


@dataclass(frozen=True, slots=True)
class Keeps:
    """The tensors that a level holds."""

    tensors: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Parallel:
    """The dims that an axis may run."""

    axis: str
    dims: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Width:
    """Instances along an axis that may be used."""

    axis: str
    most: int


Ask = Tile | Order | Stationary | Keeps | Parallel | Width


@dataclass(frozen=True, slots=True)
class Constraint:
    """What is asked of a level; ``text`` as it was written."""

    text: str
    level: str
    ask: Ask

    @classmethod
    def parse(cls, text: str) -> Constraint:
        """Read one constraint.

        Raises:
            InputError: not of the form ``level.subject = value``, or a value that is not of its subject.
        """
        match = _PATTERN.fullmatch(text)
        if match is None:
            raise InputError("constraint", text, "must be level.subject = value", "e.g. 'L2.tile.K <= 16'")
        subject, relation, value = (Piece(text, *match.span(group)) for group in (2, 3, 4))
        return cls(text.strip(), match[1], _ask(subject, relation, value))


def _ask(subject: Piece, relation: Piece, value: Piece) -> Ask:
    match tuple(piece.word for piece in subject.split(".")):
        case ("tile", _):
            _, dim = subject.split(".")
            return Tile(dim.one_of("constraint: dim", DIMS), relation.word, value.count("constraint: size"))
        case ("order",):
            _only("=", relation)
            return _order(value)
        case ("stationary",):
            _only("=", relation)
            return Stationary(value.one_of("constraint: tensor", TENSORS))
        case ("keeps",):
            _only("=", relation)
            return Keeps(value.some_of("constraint: tensor", TENSORS))
        case (axis, "parallel"):
            _only("=", relation)
            return Parallel(axis, value.some_of("constraint: dim", DIMS))
        case (axis, "width"):
            _only("<=", relation, "an axis is filled as far as it goes")
            return Width(axis, value.count("constraint: size"))
    raise subject.refuse("constraint", "is not known", nearest(subject.word, _SUBJECTS))


def _only(allowed: str, relation: Piece, hint: str = "") -> None:
    if relation.word != allowed:
        raise relation.refuse("constraint", f"must use {allowed!r}", hint, value=relation.text)


def _order(value: Piece) -> Order:
    outer, inner = value.cut("*")
    named = outer.word + ("" if inner is None else inner.word)
    for piece in (outer, inner):
        for at, dim in enumerate("" if piece is None else piece.word):
            if piece is not None and dim not in DIMS:
                raise piece.refuse("constraint: dim", "is not known", nearest(dim, DIMS), after=at, value=dim)
    if len(set(named)) < len(named):
        raise value.refuse("constraint", "names a dim twice", value=value.text)
    return Order(outer.word, named[len(outer.word) :])
