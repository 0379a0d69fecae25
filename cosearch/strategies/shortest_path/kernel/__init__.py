"""Constrained shortest paths, compiled."""
