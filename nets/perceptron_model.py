"""What a file may say of a perceptron."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from pydantic import Field, model_validator

from nets.documents.model import Coefficient, Model
from nets.errors import InputError
from nets.perceptron import Perceptron

Row = tuple[Coefficient, ...]


class PerceptronEntry(Model):
    """Layers of rectifiers, and a last one without.

    Attributes:
        shift: taken from the inputs. scale: that they are divided by.
        weights: of each layer, a row for each of its outputs. biases: of each layer, one for each output.
    """

    shift: Row
    scale: tuple[Annotated[float, Field(gt=1e-12, le=1e12)], ...]
    weights: Annotated[tuple[tuple[Row, ...], ...], Field(min_length=1)]
    biases: tuple[Row, ...]

    @model_validator(mode="after")
    def _chained(self) -> PerceptronEntry:
        width = len(self.shift)
        if len(self.scale) != width:
            raise InputError("scale", len(self.scale), f"must have {width} entries, as shift has")
        if len(self.biases) != len(self.weights):
            raise InputError("biases", len(self.biases), f"must be of {len(self.weights)} layers, as weights are")
        for number, (weight, bias) in enumerate(zip(self.weights, self.biases)):
            for row in weight:
                if len(row) != width:
                    raise InputError(f"weights[{number}]", len(row), f"must have rows of {width} entries")
            if not weight or len(bias) != len(weight):
                raise InputError(f"biases[{number}]", len(bias), f"must have {len(weight)} entries, as rows of weights")
            width = len(weight)
        if width != 1:
            raise InputError("weights", width, "are the outputs of the last layer; there is one")
        return self

    def perceptron(self, inputs: int) -> Perceptron:
        """The perceptron.

        Raises:
            InputError: it is of another number of inputs.
        """
        if len(self.shift) != inputs:
            raise InputError("perceptron", len(self.shift), f"must be of {inputs} inputs, as the space has")
        return Perceptron(
            np.array(self.shift),
            np.array(self.scale),
            tuple(np.array(weight) for weight in self.weights),
            tuple(np.array(bias) for bias in self.biases),
        )
