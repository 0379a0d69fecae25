"""Options that all exhibits have, and how each of them ends."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from benchmarks.naas.envelope import SHIPPED, Envelope, chosen, read_envelopes
from cosearch.executors.executor import Executor
from cosearch.executors.processes import Processes
from cosearch.executors.serial import Serial
from nets.errors import CosearchError, InputError

RESULTS: Final = Path("runs/naas")


def parser(doc: str | None, *, trials: int, seeds: int | None = None) -> argparse.ArgumentParser:
    """A parser with what all exhibits take.

    Args:
        trials: of a search, usually.
        seeds: searches of each kind, usually; omitted where there is one.
    """
    made = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--envelope", action="append", metavar="NAME", help="one of them; several are allowed")
    made.add_argument("--envelopes", default=str(SHIPPED), metavar="FILE", help="limits of other baselines")
    made.add_argument("--trials", type=int, default=trials, help=f"designs of a search (default: {trials})")
    if seeds is not None:
        made.add_argument("--seeds", type=int, default=seeds, help=f"searches of each kind (default: {seeds})")
    made.add_argument("--seed", type=int, default=0, help="of the first search")
    made.add_argument("--jobs", type=int, default=2, help="processes; results do not depend on them")
    made.add_argument("--out", type=Path, default=RESULTS, metavar="DIR", help="where finished parts are kept")
    made.add_argument("--json", action="store_true", help="print one JSON object")
    return made


def envelopes(args: argparse.Namespace) -> list[Envelope]:
    """The envelopes that are asked for."""
    for name in ("trials", "seeds", "jobs"):
        if getattr(args, name, 1) < 1:
            raise InputError(name, getattr(args, name), "must be at least 1")
    return chosen(args.envelope, read_envelopes(args.envelopes))


def one_envelope(args: argparse.Namespace) -> Envelope:
    """The envelope that is asked for, of an exhibit that takes a single one.

    Raises:
        InputError: several are named.
    """
    if len(args.envelope) > 1:
        raise InputError("envelope", ", ".join(args.envelope), "is one here", "name one, and run it once for each")
    return envelopes(args)[0]


def executor(args: argparse.Namespace) -> Executor:
    """Who maps."""
    return Processes(args.jobs) if args.jobs > 1 else Serial()


def run(
    exhibit: Callable[[argparse.Namespace], dict[str, Any]], say: Callable[[Any], None], args: argparse.Namespace
) -> int:
    """Show an exhibit, as JSON or for a person; exit status 2 for what cannot be done as asked."""
    try:
        found = exhibit(args)
    except CosearchError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    if args.json:
        print(json.dumps(found))
    else:
        say(found)
    return 0
