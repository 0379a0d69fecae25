"""Zero-cost proxies: scores of untrained networks that are hoped to rank them as training would.

None of them is an accuracy. Parameters and MACs stand among them as what a proxy must beat before it is worth its time.
Scores of different proxies, spaces or input shapes cannot be compared.
"""

from nets.accuracy.proxies.proxy import Proxy
from nets.accuracy.proxies.registry import ALSO_CALLED, BASELINES, list_proxies, load_proxy

__all__ = ["ALSO_CALLED", "BASELINES", "Proxy", "list_proxies", "load_proxy"]
