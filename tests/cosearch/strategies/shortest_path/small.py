"""A space small enough to list, with predictors and costs drawn for it."""

from __future__ import annotations

from functools import cache

import numpy as np

from cosearch.strategies.shortest_path.chain import Floats
from cosearch.strategies.subnets import ShapeTable
from nets.accuracy import Predictor
from nets.accuracy.capped_linear import CappedLinearPredictor
from nets.accuracy.saturating import SaturatingModel, SaturatingPredictor
from nets.spaces import Config, MobileSpace, all_codes
from nets.spaces.ofa_mobile import Stage

RESOLUTIONS = (64, 96)


@cache
def space() -> MobileSpace:
    """8,100 subnets at each of two resolutions: a stage of one or two blocks, one that may be skipped, one fixed."""
    return MobileSpace(
        "small",
        "three small stages",
        stem=(8, 8),
        stem_activations=("relu6", "relu6"),
        stem_skip=True,
        stages=[
            Stage(8, 2, "relu6", squeeze=False, depths=(1, 2)),
            Stage(16, 2, "relu6", squeeze=True, depths=(0, 1)),
            Stage(16, 1, "relu6", squeeze=False, depths=(1,)),
        ],
        head=(32, None),
        head_activation="relu6",
        resolutions=RESOLUTIONS,
        classes=10,
    )


@cache
def table() -> ShapeTable:
    """Of its layer shapes."""
    return ShapeTable(space(), RESOLUTIONS)


@cache
def subnets() -> tuple[Config, ...]:
    """All of them."""
    return tuple(space().decode(codes) for codes in all_codes(space()))


@cache
def features() -> Floats:
    """One-hot, a row for each of :func:`subnets`."""
    return space().features_batch(subnets())


def draw_predictor(rng: np.random.Generator) -> Predictor:
    """Linear up to a cap, or saturating; some genes are worth less than nothing."""
    genes = rng.normal(0.3, 0.5, features().shape[1])
    words = {"estimates": "nothing", "notes": ()}
    if rng.random() < 0.5:
        genes = np.round(genes, 1)  # many subnets of the same accuracy
        levels = {64: 70.0, 96: 71.0}
        return CappedLinearPredictor("drawn", space(), levels=levels, genes=genes, cap=74.0, error=0.1, **words)
    model = SaturatingModel(
        resolutions=RESOLUTIONS,
        ceiling=np.array([76.0, -1.0, 0.1]),
        score=np.array([-1.0, -0.2, 0.05]),
        genes=genes,
        slopes=rng.normal(0, 0.1, len(genes)),
        spread=np.zeros((6 + 2 * len(genes), 1)),
        scatter={64: 0.1, 96: 0.1},
    )
    return SaturatingPredictor("drawn", space(), model=model, **words)


def draw_unsure(rng: np.random.Generator) -> Predictor:
    """Saturating, with errors that differ from subnet to subnet, by up to two times the least."""
    genes = rng.normal(0.3, 0.5, features().shape[1])
    model = SaturatingModel(
        resolutions=RESOLUTIONS,
        ceiling=np.array([76.0, -1.0, 0.1]),
        score=np.array([-1.0, -0.2, 0.05]),
        genes=genes,
        slopes=rng.normal(0, 0.1, len(genes)),
        spread=rng.normal(0, 0.03, (6 + 2 * len(genes), 20)),
        scatter={64: 0.3, 96: 0.2},
        runs={64: 4, 96: 7},
    )
    return SaturatingPredictor("unsure", space(), model=model, estimates="nothing", notes=())


def draw_costs(rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Energy in pJ and latency in s of every layer shape of :func:`table`; now and then one that nothing maps."""
    macs = np.array([float(layer.macs) for layer in table().layers]) + 1e4
    energy = macs * np.exp(rng.normal(0, 0.6, len(macs)))
    latency = macs * np.exp(rng.normal(0, 0.6, len(macs))) * 1e-12
    if rng.random() < 0.5:
        energy[rng.random(len(macs)) < 0.03] = np.inf
    return energy, latency
