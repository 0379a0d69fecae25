"""A part of a document, which knows where it stands."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from nets.documents.document import Document
from nets.documents.steps import Steps
from nets.documents.typed import typed

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a document; all of it where no steps are given.

    Attributes:
        document: the file.
        steps: the way to it there.
    """

    document: Document
    steps: Steps = ()

    @property
    def data(self) -> Any:
        """What stands there."""
        return self.document.part(self.steps)

    def read(self, model: type[T], *, without: Sequence[str] = ()) -> T:
        """What it says; arguments and errors as :func:`nets.documents.typed.typed` has them."""
        return typed(model, self.document, self.steps, without=without)

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
