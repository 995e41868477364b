#!/usr/bin/env bash
# numba 0.68.1: `cache=True` never finds again what takes a named tuple whose class stands in the script itself.
# The same function and types are compiled anew in every process and stored beside what is there, one more file each time,
# without a word: the index keeps the class by value, as one does with what `__main__` defines, and each process that
# reads it makes another class of it, which equals none. The same lines in a module that the script imports are found the
# second time. One would guess that a cache either works or warns, as numba does for what it cannot keep.
# Seen 2026-11-29, Python 3.11.7: three runs of one script leave three files, of a module one.
set -euo pipefail

work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check "numba==0.68.1" "llvmlite==0.50.0" "numpy==2.4.6"

cat > "$work/rows.py" <<'PY'
from typing import NamedTuple

import numpy as np
from numba import njit


class Rows(NamedTuple):
    x: np.ndarray
    y: np.ndarray


@njit(cache=True)
def first(rows):
    return rows.x[0] + rows.y[0]


if __name__ in ("__main__", "rows"):
    first(Rows(np.ones(2), np.ones(2)))
PY
stored() {
  for _ in 1 2 3; do
    (cd "$work" && NUMBA_CACHE_DIR="$work/$1" "$work/venv/bin/python" -W error "${@:2}")
  done
  find "$work/$1" -name "*.nbc" | wc -l | tr -d " "
}
of_script="$(stored script rows.py)"
of_module="$(stored module -c "import rows")"
echo "three runs leave $of_script files of a script, $of_module of a module"
if [ "$of_script $of_module" != "3 1" ]; then
  echo "numba now finds what a script has stored, or stores otherwise"
  exit 1
fi
