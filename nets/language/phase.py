"""What a language model is asked to do: how many tokens it works on, and how many those attend to."""

from __future__ import annotations

from dataclasses import astuple, dataclass
from typing import Final

from nets.errors import InputError, unknown

PHASES: Final = ("prefill", "decode")
USUAL_CONTEXT: Final = 1024


@dataclass(frozen=True, slots=True)
class Phase:
    """What a model is asked to do.

    Attributes:
        new: tokens of every sequence that are worked on: a prompt, a part of one, or the next token.
        context: tokens attended to, the new ones included; keys and values of the others are in the cache.
        batch: sequences.

    Raises:
        InputError: a size below 1, or less context than new tokens.
    """

    new: int
    context: int
    batch: int = 1

    def __post_init__(self) -> None:
        for field in ("new", "context", "batch"):
            value = getattr(self, field)
            if not isinstance(value, int) or isinstance(value, bool) or value < 1:
                raise InputError(f"phase: {field}", value, "must be a whole number of at least 1")
        if self.context < self.new:
            raise InputError("phase: context", self.context, f"must hold at least the {self.new} new tokens")

    @classmethod
    def prefill(cls, tokens: int, batch: int = 1) -> Phase:
        """A prompt is read."""
        return cls(tokens, tokens, batch)

    @classmethod
    def decode(cls, context: int, batch: int = 1) -> Phase:
        """One token more is made."""
        return cls(1, context, batch)

    @property
    def tokens(self) -> int:
        """Worked on, of all sequences."""
        return self.batch * self.new


@dataclass(frozen=True, slots=True)
class AskedPhase:
    """What a person says of a phase; what is omitted is as usual.

    Attributes:
        name: ``"prefill"``, which is usual: all of the context is new; or ``"decode"``: one token is.
        batch: sequences, usually 1.
        new: tokens of each that are worked on.
        context: tokens attended to, the new ones included; usually 1,024, or all positions where there are fewer.
    """

    name: str | None = None
    batch: int | None = None
    new: int | None = None
    context: int | None = None

    @property
    def nothing(self) -> bool:
        """Whether nothing is said."""
        return astuple(self) == (None,) * 4

    def of(self, positions: int) -> Phase:
        """The phase of a model that attends to so many tokens at most.

        Raises:
            InputError: no such phase, a size below 1, less context than new tokens, or more than there are positions.
        """
        if self.name not in (None, *PHASES):
            raise unknown("phase", self.name, PHASES)
        decode = self.name == "decode"
        usual = min(USUAL_CONTEXT, positions)
        context = self.context or (self.new if self.new and not decode else usual)
        new = self.new or (1 if decode else context)
        for field, given in (("batch", self.batch), ("new", self.new), ("context", self.context)):
            if given is not None and given < 1:
                raise InputError(f"--{field}", given, "must be a whole number of at least 1")
        if context > positions:
            raise InputError("--context", context, f"must be at most the {positions} positions of the model")
        return Phase(new, context, self.batch or 1)
