"""CMA-ES for each layer, all layers in lockstep: a generation is one call to draw, one to evaluate, one to learn."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from mappings.encoding import Encoding
from mappings.mappers.cma import Distributions, default_population
from mappings.mappers.draws import Draws
from mappings.mappers.mapper import Found, SearchOptions, offer_start, out_of_time, read_settings, register_mapper
from mappings.mapspace import MapSpace

SETTINGS: Final[dict[str, Any]] = {
    "encoding": "importance",
    "covariance": "diagonal",
    "population": 0,
    "sigma": 0.3,
    "mean": None,
}


@register_mapper("cmaes")
def cmaes_search(space: MapSpace, options: SearchOptions) -> Found:
    """Spend ``options.budget`` evaluations of each problem on CMA-ES in its encoding.

    Settings: ``encoding``; ``covariance`` (``"diagonal"`` or ``"full"``); ``population`` (0: Hansen's default for the
    longest vector); ``sigma``, the first step size; ``mean``, float64 (P, genes) to begin from.
    """
    settings = read_settings("cmaes", options.settings, SETTINGS)
    encoding = Encoding.of(space, settings["encoding"])
    draws = Draws(space, options.seed)
    size = settings["population"] or default_population(encoding.longest)
    shape = (len(space), encoding.longest)
    mean = np.full(shape, 0.5) if settings["mean"] is None else settings["mean"]
    models = Distributions(encoding.genes, space.layer_of, size, mean, settings["sigma"], settings["covariance"])
    found, spent = offer_start(space, options)
    clock = out_of_time(options)
    while spent < options.budget and not clock():
        normal = draws.normal(size + 1, encoding.genes)
        x = models.ask(normal)
        count = min(size, options.budget - spent)
        vectors = np.ascontiguousarray(x[:, :count]).reshape(-1, encoding.longest)
        mappings = encoding.decode(vectors, np.repeat(np.arange(len(space)), count))
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
