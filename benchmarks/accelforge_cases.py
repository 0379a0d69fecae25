"""The optimal mapper beside AccelForge's, on the same machines and layers: energy of the best mapping, and seconds.

    python benchmarks/accelforge_cases.py [FILE] [--case NAME] [--time-limit 60] [--accelforge PYTHON] [--json]

Every machine is DRAM, L2 and Reg at 64, 4 and 0.5 pJ a word of 8 bits and MACs of 0.3 pJ, with a fan-out below L2;
every memory holds all three tensors, tiles divide, and reads of outputs on their way up are charged (``drain-reads``).
Without ``--accelforge`` the optima and seconds of AccelForge are those recorded below, from AccelForge 1.0.467 on one
core. With it, AccelForge runs beside this mapper, on this machine, in the interpreter given::

    python3.12 -m venv af && af/bin/pip install accelforge==1.0.467
    python benchmarks/accelforge_cases.py --accelforge af/bin/python

(AccelForge needs Python 3.12 and graphviz.) Cases that took it longer than ``--most-seconds`` keep the recorded
figure. FILE holds further cases, a JSON list of objects with ``name``, ``layer`` (dims, ``kind``), ``l2_words``,
``reg_words``, ``axes`` (``[["X", 8, ["K", "C"]]]``), and ``accelforge_pj`` and ``accelforge_seconds`` where they are
known.

AccelForge's default space leaves some mappings out (a tensor kept in Reg while the tiles of others change in L2) and it
reuses neither a halo nor a tile that a loop right above leaves as it is, so this mapper may be below it. The seconds
are those that the search alone takes of one processor, this mapper's (uneven) the median of three searches, so that
what else runs beside them hardly counts; their ratio is AccelForge's by this mapper's. Exit status 1 where this
mapper's best uneven mapping costs more than AccelForge's.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from accel_models.accelerator import Accelerator, Axis, Level
from accel_models.formats.nest_model import AxisEntry, LayerEntry
from mappings import search
from mappings.layer_search import MappingResult
from nets.documents import read_json
from nets.documents.model import Count, Model, Positive
from nets.documents.typed import typed
from nets.errors import InputError
from nets.layer import DIMS, Layer

TOLERANCE: Final = 1e-9
TIMES: Final = 3
WORD_BITS: Final = 8
PJ: Final = {"DRAM": 64.0, "L2": 4.0, "Reg": 0.5, "MAC": 0.3}
ONE_THREAD: Final = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
RUNNER: Final = """
import json, sys, time
from accelforge.frontend.spec import Spec
from accelforge.mapper import Metrics
from accelforge.util.parallel import set_n_parallel_jobs

set_n_parallel_jobs(1)
spec = Spec.from_yaml(*sys.argv[1:])
spec.mapper.metrics = Metrics.ENERGY
began = time.process_time()
energy = spec.map_workload_to_arch().energy()
seconds = time.process_time() - began
best = min(energy) if hasattr(energy, "__len__") else energy
print(json.dumps({"energy_pj": float(best), "seconds": seconds}))
"""


class CaseEntry(Model):
    """A case of a file."""

    name: str
    layer: LayerEntry
    l2_words: Count
    reg_words: Count
    axes: tuple[AxisEntry, ...] = ()
    accelforge_pj: Positive | None = None
    accelforge_seconds: Positive | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """A layer on a machine, and what AccelForge found there.

    Attributes:
        layer: its name is the case's.
        l2_words, reg_words: what the memories hold.
        axes: of the fan-out below L2.
        accelforge_pj, accelforge_seconds: its optimum, and the seconds of its search; ``None`` where it has none.
    """

    layer: Layer
    l2_words: int
    reg_words: int
    axes: tuple[Axis, ...] = ()
    accelforge_pj: float | None = None
    accelforge_seconds: float | None = None

    @property
    def machine(self) -> Accelerator:
        """What the layer runs on."""
        memories = (("DRAM", float("inf"), ()), ("L2", self.l2_words, self.axes), ("Reg", self.reg_words, ()))
        levels = tuple(
            Level(name=name, capacity_words=words, read_pj=PJ[name], write_pj=PJ[name], fanout=axes)
            for name, words, axes in memories
        )
        return Accelerator(name="memories at AccelForge's rules", levels=levels, mac_pj=PJ["MAC"])


def _matmul(name: str, rows: int, inner: int, columns: int) -> Layer:
    return Layer(name=name, kind="matmul", P=rows, C=inner, K=columns, psum_bits=WORD_BITS)


def _conv(name: str, channels: int, filters: int, side: int, taps: int) -> Layer:
    return Layer(name=name, C=channels, K=filters, P=side, Q=side, R=taps, S=taps, psum_bits=WORD_BITS)


def _lanes(*dims: str) -> tuple[Axis, ...]:
    return (Axis("X", 64, dims),)


_GRID: Final = (Axis("X", 8), Axis("Y", 8))
_KC_GRID: Final = (Axis("X", 8, ("K",)), Axis("Y", 8, ("C",)))
_WIDE_GRID: Final = (Axis("X", 16), Axis("Y", 16))

CASES: Final = (
    Case(_matmul("64x64x64, one PE", 64, 64, 64), 4096, 32, (), 2_323_251.2, 2.7),
    Case(_matmul("64x64x64, 64 lanes", 64, 64, 64), 4096, 32, _lanes(), 1_844_019.2, 5.3),
    Case(_matmul("64x64x64, 64 lanes of K C", 64, 64, 64), 4096, 32, _lanes("K", "C"), 1_844_019.2, 4.5),
    Case(_matmul("64x64x64, 64 lanes of C P", 64, 64, 64), 4096, 32, _lanes("C", "P"), 1_844_019.2, 3.6),
    Case(_matmul("64x64x64, 64 lanes of K P", 64, 64, 64), 4096, 32, _lanes("K", "P"), 1_897_267.2, 3.4),
    Case(_matmul("64x64x64, 64 lanes of K", 64, 64, 64), 4096, 32, _lanes("K"), 1_970_995.2, 3.0),
    Case(_matmul("64x64x64, 64 lanes of C", 64, 64, 64), 4096, 32, _lanes("C"), 1_844_019.2, 2.6),
    Case(_matmul("64x64x64, 64 lanes of P", 64, 64, 64), 4096, 32, _lanes("P"), 1_970_995.2, 3.8),
    Case(_matmul("64x64x64, 64 lanes of K, Reg 128", 64, 64, 64), 4096, 128, _lanes("K"), 1_872_691.2, 2.8),
    Case(_matmul("64x64x64, 8x8", 64, 64, 64), 4096, 32, _GRID, 1_868_595.2, 4.7),
    Case(_matmul("64x64x64, 8x8 of K, C", 64, 64, 64), 4096, 32, _KC_GRID, 1_901_363.2, 4.3),
    Case(_matmul("256x256x256, 8x8", 256, 256, 256), 16384, 32, _GRID, 82_169_036.8, 11.0),
    Case(_matmul("512x1024x512, 16x16", 512, 1024, 512), 65536, 64, _WIDE_GRID, 942_197_964.8, 17.1),
    Case(_conv("1x1 256-64 56x56, one PE", 256, 64, 56, 1), 65536, 32, (), 303_936_307.2, 3.7),
    Case(_conv("1x1 256-64 56x56, 64 lanes, Reg 3", 256, 64, 56, 1), 65536, 3, _lanes(), 291_091_251.2, 5.6),
    Case(_conv("1x1 256-64 56x56, 64 lanes", 256, 64, 56, 1), 65536, 32, _lanes(), 213_103_411.2, 7.5),
    Case(_conv("1x1 256-64 56x56, 8 lanes", 256, 64, 56, 1), 65536, 32, (Axis("X", 8),), 230_535_987.2, 6.7),
    Case(_conv("1x1 256-64 56x56, 8x8", 256, 64, 56, 1), 65536, 32, _GRID, 213_103_411.2, 11.2),
    Case(_conv("3x3 8-8 8x8, one PE", 8, 8, 8, 3), 4096, 32, (), 270_515.2, 583.5),
    Case(_conv("3x3 64-64 56x56, one PE", 64, 64, 56, 3), 65536, 32, (), 452_860_723.2, 806.9),
)


@dataclass(frozen=True, slots=True)
class Row:
    """What both mappers found on one case.

    Attributes:
        even, uneven: this mapper's best, with tiles of all tensors together and with each tensor over its own loops.
        seconds: of the processor, that the uneven search takes.
    """

    case: Case
    even: MappingResult
    uneven: MappingResult
    seconds: float

    @property
    def above(self) -> bool:
        """Whether AccelForge's mapping is better."""
        theirs = self.case.accelforge_pj
        return theirs is not None and self.uneven.cost.energy_pj > theirs * (1 + TOLERANCE)

    @property
    def ratio(self) -> float | None:
        """AccelForge's seconds by this mapper's."""
        seconds = self.case.accelforge_seconds
        return None if seconds is None else seconds / self.seconds

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "case": self.case.layer.name,
            "accelforge_pj": self.case.accelforge_pj,
            "accelforge_seconds": self.case.accelforge_seconds,
            "even_pj": self.even.cost.energy_pj,
            "uneven_pj": self.uneven.cost.energy_pj,
            "proven": self.uneven.proven,
            "gap": self.uneven.gap,
            "seconds": self.seconds,
            "ratio": self.ratio,
            "above": self.above,
        }

    def line(self) -> str:
        """The row of the table."""
        theirs, seconds, ratio = self.case.accelforge_pj, self.case.accelforge_seconds, self.ratio
        return (
            f"{self.case.layer.name:<34}{'-' if theirs is None else f'{theirs:,.1f}':>16}"
            f"{self.even.cost.energy_pj:>16,.1f}{self.uneven.cost.energy_pj:>16,.1f}"
            f"{'yes' if self.uneven.proven else 'no':>8}{self.uneven.gap:>8.1%}{self.seconds:>9.3f}"
            f"{'-' if seconds is None else f'{seconds:.1f}':>9}{'-' if ratio is None else f'{ratio:,.0f}':>8}"
            f"{'  ABOVE' if self.above else ''}"
        )


HEAD: Final = (
    f"{'case':<34}{'AccelForge pJ':>16}{'even pJ':>16}{'uneven pJ':>16}{'proven':>8}{'gap':>8}"
    f"{'seconds':>9}{'its s':>9}{'ratio':>8}"
)


def compare(case: Case, time_limit_s: float = 60) -> Row:
    """Search one case, with tiles of all tensors together and with each tensor over its own loops."""

    def best(tiles: Any) -> MappingResult:
        return search(
            case.layer, case.machine, mapper="optimal", tiles=tiles, objective="energy", convention="drain-reads",
            time_limit_s=time_limit_s,
        )  # fmt: skip

    seconds = []
    for _ in range(TIMES):
        began = time.process_time()
        uneven = best("uneven")
        seconds.append(time.process_time() - began)
    return Row(case, best("even"), uneven, statistics.median(seconds))


def architecture_yaml(case: Case) -> str:
    """The machine of a case, as AccelForge reads it."""
    lines = ["arch:", "  nodes:"]
    for level in case.machine.levels:
        bits = "inf" if level.name == "DRAM" else str(int(level.capacity_words) * WORD_BITS)
        lines += ["  - !Memory", f"    name: {level.name}", f"    size: {bits}", "    leak_power: 0", "    area: 0"]
        lines += ["    tensors: {keep: All}", "    actions:"]
        lines += [
            f"    - {{name: {action}, energy: {PJ[level.name]}, latency: 0, bits_per_action: {WORD_BITS}}}"
            for action in ("read", "write")
        ]
        if level.fanout:
            lines += ["  - !Container", "    name: Array", "    spatial:", *map(_axis_yaml, level.fanout)]
    lines += ["  - !Compute", "    name: MAC", "    leak_power: 0", "    area: 0", "    actions:"]
    lines += [f"    - {{name: compute, energy: {PJ['MAC']}, latency: 1}}"]
    return "\n".join(lines) + "\n"


def _axis_yaml(axis: Axis) -> str:
    bounds = ""
    if axis.dims:
        able = " | ".join(dim.lower() for dim in axis.dims)
        bounds = f", loop_bounds: [{{expression: ~({able}), operator: ==, value: 1}}]"
    return f"    - {{name: {axis.name}, fanout: {axis.size}{bounds}}}"


def workload_yaml(layer: Layer) -> str:
    """A layer as AccelForge reads it; dims of 1 have no rank.

    Raises:
        InputError: strides or dilations, groups or a batch.
    """
    if layer.stride != (1, 1) or layer.dilation != (1, 1) or layer.G * layer.N > 1:
        raise InputError(f"layer {layer.name!r}", layer, "has a stride, a dilation, groups or a batch")
    bounds = {dim: bound for dim, bound in zip(DIMS, layer.bounds) if bound > 1}

    def ranks(dims: str) -> list[str]:
        return [dim.lower() for dim in dims if dim in bounds]

    inputs = {name: " + ".join(ranks(dims)) for name, dims in (("C", "C"), ("H", "PR"), ("X", "QS"))}
    projection = ", ".join(f"{name}: {rank}" for name, rank in inputs.items() if rank)
    lines = ["workload:", "  iteration_space_shape:"]
    lines += [f"    {dim.lower()}: 0 <= {dim.lower()} < {bound}" for dim, bound in bounds.items()]
    lines += [f"  bits_per_value: {{All: {WORD_BITS}}}", "  einsums:", "  - name: E", "    tensor_accesses:"]
    lines += [f"    - {{name: I, projection: {{{projection}}}}}"]
    lines += [f"    - {{name: W, projection: [{', '.join(ranks('CKRS'))}]}}"]
    lines += [f"    - {{name: O, projection: [{', '.join(ranks('KPQ'))}], output: True}}"]
    lines += ["    renames: {weight: W, input: I, output: O}"]
    return "\n".join(lines) + "\n"


def run_accelforge(case: Case, python: str, folder: Path) -> Case:
    """The case with what AccelForge finds now, in another interpreter.

    Raises:
        InputError: the interpreter has no AccelForge, or AccelForge fails.
    """
    files = {
        "run.py": RUNNER,
        "architecture.yaml": architecture_yaml(case),
        "workload.yaml": workload_yaml(case.layer),
    }
    for name, text in files.items():
        (folder / name).write_text(text)
    try:
        done = subprocess.run(
            [python, *files], cwd=folder, env=os.environ | ONE_THREAD, capture_output=True, text=True, check=False
        )
    except OSError as error:
        raise InputError("--accelforge", python, f"cannot be run ({error.strerror})") from None
    if done.returncode:
        raise InputError("--accelforge", python, f"failed on {case.layer.name}: {done.stderr.strip()[-400:]}")
    found = json.loads(done.stdout.strip().splitlines()[-1])
    return dataclasses.replace(case, accelforge_pj=found["energy_pj"], accelforge_seconds=found["seconds"])


def read_cases(path: Path) -> tuple[Case, ...]:
    """The cases of a JSON file.

    Raises:
        InputError: no JSON, a key that a case does not have, or a value that is not allowed.
    """
    cases = []
    for entry in typed(tuple[CaseEntry, ...], read_json(path, "cases")):
        fields = entry.model_dump(exclude={"name", "layer", "axes"})
        dims = entry.layer.model_dump(exclude_unset=True) | {"name": entry.name, "psum_bits": WORD_BITS}
        cases.append(Case(Layer(**dims), axes=entry.axes, **fields))
    return tuple(cases)


def chosen(options: argparse.Namespace) -> list[Case]:
    """The cases asked for.

    Raises:
        InputError: no case has a name that was given.
    """
    cases = [*CASES, *(read_cases(options.file) if options.file else ())]
    if options.case:
        cases = [case for case in cases if any(part in case.layer.name for part in options.case)]
    if not cases:
        raise InputError("--case", options.case, "is part of no case's name")
    return cases


def with_accelforge(case: Case, options: argparse.Namespace) -> Case:
    """The case with what AccelForge finds now, where it is to run and the case is no long one."""
    if options.accelforge is None or (case.accelforge_seconds or 0) > options.most_seconds:
        return case
    with tempfile.TemporaryDirectory() as folder:
        return run_accelforge(case, options.accelforge, Path(folder))


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path, nargs="?", metavar="FILE", help="of further cases")
    parser.add_argument("--case", action="append", metavar="NAME", help="only cases with this in their name")
    parser.add_argument("--time-limit", type=float, default=60, metavar="S", help="of each search of this mapper")
    parser.add_argument("--accelforge", metavar="PYTHON", help="an interpreter that has AccelForge, to run it too")
    parser.add_argument("--most-seconds", type=float, default=60, metavar="S", help="recorded, of what AccelForge runs")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args(arguments)
    try:
        return compare_all(options)
    except InputError as error:
        print(error, file=sys.stderr)
        return error.exit_status


def compare_all(options: argparse.Namespace) -> int:
    """Compare the cases asked for and print; the exit status.

    Raises:
        InputError: see :func:`chosen` and :func:`run_accelforge`.
    """
    cases = chosen(options)
    compare(cases[0], options.time_limit)  # so that no row counts the loading of compiled code
    rows = []
    if not options.json:
        print(HEAD)
    for case in cases:
        rows.append(compare(with_accelforge(case, options), options.time_limit))
        if not options.json:
            print(rows[-1].line(), flush=True)
    if options.json:
        print(json.dumps({"rows": [row.to_dict() for row in rows]}))
    return 1 if any(row.above for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
