"""Run the co-search: ``python run_cosearch.py --budget area=5mm2`` is ``cosearch search --budget area=5mm2``."""

import sys

from cosearch.__main__ import main

if __name__ == "__main__":
    if sys.argv[1:2] != ["search"]:
        sys.argv.insert(1, "search")
    sys.exit(main())
