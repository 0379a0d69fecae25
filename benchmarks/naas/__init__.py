"""NAAS (Lin, Yang, Han, DAC 2021) on open ground: one command for each exhibit, :mod:`benchmarks.naas.all` for all."""
