"""Open the study of a run in optuna-dashboard; with --json only print the command that would start it."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from pathlib import Path

EXAMPLE = "cosearch dashboard runs/001 --port 8080"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Define the options."""
    parser.add_argument("run", type=Path, help="folder of a run")
    parser.add_argument("--port", type=int, default=8080, help="where to serve it (default: 8080)")


def run(args: argparse.Namespace) -> int:
    """Become the dashboard."""
    from cosearch.commands.output import print_json
    from cosearch.studies.run_folder import STUDY
    from cosearch.studies.trial_picture import PICTURES
    from nets.documents import is_file
    from nets.errors import CosearchError, InputError

    journal = args.run / STUDY
    if not 1 <= args.port <= 65535:
        raise InputError("--port", args.port, "must be a whole number from 1 to 65535")
    if not is_file("run", journal):
        raise InputError("run", str(args.run), f"holds no {STUDY}", "name the folder that a search wrote")
    _require_study(journal)
    beside = Path(sys.executable).with_name("optuna-dashboard")
    program = str(beside) if beside.exists() else shutil.which("optuna-dashboard")
    command = [program or "optuna-dashboard", str(journal), "--storage-class", "JournalFileStorage"]
    command += ["--artifact-dir", str(args.run / PICTURES), "--port", str(args.port)]
    if args.json:
        print_json({"command": command, "installed": program is not None})
        return 0
    if program is None:
        raise CosearchError("optuna-dashboard is not installed: pip install 'cosearch[dashboard]'")
    _require_free(args.port)
    print(f"the study is at http://127.0.0.1:{args.port}/dashboard/studies/0; Ctrl-C ends it", file=sys.stderr)
    sys.stderr.flush()
    return os.execv(program, command)  # never comes back; signals reach the dashboard itself


def _require_study(journal: Path) -> None:
    """Refuse at once what the dashboard would show as empty: a journal begins with a line of JSON."""
    from nets.documents import parse_json, read_first_line
    from nets.errors import InputError

    line = read_first_line("run", journal)
    try:
        begins = parse_json(line, str(journal))
    except InputError:
        begins = None
    if not isinstance(begins, dict) or "op_code" not in begins:
        raise InputError("run", str(journal), "is no journal of a study", "name the folder that a search wrote")


def _require_free(port: int) -> None:
    import socket

    from nets.errors import InputError

    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise InputError("--port", port, f"cannot be served on: {error.strerror}", "name another") from None
