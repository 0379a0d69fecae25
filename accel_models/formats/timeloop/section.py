"""A section of a Timeloop case: plain data in the file that they stand in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from nets.documents import Document
from nets.documents.steps import Steps
from nets.documents.typed import typed

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Section:
    """A section, or a part of one.

    Attributes:
        document: the file.
        steps: the way to it there.
    """

    document: Document
    steps: Steps

    @property
    def data(self) -> Any:
        """As the file has them."""
        return self.document.part(self.steps)

    def read(self, model: type[T]) -> T:
        """What the section says; errors as :func:`nets.documents.typed.typed` has them."""
        return typed(model, self.document, self.steps)

    def part(self, *steps: str | int) -> Section:
        """What stands further in."""
        return Section(self.document, (*self.steps, *steps))

    def where(self, *steps: str | int) -> str:
        """What errors call a part."""
        return self.document.where((*self.steps, *steps))

    @contextmanager
    def at(self, *steps: str | int) -> Iterator[None]:
        """A block whose errors get the place of a part."""
        with self.document.at((*self.steps, *steps)):
            yield


def sections_of(document: Document) -> dict[str, Section]:
    """The sections of a file by name."""
    return {str(name): Section(document, (name,)) for name in document.data}


Sections = Mapping[str, Section]
