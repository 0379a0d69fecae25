"""Whether a run ends in the same files on every processor: libraries are made to compute as on each of several.

    python benchmarks/same_everywhere.py [--jobs 1 2 4] [--generic] [--seed N] [-- OPTIONS OF THE SEARCH]

Runs ``python run_cosearch.py --budget area=5mm2`` as it comes, then once for each number of jobs and once for each
processor, and compares ``best.yaml``, ``pareto.csv`` and ``layers.csv`` byte by byte:

- OpenBLAS with the kernels of Haswell, SkylakeX, Zen, Nehalem and Prescott, on one thread and on two;
- numpy without the vector units beyond its baseline;
- the C library without fused multiply-add, in its ``exp``, ``log`` and ``pow``;
- with ``--generic``, Numba for any processor of the kind instead of the one at hand, which compiles everything anew.

Exit status 1 when a file differs.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
FILES = ("best.yaml", "pareto.csv", "layers.csv")
MAIN_JOB = ("--budget", "area=5mm2")


def processors() -> dict[str, dict[str, str]]:
    """By name, the environment that has libraries compute as on a processor which this one can stand in for."""
    units = np.show_config(mode="dicts")["SIMD Extensions"].get("found", [])
    old = {
        "NPY_DISABLE_CPU_FEATURES": " ".join(units),
        "GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX2,-FMA,-FMA4,-AVX512F",
    }
    made = {
        "Prescott": {"OPENBLAS_CORETYPE": "Prescott", "OPENBLAS_NUM_THREADS": "1", **old},
        "Nehalem": {"OPENBLAS_CORETYPE": "Nehalem", "OPENBLAS_NUM_THREADS": "2", **old},
    }
    if {"X86_V3", "AVX2"} & {*units}:
        wide = [unit for unit in units if unit not in ("X86_V3", "AVX2", "FMA3")]
        narrow = {"NPY_DISABLE_CPU_FEATURES": " ".join(wide)} if wide else {}
        made["Haswell"] = {"OPENBLAS_CORETYPE": "Haswell", "OPENBLAS_NUM_THREADS": "1", **narrow}
        made["Zen"] = {"OPENBLAS_CORETYPE": "Zen", "OPENBLAS_NUM_THREADS": "2", **narrow}
    if {"X86_V4", "AVX512_SKX"} & {*units}:
        made["SkylakeX"] = {"OPENBLAS_CORETYPE": "SkylakeX", "OPENBLAS_NUM_THREADS": "2"}
    return made


def files_of(environment: Mapping[str, str], words: Sequence[str]) -> dict[str, bytes]:
    """What a search in a process of its own writes, by name of the file.

    Args:
        environment: what is added to the one at hand.
        words: options of the search.
    """
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "run"
        command = [sys.executable, str(ROOT / "run_cosearch.py"), *words, "--out", str(out), "--quiet"]
        subprocess.run(command, check=True, env={**os.environ, **environment}, stdout=subprocess.DEVNULL)
        return {name: (out / name).read_bytes() for name in FILES}


def main() -> int:
    """Compare and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, nargs="*", default=[1, 2, 4])
    parser.add_argument("--generic", action="store_true", help="compile for any processor of the kind, too")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("options", nargs="*", help="of the search (default: those of the main job)")
    options = parser.parse_args()
    words = [*(options.options or MAIN_JOB), "--seed", str(options.seed)]
    runs: list[tuple[str, dict[str, str], list[str]]] = [("as it comes", {}, words)]
    runs += [(f"{jobs} jobs", {}, [*words, "--jobs", str(jobs)]) for jobs in options.jobs]
    runs += [(name, environment, words) for name, environment in processors().items()]
    with tempfile.TemporaryDirectory() as cache:
        if options.generic:
            runs.append(("Numba generic", {"NUMBA_CPU_NAME": "generic", "NUMBA_CACHE_DIR": cache}, words))
        print(f"{'run':<16}" + "".join(f"{name:>16}" for name in FILES) + f"{'s':>8}")
        first: dict[str, bytes] = {}
        same = True
        for name, environment, told in runs:
            began = time.perf_counter()
            found = files_of(environment, told)
            seconds = time.perf_counter() - began
            first = first or found
            same &= found == first
            hashes = "".join(f"{hashlib.sha256(found[file]).hexdigest()[:12]:>16}" for file in FILES)
            print(f"{name:<16}{hashes}{seconds:>8.1f}", flush=True)
    print("the same everywhere" if same else "NOT the same everywhere")
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
