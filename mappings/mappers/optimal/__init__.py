"""Branch and bound over mappings, with a proof: see ``docs/mapping.md``."""

from mappings.mappers.optimal.search import optimal_search as optimal_search
