"""What the section ``mapping`` of Timeloop files, and its constraints on mappings, may say."""

from __future__ import annotations

import difflib
from typing import Annotated, Any, Final, Literal

from pydantic import ConfigDict, model_validator
from pydantic.functional_validators import BeforeValidator

from nets.documents.model import Model, Whole, Word
from nets.errors import unknown


def _joined(value: Any) -> Any:
    if isinstance(value, list) and all(isinstance(word, str | int) for word in value):
        return " ".join(map(str, value))
    return "" if value is None else value


Words = Annotated[Word, BeforeValidator(_joined, json_schema_input_type=str | list[str])]
"""Text, or a list of its words."""


_MISSPELLED: Final = 0.85
"""How alike two keys are if one is the other but for a letter; ``max_factors`` and ``factors`` are less alike."""


class Target(Model):
    """What is asked of a mapping at a memory.

    Attributes:
        target: the memory.
        factors: trips of each dim, as in ``K=16``. factors_only: the same, with one trip of every other dim.
        permutation: of the loops, innermost first. split: how many dims of a spatial permutation lie on X.
        keep, bypass: data spaces. keep_only, bypass_only: the same, the others the other way.
    """

    model_config = ConfigDict(extra="allow")

    target: Word = ""
    type: Any = None
    keep: tuple[Word, ...] | None = None
    bypass: tuple[Word, ...] | None = None
    keep_only: tuple[Word, ...] | None = None
    bypass_only: tuple[Word, ...] | None = None
    factors: Words = ""
    factors_only: Words | None = None
    permutation: Words = ""
    split: Whole | None = None

    @model_validator(mode="after")
    def _spelled(self) -> Target:
        """Whatever else Timeloop knows is let through, but nothing that is all but one of these keys."""
        for key in self.model_extra or ():
            if difflib.get_close_matches(key, Target.model_fields, n=1, cutoff=_MISSPELLED):
                raise unknown("", key, Target.model_fields)
        return self


class MappingEntry(Target):
    """Loops of one kind at a memory, or what it keeps.

    Attributes:
        target: the memory.
        factors: trips of each dim, as in ``K=16`` or ``K=16,8``. permutation: of the loops, innermost first.
        split: how many dims of a spatial permutation lie on X.
        keep, bypass: data spaces.
    """

    model_config = ConfigDict(extra="forbid")

    target: Word
    type: Literal["temporal", "spatial", "datatype", "dataspace", "bypass"]
    factors_only: None = None


MappingSection = tuple[MappingEntry, ...]


class MapspaceConstraints(Model):
    """``mapspace_constraints`` and the like, of which only what memories keep is read."""

    model_config = ConfigDict(extra="allow")

    targets: tuple[Target, ...] | None = None
    constraints: tuple[Target, ...] | None = None
