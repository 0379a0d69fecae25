"""Simulated annealing on the importance encoding: several walks for each problem, cooled together."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from mappings.encoding import Encoding
from mappings.mappers.draws import Draws
from mappings.mappers.mapper import Found, SearchOptions, offer_start, out_of_time, read_settings, register_mapper
from mappings.mapspace import MapSpace, take

SETTINGS: Final[dict[str, Any]] = {"walks": 8, "hot": 1.0, "cold": 0.01, "rate": 0.1}


@register_mapper("annealing")
def annealing_search(space: MapSpace, options: SearchOptions) -> Found:
    """Walk for ``options.budget`` steps of each problem; a step redraws a few genes.

    A step that multiplies the score by f is taken with the chance f^(-1/T) (Metropolis on the logarithm of the score),
    and T falls geometrically from ``hot`` to ``cold`` over the budget.

    Settings: ``walks`` side by side; ``hot`` and ``cold``; ``rate``, the chance that a gene is redrawn (at least one
    is).
    """
    settings = read_settings("annealing", options.settings, SETTINGS)
    encoding = Encoding.of(space)
    draws = Draws(space, options.seed)
    found, spent = offer_start(space, options)
    everyone = np.arange(len(space))
    walks = settings["walks"]
    at = draws.uniform(walks, encoding.genes)
    if spent:
        valid = np.flatnonzero(np.isfinite(found.score))
        at[valid, 0] = encoding.encode(take(found.mappings, valid), valid)
    level = np.full((len(space), walks), np.inf)
    step = at
    clock = out_of_time(options)
    while spent < options.budget and not clock():
        count = min(walks, options.budget - spent)
        mappings = encoding.decode(
            np.ascontiguousarray(step[:, :count]).reshape(-1, encoding.longest), np.repeat(everyone, count)
        )
        scores = np.full((len(space), walks), np.inf)
        scores[:, :count] = found.offer(space, mappings, count, options)
        spent += count
        temperature = settings["hot"] * (settings["cold"] / settings["hot"]) ** (spent / options.budget)
        where, fresh = draws.uniform(walks, encoding.genes), draws.uniform(walks, encoding.genes)
        luck = draws.uniform(walks, np.full(len(space), 2))
        climb = np.ones_like(scores)
        both = np.isfinite(scores) & np.isfinite(level)
        climb[both] = np.log(np.maximum(scores[both], 1e-300) / np.maximum(level[both], 1e-300))
        taken = np.isfinite(scores) & (
            ~np.isfinite(level) | (luck[:, :, 0] < np.exp(-np.maximum(climb, 0) / temperature))
        )
        taken |= ~np.isfinite(level)  # where nothing valid is known yet, go on
        at, level = np.where(taken[:, :, None], step, at), np.where(taken, scores, level)
        which = (luck[:, :, 1] * encoding.genes[:, None]).astype(np.int64)
        moved = (where < settings["rate"]) | (np.arange(encoding.longest) == which[:, :, None])
        step = np.where(moved, fresh, at)
    return found
