"""Mappers: one interface, a registry, and one module for each way to search."""
