"""Several objectives: a front cut into slices, each a race for one figure with limits on the others."""

from cosearch.search.front.setup import begin_front

__all__ = ["begin_front"]
