"""Decoder-only language models: of a configuration, in a phase, and what they move."""
