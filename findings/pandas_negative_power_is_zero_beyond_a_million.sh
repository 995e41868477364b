#!/usr/bin/env bash
# pandas 3.1.1: `column ** -1` of whole numbers raises a ValueError up to a million rows, and is 0 in every row beyond.
# That is so where numexpr is installed, which pandas recommends: from 1,000,001 values on pandas hands arithmetic to
# it, and numexpr's power of whole numbers has no fractions. A pipeline that stops with "Integers to negative integer powers
# are not allowed" in each test with a sample answers 0 for 1 / N on the full table, without a word; `2 ** column`
# and a power by a column alike, and a frame of ten columns from 100,001 rows on. `N ** 7` wraps as numpy's does up to
# a million rows and is -2^63 beyond. `1 / column` and floats are right in both. One would guess that the engine changes
# the time that an operation takes, at most the last digit.
# Seen 2026-11-30, Python 3.11.7, numpy 2.4.6, numexpr 2.14.2. Without numexpr both lengths raise.
set -euo pipefail

work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check "pandas==3.1.1" "numpy==2.4.6"

cat > "$work/powers.py" << 'EOF'
import numpy as np
import pandas as pd


def outcome(step):
    """The values that all rows have, or the name of the error."""
    try:
        return sorted(set(np.unique(step()).tolist()))
    except ValueError as error:
        return type(error).__name__


for rows in (1_000_000, 1_000_001):
    sizes = pd.Series(np.full(rows, 1000))
    exponents = pd.Series(np.full(rows, -3))
    print(
        f"{rows} rows: N ** -1 {outcome(lambda: sizes**-1)}, 2 ** column {outcome(lambda: 2**exponents)},"
        f" N ** column {outcome(lambda: sizes**exponents)}, 1 / N {outcome(lambda: 1 / sizes)},"
        f" float N ** -1 {outcome(lambda: sizes.astype(float) ** -1)}, N ** 7 {outcome(lambda: sizes**7)}"
    )
for rows in (100_000, 100_001):
    frame = pd.DataFrame(np.full((rows, 10), 1000))
    print(f"{rows} rows of ten columns: frame ** -1 {outcome(lambda: frame**-1)}")
EOF
cat > "$work/expected" << 'EOF'
without numexpr
1000000 rows: N ** -1 ValueError, 2 ** column ValueError, N ** column ValueError, 1 / N [0.001], float N ** -1 [0.001], N ** 7 [3875820019684212736]
1000001 rows: N ** -1 ValueError, 2 ** column ValueError, N ** column ValueError, 1 / N [0.001], float N ** -1 [0.001], N ** 7 [3875820019684212736]
100000 rows of ten columns: frame ** -1 ValueError
100001 rows of ten columns: frame ** -1 ValueError
with numexpr
1000000 rows: N ** -1 ValueError, 2 ** column ValueError, N ** column ValueError, 1 / N [0.001], float N ** -1 [0.001], N ** 7 [3875820019684212736]
1000001 rows: N ** -1 [0], 2 ** column [0], N ** column [0], 1 / N [0.001], float N ** -1 [0.001], N ** 7 [-9223372036854775808]
100000 rows of ten columns: frame ** -1 ValueError
100001 rows of ten columns: frame ** -1 [0]
EOF

{
  echo "without numexpr"
  "$work/venv/bin/python" "$work/powers.py"
  "$work/venv/bin/pip" install --quiet --disable-pip-version-check "numexpr==2.14.2"
  echo "with numexpr"
  "$work/venv/bin/python" "$work/powers.py"
} | tee "$work/seen"
if ! diff "$work/expected" "$work/seen" >&2; then
  echo "changed: the lines marked < were seen on 2026-11-30" >&2
  exit 1
fi
