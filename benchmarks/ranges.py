"""Counts of layers and machines up to the range of what is exact, against Python's whole numbers without limit.

    python benchmarks/ranges.py [--cases 10000] [--searches 60] [--seed 0] [--json]

Draws layers of up to 2^58 MACs and machines of one to six levels with up to 2^32 multipliers and figures from 1e-30 to
1e30. Each is refused in one line of this project's own, or else:

* several mappings are drawn, and every count of every level and the compute cycles are computed twice: compiled, in
  64-bit integers, and by a second process that runs the cost model's own source in Python's integers and fractions,
  which have no range to leave. They must be equal to the last word; cycles and energy finite, not negative and equal to
  within rounding;
* MACs and words must be those that Python counts from the loop bounds, and MACs must take no more words from their
  innermost level than there are MACs;
* the lower bounds must be finite and no higher than what any of the mappings costs, the roofline finite and positive.

Then ``--searches`` of them are mapped by every kind of tile: cost finite, no bound above it. Prints how many were
refused and how many equal, the most memory it took and the longest search. Exit status 1 when anything differs.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import pickle
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np

from accel_models import Accelerator, roofline
from accel_models.accelerator import MAX_LEVELS, Axis, Level
from accel_models.cost import CONVENTIONS, evaluate_batch
from accel_models.loopnest import MappingArrays
from mappings import search
from mappings.bounds import cycle_and_energy_bounds
from mappings.encoding import Encoding
from mappings.mapspace import MapSpace
from nets import Layer
from nets.errors import CosearchError, InputError
from nets.layer import DIMS, TENSORS
from nets.ranges import EXACT

ROOT = Path(__file__).resolve().parent.parent
MAPPINGS = 3
ROUNDING = 1e-9
PATIENCE_S = 5.0
"""How long Python may count a case: ragged tiles on many instances take compiled code a thousandth of that."""
TILES = ("ragged", "perfect", "uneven")


Answer = tuple[list[Any], list[float]]
"""Counts and details of a case's mappings."""


@dataclass
class Tally:
    """What came of the cases."""

    refused: int = 0
    equal: int = 0
    too_long: int = 0
    no_mapping: int = 0
    searched: int = 0
    longest_search_s: float = 0.0
    differences: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Case:
    """One layer on one machine with some mappings, and what the compiled model says of them."""

    layer: Layer
    machine: Accelerator
    space: MapSpace
    mappings: MappingArrays
    convention: str
    status: Any
    counts: Any
    details: Any


def draw_layer(rng: random.Random) -> Layer:
    """A layer whose MACs are spread over all orders of magnitude, some beyond what is exact.

    Raises:
        InputError: it is too large.
    """
    left = rng.uniform(0, 58)
    bits = dict.fromkeys(DIMS, 0.0)
    for dim in rng.sample(DIMS, rng.randint(1, 8)):
        bits[dim] = rng.uniform(0, left)
        left -= bits[dim]
    bounds = {dim: max(1, int(2 ** bits[dim]) + rng.choice((-1, 0, 0, 1))) for dim in DIMS}
    steps = [rng.choice((1, 1, 1, 2, 3, int(2 ** rng.uniform(0, 20)))) for _ in range(4)]
    widths = {f"{of}_bits": rng.choice((1, 2, 4, 8, 16, 24, 32)) for of in ("weight", "input", "output", "psum")}
    return Layer(name="drawn", **bounds, stride=(steps[0], steps[1]), dilation=(steps[2], steps[3]), **widths)


def draw_machine(rng: random.Random) -> Accelerator:
    """A machine of any depth, with figures of any size that is allowed.

    Raises:
        InputError: it has too many multipliers.
    """
    levels = []
    # Counting ragged tiles takes time by the instance where several levels spread: those spread little.
    depth, alone = rng.randint(1, MAX_LEVELS), rng.random() < 0.5
    spread = rng.sample(range(depth), 1 if alone else rng.randint(0, depth))
    left = rng.uniform(0, 32 if alone else 7)
    for number in range(depth):
        axes = rng.randint(1, 3) if number in spread else 0
        sizes = [rng.uniform(0, left / 3) for _ in range(axes)]
        left -= sum(sizes)
        inside = [tensor for tensor in TENSORS if rng.random() < 0.7]
        figures = {name: _figure(rng) for name in ("read_pj", "write_pj", "network_pj", "leakage_mw")}
        figures |= {name: _rate(rng) for name in ("read_bandwidth", "write_bandwidth", "shared_bandwidth")}
        endless = number == 0 or rng.random() < 0.5
        levels.append(
            Level(
                name=f"M{number}",
                keeps=TENSORS if number == 0 else tuple(inside),
                word_bits=rng.choice((None, 1, 8, 24, 64)),
                capacity_words=math.inf if endless else 2 ** rng.uniform(8, 60),
                double_buffered=rng.random() < 0.5,
                fanout=tuple(
                    Axis("XYZ"[axis], int(2**size), tuple(rng.sample(DIMS, rng.randint(0, 2))))
                    for axis, size in enumerate(sizes)
                ),
                **figures,
            )
        )
    return Accelerator(name="drawn", levels=tuple(levels), mac_pj=_figure(rng), clock_hz=10 ** rng.uniform(-29, 29))


def _figure(rng: random.Random) -> float:
    return rng.choice((0.0, 1.0, 10 ** rng.uniform(-29.9, 29.9)))


def _rate(rng: random.Random) -> float:
    return rng.choice((math.inf, 1.0, 10 ** rng.uniform(-29.9, 29.9)))


def draw_case(rng: random.Random) -> Case | None:
    """A case with its compiled counts; ``None`` where no mapping fits.

    Raises:
        InputError: layer or machine are refused.
    """
    layer, machine = draw_layer(rng), draw_machine(rng)
    convention: Any = rng.choice(list(CONVENTIONS))
    tiles: Any = rng.choice(("ragged", "perfect"))
    space = MapSpace.of([layer], [machine], tiles=tiles, convention=convention)
    encoding = Encoding.of(space, rng.choice(("importance", "index")))  # type: ignore[arg-type]
    vectors = np.random.default_rng(rng.randrange(2**32)).random((MAPPINGS, encoding.longest))
    mappings = encoding.decode(vectors, np.zeros(MAPPINGS, dtype=np.int64))
    cost = evaluate_batch([layer], [machine], mappings, convention=convention, full=True)
    if cost.status.any():
        return None
    return Case(layer, machine, space, mappings, convention, cost.status, cost.counts, cost.details)


def differences(case: Case) -> list[str]:
    """What is wrong with the figures of a case, besides its counts."""
    layer, machine = case.layer, case.machine
    found = []
    sizes = dict(zip(DIMS, layer.bounds))
    if layer.macs != math.prod(sizes.values()) or layer.macs > EXACT:
        found.append("MACs")
    if layer.weight_words != math.prod(sizes[dim] for dim in "GKCRS"):
        found.append("words of weights")
    if layer.output_words != math.prod(sizes[dim] for dim in "NGKPQ"):
        found.append("words of outputs")
    if (case.counts < 0).any():
        found.append("a count below zero")
    for t, tensor in enumerate(TENSORS):
        innermost = max(number for number, level in enumerate(machine.levels) if tensor in level.keeps)
        taken = case.counts[:, innermost, t, 2 if tensor == "O" else 0]
        if tensor != "O" and (taken > layer.macs).any():
            found.append(f"more words of {tensor} than MACs")
    cycles, energy = case.details[:, 0], case.details[:, 1]
    if not (np.isfinite(cycles).all() and np.isfinite(energy).all() and (cycles > 0).all() and (energy >= 0).all()):
        found.append(f"cycles {cycles.tolist()}, energy {energy.tolist()}")
    least_cycles, least_energy = cycle_and_energy_bounds(case.space)
    if not (0 < least_cycles[0] <= cycles.min() * (1 + ROUNDING) and 0 <= least_energy[0] < math.inf):
        found.append(f"bound of {least_cycles[0]} cycles over {cycles.min()}")
    if least_energy[0] > energy.min() * (1 + ROUNDING):
        found.append(f"bound of {least_energy[0]} pJ over {energy.min()}")
    for point in roofline(layer, machine):
        if not (0 < point.attainable < math.inf and 0 < point.intensity < math.inf):
            found.append("roofline")
    return found


def big_integers(cases: list[Case]) -> list[Answer | None]:
    """Counts and details of every mapping of every case, by a process that counts without limit."""
    with tempfile.TemporaryDirectory() as folder:
        into, out = Path(folder) / "cases", Path(folder) / "answers"
        into.write_bytes(pickle.dumps(cases))
        environment = os.environ | {"NUMBA_DISABLE_JIT": "1", "PYTHONPATH": str(ROOT)}
        command = [sys.executable, str(Path(__file__).resolve()), "--count", str(into), str(out)]
        subprocess.run(command, env=environment, check=True)
        answers: list[Answer | None] = pickle.loads(out.read_bytes())
    return answers


def count(into: Path, out: Path) -> int:
    """The second process: run the cost model's source in Python's integers and fractions."""
    from fractions import Fraction

    from accel_models import kernel
    from accel_models.kernel import work as scratch
    from accel_models.tables import AcceleratorTable, LayerTable

    for name, module in list(sys.modules.items()):
        if name.startswith("accel_models.kernel."):
            for old, new in (("int64", int), ("float64", Fraction)):
                if hasattr(module, old):
                    setattr(module, old, new)
    signal.signal(signal.SIGALRM, _too_long)
    work = _unlimited(scratch.WORK_DTYPE)
    answers: list[Answer | None] = []
    for case in pickle.loads(into.read_bytes()):
        layers, machines = LayerTable.of([case.layer]), AcceleratorTable.of([case.machine])
        n, depth = case.mappings.tile.shape[:2]
        zeros = np.zeros(n, dtype=np.int64)
        signal.setitimer(signal.ITIMER_REAL, PATIENCE_S)
        found = np.zeros((n, depth, 3, 3), dtype=object)
        details = np.zeros((n, 7))
        try:
            kernel.evaluate_range(
                work, 0, n,
                (layers.bounds.astype(object), layers.geometry.astype(object), layers.bits),
                (machines.levels, machines.machine, machines.can_keep),
                (zeros, zeros, case.mappings.tile.astype(object), case.mappings.part.astype(object),
                 case.mappings.order.astype(object), case.mappings.axis.astype(object), case.mappings.keep),
                CONVENTIONS[case.convention],
                (np.zeros(n, dtype=np.int64), np.zeros(n), np.zeros(n), details, found, np.zeros((n, depth))),
            )  # fmt: skip
            answers.append((found.tolist(), details.tolist()))
        except TimeoutError:
            answers.append(None)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
    out.write_bytes(pickle.dumps(answers))
    return 0


def _too_long(*_: object) -> None:
    raise TimeoutError


def _unlimited(kind: np.dtype[Any]) -> SimpleNamespace:
    """Scratch memory as the kernel has it, with Python's integers in place of 64-bit ones."""
    work = SimpleNamespace()
    for name, of in (kind.fields or {}).items():
        base = object if of[0].base == np.int64 else of[0].base
        setattr(work, name, np.zeros(of[0].shape, dtype=base) if of[0].shape else 0)
    return work


def compare(case: Case, answer: Answer) -> list[str]:
    """How the compiled figures of a case differ from those without limit."""
    counts, details = answer
    found = []
    if case.counts.tolist() != counts:
        found.append("counts")
    close = np.isclose(case.details, np.array(details, dtype=float), rtol=ROUNDING, atol=0.0)
    if not (close | (case.details == np.array(details, dtype=float))).all():
        found.append(f"cycles or energy {case.details.tolist()} for {details}")
    return found


def map_case(case: Case, number: int, seed: int, tally: Tally) -> None:
    """Search a mapping of a case, and check its figures."""
    kinds = TILES if len(case.machine.levels) <= 3 else TILES[:2]  # uneven mappings of deep machines take minutes
    tiles: Any = kinds[number % len(kinds)]
    mapper = ("optimal", "cmaes", "random")[number // len(TILES) % 3]
    began = time.perf_counter()
    try:
        found = search(case.layer, case.machine, mapper=mapper, budget=50, tiles=tiles, seed=seed, time_limit_s=2.0)
    except CosearchError:
        tally.no_mapping += 1
        return
    tally.longest_search_s = max(tally.longest_search_s, time.perf_counter() - began)
    tally.searched += 1
    cost = found.cost
    sound = cost.valid and 0 < cost.cycles < math.inf and 0 <= cost.energy_pj < math.inf and math.isfinite(cost.edp)
    if not sound or found.lower_bound > found.score * (1 + ROUNDING):
        tally.differences.append(
            f"{mapper}, {tiles}: {cost.cycles} cycles, {cost.energy_pj} pJ, bound {found.lower_bound} < {found.score}: "
            f"{case.layer} on {case.machine}"
        )


def play(cases: int, searches: int, seed: int) -> dict[str, Any]:
    """Draw, count twice, compare."""
    rng = random.Random(seed)
    tally = Tally()
    drawn: list[Case] = []
    for _ in range(cases):
        try:
            case = draw_case(rng)
        except InputError:
            tally.refused += 1
            continue
        if case is None:
            tally.no_mapping += 1
        else:
            drawn.append(case)
    for case, answer in zip(drawn, big_integers(drawn)):
        if answer is None:
            tally.too_long += 1
            continue
        wrong = compare(case, answer) + differences(case)
        tally.equal += not wrong
        if wrong:
            tally.differences.append(f"{'; '.join(wrong)}: {case.layer} on {case.machine}")
    for number, case in enumerate(drawn[:searches]):
        map_case(case, number, seed, tally)
    largest = max((case.layer.macs for case in drawn), default=0)
    return vars(tally) | {
        "cases": cases,
        "most_macs": largest,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def main() -> int:
    """Draw, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=10000)
    parser.add_argument("--searches", type=int, default=60)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--count", nargs=2, type=Path, metavar=("CASES", "ANSWERS"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.count:
        return count(*options.count)
    found = play(options.cases, options.searches, options.seed)
    if options.json:
        print(json.dumps(found, indent=2))
    else:
        print(
            f"{found['cases']:,} layers on machines: {found['refused']:,} refused, {found['no_mapping']:,} do not fit"
        )
        print(f"{found['too_long']:,} take Python over {PATIENCE_S:g} s to count and are left out")
        print(
            f"{found['equal']:,} equal to Python's integers, {MAPPINGS} mappings each; most MACs {found['most_macs']:,}"
        )
        print(f"{found['searched']:,} mapped, {found['longest_search_s']:.1f} s the longest; {found['peak_mb']:.0f} MB")
        print("\n".join(found["differences"][:20]) or "no difference")
    return 1 if found["differences"] else 0


if __name__ == "__main__":
    sys.exit(main())
