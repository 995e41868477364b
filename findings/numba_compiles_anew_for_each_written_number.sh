#!/usr/bin/env bash
# numba 0.68.1: a compiled function is compiled once more for every number that is written in a call of it.
# `inner(a, 1)` and `inner(a, 8)` in another compiled function look like two calls with an array and a 64-bit integer, of
# which one compilation would do, as it does where Python itself calls `inner` with both. numba takes each number for a
# type of its own (`Literal[int](1)`) and compiles `inner`, and all that it calls with that number, for each of them;
# with the number in a variable of two possible values it compiles once. In a kernel of a few hundred lines that was
# a quarter of half a minute.
# Seen 2026-11-29, Python 3.11.7.
set -euo pipefail

work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check "numba==0.68.1" "llvmlite==0.50.0" "numpy==2.4.6"

cat > "$work/seen.py" <<'PY'
import numpy as np
from numba import njit


def total(a, n):
    t = 0.0
    for i in range(n):
        t += a[i % a.shape[0]]
    return t


written, asked, either = njit(total), njit(total), njit(total)


@njit
def two_numbers(a):
    return written(a, 1) + written(a, 8)


@njit
def one_variable(a):
    t = 0.0
    for i in range(2):
        n = 1 if i == 0 else 8
        t += either(a, n)
    return t


a = np.ones(3)
assert two_numbers(a) == one_variable(a) == asked(a, 1) + asked(a, 8) == 9.0
print(len(written.signatures), len(asked.signatures), len(either.signatures))
PY
seen="$("$work/venv/bin/python" "$work/seen.py")"
echo "compilations with two written numbers, called by Python with both, with a variable: $seen"
if [ "$seen" != "2 1 1" ]; then
  echo "numba now compiles once for numbers that are written in calls, or otherwise"
  exit 1
fi
