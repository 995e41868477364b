"""The fitter beside scipy, from the same starts on one core: ``python -m evolve bench fit``.

python benchmarks/fit.py [--json]
"""

from __future__ import annotations

import sys

from evolve.cli.app import main

if __name__ == "__main__":
    main(["bench", "fit", *sys.argv[1:]])
