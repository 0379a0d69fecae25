"""Bounds on whole boxes of designs."""
