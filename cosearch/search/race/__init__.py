"""The default search for accelerators: wirings race each other, and bounds say where each begins."""

from cosearch.search.race.setup import begin_race

__all__ = ["begin_race"]
