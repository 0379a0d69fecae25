"""All exhibits: runs every command of docs/naas.md and writes what it prints into the page.

    python benchmarks/naas/all.py [--page FILE] [--out DIR] [--check]

A command of the page is a block of ``bash`` that runs an exhibit; the block of ``text`` behind it is replaced. Parts
that were finished are kept under --out, so that a run that was stopped goes on; plots are written beside the page. With
--check the page is left as it is, and the exit status is 1 where a block says something else than its command.
"""

from __future__ import annotations

import argparse
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from benchmarks.naas.options import RESULTS
from nets.documents import read_text, write_whole

ROOT: Final = Path(__file__).resolve().parents[2]
PAGE: Final = ROOT / "docs" / "naas.md"
SHOWN: Final = re.compile(
    r"(```bash\npython (benchmarks/naas/(?!all)\w+\.py[^\n]*)\n```\n\n```text\n)(.*?)(```)", re.DOTALL
)
"""A command, and what it printed."""


class ExhibitError(Exception):
    """A command that failed."""


def printed(command: str, out: Path) -> str:
    """What a command of the page prints.

    Raises:
        ExhibitError: it failed; what it said is on standard error.
    """
    print(f"$ python {command}", file=sys.stderr, flush=True)
    ran = subprocess.run(
        [sys.executable, *shlex.split(command), "--out", str(out)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    if ran.returncode:
        raise ExhibitError(f"python {command} ended with status {ran.returncode}; what was finished is kept")
    return ran.stdout


def made_again(page: str, out: Path) -> str:
    """A page with every command run and its block replaced.

    Raises:
        ExhibitError: a command failed.
    """
    return SHOWN.sub(lambda block: block[1] + printed(block[2], out) + block[4], page)


def main() -> int:
    """Run, and write or compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--page", type=Path, default=PAGE, metavar="FILE", help="whose commands are run")
    parser.add_argument("--out", type=Path, default=RESULTS, metavar="DIR", help="where finished parts are kept")
    parser.add_argument("--check", action="store_true", help="compare, and change nothing")
    args = parser.parse_args()
    page = read_text("page", args.page)
    try:
        again = made_again(page, args.out.resolve())
    except ExhibitError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    if args.check:
        return int(again != page)
    write_whole(args.page, again)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
