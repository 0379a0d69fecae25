"""Prove how good the design of a run is: what no accelerator inside its budget, with any network and mappings that the
run allows, is below; of a run in groups, with layers in any groups or alone. Goes on from what was proven before, keeps
it in the folder of the run, and where it meets a better design whose layers run alone, that takes the place of the
run's."""

from __future__ import annotations

import argparse
import math
import os
import re
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from cosearch.commands.options import add_own_space_option, own_space, own_space_again
from nets.errors import InputError

if TYPE_CHECKING:
    from cosearch.bounds.joint import JointProof
    from cosearch.co_search import CoSearch
    from cosearch.search.prove import Proven
    from cosearch.studies.replay import Replay

EXAMPLE = "cosearch prove runs/001 --gap 5% --time-limit 10min"

DEFAULT_GAP: Final = "5%"
SECONDS: Final = {"": 1.0, "s": 1.0, "min": 60.0, "h": 3600.0}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Define the options."""
    parser.add_argument("run", type=Path, help="folder of a run")
    parser.add_argument(
        "--gap", default=DEFAULT_GAP, metavar="SHARE", help="stop when this is proven, e.g. 5%% or 0.05 (default: 5%%)"
    )
    parser.add_argument("--time-limit", metavar="TIME", help="stop after so long: 30s, 10min, 1h (default: no limit)")
    add_own_space_option(parser)
    parser.add_argument("--jobs", type=int, help="processes (default: the cores there are)")
    parser.add_argument("--quiet", action="store_true", help="show no progress and no closing lines")


def run(args: argparse.Namespace) -> int:
    """Prove, print what is proven, and write it to the run's folder."""
    from cosearch.co_search import CoSearch
    from cosearch.commands.search import BLAS_THREADS
    from cosearch.executors.processes import processors
    from cosearch.problem.flags import FLAGS
    from cosearch.studies.lock import locked
    from cosearch.studies.replay import read_best
    from cosearch.studies.resume import resumed
    from cosearch.studies.run_folder import BEST
    from nets.documents import is_file, require_folder

    gap = read_gap(args.gap)
    limit_s = math.inf if args.time_limit is None else read_time(args.time_limit)
    os.environ.setdefault(BLAS_THREADS, "1")
    folder: Path = args.run
    if not os.path.isdir(folder):
        raise InputError("run", str(folder), "is no folder", "name the folder that a search wrote")
    jobs = processors() if args.jobs is None else args.jobs
    search = resumed(folder, {"jobs": jobs} | own_space(args), FLAGS, CoSearch)
    with locked(folder):
        if not is_file("run", folder / BEST):
            raise InputError(
                "run", str(folder), "has no design to prove", f"end its search: cosearch search --resume {folder}"
            )
        replay = read_best(folder / BEST)
        require_folder("run", folder)
        with _Line(quiet=args.quiet) as line:
            found = _prove(folder, search, replay, gap, limit_s, line)
        _write(folder, replay, found)
    _say(folder, replay, found, gap, args)
    return 130 if found.interrupted else 0


def read_gap(text: str) -> float:
    """A share, ``5%`` or ``0.05``.

    Raises:
        InputError: no number, or none above 0.
    """
    try:
        share = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except ValueError:
        raise InputError("--gap", text, "must be a share", "write e.g. 5% or 0.05") from None
    if not 0 < share < math.inf:
        raise InputError("--gap", text, "must be a finite share above zero", "write e.g. 5% or 0.05")
    return share


def read_time(text: str) -> float:
    """Seconds of ``30s``, ``10min``, ``1h`` or a number of seconds.

    Raises:
        InputError: no time above zero.
    """
    match = re.fullmatch(r"([0-9.]+)\s*([a-z]*)", text.strip())
    try:
        seconds = float(match[1]) * SECONDS[match[2]] if match else math.nan
    except (ValueError, KeyError):
        seconds = math.nan
    if not 0 < seconds < math.inf:
        raise InputError("--time-limit", text, "must be a time above zero", "write e.g. 30s, 10min or 1h")
    return seconds


def _prove(folder: Path, search: CoSearch, replay: Replay, gap: float, limit_s: float, line: _Line) -> Proven:
    from cosearch.search.prove import prove
    from cosearch.studies.run_folder import STUDY
    from cosearch.studies.storage import open_journal, repair_journal
    from cosearch.studies.study import StudyFile

    records = []
    if (folder / STUDY).exists():
        repair_journal(folder / STUDY)
        records = StudyFile(open_journal(folder / STUDY), search.axes, search.hardware).records()
    with search.executor() as executor:
        return prove(
            folder, search.options, replay.winner, records, executor, gap=gap, time_limit_s=limit_s, hear=line.hear
        )


def _write(folder: Path, replay: Replay, found: Proven) -> None:
    """Write what is proven, and the design, if it is a better one, to the run's files."""
    from cosearch.bounds.joint import JointBound
    from cosearch.reports import write_report
    from cosearch.studies.replay import write_best
    from cosearch.studies.run_folder import BEST, BEST_BEFORE
    from cosearch.studies.tables import write_layers
    from nets.documents import read_text, write_whole

    baselines: list[dict[str, Any]] = [dict(entry) for entry in replay.baselines]
    if found.improved:
        if not (folder / BEST_BEFORE).exists():
            write_whole(folder / BEST_BEFORE, read_text("run", folder / BEST))
        same = [cost.network.config for cost in found.winner.costs] == [
            cost.network.config for cost in replay.winner.costs
        ]
        # Published designs were compared on the networks of the design before.
        baselines = [_compared(entry, found.joint.value) for entry in baselines] if same else []
        write_layers(folder, found.winner.costs)
    joint = found.joint.to_dict()
    if found.winner.groups:  # what was proven of designs whose layers run alone stands
        none = JointBound.none(found.winner.value(replay.objective), "the search was interrupted")
        joint = {**(replay.joint or none.to_dict()), "groups": joint}
    write_best(folder, found.winner, replay.objective, replay.budget, baselines, joint)
    write_report(folder)


def _compared(baseline: dict[str, Any], value: float) -> dict[str, Any]:
    return baseline | {"ratio": baseline["value"] / value} if "ratio" in baseline else baseline


def _say(folder: Path, replay: Replay, found: Proven, gap: float, args: argparse.Namespace) -> None:
    from cosearch.commands.output import print_json
    from cosearch.reports.trust import describe_joint, describe_joint_in_groups, describe_mappings

    joint, objective, grouped = found.joint, replay.objective, bool(found.winner.groups)
    if args.json:
        own: dict[str, Any] = {
            "value": joint.value,
            "unit": objective.unit,
            "objective": objective.name,
            "improved": found.improved,
            "groups": grouped,
        }
        own["mappings"] = found.winner.mappings_to_dict(objective)
        print_json(own | {"joint": joint.to_dict(), "checked": found.checked, "interrupted": found.interrupted})
    else:
        if found.improved:
            before = replay.winner.value(objective)
            better = 1 - joint.value / before
            print(
                f"a better design: {objective.title} {joint.value:.4g} {objective.unit}, {better:.2%} less than before"
            )
        print(f"{objective.title} {joint.value:.4g} {objective.unit}{' in groups' if grouped else ''}")
        if grouped:
            print(f"joint gap, groups: {describe_joint_in_groups(joint.to_dict(), objective)}")
        else:
            print(f"joint gap: {describe_joint(joint.to_dict(), objective, found.winner.machine)}")
        for cost in found.winner.costs:
            print(f"mapping gap of {cost.network.name}: {describe_mappings(cost, objective)}")
    if args.quiet or joint.gap is None:
        return
    print(
        f"{joint.boxes} boxes of designs; {found.checked} designs of the study, none below the bound", file=sys.stderr
    )
    if joint.gap > gap:
        if found.exhausted:
            print("nothing can raise the bound further: what is left is how layers are bounded", file=sys.stderr)
        else:
            again = f"{shlex.quote(str(folder))}{own_space_again(args.space)}"
            print(f"go on with it: cosearch prove {again} --gap {gap:.3g}", file=sys.stderr)


class _Line:
    """One line on a terminal that says how far a proof is; nothing where standard error is none."""

    def __init__(self, *, quiet: bool) -> None:
        self._shows = not quiet and sys.stderr.isatty()

    def __enter__(self) -> _Line:
        return self

    def __exit__(self, *_: object) -> None:
        if self._shows:
            sys.stderr.write("\r\033[K")

    def hear(self, proof: JointProof) -> None:
        """Show where a proof stands."""
        if self._shows:
            text = f"gap {proof.gap:.2%}, {len(proof.nodes)} boxes left of {proof.boxes} worked on"
            sys.stderr.write(f"\r\033[K{text}")
            sys.stderr.flush()
