"""What every command line has in common: ``--json``, an example, the exit status."""

from __future__ import annotations

import argparse
import importlib
from typing import Final

STATUSES: Final = """exit status:
  0 done, 1 the work failed, 2 bad usage or input, 3 finished but no feasible design,
  4 a run that cannot be resumed as asked, 130 interrupted (what was found is kept)"""


def command_parser(name: str) -> argparse.ArgumentParser:
    """The options of one of :data:`cosearch.commands.COMMANDS`."""
    command = importlib.import_module(f"cosearch.commands.{name}")
    parser = argparse.ArgumentParser(
        prog=f"cosearch {name}",
        description=command.__doc__,
        epilog=f"example:\n  {command.EXAMPLE}\n\n{STATUSES}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--json", action="store_true", help="print only JSON on standard output")
    command.add_arguments(parser)
    return parser
