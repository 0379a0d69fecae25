"""Accuracy of subnets, predicted from real ImageNet figures, with its error and what it estimates."""

from nets.accuracy.from_supernet import accuracy_of
from nets.accuracy.predictor import Accuracy, Predictor
from nets.accuracy.proxies import Proxy, list_proxies, load_proxy
from nets.accuracy.shipped import load_predictor, read_predictor, write_predictor

__all__ = [
    "Accuracy",
    "Predictor",
    "Proxy",
    "accuracy_of",
    "list_proxies",
    "load_predictor",
    "load_proxy",
    "read_predictor",
    "write_predictor",
]
