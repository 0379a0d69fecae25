"""The command line: ``cosearch COMMAND ...``.

A thin border. The first word names a module of :mod:`cosearch.commands`, imported only then, so that help is instant;
errors become one line on standard error and an exit status in one place, here.
"""

from __future__ import annotations

import argparse
import errno
import importlib
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from cosearch.commands import COMMANDS
from cosearch.commands.parser import STATUSES, Parser, command_parser, passwords, quotable
from nets.errors import CosearchError, nearest, on_one_line, shown

INTERRUPTED: Final = 130
SIGNALS: Final = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name))
_NO_NAMES: Final = (errno.ENAMETOOLONG, errno.ELOOP)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        argv: words after the program's name; those of this process when omitted.

    Returns:
        The exit status.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    if any(mark in word for word in words for mark in ("@", "=", ":/")):
        from cosearch.commands.process_list import hide_from_process_list

        hide_from_process_list(passwords(words))
    try:
        with _interrupted_by_signals():
            return _dispatch(words)
    except SystemExit as leaving:  # argparse, after --help or a usage error it has explained
        return leaving.code if isinstance(leaving.code, int) else 2
    except CosearchError as error:
        _say(quotable(str(error), words))
        return error.exit_status
    except KeyboardInterrupt:
        _say("interrupted")
        return INTERRUPTED
    except BrokenPipeError:  # whoever read the output has read enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        name = on_one_line(str(error.filename or "standard output"))
        if error.errno in _NO_NAMES:
            _say(f"{shown(name)} cannot be the name of a file: {error.strerror}")
            return 2
        _say(f"{name}: {error.strerror or error}")
        return 1


def _say(text: str) -> None:
    """Say what went wrong, with what does not print as escapes."""
    from cosearch.reports.printable import printable

    print(f"cosearch: {printable(text)}", file=sys.stderr)


@contextmanager
def _interrupted_by_signals() -> Iterator[None]:
    """Have SIGTERM and SIGHUP end a command as Ctrl-C does: with everything that is finished.

    One that is ignored, as under ``nohup``, or that somebody else handles stays as it is.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    taken = [number for number in SIGNALS if signal.getsignal(number) is signal.SIG_DFL]
    for number in taken:
        signal.signal(number, signal.default_int_handler)
    try:
        yield
    finally:
        for number in taken:
            signal.signal(number, signal.SIG_DFL)


def _dispatch(words: list[str]) -> int:
    if not words or words[0].startswith("-"):
        _program().parse_args(words)
        _program().print_help(sys.stderr)
        return 2
    name, rest = words[0], words[1:]
    if name not in COMMANDS:
        _say(f"{shown(name)} is no command; {nearest(name, COMMANDS)}")
        return 2
    command = importlib.import_module(f"cosearch.commands.{name}")
    status: int = command.run(command_parser(name).parse_args(rest))
    sys.stdout.flush()
    return status


def _program() -> argparse.ArgumentParser:
    width = max(len(name) for name in COMMANDS) + 2
    commands = "\n".join(f"  {name:<{width}}{summary}" for name, summary in COMMANDS.items())
    parser = Parser(
        prog="cosearch",
        usage="cosearch COMMAND [OPTION ...]",
        description=(
            "Design a neural network, its accelerator and the mapping of every layer together.\n\n"
            f"commands (each has --help with an example):\n{commands}"
        ),
        epilog=f"example:\n  cosearch search --budget area=5mm2\n\n{STATUSES}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version")
    return parser


class _Version(argparse.Action):
    def __call__(self, *_: object) -> None:
        from importlib.metadata import PackageNotFoundError, version

        try:
            print(f"cosearch {version('cosearch')}")
        except PackageNotFoundError:
            print("cosearch, run from its sources and not installed")
        raise SystemExit(0)


if __name__ == "__main__":
    sys.exit(main())
