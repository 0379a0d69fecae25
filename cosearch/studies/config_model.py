"""What the ``config.yaml`` of a run may say: the options of a search, and the versions of what ran."""

from __future__ import annotations

import dataclasses
from typing import Annotated, Any

from pydantic import ConfigDict, Discriminator, Field, Tag, create_model

from cosearch.problem.budget import Budget
from cosearch.problem.options import CoSearchOptions
from cosearch.problem.stated import FILES
from cosearch.studies.run_folder import SCHEMA
from nets.documents import FileMark
from nets.documents.model import Model, Positive, fields_of, ruled
from nets.layer_model import NetworkEntry

_LIMITS: dict[str, Any] = {field.name: (Positive | None, None) for field in dataclasses.fields(Budget)}

LimitsEntry = create_model("LimitsEntry", __base__=Model, __doc__="Limits of the budget to the last bit.", **_LIMITS)
NetworkChoice = Annotated[
    Annotated[str, Tag("a name")] | Annotated[NetworkEntry, Tag("layer by layer")],
    Discriminator(lambda value: "a name" if isinstance(value, str) else "layer by layer"),
]
"""A reference network by name, or any other."""
_OPTIONS: dict[str, Any] = fields_of(CoSearchOptions)
OptionsEntry = create_model(
    "OptionsEntry",
    __base__=Model,
    __doc__="Options of a search; see cosearch search --help.",
    **(
        _OPTIONS
        | {name: (_OPTIONS[name][0], ...) for name in ("space", "objectives")}  # what is searched is always written
        | {
            "networks": (tuple[NetworkChoice, ...], ...),
            "machine": (dict[str, Any] | None, None),
            "budget": (str, ...),
            "limits": (LimitsEntry, ...),
        }
        | dict.fromkeys(FILES, (FileMark | None, None))
    ),
)


class StorageEntry(Model):
    """A second place of the study.

    Attributes:
        address: of the storage, without a password.
        name: of the study there.
        join: whether other machines work on it too.
    """

    address: str
    name: str
    join: bool = False


class ConfigFile(Model):
    """Options and versions of a run; its result depends on nothing else.

    Attributes:
        schema: of the folder.
        options: of the search.
        versions: of what ran.
        storage: that mirrors the study, if any.
    """

    model_config = ConfigDict(strict=True, extra="forbid")

    version: Annotated[
        int, *ruled(lambda value: value == SCHEMA, f"must be {SCHEMA}, which this version reads", const=SCHEMA)
    ] = Field(alias="schema")
    options: OptionsEntry  # type: ignore[valid-type]
    versions: dict[str, str]
    storage: StorageEntry | None = None
