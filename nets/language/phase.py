"""What a language model is asked to do: how many tokens it works on, and how many those attend to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from nets.errors import InputError

PHASES: Final = ("prefill", "decode")


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
class Step:
    """A phase of a request, and how often it is gone through.

    Attributes:
        name: one of :data:`PHASES`.
        phase: what is asked.
        times: that often, one after the other.

    Raises:
        InputError: fewer times than once.
    """

    name: str
    phase: Phase
    times: int = 1

    def __post_init__(self) -> None:
        if self.times < 1:
            raise InputError(f"phase: {self.name}", self.times, "must be gone through at least once")

    def __str__(self) -> str:
        """As a person is told it."""
        often = "" if self.times == 1 else f"{self.times:,} x "
        return f"{often}{self.name} {self.phase.context:,}"
