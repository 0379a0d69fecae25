"""Predictors as files, and those that ship with the package."""

from __future__ import annotations

import json
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, Final

import numpy as np

from nets.accuracy.capped_linear import CappedLinearPredictor
from nets.accuracy.perceptron import PerceptronPredictor
from nets.accuracy.predictor import Floats, Predictor
from nets.accuracy.saturating import SaturatingModel, SaturatingPredictor
from nets.errors import InputError
from nets.perceptron import Perceptron
from nets.spaces import list_spaces, load_space
from nets.text_file import naming

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
    return _from_record(json.loads(text))


def read_predictor(path: str | Path) -> Predictor:
    """Read a predictor that :func:`write_predictor` wrote.

    Raises:
        InputError: the file cannot be read or does not hold a predictor.
    """
    try:
        return _from_record(json.loads(Path(path).read_text(encoding="utf-8")))
    except InputError:
        raise
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError("predictor file", str(path), f"does not hold a predictor ({error!r})") from error


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
    with naming(path):
        Path(path).write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


def _json_value(value: object) -> str:
    """JSON on one line, but a list of lists or of sentences on one line per entry."""
    if isinstance(value, list | tuple) and value and isinstance(value[0], list | str):
        return "[\n" + ",\n".join(json.dumps(entry) for entry in value) + "\n]"
    return json.dumps(value)


def _rounded(values: Floats, digits: int) -> list[float]:
    return [float(f"{value:.{digits}g}") for value in values]


def _from_record(record: dict[str, Any]) -> Predictor:
    space = load_space(record["space"])
    words: dict[str, Any] = {"estimates": record["estimates"], "notes": record["notes"]}
    if record["model"] == "saturating":
        low, high = record["resolutions"]
        model = SaturatingModel(
            resolutions=(int(low), int(high)),
            ceiling=np.array(record["ceiling"]),
            score=np.array(record["score"]),
            genes=np.array(record["genes"]),
            slopes=np.array(record["slopes"]),
            spread=_lower_triangle(record["spread"]),
            scatter={int(level): float(value) for level, value in record["scatter"].items()},
            runs={int(level): int(value) for level, value in record.get("runs", {}).items()},
        )
        return SaturatingPredictor(record["id"], space, model=model, **words)
    if record["model"] == "capped linear":
        return CappedLinearPredictor(
            record["id"],
            space,
            levels={int(level): float(value) for level, value in record["levels"].items()},
            genes=np.array(record["genes"]),
            cap=float(record["cap"]),
            error=float(record["error"]),
            freedom=record.get("freedom"),
            **words,
        )
    if record["model"] == "perceptron":
        low, high = record["resolutions"]
        return PerceptronPredictor(
            record["id"],
            space,
            resolutions=(int(low), int(high)),
            model=Perceptron.from_dict(record["perceptron"]),
            error=float(record["error"]),
            **words,
        )
    raise InputError("predictor: model", record["model"], "must be 'saturating', 'capped linear' or 'perceptron'")


def _lower_triangle(rows: list[list[float]]) -> Floats:
    table = np.zeros((len(rows), len(rows)))
    for index, row in enumerate(rows):
        table[index, : index + 1] = row
    return table
