"""Where a part of a text stands: asked only when something is wrong with it."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from nets.documents.steps import Steps
from nets.documents.yaml_text import events


class _Open:
    """A list or a mapping on the walk: how many steps lead to it (-1 beside the way), and which entry comes next."""

    __slots__ = ("depth", "is_key_next", "is_list", "next")

    def __init__(self, depth: int, is_list: bool) -> None:
        self.depth, self.is_list, self.is_key_next = depth, is_list, not is_list
        self.next: str | int = 0 if is_list else ""


def line_of(text: str, steps: Steps) -> int | None:
    """The line of a part of a text of YAML or JSON; of what is around it where an alias or a merge key brought it."""
    from yaml import YAMLError

    walk = _Walk(steps)
    with suppress(YAMLError, UnicodeEncodeError):  # what is unsound: as far as it can be read
        next_event = events(text)
        while not walk.arrived and walk.take(next_event()):
            pass
    return walk.line


class _Walk:
    def __init__(self, steps: Steps) -> None:
        self._steps, self._open = steps, list[_Open]()
        self.line: int | None = None
        self.arrived = False

    def take(self, event: Any) -> bool:
        """Go on by one event; false after the last."""
        from yaml import (
            AliasEvent,
            MappingEndEvent,
            MappingStartEvent,
            ScalarEvent,
            SequenceEndEvent,
            SequenceStartEvent,
            StreamEndEvent,
        )

        if isinstance(event, MappingEndEvent | SequenceEndEvent):
            self._open.pop()
        elif isinstance(event, MappingStartEvent | SequenceStartEvent):
            self._open.append(_Open(self._reach(event), isinstance(event, SequenceStartEvent)))
        elif isinstance(event, ScalarEvent | AliasEvent):
            self._reach(event)
        return not isinstance(event, StreamEndEvent)

    def _reach(self, event: Any) -> int:
        """How many steps lead to what begins here; -1 where it is a key or beside the way."""
        if not self._open:
            return self._mark(event, 0)
        at = self._open[-1]
        if at.is_key_next:
            at.next, at.is_key_next = str(getattr(event, "value", "")), False
            if self._leads(at):
                self._mark(event, at.depth + 1)
            return -1
        reached = at.depth + 1 if self._leads(at) else -1
        if reached >= 0 and at.is_list:
            self._mark(event, reached)
        if at.is_list:
            at.next = int(at.next) + 1
        else:
            at.is_key_next = True
        return reached

    def _leads(self, at: _Open) -> bool:
        if not 0 <= at.depth < len(self._steps):
            return False
        step = self._steps[at.depth]
        return step == at.next if at.is_list else str(step) == at.next

    def _mark(self, event: Any, reached: int) -> int:
        self.line = event.start_mark.line + 1
        self.arrived = reached == len(self._steps)
        return reached
