"""Open the study of a run in optuna-dashboard; with --json only print the command that would start it."""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from pathlib import Path

EXAMPLE = "cosearch dashboard runs/001 --port 8080"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Define the options."""
    parser.add_argument("run", type=Path, help="folder of a run")
    parser.add_argument("--port", type=int, default=8080, help="where to serve it (default: 8080)")


def run(args: argparse.Namespace) -> int:
    """Start the dashboard and wait for it to end."""
    from cosearch.commands.output import print_json
    from cosearch.run_folder import STUDY
    from cosearch.trial_picture import PICTURES
    from nets.errors import CosearchError, InputError

    journal = args.run / STUDY
    if not journal.is_file():
        raise InputError("run", str(args.run), f"holds no {STUDY}", "name the folder that a search wrote")
    beside = Path(sys.executable).with_name("optuna-dashboard")
    program = str(beside) if beside.exists() else shutil.which("optuna-dashboard")
    command = [program or "optuna-dashboard", str(journal), "--storage-class", "JournalFileStorage"]
    command += ["--artifact-dir", str(args.run / PICTURES), "--port", str(args.port)]
    if args.json:
        print_json({"command": command, "installed": program is not None})
        return 0
    if program is None:
        raise CosearchError("optuna-dashboard is not installed: pip install 'cosearch[dashboard]'")
    return subprocess.run(command, check=False).returncode
