#!/usr/bin/env bash
# polars 2.1.0: `log10` of 1000 is 2.9999999999999996, so that rows of 1e3, 1e6, 1e9 and 1e12 fall one decade short.
# Its `log10()` is the natural logarithm divided by that of 10, not the `log10` that libraries of C have. Six of the
# whole powers from 10^0 to 10^15 come out below their exponent, in expressions, on a Series and in SQL, for whole
# numbers and for floats, and `log10().floor()` gives 2 for 1000, 5 for 1e6, 8 for 1e9 and 11 for 1e12: who groups runs by
# decade puts a budget of 1e9 tokens among the hundreds of millions, and 1e8 and 1e10 rightly. Of the powers from 10^-1
# to 10^-9, as learning rates are, three are met. numpy, pyarrow and duckdb are exact, and np.log10 of the very same
# polars Series is, too.
# Seen 2026-11-30, Python 3.11.7, numpy 2.4.6, pyarrow 26.0.1, duckdb 2.0.1. Round before the floor, or use np.log10.
set -euo pipefail

work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check \
  "polars==2.1.0" "numpy==2.4.6" "pyarrow==26.0.1" "duckdb==2.0.1"

cat > "$work/decades.py" << 'EOF'
import math

import duckdb
import numpy as np
import polars as pl
import pyarrow.compute as pc

tokens = pl.Series("tokens", [10**k for k in range(16)])
runs = pl.DataFrame({"tokens": tokens})
arrow = runs.to_arrow()
column = pl.col("tokens")
answers = {
    "polars expression": runs.select(column.log10()).to_series().to_list(),
    "polars expression of floats": runs.select(column.cast(pl.Float64).log10()).to_series().to_list(),
    "polars Series": tokens.log10().to_list(),
    "polars SQL": pl.sql("select log10(tokens) as l from runs").collect()["l"].to_list(),
    "numpy of the polars Series": np.log10(tokens).to_list(),
    "numpy": np.log10(tokens.to_numpy()).tolist(),
    "pyarrow": pc.log10(arrow["tokens"]).to_pylist(),
    "duckdb": [row[0] for row in duckdb.sql("select log10(tokens) from arrow").fetchall()],
}
for name, logs in answers.items():
    print(f"{name}: floor of log10 {np.floor(logs).astype(int).tolist()}")
print("polars, 1000:", tokens.log10()[3])
print("polars log10 is ln(x) / ln(10):", tokens.log10().to_list() == [math.log(x) / math.log(10) for x in tokens])
rates = pl.Series([10.0**-k for k in range(1, 10)])
exact = -np.arange(1, 10)
met = [int((logs == exact).sum()) for logs in (rates.log10().to_numpy(), np.log10(rates.to_numpy()))]
print("rates met by polars and numpy:", *met)
EOF
cat > "$work/expected" << 'EOF'
polars expression: floor of log10 [0, 1, 2, 2, 4, 5, 5, 7, 8, 8, 10, 11, 11, 12, 14, 14]
polars expression of floats: floor of log10 [0, 1, 2, 2, 4, 5, 5, 7, 8, 8, 10, 11, 11, 12, 14, 14]
polars Series: floor of log10 [0, 1, 2, 2, 4, 5, 5, 7, 8, 8, 10, 11, 11, 12, 14, 14]
polars SQL: floor of log10 [0, 1, 2, 2, 4, 5, 5, 7, 8, 8, 10, 11, 11, 12, 14, 14]
numpy of the polars Series: floor of log10 [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]
numpy: floor of log10 [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]
pyarrow: floor of log10 [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]
duckdb: floor of log10 [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]
polars, 1000: 2.9999999999999996
polars log10 is ln(x) / ln(10): True
rates met by polars and numpy: 3 9
EOF

"$work/venv/bin/python" "$work/decades.py" | tee "$work/seen"
if ! diff "$work/expected" "$work/seen" >&2; then
  echo "changed: the lines marked < were seen on 2026-11-30" >&2
  exit 1
fi
