"""Mutated files and texts through every reader: errors that are not the project's own, crashes, time, memory, figures.

    python benchmarks/fuzz.py [--inputs N] [--commands N] [--lines N] [--seed N] [--reader NAME] [--show N]

Every input is a sound one with something replaced, left out, repeated or put in. It is read in this process
(``--inputs``), handed to a command as a file (``--commands``), or is the command line itself (``--lines``). Counted are
errors that are not the project's own, inputs that take over two seconds or 500 MB, messages of more than a line, and
figures that are not finite or negative; exit status 1 when there is any.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import math
import os
import random
import resource
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.fuzzing.command_lines import LINES, cleared, lay_files, near, quoted
from benchmarks.fuzzing.mutations import mutated
from benchmarks.fuzzing.reader import bad_figures, content_of
from benchmarks.fuzzing.readers import READERS
from nets.errors import CosearchError

MOST_SECONDS, MOST_MB = 2.0, 500
SAID_EVERY_S = 30.0
OF_EITHER_SIGN = ("config", "description", "expected", "gain_percent", "latency_gain_percent", "energy_gain_percent")
"""Keys of answers below which a figure may be negative."""
COMMANDS: dict[str, tuple[str, str, Callable[[str], list[str]]]] = {
    "evaluate a nest": ("nest", "nest.json", lambda path: ["evaluate", "--nest", path, "--json"]),
    "evaluate a Timeloop case": ("timeloop", "case.yaml", lambda path: ["evaluate", "--timeloop", path, "--json"]),
    "show a machine": ("machine", "machine.yaml", lambda path: ["accelerators", "show", path, "--json"]),
    "describe a predictor": (
        "accuracy predictor",
        "predictor.json",
        lambda path: ["predictor", "info", path, "--json"],
    ),
    "replay a design": ("best", "best.yaml", lambda path: ["evaluate", path, "--json"]),
    "describe a latency predictor": ("latency predictor", "l.json", lambda path: ["predictor", "info", path, "--json"]),
}


class Tally:
    """What went wrong, and how often."""

    def __init__(self, show: int) -> None:
        self.counts, self.examples, self._show = Counter[str](), list[str](), show
        self.slowest, self._said = 0.0, time.monotonic()

    def add(self, kind: str, name: str, text: str, why: str) -> None:
        """One more."""
        self.counts[kind] += 1
        if len(self.examples) < self._show:
            self.examples.append(f"{kind}: {name}: {why}\n    {text[:3000]!r}")

    def say(self, done: int, inputs: int, of: str) -> None:
        """How far it is, now and then."""
        if time.monotonic() - self._said >= SAID_EVERY_S:
            self._said = time.monotonic()
            wrong = sum(self.counts.values())
            print(f"{done:,} of {inputs:,} {of}, {wrong} wrong", file=sys.stderr, flush=True)

    def time(self, name: str, text: str, seconds: float, megabytes: float) -> None:
        """How long one input took, and what it left the memory's peak at."""
        self.slowest = max(self.slowest, seconds)
        if seconds > MOST_SECONDS:
            self.add("slow", name, text, f"{seconds:.1f} s")
        if megabytes > MOST_MB:
            self.add("memory", name, text, f"{megabytes:.0f} MB")


def peak_mb() -> float:
    """Of this process, so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def read_all(inputs: int, rng: random.Random, only: str | None, tally: Tally) -> Counter[str]:
    """Read so many inputs in this process; gives how many were refused."""
    names = [only] if only else [name for name, reader in READERS.items() for _ in range(reader.weight)]
    seeds = {name: READERS[name].seeds() for name in set(names)}
    outcomes = Counter[str]()
    with tempfile.TemporaryDirectory() as folder:
        for name, texts in seeds.items():  # imports and compilation are no part of an input's time
            for text in texts:
                assert not bad_figures(list(READERS[name].read(text, Path(folder)))), name
        for done in range(inputs):
            tally.say(done, inputs, "inputs")
            name = rng.choice(names)
            text = mutated(rng.choice(seeds[name]), rng, READERS[name].form)
            began, before = time.process_time(), peak_mb()
            try:
                bad = bad_figures(list(READERS[name].read(text, Path(folder))))
                outcomes["read"] += 1
                if bad:
                    tally.add("figures", name, text, str(bad))
            except CosearchError as error:
                outcomes["refused"] += 1
                if len(str(error)) > 2000:
                    tally.add("long messages", name, text, str(len(str(error))))
            except Exception as error:
                outcomes["broken"] += 1
                last = traceback.extract_tb(error.__traceback__)[-1]
                tally.add("tracebacks", name, text, f"{error!r} in {Path(last.filename).name}:{last.lineno}")
            tally.time(name, text, time.process_time() - began, peak_mb() - before)
    return outcomes


def command_all(inputs: int, rng: random.Random, tally: Tally) -> Counter[str]:
    """Hand so many inputs to commands; gives how often each exit status came."""
    from cosearch.cli import main as cosearch

    outcomes, warm = Counter[str](), Counter[str]()
    seeds = {reader: READERS[reader].seeds() for reader, _, _ in COMMANDS.values()}
    with tempfile.TemporaryDirectory() as folder:
        warming = [*COMMANDS] * 4
        for number, name in enumerate([*warming, *(rng.choice(sorted(COMMANDS)) for _ in range(inputs))]):
            tally.say(max(0, number - len(warming)), inputs, "commands")
            reader, file, words = COMMANDS[name]
            warm[name] += 1
            began_once = warm[name] > 4
            text = rng.choice(seeds[reader]) if began_once else seeds[reader][warm[name] % len(seeds[reader])]
            text = mutated(text, rng, READERS[reader].form) if began_once else text
            path = Path(folder) / file
            path.write_bytes(content_of(text))
            out, err = io.StringIO(), io.StringIO()
            began, before = time.process_time(), peak_mb()
            try:
                with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                    status = cosearch(words(str(path)))
                outcomes[f"status {status}"] += 1
                if status not in (0, 2):
                    tally.add("statuses", name, text, f"{status}: {err.getvalue()[:200]}")
                if status and [line[:9] for line in err.getvalue().splitlines()].count("cosearch:") != 1:
                    tally.add("messages that are not one line", name, text, err.getvalue()[:300])
                if status == 0 and (bad := _bad_json(out.getvalue())):
                    tally.add("figures", name, text, str(bad))
            except BaseException as error:
                tally.add("tracebacks", name, text, repr(error))
            if began_once:
                tally.time(name, text, time.process_time() - began, peak_mb() - before)
    return outcomes


def line_all(inputs: int, rng: random.Random, tally: Tally) -> Counter[str]:
    """Run so many command lines; gives how often each exit status came."""
    from cosearch.cli import main as cosearch

    outcomes = Counter[str]()
    back = Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        lay_files(Path(folder) / "in")
        try:
            for number, line in enumerate([*LINES, *(rng.choice(LINES) for _ in range(inputs))]):
                sound = number < len(LINES)  # run first, so that imports and compilation are no part of a line's time
                tally.say(max(0, number - len(LINES)), inputs, "lines")
                words = line.split() if sound else near(line, rng)
                os.chdir(cleared(Path(folder) / "here"))
                out, err = io.StringIO(), io.StringIO()
                began, before = time.process_time(), peak_mb()
                try:
                    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                        status = cosearch(words)
                    outcomes[f"line's status {status}"] += 1
                    said = err.getvalue()
                    if status not in (0, 1, 2, 3, 4) or "Traceback" in said:
                        tally.add("statuses", line, quoted(words), f"{status}: {said[:200]}")
                    if status and [text[:9] for text in said.splitlines()].count("cosearch:") != 1:
                        tally.add("messages that are not one line", line, quoted(words), said[:300])
                    if (
                        status == 0
                        and "--json" in words
                        and "--help" not in words
                        and (bad := _bad_json(out.getvalue()))
                    ):
                        tally.add("figures", line, quoted(words), str(bad))
                except BaseException as error:
                    tally.add("tracebacks", line, quoted(words), traceback.format_exc(limit=-3) + repr(error))
                if not sound:
                    tally.time(line, quoted(words), time.process_time() - began, peak_mb() - before)
        finally:
            os.chdir(back)
    return outcomes


def _bad_json(text: str) -> list[str]:
    """Figures of an answer that are not finite, or negative where nothing can be."""
    bad = []
    waiting: list[tuple[str, Any]] = [("", json.loads(text))]
    while waiting:
        key, item = waiting.pop()
        if isinstance(item, dict):
            waiting += [entry for entry in item.items() if entry[0] not in OF_EITHER_SIGN]
        elif isinstance(item, list):
            waiting += [(key, entry) for entry in item]
        elif isinstance(item, int | float) and not isinstance(item, bool) and (not math.isfinite(item) or item < 0):
            bad.append(f"{key} = {item}")
    return bad


def main() -> int:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inputs", type=int, default=20_000)
    parser.add_argument("--commands", type=int, default=1_000)
    parser.add_argument("--lines", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--reader", choices=sorted(READERS))
    parser.add_argument("--show", type=int, default=20, help="examples printed")
    args = parser.parse_args()
    rng, tally = random.Random(args.seed), Tally(args.show)
    began = time.perf_counter()
    outcomes = read_all(args.inputs, rng, args.reader, tally)
    if args.commands:
        outcomes += command_all(args.commands, rng, tally)
    if args.lines:
        outcomes += line_all(args.lines, rng, tally)
    for example in tally.examples:
        print(example)
    print(f"{args.inputs} inputs in this process, {args.commands} through commands, {args.lines} command lines, "
          f"seed {args.seed}, {time.perf_counter() - began:.0f} s: {dict(sorted(outcomes.items()))}")  # fmt: skip
    print(f"wrong: {dict(tally.counts) or 'nothing'}; slowest {tally.slowest:.2f} s, peak {peak_mb():.0f} MB")
    return 1 if tally.counts else 0


if __name__ == "__main__":
    sys.exit(main())
