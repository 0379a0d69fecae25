"""What a person says of the phases of a language model: ``prefill``, ``decode``, ``prefill:512,decode:576x128``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import astuple, dataclass
from typing import Final

from nets.documents.grammar import Piece
from nets.errors import InputError
from nets.language.phase import PHASES, Phase, Step

USUAL_CONTEXT: Final = 1024
KILO: Final = 1024
"""What a ``k`` behind a number of tokens stands for."""

_EXAMPLE: Final = "write e.g. prefill, decode, or prefill:512,decode:576x128"


def read_count(place: str, piece: Piece) -> int:
    """A number of tokens or sequences: ``512``, ``4k``.

    Raises:
        TextError: it is none.
    """
    if piece.word.endswith("k"):
        return KILO * piece.between(piece.start, piece.end - 1).count(place)
    return piece.count(place)


@dataclass(frozen=True, slots=True)
class AskedPhase:
    """What a person says of phases; what is omitted is as usual.

    Attributes:
        text: phases with commas between them: ``prefill``, which is usual: all of the context is new; or ``decode``:
            one token is. Behind each may stand how many tokens it attends to, and how often it is gone through.
        batch: sequences, usually 1.
        new: tokens of each that are worked on.
        context: tokens attended to, the new ones included, where the text says no number; usually 1,024, or all
            positions where there are fewer.
    """

    text: str | None = None
    batch: int | None = None
    new: int | None = None
    context: int | None = None

    @property
    def nothing(self) -> bool:
        """Whether nothing is said."""
        return astuple(self) == (None,) * 4

    def of(self, positions: int) -> tuple[Step, ...]:
        """The phases of a model that attends to so many tokens at most.

        Raises:
            InputError: no such phase, a size below 1, less context than new tokens, more than there are positions, or
                an option that says nothing of several phases.
        """
        for field, given in (("batch", self.batch), ("new", self.new), ("context", self.context)):
            if given is not None and given < 1:
                raise InputError(f"--{field}", given, "must be a whole number of at least 1")
        asked = list(self._asked())
        if self.new is not None and len(asked) > 1:
            raise InputError("--new", self.new, "is of one phase, and several are asked of", _EXAMPLE)
        if self.context is not None and all(context for _, context, _ in asked):
            raise InputError("--context", self.context, f"contradicts --phase {self.text}", "drop one of them")
        return tuple(Step(name, self._phase(name, context, positions), times) for name, context, times in asked)

    def _asked(self) -> Iterator[tuple[str, int | None, int]]:
        """(name, tokens attended to where it says them, how often) of each phase."""
        for piece in Piece.of("prefill" if self.text is None else self.text).split(","):
            name, behind = piece.cut(":")
            context, times = (None, None) if behind is None else behind.cut("x")
            yield (
                name.one_of("--phase", PHASES),
                None if context is None else read_count("--phase: context", context),
                1 if times is None else times.count("--phase: times"),
            )

    def _phase(self, name: str, own: int | None, positions: int) -> Phase:
        decode = name == "decode"
        usual = min(USUAL_CONTEXT, positions)
        context = own or self.context or (self.new if self.new and not decode else usual)
        if context > positions:
            place = "--context" if own is None else f"--phase {name}"
            raise InputError(place, context, f"must be at most the {positions} positions of the model")
        return Phase(self.new or (1 if decode else context), context, self.batch or 1)
