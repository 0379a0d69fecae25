"""Each envelope under the paper's convention, searched by bounds instead of by the paper's CMA-ES.

    python benchmarks/naas/bounded.py [--envelope NAME ...] [--trials 24] [--seed 0] [--json]

Energies of an access do not depend on sizes there, so all memory that the envelope leaves beside L1 is L2's, and the
network is as wide as the envelope lets it be: neither costs anything, and no mapping is lost. What is left to choose is
the array and L1. Every array on the strides is bounded (:mod:`mappings.corner_bounds`); ``--trials`` of the least
bounds, a few of each wiring, are mapped in a hurry with every L1, the best of those, and the baseline, by the optimal
mapper. Figures are baseline by its own dataflow over found, as in ``envelopes.py``.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from accel_models.description import to_dict as machine_to_dict
from accel_models.template import Template
from benchmarks.naas import nested
from benchmarks.naas.conventions import PAPER, Convention
from benchmarks.naas.envelope import Envelope
from benchmarks.naas.mapped import LOOK, best, fixed, shapes_of
from benchmarks.naas.options import envelopes, executor, parser, run
from cosearch.bounds.arrays import arrays_of
from cosearch.bounds.grid import DesignGrid
from cosearch.problem.template_space import WIRED
from mappings.corner_bounds import L2_WORDS, ShapeArrays, corner_of, least_sums
from nets import Network
from nets.layer import DIMS

L1_BYTES: Final = (16, 32, 64, 128, 256, 512)
"""L1s that a design may have."""
LEAST_BUSY: Final = 0.5
"""Of the envelope's elements: smaller arrays are left out."""
OF_A_WIRING: Final = 3
"""Arrays that are mapped of one wiring at most: bounds do not see what tiles cost."""

FINALISTS: Final = 6
"""Designs that the optimal mapper looks at."""
MAPPINGS: Final = 100
"""Tried for each layer before that."""
WORD: Final = 8
"""Bits of an element, which is a word."""

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def arrays(envelope: Envelope, networks: Sequence[Network]) -> Ints:
    """Arrays (n, 6) of the envelope, over :data:`~cosearch.problem.template_space.WIRED`."""
    layers = [layer for network in networks for layer in network.layers if layer.is_mac]
    grid = DesignGrid(envelope.space, layers)
    found = np.concatenate([arrays_of(grid, wired) for wired in grid.wirings()])
    large: Ints = found[found.prod(axis=1) >= LEAST_BUSY * (envelope.budget.pes or 1)]
    return large


def bounds(envelope: Envelope, networks: Sequence[Network], convention: Convention, lanes: Ints) -> Floats:
    """(n,) the geometric mean of EDP, in the convention's energy x cycles, that no mapping on an array is below."""
    counted = [convention.counted(network) for network in networks]
    shapes = shapes_of(counted)
    counts = np.zeros((len(counted), len(shapes)))
    place = {key: at for at, key in enumerate(shapes)}
    for row, network in enumerate(counted):
        for layer in network.layers:
            counts[row, place[layer.shape_key]] += layer.times
    machine = convention.priced(envelope.baseline)
    _, figures = corner_of(replace(machine, levels=tuple(replace(level, word_bits=WORD) for level in machine.levels)))
    figures[L2_WORDS] = envelope.budget.noc_words_per_cycle or envelope.space.most_noc_words
    widths = np.ones((len(lanes), len(DIMS)), dtype=np.int64)
    widths[:, [DIMS.index(dim) for dim in WIRED]] = lanes
    rows = ShapeArrays.of(list(shapes.values()))
    rows = replace(rows, bits=np.full_like(rows.bits, WORD))  # an element is a word
    energy, cycles = least_sums(rows, counts, widths, np.tile(figures, (len(lanes), 1)))
    means: Floats = np.exp(np.log(energy * cycles).mean(axis=1))
    return means


def sized(envelope: Envelope, lanes: Ints, l1_bytes: int) -> Template | None:
    """The design of an array (6,) with an L1 and all the rest of the memory as L2; ``None`` where none is left."""
    budget = envelope.budget
    wired = [(int(width), dim) for width, dim in zip(lanes, WIRED) if width > 1]
    left = int(budget.sram_bytes or 0) - l1_bytes * int(lanes.prod())
    l2_bytes = left // 16 * 16
    if l2_bytes < l1_bytes:
        return None
    design = envelope.space.design(
        tuple(width for width, _ in wired), tuple(dim for _, dim in wired), l1_bytes, l2_bytes,
        float(budget.noc_words_per_cycle or envelope.space.most_noc_words),
    )  # fmt: skip
    return None if envelope.space.violations(design) else design


def promising(envelope: Envelope, networks: Sequence[Network], convention: Convention, count: int) -> list[Template]:
    """Designs of the arrays of the least bounds, a few of each wiring, each with every L1 that leaves room for an L2.

    Args:
        count: of arrays.
    """
    lanes = arrays(envelope, networks)
    ranked = lanes[np.argsort(bounds(envelope, networks, convention, lanes), kind="stable")]
    chosen: list[Ints] = []
    taken: dict[tuple[bool, ...], int] = {}
    for row in ranked:
        wiring = tuple((row > 1).tolist())
        if taken.get(wiring, 0) < OF_A_WIRING:
            taken[wiring] = taken.get(wiring, 0) + 1
            chosen.append(row)
        if len(chosen) == count:
            break
    designs = (sized(envelope, row, l1_bytes) for row in chosen for l1_bytes in L1_BYTES)
    return [replace(design, name=envelope.name) for design in designs if design is not None]


def searched(envelope: Envelope, args: Any) -> dict[str, Any]:
    """The best design found in an envelope, beside its baseline by its own dataflow."""
    began, networks = time.perf_counter(), envelope.load()
    designs = promising(envelope, networks, PAPER, args.trials)
    values = nested.searched(networks, PAPER, MAPPINGS, args.seed)(designs)
    ranked = sorted(zip(values, range(len(designs))))
    finalists = [envelope.baseline, *(designs[place] for _, place in ranked[:FINALISTS])]
    with executor(args) as workers:
        scores = [best(networks, design, PAPER, workers, LOOK) for design in finalists]
        design = min(zip(scores, range(len(finalists))), key=lambda pair: pair[0].edp)[1]
        score = best(networks, finalists[design], PAPER, workers)
    own = fixed(networks, envelope.baseline, PAPER, envelope.baseline.dataflow)
    return {
        "claimed": {"speedup": envelope.speedup, "energy": envelope.energy, "edp": envelope.speedup * envelope.energy},
        "speedup": own.latency_s / score.latency_s,
        "energy": own.energy / score.energy,
        "edp": own.edp / score.edp,
        "design": machine_to_dict(finalists[design]),
        "seconds": time.perf_counter() - began,
    }


def exhibit(args: Any) -> dict[str, Any]:
    """Every envelope that is asked for."""
    return {"envelopes": {envelope.name: searched(envelope, args) for envelope in envelopes(args)}}


def say(found: dict[str, Any]) -> None:
    """The table for a person."""
    print(f"{'envelope':12}{'speedup':>9}{'energy':>9}{'EDP':>9}{'the paper':>11}  searched  design")
    for name, row in found["envelopes"].items():
        shown = "".join(f"{row[figure]:9.2f}" for figure in ("speedup", "energy", "edp"))
        of = row["design"]
        array = " x ".join(f"{width} {dim}" for width, dim in zip(of["array"], of["parallel"]))
        print(f"{name:12}{shown}{row['claimed']['edp']:11.2f}  {row['seconds']:6.0f} s  {array}, L1 {of['l1_bytes']} B")


def main() -> int:
    """Search and print."""
    return run(exhibit, say, parser(__doc__, trials=24).parse_args())


if __name__ == "__main__":
    raise SystemExit(main())
