"""What the sections ``arch``, ``architecture``, ``ERT_summary`` and ``ART_summary`` of Timeloop files may say."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Final, NamedTuple, TypeVar

from pydantic import Field, create_model, model_validator
from pydantic.functional_validators import AfterValidator, BeforeValidator

from nets.documents.model import Count, Model, NotNegative, Positive, Word, ruled
from nets.errors import InputError

Size = Annotated[float, *ruled(lambda value: value >= 0, "must be a number of at least 0", type="number", minimum=0)]
"""Or infinite."""
Rate = Annotated[float, *ruled(lambda value: value > 0, "must be greater than zero", type="number", exclusiveMinimum=0)]
"""Or infinite."""
T = TypeVar("T")


def _number(value: Any) -> Any:
    """YAML 1.1 reads 1e-9 as text."""
    try:
        return float(value) if isinstance(value, str) else value
    except ValueError:
        return value


Seconds = Annotated[Positive, BeforeValidator(_number, json_schema_input_type=float)]


class _Figure(NamedTuple):
    """What the model reads of a part: its type, and each of the names that it goes by."""

    type: Any
    names: tuple[str, ...]


_FIGURES: Final = {
    "entries": _Figure(Size, ("entries",)),
    "depth": _Figure(Size, ("depth", "memory_depth")),
    "size_kb": _Figure(Size, ("sizeKB",)),
    "width": _Figure(Positive, ("width", "memory_width")),
    "word_bits": _Figure(Count, ("word-bits", "word_bits", "datawidth")),
    "block": _Figure(Positive, ("block-size", "block_size")),
    "instances": _Figure(Count, ("instances",)),
    "mesh_x": _Figure(Count, ("meshX",)),
    "mesh_y": _Figure(Count, ("meshY",)),
    "read_bandwidth": _Figure(Rate, ("read_bandwidth",)),
    "write_bandwidth": _Figure(Rate, ("write_bandwidth",)),
    "shared_bandwidth": _Figure(Rate, ("shared_bandwidth",)),
    "buffering": _Figure(Positive, ("multiple-buffering", "multiple_buffering")),
    "energy": _Figure(NotNegative, ("vector-access-energy", "vector_access_energy", "energy")),
    "area": _Figure(NotNegative, ("cluster-area", "area")),
    "cluster": _Figure(Positive, ("cluster-size", "cluster_size")),
    "cycle_s": _Figure(Seconds, ("global_cycle_seconds",)),
    "technology": _Figure(Any, ("technology",)),
}
_ASKS: Final[dict[str, object]] = {
    **dict.fromkeys(("min-utilization", "min_utilization", "network-word-bits", "router-energy", "wire-energy"), 0),
    **dict.fromkeys(("network-type", "network_read", "network_fill", "network_drain", "network_update"), ""),
    "allow_overbooking": False,
    **dict.fromkeys(("compression_supported", "decompression_supported"), False),
    "has_power_gating": False,
    "power_gated_at": None,
    "reduction_supported": True,
    **dict.fromkeys(("metadata_datawidth", "metadata_storage_width", "metadata_storage_depth"), None),
    **dict.fromkeys(("metadata_block_size", "metadata_counter_width"), None),
    **dict.fromkeys(("network_fill_latency", "network_drain_latency"), None),
    "per_dataspace_bandwidth_consumption_scale": {},
}
"""What Timeloop can be asked for and the model cannot do, with the value that asks for nothing."""
_SILENT: Final = (
    *("name", "class", "subclass", "type", "n_banks", "num-banks", "num_banks", "num-ports", "n_rw_ports", "n_ports"),
    *("n_rdwr_ports", "nports", "num_ports", "update_fifo_depth", "version", "latency", "multiplier_width"),
    *("adder_width", "bank-size", "addr-gen-bits", "cluster-util", "max_fanout", "operand-width", "cycle_seconds"),
    *("action_latency_cycles", "n_instances"),
)
"""Input to energy estimators, or bookkeeping: no count, cycle or energy of a mapping depends on it."""


_VARIABLE: Final = re.compile(r"[A-Z][A-Z0-9_]*")


def _field(name: str) -> str:
    """A name of the file as Python takes it."""
    return name.replace("-", "__")


class Figures(Model):
    """Figures of a part by what they are, whatever they are called.

    Timeloop's front end leaves its variables among attributes, whose values it has put in: names of capitals.
    """

    @model_validator(mode="before")
    @classmethod
    def _without_variables(cls, data: Any) -> Any:
        if not isinstance(data, Mapping):
            return data
        return {key: value for key, value in data.items() if _VARIABLE.fullmatch(str(key)) is None}

    def first(self, what: str, default: T) -> T:
        """A figure under the first of its names that is given."""
        found = (getattr(self, _field(name)) for name in _FIGURES[what].names)
        return next((value for value in found if value is not None), default)

    def asked(self) -> dict[str, object]:
        """What is asked for that the model cannot do."""
        given = {name: getattr(self, _field(name)) for name in _ASKS}
        return {name: value for name, value in given.items() if value not in (None, "") and value != _ASKS[name]}


_FIELDS: Final[dict[str, Any]] = {
    _field(name): (kind | None, Field(None, alias=name))
    for kind, names in (*_FIGURES.values(), (Any, (*_ASKS, *_SILENT)))
    for name in names
}
KNOWN: Final = frozenset(alias for _, (_, field) in _FIELDS.items() if (alias := field.alias))
"""Names that an attribute may have."""
NUMBERS: Final = tuple(name for key, (_, names) in _FIGURES.items() if key != "technology" for name in names)
"""Those whose values are numbers."""
Attributes = create_model("Attributes", __base__=Figures, __doc__="Of a memory, or of the arithmetic.", **_FIELDS)


class PartEntry(Attributes):  # type: ignore[valid-type, misc]
    """A memory, or the arithmetic."""

    name: Word


def ranged(name: str) -> tuple[str, int]:
    """``PE[0..15]`` is sixteen of ``PE``."""
    match = re.fullmatch(r"(.*?)\[(\d+)\.\.(\d+)\]", name)
    if match is None:
        return name, 1
    if max(len(match[2]), len(match[3])) > 12 or int(match[3]) < int(match[2]):
        raise InputError("", name, "must count up to a number of instances", "as in PE[0..15]")
    return match[1], int(match[3]) - int(match[2]) + 1


def _countable(name: str) -> str:
    ranged(name)
    return name


Ranged = Annotated[Word, AfterValidator(_countable)]


class FlatArchitecture(Model):
    """``arch``: one arithmetic, and storage innermost first."""

    version: Any = None
    arithmetic: PartEntry
    storage: tuple[PartEntry, ...]


class LocalEntry(Model):
    """A memory or the arithmetic of a node."""

    name: Ranged
    kind: Word = Field("", alias="class")
    attributes: Attributes | None = None  # type: ignore[valid-type]
    subclass: Any = None
    required_actions: Any = None
    enabled: Any = None
    constraints: Any = None
    spatial: Any = None


class Node(Model):
    """``local`` parts, outermost first, and then the ``subtree``; of its attributes they take the width of words."""

    name: Ranged
    version: Any = None
    attributes: Attributes | None = None  # type: ignore[valid-type]
    local: tuple[LocalEntry, ...] | None = None
    subtree: tuple[Node, ...] | None = None

    @model_validator(mode="after")
    def _in_line(self) -> Node:
        if len(self.subtree or ()) > 1:
            raise InputError("subtree", f"{len(self.subtree or ())} nodes", "branch; the model has one line")
        return self


class Tree(Node):
    """``architecture``: the outermost node."""

    name: Ranged = ""


class _Row(Model):
    """What Accelergy says of a part; its name is a path of nodes."""

    name: Ranged
    primitive_estimations: Any = None
    primitive_estimation: Any = Field(None, alias="primitive_estimation(s)")

    @property
    def leaf(self) -> str:
        """Name of the part."""
        return ranged(self.name)[0].rsplit(".", 1)[-1]


class Action(Model):
    """Energy of an action, in pJ."""

    name: Word
    energy: NotNegative
    arguments: Any = None


class EnergyRow(_Row):
    """Energies of a part."""

    actions: tuple[Action, ...]

    def energies(self, lacks: list[str]) -> dict[str, float]:
        """By action; one that costs more or less by its arguments costs what it does most, which is said."""
        found: dict[str, float] = {}
        for action in self.actions:
            before = found.get(action.name, action.energy)
            found[action.name] = max(before, action.energy)
            if before != action.energy:
                lacks.append(f"{self.leaf}: {action.name} costs different energies by its arguments; the most is taken")
        return found


class AreaRow(_Row):
    """Area of a part, in square micrometres."""

    area: NotNegative


class EnergyTables(Model):
    """``ERT``, whose rows are ``tables``, or ``ERT_summary``."""

    version: Any = None
    tables: tuple[EnergyRow, ...] = ()
    table_summary: tuple[EnergyRow, ...] = ()

    @property
    def rows(self) -> tuple[EnergyRow, ...]:
        """Of either."""
        return self.tables + self.table_summary


class AreaTables(Model):
    """``ART``, whose rows are ``tables``, or ``ART_summary``."""

    version: Any = None
    tables: tuple[AreaRow, ...] = ()
    table_summary: tuple[AreaRow, ...] = ()

    @property
    def rows(self) -> tuple[AreaRow, ...]:
        """Of either."""
        return self.tables + self.table_summary
