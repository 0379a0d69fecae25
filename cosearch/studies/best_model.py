"""What a ``best.yaml`` may say: what no search writes is refused, with its place in the file."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import ConfigDict, Field, WithJsonSchema, model_validator
from pydantic.functional_validators import AfterValidator

from accel_models.loop_entries import LevelEntry
from cosearch.evaluation.mapping_bounds import MappingProof
from cosearch.evaluation.weight_bits import WeightBits
from cosearch.evaluation.winner import FOUND_BY, AccuracyFloor, DeviceLatency
from cosearch.problem.objective import ObjectiveName
from cosearch.studies.run_folder import BEST_SCHEMA
from nets.accuracy import Accuracy
from nets.documents import FileMark
from nets.documents.model import AnyPercent, Model, NotNegative, Percent, Positive, Probability, ruled
from nets.errors import NO_VALUE, InputError, unknown
from nets.layer_model import Layers
from nets.own_code import names_own_code


def _known_way(name: str) -> str:
    if name and name not in FOUND_BY:
        raise unknown("", name, FOUND_BY)
    return name


class ProofEntry(Model):
    """What was proven of all mappings of a layer: per_pj x energy + per_s x latency is at least this.

    Attributes:
        per_pj: weight of the energy in pJ. per_s: weight of the latency in s.
        at_least: bound on their sum.
        dividing: whether it speaks only of mappings whose tiles divide.
    """

    per_pj: NotNegative
    per_s: NotNegative
    at_least: NotNegative
    dividing: bool = False

    @model_validator(mode="after")
    def _bounds_something(self) -> ProofEntry:
        if not self.per_pj and not self.per_s:
            raise InputError("", self.model_dump(), "bounds nothing: both weights are 0")
        return self

    def proof(self) -> MappingProof:
        """As mappers give it."""
        return MappingProof(self.per_pj, self.per_s, self.at_least, self.dividing)


class MappingEntry(Model):
    """How layers of one shape are mapped.

    Attributes:
        layers: their names.
        proof: what was proven of it, if anything.
        nest: the loop nest, one entry for every level of the accelerator, outermost first.
    """

    layers: tuple[str, ...]
    proof: ProofEntry | None = None
    nest: tuple[LevelEntry, ...]


class AccuracyEntry(Model):
    """An accuracy that no shipped predictor says.

    Attributes:
        top1_percent: top-1. standard_error: in percent.
        estimates: what was measured, in words.
        saturated: whether better networks cannot be told from this one.
        degrees_of_freedom: of the error. measured: whether this very network was measured.
    """

    top1_percent: AnyPercent
    standard_error: Annotated[float, *ruled(lambda value: not value < 0, "must not be negative", type="number")]
    estimates: str
    saturated: bool
    degrees_of_freedom: Annotated[int, Field(ge=1)] | None = None
    measured: bool = False

    def accuracy(self) -> Accuracy:
        """As predictors give it."""
        return Accuracy(**self.model_dump())


Nest = tuple[LevelEntry, ...]


class GroupEntry(Model):
    """Layers that run together, tile by tile, or one that runs alone.

    Attributes:
        layers: the first and the last of them.
        tile: rows and columns of the last one's output; of a layer alone none.
        keep: whether overlaps of rows and of columns stay on the chip. resident: whether weights do.
        refetch: whether a tensor from before the group is fetched again for every layer that reads it.
        pieces: by layer, the loop nests of its pieces, from the shared memory in; null for what multiplies nothing.
    """

    layers: tuple[str, str]
    tile: tuple[Annotated[int, Field(ge=1)], Annotated[int, Field(ge=1)]] | None = None
    keep: tuple[bool, bool] = (True, True)
    resident: bool = True
    refetch: bool = False
    pieces: dict[str, tuple[Nest | None, ...]]


class GroupsEntry(Model):
    """How a network runs in groups.

    Attributes:
        at_least: what the objective is not below for any groups.
        parts: in the network's order.
    """

    at_least: NotNegative
    parts: tuple[GroupEntry, ...]


class MappedNetwork(Model):
    """A network with the mappings of its layers: a reference network by name, any other layer by layer, or a subnet.

    Attributes:
        name: of the network. resolution: of its images.
        layers: in the order they run in, where it is no reference network.
        space: id of a space; somebody's own has layers beside it. config: the subnet.
        accuracy: as measured; predicted, or published, where it is left out.
        mappings: of every layer that runs on the array, each alone.
        groups: how layers run together, where they do.
    """

    name: Annotated[str, Field(min_length=1)] | None = None
    layers: Layers | None = None
    space: str | None = None
    config: dict[str, Any] | None = None
    accuracy: AccuracyEntry | None = None
    resolution: Annotated[int, Field(ge=0)] | None = None
    mappings: tuple[MappingEntry, ...]
    groups: GroupsEntry | None = None

    @model_validator(mode="after")
    def _names_one(self) -> MappedNetwork:
        if (self.space is None) != (self.config is None):
            missing = "space" if self.space is None else "config"
            raise InputError("", missing, "is missing", "a subnet has a space and a config")
        own = self.space is not None and names_own_code(self.space)
        if self.space is not None and not own and self.layers is not None:
            raise InputError("layers", "layers", "must not stand beside a space", "leave one of the two out")
        if own and self.layers is None:
            raise InputError("layers", "layers", "are missing", "code of somebody's own is not run for a file")
        if (self.space is None or own) and self.name is None:
            raise InputError("", "name", "is missing", "give the name of a network, or a space and a config")
        return self


class FloorEntry(Model):
    """What was asked of the accuracy.

    Attributes:
        top1_percent: that it reaches.
        confidence: with which probability; only its mean must where omitted.
    """

    top1_percent: Percent
    confidence: Probability | None = None

    def floor(self) -> AccuracyFloor:
        """As searches have it."""
        return AccuracyFloor(self.top1_percent, self.confidence)


class ComparedEntry(Model):
    """What the networks found cost on another design.

    Attributes:
        value: of the objective. energy_pj, latency_s: means over the networks.
        ratio: its objective over that of the design found.
    """

    value: Positive
    energy_pj: Positive
    latency_s: Positive
    ratio: Positive


class BaselineEntry(Model):
    """A published design beside the one found, or why there is none.

    Attributes:
        name: of the design. note: why it has no figures.
        accelerator: a description of kind template.
        ratio: its objective over that of the design found, with every layer alone.
        groups: the same with layers in groups, where the design found has them.
    """

    name: str
    note: str | None = None
    accelerator: dict[str, Any] | None = None
    area_mm2: Positive | None = None
    value: Positive | None = None
    energy_pj: Positive | None = None
    latency_s: Positive | None = None
    ratio: Positive | None = None
    groups: ComparedEntry | None = None

    @model_validator(mode="after")
    def _whole(self) -> BaselineEntry:
        for key in ("accelerator", "area_mm2", "latency_s", "energy_pj"):
            if self.ratio is not None and getattr(self, key) is None:
                raise InputError(key, NO_VALUE, "must be given beside the ratio")
        return self


class JointEntry(Model):
    """What no design inside the budget can beat.

    Attributes:
        lower_bound: on the objective; null where nothing is proven. gap: of the design found over it.
        proven_share: of the boxes of designs. boxes: looked at.
        note: why nothing is proven.
        groups: the same of designs whose layers may run in groups.
    """

    lower_bound: NotNegative | None
    gap: NotNegative | None
    proven_share: NotNegative | None
    boxes: Annotated[int, Field(ge=0)] | None = None
    note: str = ""
    groups: JointEntry | None = None

    @model_validator(mode="after")
    def _whole(self) -> JointEntry:
        for key in ("gap", "proven_share"):
            if self.lower_bound is not None and getattr(self, key) is None:
                raise InputError(key, NO_VALUE, "must be a number beside lower_bound")
        return self


class FiguresEntry(Model):
    """What the search recorded; a replay says whether its own figures are the same."""

    model_config = ConfigDict(extra="allow")

    accelerator: dict[str, Any] | None = None
    networks: tuple[dict[str, Any], ...] = ()


class BestFile(Model):
    """A design with everything that its figures follow from.

    Attributes:
        schema: of the file.
        objective: what the search made small. budget: its limits, as text.
        floor: what was asked of the accuracy. found_by: how the networks were found.
        predictor: file that the accuracies were read from. elsewhere: latency on a device where it is limited too.
        weight_bits: widths that were chosen of a table, and what they lose.
        limit: on the network by itself, as `--limit` takes them.
        accelerator: a description of a machine, as files of machines hold it.
        networks: with their mappings.
        figures: recorded by the search. baselines: published designs beside it.
        joint: what no design inside the budget can beat.
    """

    version: Annotated[
        int,
        *ruled(
            lambda value: value == BEST_SCHEMA, f"must be {BEST_SCHEMA}, which this version reads", const=BEST_SCHEMA
        ),
    ] = Field(alias="schema")
    objective: ObjectiveName
    budget: str
    floor: FloorEntry | None = None
    predictor: FileMark | None = None
    elsewhere: DeviceLatency | None = None
    weight_bits: WeightBits | None = None
    limit: tuple[str, ...] = ()
    found_by: Annotated[str, AfterValidator(_known_way), WithJsonSchema({"enum": [*FOUND_BY, ""]})] = ""
    accelerator: dict[str, Any]
    networks: Annotated[tuple[MappedNetwork, ...], Field(min_length=1)]
    figures: FiguresEntry = FiguresEntry()
    baselines: tuple[BaselineEntry, ...] = ()
    joint: JointEntry | None = None
