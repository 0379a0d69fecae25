"""A genetic algorithm with the operators of GAMMA, on the importance encoding.

Kao, Krishna, "GAMMA: Automating the HW Mapping of DNN Models on Accelerators via Genetic Algorithm", ICCAD 2020:
crossover of tiles, reorder of loops, mutation of tiles and of parallel dims. Its growing and ageing of levels has no
place here, where the machine says how many levels there are.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from mappings.encoding import Encoding
from mappings.mappers.draws import Draws
from mappings.mappers.mapper import Found, SearchOptions, offer_start, out_of_time, read_settings, register_mapper
from mappings.mapspace import MapSpace, take

SETTINGS: Final[dict[str, Any]] = {"population": 20, "elite": 0.3, "rate": 0.1}


@register_mapper("genetic")
def genetic_search(space: MapSpace, options: SearchOptions) -> Found:
    """Breed ``options.budget`` mappings for each problem.

    Settings: ``population``; ``elite``, the share of it that breeds and survives; ``rate``, the chance that a gene
    mutates and that two loops swap.
    """
    settings = read_settings("genetic", options.settings, SETTINGS)
    encoding = Encoding.of(space)
    draws = Draws(space, options.seed)
    found, spent = offer_start(space, options)
    everyone = np.arange(len(space))
    size = settings["population"]
    parents = max(2, round(size * settings["elite"]))
    vectors = draws.uniform(size, encoding.genes)
    if spent:
        valid = np.flatnonzero(np.isfinite(found.score))
        vectors[valid, 0] = encoding.encode(take(found.mappings, valid), valid)
    fitness = np.full((len(space), 0), np.inf)
    elite = vectors[:, :0]
    clock = out_of_time(options)
    while spent < options.budget and not clock():
        count = min(vectors.shape[1], options.budget - spent)
        vectors = vectors[:, :count]
        mappings = encoding.decode(vectors.reshape(-1, encoding.longest), np.repeat(everyone, count))
        scores = found.offer(space, mappings, count, options)
        spent += count
        pool, fitness = np.concatenate([elite, vectors], axis=1), np.concatenate([fitness, scores], axis=1)
        best = np.argsort(fitness, axis=1, kind="stable")[:, :parents]
        elite, fitness = pool[everyone[:, None], best], np.take_along_axis(fitness, best, axis=1)
        vectors = _children(elite, draws, encoding, size - parents, settings["rate"])
    return found


def _children(
    elite: NDArray[np.float64], draws: Draws, encoding: Encoding, count: int, rate: float
) -> NDArray[np.float64]:
    """(P, count, genes) children of (P, parents, genes)."""
    everyone = np.arange(len(elite))[:, None]
    chosen, other, cross, where, fresh = (draws.uniform(count, encoding.genes) for _ in range(5))
    first = (chosen[:, :, 0] * elite.shape[1]).astype(np.int64)
    second = (other[:, :, 0] * elite.shape[1]).astype(np.int64)
    # Crossover: every gene from either parent. Mutation: a gene drawn anew, be it of a tile or of a parallel dim.
    children = np.where(cross < 0.5, elite[everyone, first], elite[everyone, second])
    children = np.where(where < rate, fresh, children)
    # Reorder: two loops of one level swap places.
    space = encoding.space
    k = np.maximum(space.n_dims, 1)[:, None]
    for level in range(space.depth):
        swap = draws.uniform(count, np.full(len(space), 3))
        rows, columns = np.nonzero(swap[:, :, 0] < rate * 3)
        a = (level * k + (swap[:, :, 1] * k).astype(np.int64))[rows, columns]
        b = (level * k + (swap[:, :, 2] * k).astype(np.int64))[rows, columns]
        a, b = np.minimum(a, encoding.genes[rows] - 1), np.minimum(b, encoding.genes[rows] - 1)
        children[rows, columns, a], children[rows, columns, b] = children[rows, columns, b], children[rows, columns, a]
    return np.ascontiguousarray(children)
