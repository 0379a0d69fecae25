"""How good an architecture is, by every way to find out: training alone, inheriting, sharing and generating weights.

All of them are set before one small space of cells on handwritten digits, so that they can be compared where training
each architecture alone, the truth that the others estimate, takes seconds. Everything here needs torch.
"""

from nets.accuracy.estimators.cells import OPERATIONS, CellNet, digit_cells
from nets.accuracy.estimators.estimator import Estimator, Plan
from nets.accuracy.estimators.inheritance import Inheritance
from nets.accuracy.estimators.scratch import Scratch
from nets.accuracy.estimators.sharing import WeightSharing
from nets.accuracy.estimators.smash import Smash

ESTIMATORS: dict[str, type[Estimator]] = {
    estimator.name: estimator for estimator in (Scratch, Inheritance, WeightSharing, Smash)
}

__all__ = [
    "ESTIMATORS",
    "OPERATIONS",
    "CellNet",
    "Estimator",
    "Inheritance",
    "Plan",
    "Scratch",
    "Smash",
    "WeightSharing",
    "digit_cells",
]
