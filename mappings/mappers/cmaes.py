"""CMA-ES for each layer, all layers in lockstep: a generation is one call to draw, one to evaluate, one to learn."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from accel_models.loopnest import MappingArrays
from mappings.encoding import Encoding
from mappings.mappers.cma import Distributions, default_population
from mappings.mappers.draws import Draws
from mappings.mappers.mapper import Found, SearchOptions, offer_start, out_of_time, read_settings, register_mapper
from mappings.mapspace import MapSpace, take
from mappings.stationary import stationary_mappings
from nets.errors import InputError, unknown

SETTINGS: Final[dict[str, Any]] = {
    "encoding": "importance",
    "covariance": "diagonal",
    "population": 0,
    "sigma": 0.3,
    "begin": "stationary",
    "warm": None,
}


@register_mapper("cmaes")
def cmaes_search(space: MapSpace, options: SearchOptions) -> Found:
    """Spend ``options.budget`` evaluations of each problem on CMA-ES in its encoding.

    It begins around the best of the starting mappings, of the mappings that hold one tensor still
    (:mod:`mappings.stationary`) and of warm vectors, and again around a random place once its samples agree.

    Settings: ``encoding``; ``covariance`` (``"diagonal"`` or ``"full"``); ``population`` (0: Hansen's default for the
    vector of a typical convolution); ``sigma``, the first step size; ``begin`` (``"stationary"``, or ``"centre"`` to
    begin in the middle of the cube); ``warm``, float64 (P, S, genes), vectors to begin with, e.g. those found on a
    similar machine.
    """
    settings = read_settings("cmaes", options.settings, SETTINGS)
    for key, known in (("covariance", ("diagonal", "full")), ("begin", ("stationary", "centre"))):
        if settings[key] not in known:
            raise unknown(f"mapper 'cmaes': {key}", settings[key], known)
    encoding = Encoding.of(space, settings["encoding"])
    draws = Draws(space, options.seed)
    size = settings["population"] or default_population(encoding.typical)
    everyone = np.arange(len(space))
    found, spent = offer_start(space, options)
    if settings["begin"] == "stationary":
        spent += _offer(found, space, *stationary_mappings(space), options, spent)
    if settings["warm"] is not None:
        warm = np.ascontiguousarray(settings["warm"], dtype=np.float64)
        if warm.ndim != 3 or warm.shape[::2] != (len(space), encoding.longest):
            raise InputError("mapper 'cmaes': warm", warm.shape, f"must be ({len(space)}, any, {encoding.longest})")
        each = warm.shape[1]
        mappings = encoding.decode(warm.reshape(-1, encoding.longest), np.repeat(everyone, each))
        spent += _offer(found, space, mappings, each, options, spent)
    mean = np.full((len(space), encoding.longest), 0.5)
    known_best = np.flatnonzero(np.isfinite(found.score))
    mean[known_best] = encoding.encode(take(found.mappings, known_best), known_best)
    models = Distributions(encoding.genes, space.layer_of, size, mean, settings["sigma"], settings["covariance"])
    clock = out_of_time(options)
    while spent < options.budget and not clock():
        normal = draws.normal(size + 1, encoding.genes)
        x = models.ask(normal)
        count = min(size, options.budget - spent)
        vectors = np.ascontiguousarray(x[:, :count]).reshape(-1, encoding.longest)
        mappings = encoding.decode(vectors, np.repeat(everyone, count))
        scores = found.offer(space, mappings, count, options)
        spent += count
        if count < size:
            break
        models.tell(x, scores)
        # A population that agrees has converged: begin again elsewhere.
        stuck = np.flatnonzero(scores.max(axis=1) <= scores.min(axis=1) * (1 + 1e-9))
        if len(stuck):
            models.restart(stuck, np.clip(0.5 + 0.3 * normal[space.layer_of[stuck], size], 0.0, 1.0))
    return found


def _offer(
    found: Found, space: MapSpace, mappings: MappingArrays, each: int, options: SearchOptions, spent: int
) -> int:
    """Offer the first of ``each`` mappings for every problem that the budget still has room for; returns how many."""
    count = min(each, options.budget - spent)
    if count > 0:
        rows = (np.arange(len(space))[:, None] * each + np.arange(count)).ravel()
        found.offer(space, take(mappings, rows), count, options)
    return max(count, 0)
