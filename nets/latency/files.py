"""Latency predictors as files: JSON of what was fitted, YAML tables of what was measured part by part."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from nets.errors import InputError
from nets.latency.features import AnySpace, feature_names, load_any_space
from nets.latency.layer_table import read_layer_table
from nets.latency.polynomial import PolynomialLatency
from nets.latency.predictor import FittedLatency, LatencyPredictor, TableLatency
from nets.perceptron import Perceptron
from nets.spaces import Space
from nets.text_file import naming

TARGET: Final = "latency"
"""Tells these files from those of accuracy predictors."""


def read_latency_predictor(path: str | Path, space: AnySpace | None = None) -> LatencyPredictor:
    """Read a fitted predictor, or a table of parts: a YAML file, or a folder of them (one per resolution).

    Args:
        space: whose subnets are asked about; needed by tables, which do not say.

    Raises:
        InputError: the file cannot be read, is no predictor, or is for another space.
    """
    path = Path(path)
    if path.is_dir() or path.suffix in (".yaml", ".yml"):
        files = sorted(path.glob("*.yaml")) if path.is_dir() else [path]
        if not files:
            raise InputError("latency table", str(path), "is a folder without YAML files")
        if not isinstance(space, Space):
            raise InputError("latency table", str(path), "needs the space of subnets it is asked about", "--space ID")
        return TableLatency(space, [read_layer_table(file) for file in files])
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        if record.get("target") != TARGET:
            raise InputError("predictor file", str(path), "is not a latency predictor")
        predictor = _from_record(record)
    except InputError:
        raise
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError("predictor file", str(path), f"does not hold a latency predictor ({error!r})") from error
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
    with naming(path):
        Path(path).write_text(json.dumps(record, indent=0) + "\n", encoding="utf-8")


def _rounded(values: Sequence[float] | np.ndarray[Any, np.dtype[np.float64]]) -> list[float]:
    return [float(f"{value:.9g}") for value in values]


def _from_record(record: dict[str, Any]) -> FittedLatency:
    space = load_any_space(record["space"])
    lowest, highest = np.array(record["lowest"]), np.array(record["highest"])
    model: PolynomialLatency | Perceptron
    if record["model"] == "mlp":
        model = Perceptron.from_dict(record["perceptron"])
    elif record["model"] == "polynomial":
        model = PolynomialLatency(
            feature_names(space),
            lowest,
            highest,
            int(record["degree"]),
            np.array(record["coefficients"]),
            float(record["relative_error"]),
        )
    else:
        raise InputError("latency predictor: model", record["model"], "must be 'polynomial' or 'mlp'")
    return FittedLatency(
        record["id"],
        space,
        estimates=record["estimates"],
        notes=record["notes"],
        model=model,
        lowest=lowest,
        highest=highest,
        relative_error=float(record["relative_error"]),
    )
