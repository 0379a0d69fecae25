"""Latency of networks on devices: summed over tables of measured parts, or learnt from measured networks."""

from nets.latency.features import load_any_space
from nets.latency.files import read_latency_predictor, write_latency_predictor
from nets.latency.hat import HAT_FEATURES, HatLatencies, read_hat_latencies
from nets.latency.layer_table import LayerTable, build_layer_table, read_layer_table, write_layer_table
from nets.latency.of_network import network_latency, read_network_latency, read_networks_latency, tabulate_network
from nets.latency.polynomial import PolynomialLatency, Score, fit_polynomial, score
from nets.latency.predictor import FittedLatency, Latency, LatencyPredictor, TableLatency
from nets.latency.train import compare_latency, read_latency_pairs, train_latency, write_latency_pairs

__all__ = [
    "HAT_FEATURES",
    "FittedLatency",
    "HatLatencies",
    "Latency",
    "LatencyPredictor",
    "LayerTable",
    "PolynomialLatency",
    "Score",
    "TableLatency",
    "build_layer_table",
    "compare_latency",
    "fit_polynomial",
    "load_any_space",
    "network_latency",
    "read_hat_latencies",
    "read_latency_pairs",
    "read_latency_predictor",
    "read_layer_table",
    "read_network_latency",
    "read_networks_latency",
    "score",
    "tabulate_network",
    "train_latency",
    "write_latency_pairs",
    "write_latency_predictor",
    "write_layer_table",
]
