#!/usr/bin/env bash
# polars 2.1.0: `10 ** column` of whole numbers is a 32-bit integer, and 10 ** 10 is 1410065408.
# A sum or a product takes the wider of its two types, so `10 * column` is 64 bits wide; a power keeps the type of its
# base, and a written 10 is an Int32 whatever the exponents are. From 10 ** 10 on the digits wrap, without a warning, to
# numbers that look like sizes: 10 ** 11 is 1215752192, 10 ** 12 is negative. Exponents are how sizes and
# budgets are listed (`log10_tokens`). numpy, pandas, pyarrow and duckdb answer 10000000000.
# Seen 2026-11-29, Python 3.11.7, numpy 2.4.6, pandas 3.1.1, pyarrow 26.0.1, duckdb 2.0.1. Write 10.0 ** column.
set -euo pipefail

work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check \
  "polars==2.1.0" "numpy==2.4.6" "pandas==3.1.1" "pyarrow==26.0.1" "duckdb==2.0.1"

cat > "$work/power.py" << 'EOF'
import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

exponents = [9, 10, 11, 12]
table = pl.DataFrame({"log10_tokens": exponents})
column = pl.col("log10_tokens")
for name, power in (("10 **", 10**column), ("lit(10) **", pl.lit(10) ** column), ("10.0 **", 10.0**column)):
    series = table.select(power.alias("tokens"))["tokens"]
    print(f"polars {name}: {series.dtype} {[int(value) for value in series]}")
print("polars 10 *:", table.select(10 * column).to_series().dtype)
query = "select (10 ** unnest([9, 10, 11, 12]))::hugeint"
answers = {
    "numpy": 10 ** np.array(exponents),
    "pandas": 10 ** pd.Series(exponents),
    "pyarrow": pc.power(10, pa.array(exponents)).to_pylist(),
    "duckdb": [row[0] for row in duckdb.sql(query).fetchall()],
}
for name, values in answers.items():
    print(f"{name}: {[int(value) for value in values]}")
EOF
cat > "$work/expected" << 'EOF'
polars 10 **: Int32 [1000000000, 1410065408, 1215752192, -727379968]
polars lit(10) **: Int32 [1000000000, 1410065408, 1215752192, -727379968]
polars 10.0 **: Float64 [1000000000, 10000000000, 100000000000, 1000000000000]
polars 10 *: Int64
numpy: [1000000000, 10000000000, 100000000000, 1000000000000]
pandas: [1000000000, 10000000000, 100000000000, 1000000000000]
pyarrow: [1000000000, 10000000000, 100000000000, 1000000000000]
duckdb: [1000000000, 10000000000, 100000000000, 1000000000000]
EOF

"$work/venv/bin/python" "$work/power.py" | tee "$work/seen"
if ! diff "$work/expected" "$work/seen" >&2; then
  echo "changed: the lines marked < were seen on 2026-11-29" >&2
  exit 1
fi
