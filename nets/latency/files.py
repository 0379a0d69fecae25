"""Latency predictors as files: JSON of what was fitted, YAML tables of what was measured part by part."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from nets.documents import File, HeldFile, files_in, read_json, write_whole
from nets.documents.typed import raise_mistyped, typed
from nets.errors import InputError
from nets.latency.features import AnySpace
from nets.latency.layer_table import read_layer_table
from nets.latency.predictor import FittedLatency, LatencyPredictor, TableLatency
from nets.perceptron import Perceptron
from nets.spaces import Space

TARGET: Final = "latency"
"""Tells these files from those of accuracy predictors."""


def read_latency_predictor(path: File, space: AnySpace | None = None) -> LatencyPredictor:
    """Read a fitted predictor, or a table of parts: a YAML file, or a folder of them (one per resolution).

    Args:
        space: whose subnets are asked about; needed by tables, which do not say.

    Raises:
        InputError: the file cannot be read, is no predictor, or is for another space.
    """
    named = Path(path)
    folder = not isinstance(path, HeldFile) and os.path.isdir(named)
    if folder or named.suffix in (".yaml", ".yml"):
        files: list[File] = [*files_in("latency table", named, ".yaml")] if folder else [path]
        if not files:
            raise InputError("latency table", str(path), "is a folder without YAML files")
        if not isinstance(space, Space):
            raise InputError("latency table", str(path), "needs the space of subnets it is asked about", "--space ID")
        return TableLatency(space, [read_layer_table(file) for file in files], named.stem)
    from nets.latency.predictor_model import LatencyPredictorFile

    document = read_json(path, "predictor file")
    if isinstance(document.data, dict) and "target" not in document.data:
        raise_mistyped(document, (), "target")
    if not isinstance(document.data, dict) or document.data.get("target") != TARGET:
        rule = f"does not hold a latency predictor, whose target is {TARGET}"
        raise InputError("predictor file", str(path), rule)
    file = typed(LatencyPredictorFile, document)
    with document.at(()):
        predictor = file.root.fitted()
    if space is not None:
        predictor.check_space(space.id)
    return predictor


def write_latency_predictor(predictor: FittedLatency, path: str | Path) -> None:
    """Write a fitted predictor as JSON; five digits are kept of a perceptron, nine of a polynomial."""
    record: dict[str, Any] = {
        "target": TARGET,
        "id": predictor.id,
        "space": predictor.space.id,
        "estimates": predictor.estimates,
        "notes": list(predictor.notes),
        "relative_error": predictor.relative_error,
        "lowest": _rounded(predictor.lowest),
        "highest": _rounded(predictor.highest),
    }
    if isinstance(predictor.model, Perceptron):
        record |= {"model": "mlp", "perceptron": predictor.model.to_dict()}
    else:
        record |= {
            "model": "polynomial",
            "degree": predictor.model.degree,
            "coefficients": _rounded(predictor.model.coefficients),
        }
    write_whole(path, json.dumps(record, indent=0) + "\n")


def _rounded(values: Sequence[float] | np.ndarray[Any, np.dtype[np.float64]]) -> list[float]:
    return [float(f"{value:.9g}") for value in values]
