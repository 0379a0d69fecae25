"""Explain the winner of a run: what binds each layer, what a tenth more of each resource buys after mapping anew, what
limits the next step inside the budget, and why the array is wired as it is: beside every other wiring, with what was
tried of it and what none of its designs can beat. Writes explanation.json, which the report then shows."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cosearch.commands.options import add_own_space_option, own_space

if TYPE_CHECKING:
    from cosearch.reports.explanation import Explanation
    from cosearch.reports.rivals import WiringBounds
    from cosearch.studies.replay import Replay

EXAMPLE = "cosearch explain runs/001"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Define the options."""
    parser.add_argument("run", type=Path, help="folder of a run")
    parser.add_argument(
        "--evaluations",
        type=int,
        metavar="N",
        help="mappings tried for each layer shape of each variant (default: as for the winner)",
    )
    add_own_space_option(parser)
    parser.add_argument("--all-wirings", action="store_true", help="print every wiring, not only the nearest ten")


def run(args: argparse.Namespace) -> int:
    """Explain, print, and write the report again."""
    from cosearch.commands.output import print_json
    from cosearch.reports import write_report
    from cosearch.reports.run import read_run

    found = write_explanation(args.run, args.evaluations, own_space(args))
    write_report(args.run)
    if args.json:
        print_json(found.to_dict())
    else:
        _say(found)
        _say_wirings(found, every=args.all_wirings)
    replay = read_run(args.run).replay
    if replay is not None and replay.winner.groups:
        print("note: all of this is with every layer alone, not of layers in groups", file=sys.stderr)
    return 0


def write_explanation(folder: Path, evaluations: int | None, own: Mapping[str, Any]) -> Explanation:
    """Explain the winner of a run and write ``explanation.json``.

    Args:
        folder: of the run.
        evaluations: mappings tried for each layer shape of each variant; as for the winner where ``None``.
        own: what :func:`cosearch.commands.options.own_space` says.

    Raises:
        InputError: no run, a run without a winner, or a number of evaluations out of range.
    """
    import json

    from cosearch.executors.processes import processors
    from cosearch.reports.explanation import explain, explanation_options
    from cosearch.reports.run import EXPLANATION, read_run
    from nets.documents import require_folder, write_whole
    from nets.errors import InputError

    if evaluations is not None and evaluations < 1:
        raise InputError("--evaluations", evaluations, "must be a whole number of at least 1")
    run = read_run(folder)
    if run.replay is None:
        raise InputError("run", str(folder), "has no design to explain")
    require_folder("run", folder)
    options, budget = explanation_options(run.options, run.replay.objective, processors())
    bounds = _bounds(folder, run.replay, own)
    found = explain(run, options, budget if evaluations is None else evaluations, bounds)
    write_whole(folder / EXPLANATION, json.dumps(found.to_dict(), indent=1, allow_nan=False) + "\n")
    return found


def _bounds(folder: Path, replay: Replay, own: Mapping[str, Any]) -> WiringBounds:
    """What no wiring can beat; nothing where another version ran."""
    from cosearch.co_search import CoSearch
    from cosearch.reports.rivals import WiringBounds
    from cosearch.studies.resume import resumed
    from nets.errors import ResumeError

    try:
        options = resumed(folder, own, {}, CoSearch).options
    except ResumeError as error:
        return WiringBounds.none(replay, str(error))
    return WiringBounds.of(folder, replay, options)


def _say(found: Explanation) -> None:
    for sentence in found.words:
        print(f"{sentence}\n")
    print(f"{'a tenth more of':<28}{'from':>10}  {'to':<34}{'mm2':>8}{'saved':>9}  budget")
    for change in found.changes:
        print(
            f"{change.resource:<28}{change.before:>10}  {change.after:<34}{change.machine.area_mm2:>8.4g}"
            f"{change.gain_percent:>8.2f}%  {'; '.join(change.breaks) or 'kept'}"
        )
    if not found.wirings:
        return
    print(f"\n{'the same array, wired':<34}{found.objective.title}, times the winner's")
    for entry in sorted(found.wirings, key=lambda entry: float(entry["ratio"])):
        print(f"{entry['array']:<34}{entry['ratio']:.3f}")


def _say_wirings(found: Explanation, *, every: bool) -> None:
    from cosearch.reports.rivals import NEAREST, summarised

    if not found.rivals:
        return
    shown = list(found.rivals) if every else list(found.rivals[:NEAREST])
    print(f"\n{'every wiring':<14}{'or its image':<14}{'in the search':<28}proven, of arrays of any size")
    for rival in shown:
        print(f"{rival.wiring:<14}{rival.mirror:<14}{rival.tried:<28}{rival.proven}")
    for sentence in summarised(found.rivals[len(shown) :]):
        print(sentence)
