"""What every command line has in common: ``--json``, an example, the exit status."""

from __future__ import annotations

import argparse
import importlib
import os
from collections.abc import Sequence
from difflib import get_close_matches
from typing import Final, NoReturn

from cosearch.reports.printable import one_line
from nets.errors import nearest, shown

STATUSES: Final = """exit status:
  0 done, 1 the work failed, 2 bad usage or input, 3 finished but no feasible design,
  4 a run that cannot be resumed as asked, 130 interrupted (what was found is kept)"""


LIKE: Final = 0.6
"""How much alike an option must be to be meant."""


class Parser(argparse.ArgumentParser):
    """One that says in one line what is wrong and what to write, and quotes no password, and nothing at length."""

    words: Sequence[str] = ()

    def parse_known_args(self, args=None, namespace=None):  # type: ignore[no-untyped-def]
        """As argparse has it; remembers the words, and takes no ``--`` for a value, of which it would make a list."""
        self.words = list(args or ())
        for word in self.words:
            if word.startswith("--") and word.endswith("=--"):
                self.error(f"argument {word[:-3]}: expected one argument")
        return super().parse_known_args(args, namespace)

    def error(self, message: str) -> NoReturn:
        """End with what is wrong, on one line."""
        odd = message.removeprefix("unrecognized arguments: ").split(" ")[0].partition("=")[0]
        options = [option for action in self._actions for option in action.option_strings]
        if message.startswith("unrecognized arguments: ") and odd.startswith("--"):
            hint = nearest(odd, options) if get_close_matches(odd, options, n=1, cutoff=LIKE) else ""
            message = f"{odd!r} is no option" + (f"; {hint}" if hint else "")
        said = one_line(quotable(message, self.words))
        self.exit(2, f"cosearch: {said} (see {self.prog} --help)\n")


def quotable(text: str, words: Sequence[str]) -> str:
    """What is said of a command, without the passwords among its words and in the environment, long words cut."""
    from nets.secrets import without

    for word in sorted(_values(words), key=len, reverse=True):
        short = shown(word)[1:-1]
        if short != repr(word)[1:-1]:
            text = text.replace(repr(word)[1:-1], short).replace(word, short)
    return without(text, passwords(words))


def passwords(words: Sequence[str]) -> list[str]:
    """Those in addresses among the words of a command line, and in the environment's options."""
    from nets.secrets import secrets_of

    return [secret for word in (*_values(words), os.environ.get("COSEARCH_STORAGE", "")) for secret in secrets_of(word)]


def _values(words: Sequence[str]) -> list[str]:
    """Words of a command line, of ``--option=value`` the value."""
    return [word.partition("=")[2] if word.startswith("--") and "=" in word else word for word in words]


def command_parser(name: str) -> argparse.ArgumentParser:
    """The options of one of :data:`cosearch.commands.COMMANDS`."""
    command = importlib.import_module(f"cosearch.commands.{name}")
    parser = Parser(
        prog=f"cosearch {name}",
        description=command.__doc__,
        epilog=f"example:\n  {command.EXAMPLE}\n\n{STATUSES}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--json", action="store_true", help="print only JSON on standard output")
    command.add_arguments(parser)
    return parser
