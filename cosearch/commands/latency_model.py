"""``--latency-model``: latency as a model of measured rows has it, beside the cost model's."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from accel_models import Accelerator
    from accel_models.calibration.model import Prediction
    from cosearch.evaluation.measured_network import MeasuredNetwork


def add_latency_model_option(parser: argparse.ArgumentParser | argparse._ArgumentGroup) -> None:
    """Define the option."""
    parser.add_argument(
        "--latency-model",
        metavar="NAME",
        help="also say what a model learnt from measurements makes of the mappings: rtl-gemmini (default: none)",
    )


def require_latency_model(model: str, accelerator: Accelerator) -> None:
    """Refuse a model that there is not, or that says nothing of a machine, before anything is searched.

    Raises:
        InputError: no such model, or a machine of another form.
    """
    from accel_models.calibration.latency_models import load_calibration
    from accel_models.calibration.sizes import GemminiSizes

    load_calibration(model)
    GemminiSizes.of(accelerator)


def print_prediction(model: str, found: Prediction, clock_hz: float) -> None:
    """One line, and a warning for every figure outside the measured rows."""
    _print_line(model, clock_hz, found.cycles, found.low, found.high, "nine in ten measured")
    for figure in found.outside:
        _warn(model, str(figure))


def print_measured_network(found: MeasuredNetwork) -> None:
    """The same of a network."""
    expected, low, high = (found.cycles(end) for end in ("cycles", "low", "high"))
    _print_line(found.model, found.clock_hz, expected, low, high, "the layers' intervals add up to")
    for figure in found.outside:
        _warn(found.model, figure)


def _print_line(model: str, clock_hz: float, cycles: float, low: float, high: float, interval: str) -> None:
    microseconds, least, most = (value / clock_hz * 1e6 for value in (cycles, low, high))
    print(f"{model}  {microseconds:.4g} us ({cycles:,.0f} cycles), {interval} {least:.4g} to {most:.4g} us")


def _warn(model: str, words: str) -> None:
    print(f"warning: {model} is used outside what was measured: {words}; its interval is widened", file=sys.stderr)
