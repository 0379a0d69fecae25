"""One module for each command: its docstring is the help, ``EXAMPLE``, ``add_arguments(parser)`` and ``run(args)``."""

from typing import Final

COMMANDS: Final = {
    "search": "find an accelerator, a network and mappings inside a budget",
    "report": "write the report of a run again",
    "dashboard": "watch a run in optuna-dashboard",
    "networks": "list and show reference networks",
    "accelerators": "list and show published accelerators",
}
"""Name and summary, in the order of the help."""
