"""Limits on sums of peaks, against every path of small graphs."""

from __future__ import annotations

import itertools

import numpy as np

from cosearch.strategies.peaks import Bools, Floats, Path, best_under_peaks

STAGES, CHOICES = 4, 3


def test_the_best_of_all_paths() -> None:
    """Stages of a few arcs each; a path takes one of every stage."""
    stages = np.arange(STAGES * CHOICES).reshape(STAGES, CHOICES)
    paths = [np.array(path) for path in itertools.product(*stages)]
    solved = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        losses = rng.random(STAGES * CHOICES)
        peaks = rng.integers(1, 20, (STAGES * CHOICES, 3)).astype(float)
        memory = [peaks[path].max(0).sum() for path in paths]

        def solve(allowed: Bools, losses: Floats = losses) -> Path | None:
            nonlocal solved
            solved += 1
            kept = [Path(path, float(losses[path].sum())) for path in paths if allowed[path].all()]
            return min(kept, key=lambda path: path.loss, default=None)

        for most in np.quantile(memory, [0.0, 0.2, 0.6, 1.0]):
            found = best_under_peaks(solve, peaks, most)
            assert found is not None
            assert found.loss == min(losses[path].sum() for path, asked in zip(paths, memory) if asked <= most)
        assert best_under_peaks(solve, peaks, min(memory) - 1) is None
    assert solved > 20 * 5 * 1.5  # the best path alone did not answer everything
