"""YAML as plain data, built from the events of the scanner one by one: no depth of nesting reaches a stack.

YAML 1.1 as PyYAML's safe loader reads it, but: a key that stands twice in a mapping is refused, keys are words, dates
are text, ``-.5`` is a number, there is one document, tags other than YAML's own are refused unless the format has them,
and aliases and merge keys count every time they repeat something.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, NoReturn

from nets.documents.limits import MOST_DEPTH, MOST_NODES, MOST_YAML_BYTES
from nets.documents.scalars import MERGE, ScalarError, plain, tagged
from nets.errors import InputError, shown

_YAML_TAG: Final = "tag:yaml.org,2002:"

Tags = Callable[[str, Any], Any]
"""What makes a value of a format's own tag (without its ``!``) and what stands under it; ``LookupError`` refuses it."""


def parse_yaml(text: str, place: str, *, tags: Tags | None = None) -> Any:
    """The plain data that a text of YAML holds; ``None`` for an empty one.

    Args:
        place: what errors call the text.
        tags: of the format; none where omitted.

    Raises:
        InputError: it is not sound YAML (says the line), or larger or deeper than any such text needs.
    """
    if len(text) > MOST_YAML_BYTES:
        raise InputError(place, f"{len(text) >> 20} MiB", f"are more YAML than is read: {MOST_YAML_BYTES >> 20} MiB")
    import yaml

    try:
        return _Builder(events(text), place, tags).document()
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}, column {mark.column + 1}" if mark else place
        problem = getattr(error, "problem", None) or getattr(error, "reason", None) or "it breaks off"
        raise InputError(place, where, f"is not sound YAML: {problem}") from None
    except UnicodeEncodeError:
        raise InputError(place, shown(text), "is not text: it holds half a character") from None


def events(text: str) -> Callable[[], Any]:
    """A function that gives the next event of a text; the scanner in C where PyYAML has it."""
    import yaml

    get_event: Callable[[], Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(text).get_event
    return get_event


class _Open:
    """A list or a mapping whose end has not come.

    Attributes:
        value: so far. tag: its own, if any. anchor: its name, if any. before: nodes counted before it.
        key: of a mapping, the key whose value comes next. merged: mappings to take keys from, first ones first.
    """

    __slots__ = ("anchor", "before", "has_key", "is_list", "key", "line", "merged", "tag", "value")

    def __init__(self, value: Any, event: Any, before: int) -> None:
        self.value, self.tag, self.anchor, self.before = value, event.tag, event.anchor, before
        self.is_list = type(value) is list
        self.line: int = event.start_mark.line + 1 if event.tag is not None else 0
        self.key: Any = None
        self.has_key = False
        self.merged: tuple[Any, ...] = ()


class _Builder:
    def __init__(self, next_event: Callable[[], Any], place: str, tags: Tags | None) -> None:
        self._next, self._place, self._tags = next_event, place, tags
        self._open: list[_Open] = []
        self._top: _Open | None = None
        self._root: Any = None
        self._anchors: dict[str, tuple[Any, int]] = {}
        self._words: dict[str, Any] = {}
        self._nodes = 0
        self._event: Any = None

    def _refuse(self, value: object, rule: str, hint: str = "", *, line: int | None = None) -> NoReturn:
        line = self._event.start_mark.line + 1 if line is None else line
        raise InputError(f"{self._place}: line {line}", value, rule, hint)

    def document(self) -> Any:
        """The one document of the text."""
        from yaml import (
            AliasEvent,
            DocumentStartEvent,
            MappingEndEvent,
            MappingStartEvent,
            ScalarEvent,
            SequenceEndEvent,
            SequenceStartEvent,
            StreamEndEvent,
        )

        documents = 0
        words, next_event = self._words, self._next
        while True:
            self._event = event = next_event()
            kind = type(event)
            if kind is ScalarEvent:
                word = event.value
                if event.tag is None and event.anchor is None and event.implicit[0] and word in words:
                    self._add(words[word])
                else:
                    self._add(self._scalar(word, event.tag, event.implicit[0]), event.anchor)
            elif kind is SequenceStartEvent:
                self._begin([], event)
            elif kind is MappingStartEvent:
                self._begin({}, event)
            elif kind is SequenceEndEvent or kind is MappingEndEvent:
                self._end()
            elif kind is AliasEvent:
                self._alias(event)
            elif kind is DocumentStartEvent:
                documents += 1
                if documents > 1:
                    self._refuse("---", "begins a second document; there is one")
            elif kind is StreamEndEvent:
                return self._root

    def _scalar(self, word: str, tag: str | None, is_plain: bool) -> Any:
        try:
            if tag is None and is_plain:
                value = self._words[word] = plain(word)
                return value
            if tag is None or tag == "!":
                return self._text(word)
            if tag.startswith(_YAML_TAG):
                return tagged(tag.removeprefix(_YAML_TAG), word)
        except ScalarError as error:
            self._refuse(word, str(error), "write large numbers as 1.0e+40" if "digits;" in str(error) else "")
        return self._own(tag, word)

    def _text(self, word: str) -> str:
        if not word.isprintable() and ("\0" in word or not _encodable(word)):
            self._refuse(word, "holds what is no text: a NUL or half a character")
        return word

    def _own(self, tag: str, value: Any, line: int | None = None) -> Any:
        """The value under a tag that is not YAML's."""
        name = tag.removeprefix(_YAML_TAG).removeprefix("!")
        try:
            if self._tags is None or tag.startswith(_YAML_TAG):
                raise LookupError
            return self._tags(name, value)
        except LookupError:
            mark = "!!" if tag.startswith(_YAML_TAG) else "!"
            self._refuse(f"{mark}{name}", "is a tag that is not known here", "leave it out", line=line)

    def _begin(self, value: Any, event: Any) -> None:
        self._top = _Open(value, event, self._nodes)
        self._open.append(self._top)
        if len(self._open) > MOST_DEPTH:
            self._refuse(f"{len(self._open)} levels", f"of nesting are too many: {MOST_DEPTH} are the most")

    def _end(self) -> None:
        closed = self._open.pop()
        self._top = self._open[-1] if self._open else None
        value = closed.value
        for mapping in closed.merged:
            for key, item in mapping.items():
                value.setdefault(key, item)
        if closed.tag is not None and closed.tag not in (f"{_YAML_TAG}seq", f"{_YAML_TAG}map", "!"):
            value = self._own(closed.tag, value, closed.line)
        self._add(value, closed.anchor, closed.before)

    def _alias(self, event: Any) -> None:
        if event.anchor not in self._anchors:
            inside = any(at.anchor == event.anchor for at in self._open)
            rule = "repeats what it stands in" if inside else "repeats what has no such name before it"
            self._refuse(f"*{event.anchor}", rule)
        value, nodes = self._anchors[event.anchor]
        self._nodes += nodes
        self._add(value, None)

    def _add(self, value: Any, anchor: str | None = None, before: int | None = None) -> None:
        """Put a finished value where it belongs."""
        self._nodes += 1
        if self._nodes > MOST_NODES:
            self._refuse(f"{self._nodes} values", f"are too many: {MOST_NODES} are the most, repeated ones included")
        if anchor is not None:
            self._anchors[anchor] = (value, self._nodes - (self._nodes - 1 if before is None else before))
        at = self._top
        if at is None:
            self._root = value
        elif at.is_list:
            at.value.append(value)
        elif not at.has_key:
            self._key(at, value)
        else:
            at.has_key = False
            if at.key is _MERGE_KEY:
                self._merge(at, value)
            else:
                at.value[at.key] = value

    def _key(self, at: _Open, key: Any) -> None:
        at.has_key = True
        if key == MERGE and getattr(self._event, "implicit", (False,))[0]:  # not in quotes
            at.key = _MERGE_KEY
            return
        if type(key) is not str and not isinstance(key, str | int | float | bool | None):
            self._refuse(key, "is no key; keys are words")
        if key in at.value:
            self._refuse(key, "is a key that stands twice in one mapping", "leave one out")
        at.key = key

    def _merge(self, at: _Open, value: Any) -> None:
        mappings = value if isinstance(value, list) else [value]
        for mapping in mappings:
            if not isinstance(mapping, Mapping):
                self._refuse(MERGE, "takes a mapping, or a list of them")
        at.merged += tuple(mappings)


_MERGE_KEY: Final = object()


def _encodable(word: str) -> bool:
    try:
        word.encode()
    except UnicodeEncodeError:
        return False
    return True
