"""How is it asked from a shell?

One module for each command: its docstring is the help, ``EXAMPLE``, ``add_arguments(parser)`` and ``run(args)``.
"""

from typing import Final

COMMANDS: Final = {
    "search": "find an accelerator, a network and mappings inside a budget",
    "sweep": "a search for each of several budgets, and what more of a limit buys",
    "prove": "how far the design of a run may be from the best of all, proven ever better",
    "nas": "search a space of networks by any strategy of the literature; compare strategies",
    "evaluate": "what a saved design, a network on an accelerator, or a mapping in a file costs",
    "map": "the best mapping found of a layer, as a loop nest, or those of a network",
    "groups": "which layers of a network run together, tile by tile, for the least words to and from DRAM",
    "export": "a machine, a layer and its mapping, or the design of a run, as files of other tools",
    "import": "a machine, or a layer and its mapping, of another tool as a file of our own",
    "roofline": "what every layer of a network could reach, reaches, and is held back by",
    "report": "write the report of a run again, or compare runs",
    "explain": "why the design of a run is as it is, and what more of each resource buys",
    "exhibit": "show a fact of hardware-aware architecture search: tables and a plot",
    "dashboard": "watch a run in optuna-dashboard",
    "predictor": "train, evaluate and describe accuracy predictors",
    "supernet": "train Once-for-All supernets; measure, cut out and export their subnets",
    "networks": "list and show reference networks",
    "accelerators": "list and show published accelerators",
    "schema": "what a file may say, as JSON Schema for editors",
    "completion": "let a shell complete commands, options and names",
}
"""Name and summary, in the order of the help."""
