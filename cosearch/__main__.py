"""The first step of a command: an interruption is one line and a status even while the rest is imported."""

from __future__ import annotations

import signal
import sys


def main() -> int:
    """Run the command that this process was started for; ``cosearch.cli.main`` runs any.

    Returns:
        The exit status.
    """
    try:
        from cosearch import cli

        return cli.main()
    except KeyboardInterrupt:
        print("cosearch: interrupted", file=sys.stderr)
        return 130
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # nothing is left to interrupt but the interpreter's own end


if __name__ == "__main__":
    sys.exit(main())
