#!/usr/bin/env bash
# numba 0.68.1: machine code of a compiled function is made again in every compiled function above it.
# One would guess that a function which is too large to be inlined is compiled once and called: it is a dispatcher of its
# own, with its signature in a table. But each caller links a copy of all that it calls, of what that calls too, optimises
# the whole and makes its machine code, so that a function below four others is made five times, although nothing asks for
# four of these copies once the outermost is compiled. How deep functions are nested decides what a compilation takes:
# flattening one of a few hundred lines was most of what took its compilation from 23 to 16 s.
# Pasting all into one (`inline="always"`) is no way out: there what numba does before LLVM grows faster than the function.
# Seen 2026-11-29, Python 3.11.7: the heavy function is defined in the code of all four levels.
set -euo pipefail

work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check "numba==0.68.1" "llvmlite==0.50.0" "numpy==2.4.6"

cat > "$work/seen.py" <<'PY'
import math
import re

import numpy as np
from numba import njit

# So many loops with a call of another function each that LLVM does not inline them.
body = "\n".join(
    f"    for i in range(a.shape[0]):\n        a[i] = math.{name}(a[i]) + {k}.0"
    for k, name in enumerate(("sin", "cos", "tan", "atan", "sinh", "erf", "lgamma") * 5)
)
space = {"math": math}
exec(f"def heavy(a):\n{body}\n    return a[0]", space)
levels = [njit(space["heavy"])]
for _ in range(3):
    made = {"inner": levels[-1]}
    exec("def above(a):\n    return inner(a) + inner(a)", made)
    levels.append(njit(made["above"]))
levels[-1](np.zeros(2))
defined = [
    len(re.findall(r"^_ZN\S*heavy\S*:$", next(iter(level.inspect_asm().values())), re.M))
    for level in levels
]
print(*(int(n > 0) for n in defined))
PY
seen="$("$work/venv/bin/python" "$work/seen.py")"
echo "the heavy function stands in the machine code of itself and of each level above it: $seen"
if [ "$seen" != "1 1 1 1" ]; then
  echo "numba now calls what is compiled, in place of a copy, or otherwise"
  exit 1
fi
