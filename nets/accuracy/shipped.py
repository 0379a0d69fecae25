"""Predictors as files, and those that ship with the package."""

from __future__ import annotations

import json
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, Final

from nets.accuracy.capped_linear import CappedLinearPredictor
from nets.accuracy.perceptron import PerceptronPredictor
from nets.accuracy.predictor import Floats, Predictor
from nets.accuracy.saturating import SaturatingPredictor
from nets.documents import Document, File, parse_json, read_json, write_whole
from nets.documents.typed import typed
from nets.errors import InputError
from nets.spaces import list_spaces, load_space

_SHIPPED: Final = ("ofa-mbv3-w1.0", "ofa-resnet50")


@cache
def load_predictor(space_id: str) -> Predictor:
    """The shipped predictor of a space's subnets.

    Raises:
        InputError: no such space, or no measured figures of its subnets to predict from.
    """
    load_space(space_id)
    if space_id not in _SHIPPED:
        raise InputError(
            "accuracy of space",
            space_id,
            "cannot be predicted: there are no measured ImageNet figures of its subnets to fit a predictor to",
            "spaces with figures: " + ", ".join(space for space in list_spaces() if space in _SHIPPED),
        )
    text = resources.files("nets.accuracy").joinpath("data", f"{space_id}.json").read_text(encoding="utf-8")
    place = f"{space_id}.json"
    return _predictor(Document(parse_json(text, place), place, text))


def read_predictor(path: File) -> Predictor:
    """Read a predictor that :func:`write_predictor` wrote.

    Raises:
        InputError: the file cannot be read or does not hold a predictor.
    """
    return _predictor(read_json(path, "predictor file"))


def write_predictor(predictor: Predictor, path: str | Path) -> None:
    """Write a predictor as JSON. Five digits are kept of coefficients, three of the factor of their covariance."""
    record: dict[str, Any] = {
        "id": predictor.id,
        "space": predictor.space_id,
        "estimates": predictor.estimates,
        "notes": predictor.notes,
    }
    if isinstance(predictor, SaturatingPredictor):
        model = predictor.model
        record |= {
            "model": "saturating",
            "resolutions": model.resolutions,
            "ceiling": _rounded(model.ceiling, 6),
            "score": _rounded(model.score, 6),
            "genes": _rounded(model.genes, 5),
            "slopes": _rounded(model.slopes, 5),
            "scatter": {str(level): round(value, 4) for level, value in model.scatter.items()},
            "runs": {str(level): runs for level, runs in model.runs.items()},
            "spread": [_rounded(row[: index + 1], 3) for index, row in enumerate(model.spread)],
        }
    elif isinstance(predictor, CappedLinearPredictor):
        record |= {
            "model": "capped linear",
            "levels": {str(level): round(value, 4) for level, value in predictor.levels.items()},
            "genes": _rounded(predictor.genes, 5),
            "cap": predictor.cap,
            "error": predictor.error,
            "freedom": predictor.freedom,
        }
    elif isinstance(predictor, PerceptronPredictor):
        record |= {
            "model": "perceptron",
            "resolutions": predictor.resolutions,
            "error": predictor.error,
            "perceptron": predictor.model.to_dict(),
        }
    else:
        raise InputError("predictor", predictor.id, "is of a kind that has no file format")
    lines = [f"{json.dumps(key)}: {_json_value(value)}" for key, value in record.items()]
    write_whole(path, "{\n" + ",\n".join(lines) + "\n}\n")


def _json_value(value: object) -> str:
    """JSON on one line, but a list of lists or of sentences on one line per entry."""
    if isinstance(value, list | tuple) and value and isinstance(value[0], list | str):
        return "[\n" + ",\n".join(json.dumps(entry) for entry in value) + "\n]"
    return json.dumps(value)


def _rounded(values: Floats, digits: int) -> list[float]:
    return [float(f"{value:.{digits}g}") for value in values]


def _predictor(document: Document) -> Predictor:
    from nets.accuracy.predictor_model import PredictorFile

    file = typed(PredictorFile, document)
    with document.at(()):
        return file.predictor()
