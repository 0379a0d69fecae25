"""Searches that train: ProxylessNAS, DARTS and ENAS with weights that all architectures share, on real images.

All search the small cells of :func:`nets.accuracy.estimators.digit_cells` with the same budget of steps, so that they
can be held against random search. Everything here needs torch.
"""

from cosearch.nas.trained.darts import Darts
from cosearch.nas.trained.enas import Enas
from cosearch.nas.trained.proxyless import ProxylessNas
from cosearch.nas.trained.search import Options, TrainedSearch

SEARCHES: dict[str, type[TrainedSearch]] = {search.name: search for search in (ProxylessNas, Darts, Enas)}

__all__ = ["SEARCHES", "Darts", "Enas", "Options", "ProxylessNas", "TrainedSearch"]
