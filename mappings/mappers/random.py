"""Random search: vectors drawn uniformly from the encoding."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from mappings.encoding import Encoding
from mappings.mappers.draws import Draws
from mappings.mappers.mapper import Found, SearchOptions, offer_start, out_of_time, read_settings, register_mapper
from mappings.mapspace import MapSpace

SETTINGS: Final[dict[str, Any]] = {"encoding": "importance"}
BATCH: Final = 32


@register_mapper("random")
def random_search(space: MapSpace, options: SearchOptions) -> Found:
    """Evaluate ``options.budget`` uniform vectors for each problem."""
    settings = read_settings("random", options.settings, SETTINGS)
    encoding = Encoding.of(space, settings["encoding"])
    draws = Draws(space, options.seed)
    found, spent = offer_start(space, options)
    clock = out_of_time(options)
    while spent < options.budget and not clock():
        count = min(BATCH, options.budget - spent)
        vectors = draws.uniform(count, encoding.genes)
        mappings = encoding.decode(vectors.reshape(-1, encoding.longest), np.repeat(np.arange(len(space)), count))
        found.offer(space, mappings, count, options)
        spent += count
    return found
