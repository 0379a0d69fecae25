"""Accuracy of subnets, predicted from real ImageNet figures, with its error and what it estimates."""

from nets.accuracy.by_name import read_accuracies
from nets.accuracy.predictor import Accuracy, Predictor
from nets.accuracy.proxies import Proxy, list_proxies, load_proxy
from nets.accuracy.shipped import load_predictor, read_predictor, write_predictor
from nets.accuracy.sources import accuracy_of, given_predictor

__all__ = [
    "Accuracy",
    "Predictor",
    "Proxy",
    "accuracy_of",
    "given_predictor",
    "list_proxies",
    "load_predictor",
    "load_proxy",
    "read_accuracies",
    "read_predictor",
    "write_predictor",
]
