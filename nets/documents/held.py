"""A file as it was when it was read: what goes on depends on no disk, and tells whether the file was changed since."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class HeldFile:
    """A file's content; readers take it in the place of a path. Equal content is equal, whatever the name.

    Attributes:
        name: last part of its path.
        content: all of it.
        digest: SHA-256 of the content, which tells it from others.
    """

    name: str = field(compare=False)
    content: bytes = field(compare=False, repr=False)
    digest: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "digest", hashlib.sha256(self.content).hexdigest())

    def __fspath__(self) -> str:
        """The name, for errors; nothing is read there."""
        return self.name

    __str__ = __fspath__

    @property
    def suffix(self) -> str:
        """The end of its name, as in ``.csv``."""
        return Path(self.name).suffix

    @property
    def mark(self) -> FileMark:
        """What tells it from other files."""
        return FileMark(self.name, self.digest)


@dataclass(frozen=True, slots=True)
class FileMark:
    """Which file something was made from.

    Attributes:
        name: last part of its path.
        sha256: of its content.
    """

    name: str
    sha256: str
