"""Run the co-search: ``python run_cosearch.py --budget area=5mm2`` is ``cosearch search --budget area=5mm2``."""

import sys

from cosearch.cli import main

if __name__ == "__main__":
    sys.exit(main(["search", *sys.argv[1:]] if sys.argv[1:2] != ["search"] else sys.argv[1:]))
