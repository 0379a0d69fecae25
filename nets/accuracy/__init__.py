"""Accuracy of subnets, predicted from real ImageNet figures, with its error and what it estimates."""

from nets.accuracy.from_supernet import accuracy_of
from nets.accuracy.predictor import Accuracy, Predictor
from nets.accuracy.shipped import load_predictor, read_predictor, write_predictor

__all__ = ["Accuracy", "Predictor", "accuracy_of", "load_predictor", "read_predictor", "write_predictor"]
