"""The attack on everything that the optimal mapper calls proven: small drawn problems, each against brute force.

    python benchmarks/proof_hunt.py [--minutes N | --problems N] [--seed S] [--jobs J] [--json]

A problem is a small layer on a small machine of any structure, under any objective, convention and choice of bypass,
at times with constraints. The mapper answers it; answers it again when told a bar just above the optimum, where its
bounds have the most to cut; and says what it has proven before it begins and when it is stopped on its way. What can be
at fault:

    wrong       the answer, or the one under the bar, costs more than the best mapping
    none        it says that no mapping exists, and one does
    bound       a lower bound lies above the best mapping
    other       no proof, an answer better than brute force's, an exception

Problem i of a seed is the same in every run, whatever the jobs. A failing one is made smaller as long as it fails, and
printed as Python. Exit status 1 when any fails.
"""

from __future__ import annotations

import argparse
import json
import math
import multiprocessing
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final, Protocol

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.hunt.checking import FAULTS, Outcome, check
from benchmarks.hunt.drawing import draw
from benchmarks.hunt.shrinking import as_python, fails_alike, shrink

ROUND: Final = 24
"""Problems for each job between two looks at the clock."""
EVERY_S: Final = 10.0
"""Seconds between two lines of progress."""
MOST_SHRUNK: Final = 3
"""Failures of each fault that are made smaller."""


@dataclass(slots=True)
class Tally:
    """What came of all problems so far: ``rows[table][kind]`` counts, and the problems that failed."""

    rows: dict[str, dict[str, Counter[str]]]
    failed: list[tuple[int, Outcome]]

    def enter(self, number: int, kinds: dict[str, str], outcome: Outcome) -> None:
        """Count one problem."""
        counts = Counter({"problems": 1, "mappings": outcome.mappings})
        counts["nowhere"] = math.isinf(outcome.least)
        counts["proofs"] = outcome.proven and math.isfinite(outcome.answer)
        for fault in FAULTS:
            counts[fault] = outcome.fault == fault
        for table, kind in (*kinds.items(), ("all", "all")):
            self.rows.setdefault(table, {}).setdefault(kind, Counter()).update(counts)
        if outcome.fault:
            self.failed.append((number, outcome))

    @property
    def total(self) -> Counter[str]:
        """The counts of all problems."""
        return self.rows.get("all", {}).get("all", Counter())


class Map(Protocol):
    """How a function is applied to many numbers."""

    def __call__(self, function: Callable[[int], Any], numbers: Iterable[int]) -> Iterable[Any]:
        """The answer for each, in their order."""


def hunt(seed: int, problems: float, seconds: float, jobs: int) -> Tally:
    """Check problems until so many are done or so much time has gone."""
    if jobs == 1:
        return _hunt(seed, problems, seconds, ROUND, map)
    with multiprocessing.Pool(jobs) as pool:
        return _hunt(seed, problems, seconds, ROUND * jobs, partial(pool.map, chunksize=ROUND // 4))


def _hunt(seed: int, problems: float, seconds: float, at_once: int, apply: Map) -> Tally:
    tally = Tally({}, [])
    began = told = now = time.perf_counter()
    first = 0
    while first < problems and now - began < seconds:
        numbers = range(first, int(min(first + at_once, problems)))
        for number, (kinds, outcome) in zip(numbers, apply(partial(_one, seed), numbers)):
            tally.enter(number, kinds, outcome)
        first, now = numbers.stop, time.perf_counter()
        if now - told > EVERY_S:
            told = now
            print(_progress(tally, now - began), file=sys.stderr, flush=True)
    return tally


def _one(seed: int, number: int) -> tuple[dict[str, str], Outcome]:
    problem = draw(seed, number)
    return problem.kinds, check(problem)


def _progress(tally: Tally, seconds: float) -> str:
    total = tally.total
    return f"{total['problems']:,} problems, {total['problems'] / seconds:.0f} a second, {len(tally.failed)} failed"


def shrunk(seed: int, failed: list[tuple[int, Outcome]]) -> list[dict[str, Any]]:
    """The first failures of each sort made smaller."""
    out: list[dict[str, Any]] = []
    done: Counter[tuple[str, str]] = Counter()
    for number, outcome in failed:
        done[outcome.sort] += 1
        if done[outcome.sort] > MOST_SHRUNK:
            continue
        least = shrink(draw(seed, number), partial(fails_alike, outcome.sort))
        again = check(least)
        python = as_python(least, again)
        out.append(
            {"number": number, "fault": again.fault, "least": again.least, "answer": again.answer, "python": python}
        )
    return out


def as_text(tally: Tally, failures: list[dict[str, Any]]) -> str:
    """Tables for a person, then the failures."""
    columns = ("problems", "mappings", "nowhere", "proofs", *FAULTS)
    lines = []
    for table, rows in tally.rows.items():
        lines.append(f"{table:<20}" + "".join(f"{column:>12}" for column in columns))
        for kind, counts in sorted(rows.items()):
            lines.append(f"{kind:<20}" + "".join(f"{counts[column]:>12,}" for column in columns))
        lines.append("")
    for failure in failures:
        lines += [f"# problem {failure['number']}: {failure['fault']}", failure["python"], ""]
    return "\n".join(lines[:-1])


def main() -> int:
    """Hunt, and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    until = parser.add_mutually_exclusive_group()
    until.add_argument("--minutes", type=float, default=math.inf, help="how long")
    until.add_argument("--problems", type=int, help="how many (1,000, if no time is given)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    problems = options.problems or (1000 if math.isinf(options.minutes) else math.inf)
    began = time.perf_counter()
    tally = hunt(options.seed, problems, 60 * options.minutes, options.jobs)
    seconds = time.perf_counter() - began
    print(_progress(tally, seconds), file=sys.stderr)
    failures = shrunk(options.seed, tally.failed)
    if options.json:
        print(json.dumps({"seconds": seconds, "tables": tally.rows, "failed": len(tally.failed), "shrunk": failures}))
    else:
        print(as_text(tally, failures))
    return 1 if tally.failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
