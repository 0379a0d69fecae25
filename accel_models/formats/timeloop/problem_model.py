"""What the section ``problem`` of Timeloop files may say."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import ConfigDict, Field, create_model, model_validator
from pydantic.functional_validators import AfterValidator, BeforeValidator

from nets.documents.model import Count, Model, Whole, Word
from nets.errors import InputError, unknown

CNN_LAYER: Final = "cnn-layer"
_CNN_LAYER: Final[dict[str, Any]] = {
    "dimensions": ["R", "S", "P", "Q", "C", "K", "N"],
    "coefficients": [{"name": name, "default": 1} for name in ("Wstride", "Hstride", "Wdilation", "Hdilation")],
    "data_spaces": [
        {"name": "Weights", "projection": [[["C"]], [["K"]], [["R"]], [["S"]]]},
        {
            "name": "Inputs",
            "projection": [
                [["N"]],
                [["C"]],
                [["R", "Wdilation"], ["P", "Wstride"]],
                [["S", "Hdilation"], ["Q", "Hstride"]],
            ],
        },
        {"name": "Outputs", "projection": [[["N"]], [["K"]], [["Q"]], [["P"]]], "read_write": True},
    ],
}


class Coefficient(Model):
    """A stride or a dilation."""

    name: Word
    default: Count = 1


class DataSpace(Model):
    """A tensor: for each of its axes a sum of ``[dim]`` and ``[dim, coefficient]``."""

    name: Word
    projection: list[list[Annotated[list[Word], Field(min_length=1, max_length=2)]]]
    read_write: bool = False
    hyphenated: bool = Field(False, alias="read-write")

    @property
    def written(self) -> bool:
        """Whether it is computed."""
        return self.read_write or self.hyphenated

    @property
    def axes(self) -> tuple[tuple[tuple[str, str], ...], ...]:
        """(dim, coefficient or nothing) of every term of each axis."""
        return tuple(tuple((term[0], "".join(term[1:])) for term in axis) for axis in self.projection)


class Shape(Model):
    """Dims, and the data spaces that they index."""

    name: Any = None
    version: Any = None
    dimensions: list[Annotated[Word, Field(min_length=1)]]
    coefficients: list[Coefficient] | None = None
    data_spaces: list[DataSpace] | None = None
    hyphenated: list[DataSpace] | None = Field(None, alias="data-spaces")

    @property
    def steps(self) -> dict[str, int]:
        """Coefficients by name, with their defaults."""
        return {each.name: each.default for each in self.coefficients or ()}

    @property
    def spaces(self) -> dict[str, DataSpace]:
        """Data spaces by name."""
        return {each.name: each for each in self.data_spaces or self.hyphenated or ()}

    @model_validator(mode="after")
    def _consistent(self) -> Shape:
        for dim in self.dimensions:
            if self.dimensions.count(dim) > 1:
                raise InputError("dimensions", dim, "must be the name of one dim")
        for space in self.spaces.values():
            for dim, coefficient in (term for axis in space.axes for term in axis):
                if dim not in self.dimensions:
                    raise unknown(f"data space {space.name!r}: dim", dim, self.dimensions)
                if coefficient and coefficient not in self.steps:
                    raise unknown(f"data space {space.name!r}: coefficient", coefficient, self.steps)
        return self


def _named(shape: Any) -> Any:
    if not isinstance(shape, str):
        return shape
    if shape != CNN_LAYER:
        raise unknown("", shape, [CNN_LAYER])
    return _CNN_LAYER


Named = Annotated[Shape, BeforeValidator(_named, json_schema_input_type=Shape | Literal["cnn-layer"])]
"""A shape, or the name of Timeloop's own."""


class ProblemEntry(Model):
    """A shape; its sizes stand in ``instance``, or beside it."""

    model_config = ConfigDict(extra="allow")

    shape: Named = Field(CNN_LAYER, validate_default=True)
    version: Any = None
    instance: dict[str, Any] | None = None

    @model_validator(mode="after")
    def _in_one_place(self) -> ProblemEntry:
        if self.instance is not None and self.model_extra:
            raise unknown("", next(iter(self.model_extra)), ("shape", "instance", "version"))
        return self


def _density(value: Any) -> Any:
    """A share of the words that are not zero: a number, or beside the name of a distribution."""
    for given in value.values() if isinstance(value, dict) else ():
        share = given.get("density", 1.0) if isinstance(given, dict) else given
        if not isinstance(share, int | float) or isinstance(share, bool) or not 0 < share <= 1:
            raise InputError("", share, "is no density", "it must be a number above 0, and 1 at most")
    return value


_UNUSED: Final = ("H", "W", "Hpad", "Wpad")
"""Of the unpadded input, which some files carry along; the shape makes no use of them."""


def sizes_model(shape: Shape) -> type[Model]:
    """Size of every dim of a shape, and coefficients other than their defaults; fields are called ``size0`` and on."""
    names: dict[str, Any] = {
        **dict.fromkeys(("shape", "version", "instance"), (Any, None)),
        "densities": (Annotated[dict[str, Any] | None, AfterValidator(_density)], None),
        **dict.fromkeys(_UNUSED, (Whole | None, None)),
        **{name: (Count, default) for name, default in shape.steps.items()},
        **dict.fromkeys(shape.dimensions, (Count, ...)),
    }
    fields: dict[str, Any] = {
        f"size{number}": (kind, Field(default, alias=name))
        for number, (name, (kind, default)) in enumerate(names.items())
    }
    return create_model("Sizes", __base__=Model, **fields)
