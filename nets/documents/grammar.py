"""Short texts that a person types: layers, budgets, constraints.

They are cut into pieces, which know where they stand in the text, and a piece is read as what it should be. An error
ends with the text and a caret under the letter to mend.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from nets.documents.limits import MOST_DIGITS
from nets.errors import MOST_SHOWN, InputError, nearest
from nets.ranges import EXACT


class TextError(InputError):
    """A text that breaks a rule, and the column of the letter to mend."""

    def __init__(self, place: str, value: object, rule: str, hint: str, text: str, column: int) -> None:
        super().__init__(place, value, rule, hint)
        self.text, self.column = text, column
        first = max(0, column - MOST_SHOWN // 2)
        part = "".join(each if each.isprintable() else "?" for each in text[first : first + MOST_SHOWN])
        self.args = (f"{self.args[0]}\n    {part}\n    {' ' * (column - first)}^",)

    def __reduce__(self) -> tuple[type[TextError], tuple[object, ...]]:
        return type(self), (self.place, self.value, self.rule, self.hint, self.text, self.column)


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a text, without the blanks around it.

    Attributes:
        text: all of it.
        start, end: columns of the part.
    """

    text: str
    start: int
    end: int

    @classmethod
    def of(cls, text: str) -> Piece:
        """All of a text."""
        return cls(text, 0, len(text)).between(0, len(text))

    def between(self, start: int, end: int) -> Piece:
        """The part from one column of the text to another, blanks left out."""
        while start < end and self.text[start].isspace():
            start += 1
        while start < end and self.text[end - 1].isspace():
            end -= 1
        return Piece(self.text, start, end)

    @property
    def word(self) -> str:
        """What it says."""
        return self.text[self.start : self.end]

    def split(self, mark: str) -> Iterator[Piece]:
        """The pieces between marks; one without any."""
        start = self.start
        for part in self.word.split(mark):
            yield self.between(start, start + len(part))
            start += len(part) + len(mark)

    def cut(self, mark: str) -> tuple[Piece, Piece | None]:
        """What stands before the first mark and behind it; ``None`` where there is no mark."""
        at = self.text.find(mark, self.start, self.end)
        if at < 0:
            return self, None
        return self.between(self.start, at), self.between(at + len(mark), self.end)

    def refuse(self, place: str, rule: str, hint: str = "", *, after: int = 0, value: object = None) -> TextError:
        """The error of a piece that breaks a rule.

        Args:
            after: letters of it that are sound.
            value: what breaks the rule, if not what the piece says.
        """
        return TextError(place, self.word if value is None else value, rule, hint, self.text, self.start + after)

    def one_of(self, place: str, known: Iterable[str]) -> str:
        """A known name.

        Raises:
            TextError: it is none.
        """
        names = tuple(known)
        if self.word not in names:
            raise self.refuse(place, "is not known", nearest(self.word, names))
        return self.word

    def some_of(self, place: str, known: Iterable[str]) -> tuple[str, ...]:
        """Known names with commas between them; none for ``none``.

        Raises:
            TextError: one is not known.
        """
        names = tuple(known)
        return () if self.word == "none" else tuple(piece.one_of(place, names) for piece in self.split(","))

    def count(self, place: str, hint: str = "") -> int:
        """A whole number of at least 1 that is counted exactly.

        Raises:
            TextError: it is none.
        """
        word = self.word.lstrip("0")
        if not (self.word.isascii() and self.word.isdecimal() and word):
            raise self.refuse(place, "must be a whole number of at least 1", hint)
        value = int(word) if len(word) <= MOST_DIGITS else EXACT + 1
        if value > EXACT:
            raise self.refuse(place, f"is too large to be counted exactly: at most 2^53, {EXACT:,}")
        return value


def read_pairs(text: str, place: str, *, known: Iterable[str], of: str, example: str) -> dict[str, Piece]:
    """The values of a text ``name=value,name=value`` by their names.

    Args:
        place: what errors call the text.
        known: the names that there are.
        of: what each pair gives, in words.
        example: of a sound text.

    Raises:
        TextError: no pair, nothing between two commas, a name that is not known or stands twice, a name without value.
    """
    found: dict[str, Piece] = {}
    for pair in Piece.of(text).split(","):
        if not pair.word:
            rule = "has nothing between two commas" if text.strip() else f"must give at least one {of}"
            raise pair.refuse(place, rule, f"write e.g. {example}", value=text)
        name, value = pair.cut("=")
        name.one_of(place, known)
        if name.word in found:
            raise name.refuse(f"{place}: {name.word}", "is given twice", "leave one out")
        if value is None:
            raise pair.refuse(f"{place}: {name.word}", f"needs a {of}", f"write e.g. {example}", after=len(pair.word))
        found[name.word] = value
    return found
