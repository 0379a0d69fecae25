"""The default search for accelerators: wirings race each other, and bounds say where each begins."""

from cosearch.search.race.setup import begin_race
from cosearch.search.race.strategy import Race

__all__ = ["Race", "begin_race"]
