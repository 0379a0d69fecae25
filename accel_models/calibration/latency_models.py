"""Latency models by name, and what they say of a mapping."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Final

import numpy as np

from accel_models.accelerator import Accelerator
from accel_models.calibration.model import Calibration, Prediction, counts, features
from accel_models.calibration.overlap import overlapped_cycles
from accel_models.calibration.sizes import GemminiSizes, range_figures
from accel_models.calibration.tile_work import tile_work
from accel_models.loopnest import Mapping
from accel_models.mapping_arrays import to_arrays
from accel_models.tables import LayerTable
from accel_models.uneven import unfold_for
from nets.errors import unknown
from nets.layer import Layer

LATENCY_MODELS: Final = {"rtl-gemmini": "rtl_gemmini.json"}
"""Files beside this one, by the name of the model that they hold."""


@dataclass(frozen=True, slots=True)
class MeasuredLatency:
    """Latency of a layer as a calibration has it.

    Attributes:
        model: a key of :data:`LATENCY_MODELS`.
        overlapped_cycles: without any fitted number, see :mod:`accel_models.calibration.overlap`.
        prediction: with what was learnt.
    """

    model: str
    overlapped_cycles: float
    prediction: Prediction

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        found = self.prediction
        return {
            "model": self.model,
            "cycles": found.cycles,
            "low_cycles": found.low,
            "high_cycles": found.high,
            "overlapped_cycles": self.overlapped_cycles,
            "outside": [str(figure) for figure in found.outside],
        }


@cache
def load_calibration(model: str) -> Calibration:
    """What was learnt, by the name of the model.

    Raises:
        InputError: no such model; names the nearest.
    """
    from nets.documents import Document, parse_json
    from nets.documents.typed import typed

    if model not in LATENCY_MODELS:
        raise unknown("latency model", model, LATENCY_MODELS)
    place = LATENCY_MODELS[model]
    text = resources.files("accel_models.calibration").joinpath(place).read_text(encoding="utf-8")
    return typed(Calibration, Document(parse_json(text, place), place, text))


def measured_latency(layer: Layer, accelerator: Accelerator, mapping: Mapping, *, model: str) -> MeasuredLatency:
    """Latency of a mapping as a calibration has it.

    Raises:
        InputError: no such model, a machine that is not of Gemmini's form, a mapping that is not of its levels.
    """
    calibration, sizes = load_calibration(model), GemminiSizes.of(accelerator)
    machine, nest = unfold_for(accelerator, mapping)
    layers, only = LayerTable.of([layer]), np.zeros(1, dtype=np.int64)
    work = tile_work(layers, to_arrays(layer, machine, [nest]), rows=sizes.rows, columns=sizes.columns)
    measured = features(work, np.array([sizes.accumulator_rows]))
    figures = {name: float(value[0]) for name, value in range_figures(work, layers, only, [sizes]).items()}
    dram = accelerator.levels[0]
    words_per_cycle = min(dram.shared_bandwidth, dram.read_bandwidth + dram.write_bandwidth)
    return MeasuredLatency(
        model,
        float(overlapped_cycles(work, words_per_cycle)[0]),
        calibration.interval(
            float(calibration.correction.cycles(counts(work), measured)[0]),
            figures,
            least_cycles=layer.macs / (sizes.rows * sizes.columns),
        ),
    )
