#!/usr/bin/env bash
# numba 0.68.1: a compiled callback that is handed to a compiled function costs tens of microseconds at each call from Python.
# A `cfunc` is an address, and numba documents such objects as arguments; within compiled code a call by one takes about as
# long as any other. One would guess that handing it over costs what handing over an integer does. But at each call from
# Python every such argument is taken to a function in Python that finds its address anew, so that a compiled function
# with seven of them was held up for 0.3 ms, a seventh of the work that it then did. Addresses as integers, called through an
# `intrinsic`, cost nothing of that.
# Seen 2026-11-29, Python 3.11.7: some 230 times what an integer in its place takes; 20 are asked for here.
set -euo pipefail

work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check "numba==0.68.1" "llvmlite==0.50.0" "numpy==2.4.6"

cat > "$work/seen.py" <<'PY'
import time

from numba import cfunc, njit


@cfunc("float64(float64)")
def half(x):
    return 0.5 * x


@njit
def by_function(x, function):
    return function(x)


@njit
def by_integer(x, address):
    return x + address


def microseconds(function, argument):
    function(1.0, argument)
    spent = []
    for _ in range(20):
        began = time.perf_counter()
        for _ in range(500):
            function(1.0, argument)
        spent.append((time.perf_counter() - began) / 500 * 1e6)
    return min(spent)


dear, cheap = microseconds(by_function, half), microseconds(by_integer, half.address)
print(f"{dear:.2f} us with a compiled callback, {cheap:.2f} us with an integer: {dear / cheap:.0f} times")
raise SystemExit(0 if dear > 20 * cheap else 1)
PY
if ! "$work/venv/bin/python" "$work/seen.py"; then
  echo "numba now takes a callback at little cost"
  exit 1
fi
