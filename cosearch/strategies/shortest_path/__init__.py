"""The best subnet on an accelerator as a shortest path with limits: exact, with a bound."""

from cosearch.strategies.shortest_path.excess import least_broken
from cosearch.strategies.shortest_path.problem import ChainProblem, ExactSubnet, is_chain

__all__ = ["ChainProblem", "ExactSubnet", "is_chain", "least_broken"]
