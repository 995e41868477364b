#!/usr/bin/env bash
# numba 0.68.1: `np.mean` and `np.std` of 1e7 float32 losses in a compiled function are wrong by 7 % and by a factor of 2.
# The losses are 2.5 with a spread of 0.1. numpy says 2.500 and 0.100; the same two lines under `njit` say 2.335 and 0.192,
# at 2e7 rows 2.658 and 0.187, without a warning. numpy adds in pairs of blocks; numba's version of it adds one
# number after the other in the type of the array, which from 2^24 on rounds each loss to a whole number. Up to 5e6 rows
# both agree to 1e-4. `fastmath=True`, said to be the less exact one, adds in lanes and is right to 1e-5.
# Seen 2026-11-29, Python 3.11.7, numpy 2.4.6. Convert to float64, or call numpy's mean outside the compiled function.
set -euo pipefail

work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check "numba==0.68.1" "numpy==2.4.6"

cat > "$work/mean.py" << 'EOF'
import numpy as np
from numba import njit


def of(losses):
    return np.mean(losses), np.std(losses)


losses = np.random.default_rng(0).normal(2.5, 0.1, 20_000_000).astype(np.float32)
ways = {"numpy": of, "numba": njit(of), "numba, fastmath": njit(fastmath=True)(of)}
for rows in (5_000_000, 10_000_000, 20_000_000):
    for name, way in ways.items():
        mean, spread = way(losses[:rows])
        print(f"{rows} rows, {name}: mean {mean:.3f}, std {spread:.3f}")
mean, spread = ways["numba"](losses.astype(float))
print(f"float64, numba: mean {mean:.3f}, std {spread:.3f}")
EOF
cat > "$work/expected" << 'EOF'
5000000 rows, numpy: mean 2.500, std 0.100
5000000 rows, numba: mean 2.500, std 0.100
5000000 rows, numba, fastmath: mean 2.500, std 0.100
10000000 rows, numpy: mean 2.500, std 0.100
10000000 rows, numba: mean 2.335, std 0.192
10000000 rows, numba, fastmath: mean 2.500, std 0.100
20000000 rows, numpy: mean 2.500, std 0.100
20000000 rows, numba: mean 2.658, std 0.187
20000000 rows, numba, fastmath: mean 2.500, std 0.100
float64, numba: mean 2.500, std 0.100
EOF

"$work/venv/bin/python" "$work/mean.py" | tee "$work/seen"
if ! diff "$work/expected" "$work/seen" >&2; then
  echo "changed: the lines marked < were seen on 2026-11-29" >&2
  exit 1
fi
