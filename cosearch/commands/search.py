"""Find an accelerator inside a budget, a network for it (a subnet of a Once-for-All space, unless --network names some)
and a mapping for every layer, together."""

from __future__ import annotations

import argparse
import logging
import os
import shlex
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from cosearch.commands.options import (
    add_bits_table_options,
    add_carrying_options,
    add_import_options,
    add_layer_precision_option,
    add_precision_option,
    carried,
    named_networks,
    own_space_again,
    refuse_network_options,
)
from cosearch.problem.flags import FLAGS

if TYPE_CHECKING:
    from cosearch.co_search import CoSearch
    from cosearch.search.result import CoSearchResult
    from cosearch.studies.location import StudyLocation
    from nets import Network

EXAMPLE = "cosearch search --budget area=5mm2,latency=10ms --min-accuracy 76"
DEFAULT_BUDGET = "area=5mm2"

BLAS_THREADS: Final = "OPENBLAS_NUM_THREADS"
"""Matrices are small here: threads of BLAS would spend more time waiting for each other than they save."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Define the options."""
    add_what(parser.add_argument_group("what is designed"))
    add_how(parser.add_argument_group("how it is searched"))
    _add_where(parser.add_argument_group("where the run is kept"))
    parser.add_argument("--quiet", action="store_true", default=None, help="show no progress and no closing lines")
    parser.add_argument("-v", "--verbose", action="store_true", help="log what happens on standard error")
    parser.add_argument(
        "--config",
        type=Path,
        metavar="FILE",
        help="options as TOML, e.g. seed = 3; COSEARCH_SEED=3 beats the file, --seed 3 beats both",
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="print the size of the space, the plan and the expected time"
    )


def add_what(group: argparse._ArgumentGroup) -> None:
    """Define what a search, or each point of a sweep, designs."""
    group.add_argument(
        "--budget",
        action="append",
        metavar="LIMITS",
        help="e.g. area=5mm2,latency=10ms; also power, energy, pes, sram, bandwidth, noc (default: area=5mm2)",
    )
    group.add_argument(
        "--network",
        action="append",
        metavar="NAME[,NAME]",
        help="design for these, FILE.onnx and PACKAGE.MODULE:FACTORY too; several by their geometric mean",
    )
    add_import_options(group)
    add_precision_option(group)
    add_layer_precision_option(group)
    add_bits_table_options(group)
    group.add_argument(
        "--machine",
        metavar="NAME",
        help="design a machine of this family instead of the template: eyeriss_like, simba_like, tpu_like, "
        "gemmini_like, two_level, or FILE.yaml; a preset or a machine's file with --vary",
    )
    group.add_argument(
        "--vary",
        action="append",
        metavar="PART=VALUES",
        help="what of it varies, e.g. 'GLB.capacity=16KB..512KB, array.x=4..32, DRAM=lpddr4|hbm2' (default: as its "
        "file says)",
    )
    group.add_argument(
        "--space",
        help="of subnets, PACKAGE.MODULE:SPACE too; [SPACE=]SUPERNET.pt with --data (default: ofa-mbv3-w1.0)",
    )
    group.add_argument("--data", help="images to measure a supernet's subnets on: digits, or a folder")
    group.add_argument(
        "--predictor",
        type=Path,
        metavar="FILE",
        help="of accuracy (default: that of the space): measured ones as CSV, a trained one, or Once-for-All's",
    )
    group.add_argument(
        "--latency",
        type=Path,
        metavar="FILE",
        help="of another device, where the network keeps --latency-limit: a table of layers, for subnets a predictor",
    )
    group.add_argument("--latency-limit", type=float, metavar="MS", help="what it may take there")
    group.add_argument(
        "--limit",
        action="append",
        metavar="NAME=VALUE,...",
        help="on the network by itself: sram=320KB,flash=1MB (8 bits, on a microcontroller), macs=300M, params=4M",
    )
    group.add_argument("--min-accuracy", type=float, metavar="PERCENT", help="top-1 (default: 75)")
    group.add_argument(
        "--confidence",
        type=float,
        metavar="PROBABILITY",
        help="with which the subnet found reaches that accuracy, e.g. 0.9 (default: only its predicted mean must)",
    )
    group.add_argument("--resolution", type=int, help="of the input image (default: chosen, or as published)")
    group.add_argument("--objective", help="edp, latency or energy (default: edp)")
    group.add_argument(
        "--objectives",
        metavar="NAME,NAME",
        help="several at once for a front: edp, latency or energy first, then any of them, accuracy, area, power",
    )
    add_carrying_options(group, of="designs, of 45 nm as a rule,")


def add_how(group: argparse._ArgumentGroup) -> None:
    """Define how it is searched."""
    group.add_argument(
        "--trials",
        type=int,
        help="accelerators to evaluate (default: 80; 60 with --fuse auto, 240 for networks, 400 by another sampler)",
    )
    group.add_argument(
        "--evaluations", type=int, metavar="N", help="mappings tried for each layer shape on each accelerator"
    )
    group.add_argument("--last-evaluations", type=int, metavar="N", help="the same for the winner and the baselines")
    group.add_argument(
        "--last-mapper",
        metavar="NAME",
        help="maps what may be the best, and the network at the end: optimal (default); cmaes for not",
    )
    group.add_argument(
        "--fuse",
        nargs="?",
        const="on",
        metavar="WHEN",
        help="let layers run in groups, with what lies between them on the chip: on (or no word), off, or auto",
    )
    group.add_argument("--no-baselines", action="store_true", default=None, help="do not compare published designs")
    group.add_argument(
        "--sampler",
        help="race, cmaes, tpe, nsga2, nsga3, gp, random or qmc (default: race; all but cmaes search fronts too)",
    )
    group.add_argument("--time-limit", type=float, metavar="SECONDS", help="begin nothing new after so long")
    group.add_argument("--seed", type=int, help="same seed, same result, whatever --jobs (default: 0)")
    group.add_argument("--jobs", type=int, help="processes (default: the cores there are)")
    group.add_argument("--cluster", metavar="ADDRESS", help="let workers of a Dask cluster work: tcp://HOST:PORT")


def _add_where(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--out", type=Path, metavar="DIR", help="folder of the run (default: runs/001, 002, ...)")
    group.add_argument(
        "--storage",
        metavar="ADDRESS",
        help="keep the study there too: journal:PATH, sqlite:///PATH or postgresql://USER@HOST/DATABASE",
    )
    group.add_argument("--study-name", metavar="NAME", help="of the study in --storage (default: cosearch)")
    group.add_argument(
        "--join",
        action="store_true",
        default=None,
        help="work on the study in --storage (PostgreSQL) together with every machine that runs this same command",
    )
    group.add_argument(
        "--resume",
        nargs="?",
        type=Path,
        const=True,
        metavar="RUN",
        help="go on with a run that was stopped, with its own options; without RUN, that of --out, if it was begun",
    )


def run(args: argparse.Namespace) -> int:
    """Search, print what was found, and write the run's folder."""
    os.environ.setdefault(BLAS_THREADS, "1")
    with _logged(args.verbose):
        return _run(args)


@contextmanager
def _logged(verbose: bool) -> Iterator[None]:
    """Send what this package logs to standard error, if asked to."""
    if not verbose:
        yield
        return
    logger, handler = logging.getLogger("cosearch"), logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(name)s: %(message)s"))
    before = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(before)


def _run(args: argparse.Namespace) -> int:
    from cosearch.commands.progress import Progress
    from cosearch.commands.settings import fill
    from cosearch.studies.config_file import write_config
    from cosearch.studies.lock import locked
    from cosearch.studies.run_folder import check_claimable, claim, next_run

    fill(args, KINDS, os.environ, args.config)
    given = given_options(args)
    if args.cluster is not None:
        from cosearch.executors.cluster import check_address

        check_address(args.cluster)
    from cosearch.search.kernels import begin_kernels

    begin_kernels()
    folder = _to_resume(args)
    resume = folder is not None
    location = _location(args, folder)
    search = search_of(given) if folder is None else _resumed(folder, given)
    if args.dry_run:
        check_claimable(args.out or next_run())
        return _say_plan(search, args)
    folder = folder or claim(args.out or next_run())
    if search.fuse == "auto" and search.layers_alone:
        print(f"note: every layer runs alone: {search.layers_alone}", file=sys.stderr)
    with locked(folder):
        try:
            if not resume:
                kept = None if location is None else location.to_dict()
                write_config(folder, search, kept)
            with Progress(search.trials, search.goal, quiet=args.quiet) as progress:
                result = search.run(progress, folder, resume=resume, mirror=location, cluster=args.cluster)
        except BaseException:
            if not resume:
                _leave_nothing(folder, search)
            raise
    _say(result, folder, args)
    if result.lost:
        print(f"cosearch: {result.lost}; this is what was found until then", file=sys.stderr)
        return 1
    if result.interrupted:
        return 130
    return 0 if result.feasible else 3


def _location(args: argparse.Namespace, folder: Path | None) -> StudyLocation | None:
    """Where the study is kept too: where asked for, or where that of the run in ``folder`` was."""
    from cosearch.studies.location import StudyLocation
    from cosearch.studies.resume import recorded_location
    from cosearch.studies.storage import check_address
    from nets.errors import NO_VALUE, InputError

    if args.storage is None:
        if args.study_name is not None:
            raise InputError("--study-name", args.study_name, "names a study in a storage", "give --storage too")
        if args.join:
            raise InputError("--join", NO_VALUE, "joins a study in a storage", "give --storage postgresql://... too")
        return None if folder is None else recorded_location(folder)
    check_address(args.storage)
    named = {} if args.study_name is None else {"name": args.study_name}
    location = StudyLocation(args.storage, join=bool(args.join), **named)
    if location.join:
        location.require_shareable()
    return location


def _to_resume(args: argparse.Namespace) -> Path | None:
    """The folder of the run to go on with; ``None`` when a new one begins."""
    from cosearch.studies.run_folder import is_blank
    from nets.errors import NO_VALUE, InputError

    if args.resume is None:
        return None
    if args.dry_run:
        raise InputError("--resume", NO_VALUE, "goes on with a run, and --dry-run plans a new one", "leave one out")
    if args.resume is not True:
        if args.out is not None and args.out != args.resume:
            raise InputError("--out", str(args.out), f"contradicts --resume {args.resume}", "name the run once")
        return Path(args.resume)
    if args.out is None:
        raise InputError("--resume", NO_VALUE, "needs the folder of a run", "write --resume RUN, or --out RUN --resume")
    begun = os.path.exists(args.out) and not (os.path.isdir(args.out) and is_blank(args.out))
    return Path(args.out) if begun else None


KINDS: Final = {
    "budget": list,
    "machine": str,
    "vary": list,
    "network": list,
    "space": str,
    "data": str,
    "predictor": Path,
    "latency": Path,
    "latency_limit": float,
    "limit": list,
    "min_accuracy": float,
    "confidence": float,
    "resolution": int,
    "shape": list,
    "subnet": str,
    "outputs": str,
    "movement": list,
    "fold_3d": bool,
    "phase": str,
    "batch": int,
    "new": int,
    "context": int,
    "objective": str,
    "objectives": str,
    "trials": int,
    "evaluations": int,
    "last_evaluations": int,
    "last_mapper": str,
    "fuse": str,
    "no_baselines": bool,
    "sampler": str,
    "time_limit": float,
    "seed": int,
    "node": int,
    "voltage": float,
    "dram": str,
    "standing_costs": bool,
    "technology": Path,
    "precision": str,
    "layer_precision": list,
    "bits_table": str,
    "max_loss": float,
    "jobs": int,
    "cluster": str,
    "out": Path,
    "storage": str,
    "study_name": str,
    "join": bool,
    "quiet": bool,
}
"""Options that the environment and a file may set too."""


def given_options(args: argparse.Namespace) -> dict[str, Any]:
    """The options of :class:`CoSearch` that were asked for."""
    from cosearch.executors.processes import processors
    from cosearch.problem.budget import Budget
    from nets.errors import InputError

    if args.network is None:
        # The options of a search say what is wrong with these.
        refuse_network_options(args, but=("precision", "layer_precision", "bits_table", "max_loss"))
    given = {
        "budget": None if args.budget is None else Budget.parse(*args.budget),
        **_machine(args),
        "networks": args.network and _networks(args),
        "space": args.space,
        "data": args.data,
        "predictor": args.predictor,
        "latency": args.latency,
        "latency_limit_ms": args.latency_limit,
        "limit": args.limit and tuple(args.limit),
        "min_accuracy": args.min_accuracy,
        "confidence": args.confidence,
        "resolution": args.resolution,
        "objective": args.objective,
        "objectives": None if args.objectives is None else tuple(name.strip() for name in args.objectives.split(",")),
        "trials": args.trials,
        "mapper_budget": args.evaluations,
        "last_mapper_budget": args.last_evaluations,
        "last_mapper": args.last_mapper,
        "fuse": args.fuse,
        "baselines": None if args.no_baselines is None else not args.no_baselines,
        "sampler": args.sampler,
        "time_limit_s": args.time_limit,
        "seed": args.seed,
        **carried(args),
        "precision": args.precision,
        "layer_precision": args.layer_precision and tuple(args.layer_precision),
        "bits_table": args.bits_table,
        "max_loss": args.max_loss,
        "jobs": processors() if args.jobs is None else args.jobs,
    }
    given = {name: value for name, value in given.items() if value is not None}
    for name in ("space", "data", "limit", "min_accuracy", "confidence"):
        if "networks" in given and name in given:
            rule = "is for searching a network and contradicts --network"
            raise InputError(FLAGS[name], given[name], rule, "drop one of them")
    if "objectives" in given and "objective" in given:
        raise InputError("--objective", given["objective"], "contradicts --objectives", "drop one of them")
    return given


def _machine(args: argparse.Namespace) -> dict[str, Any]:
    """The machine that is designed, and what varies of it: as asked for, else as its file says."""
    if args.machine is None:
        return {"vary": args.vary and tuple(args.vary)}
    from accel_models.families import load_family
    from cosearch.problem.vary import parse_vary
    from nets.errors import InputError

    machine, vary = load_family(args.machine)
    try:
        parse_vary(vary, machine)
    except InputError as error:  # of a text that stands in the file
        raise InputError(f"{args.machine}: {error.place}", error.value, error.rule, error.hint) from None
    if args.vary:
        parse_vary(tuple(args.vary), machine)  # refuses a part that it has not, before the search itself is loaded
    return {"machine": machine, "vary": tuple(args.vary or vary)}


def _networks(args: argparse.Namespace) -> tuple[str | Network, ...]:
    """Reference networks by name; those of files and factories, and of phases, layer by layer."""
    from nets.imports.named import imported
    from nets.language.network import LanguageNetwork

    names = [name.strip() for words in args.network for name in words.split(",")]
    return tuple(
        network if imported(name) or network.space is not None or isinstance(network, LanguageNetwork) else name
        for name, network in zip(names, named_networks(args, names))
    )


def search_of(given: Mapping[str, Any]) -> CoSearch:
    """The search of some options; raises :class:`InputError` for one that is out of range or contradicts another."""
    from cosearch.co_search import CoSearch
    from cosearch.problem.budget import Budget

    return CoSearch(**{"budget": Budget.parse(DEFAULT_BUDGET), **given})


def _resumed(folder: Path, given: Mapping[str, Any]) -> CoSearch:
    from cosearch.co_search import CoSearch
    from cosearch.studies.resume import resumed

    return resumed(folder, given, FLAGS, CoSearch)


def _leave_nothing(folder: Path, search: CoSearch) -> None:
    """Remove the folder of a run that evaluated nothing; one that did keeps its study."""
    from cosearch.studies.kept_files import forget_files
    from cosearch.studies.run_folder import CONFIG, STUDY

    if not os.path.exists(folder / STUDY):
        (folder / CONFIG).unlink(missing_ok=True)
        forget_files(folder, search)
        folder.rmdir()


def _say_plan(search: CoSearch, args: argparse.Namespace) -> int:
    from cosearch.commands.output import print_json
    from cosearch.search.plan import describe, plan

    found = plan(search)
    if args.json:
        print_json(found.to_dict())
    else:
        sys.stdout.write(describe(found))
    return 0


def _say(result: CoSearchResult, folder: Path, args: argparse.Namespace) -> None:
    from cosearch.commands.output import print_json
    from cosearch.reports.summary import describe_closest, describe_effort, describe_end, print_winner

    if args.json:
        print_json(result.to_dict() | {"folder": str(folder)})
    elif result.winner is not None:
        baselines = [line.to_dict() for line in result.baselines]
        joint = None if result.joint is None else result.joint.to_dict()
        print_winner(result.winner, result.objective, baselines, sys.stdout, joint, result.spread)
    if result.closest is not None:
        print(f"cosearch: {describe_closest(result.closest)}", file=sys.stderr)
    if not args.quiet:
        print(describe_effort(result), file=sys.stderr)
        print(describe_end(result, folder), file=sys.stderr)
    if result.interrupted or result.lost:
        again = f"{shlex.quote(str(folder))}{own_space_again(args.space)}"
        print(f"go on with it: cosearch search --resume {again}", file=sys.stderr)
