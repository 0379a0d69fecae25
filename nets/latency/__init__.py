"""Latency of whole networks on devices, learnt from measured ones."""

from nets.latency.hat import HAT_FEATURES, HatLatencies, read_hat_latencies
from nets.latency.quadratic import QuadraticLatency, Score, fit_quadratic, score

__all__ = [
    "HAT_FEATURES",
    "HatLatencies",
    "QuadraticLatency",
    "Score",
    "fit_quadratic",
    "read_hat_latencies",
    "score",
]
