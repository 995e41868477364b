#!/usr/bin/env bash
# duckdb 2.0.1: whole FLOPs above 2^64 in a CSV become HUGEINT, and another type in polars, pandas and pyarrow.
# The file has a column `flops` with 20000000000000000001 and 30000000000000000000, as training budgets are written.
# polars reads Int128, which it refuses to convert to numpy; pandas reads Python ints (object), of which np.log raises a
# TypeError; pyarrow reads double, which drops the last digit, and so does duckdb's HUGEINT on its way to numpy. None warns.
# Seen 2026-11-28, Python 3.11.7, with polars 2.1.0, pandas 3.1.1, pyarrow 26.0.1 and numpy 2.4.6.
# The same column as "2e19" is a float in all four: who gives the type, or writes an exponent, gets one column everywhere.
set -euo pipefail

work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check \
  "duckdb==2.0.1" "polars==2.1.0" "pandas==3.1.1" "pyarrow==26.0.1" "numpy==2.4.6"
printf 'flops,loss\n20000000000000000001,2.5\n30000000000000000000,2.4\n' > "$work/whole.csv"
printf 'flops,loss\n2e19,2.5\n3e19,2.4\n' > "$work/exponent.csv"

cat > "$work/read.py" << 'EOF'
import sys

import duckdb
import numpy as np
import pandas
import polars
import pyarrow.csv


def columns(path):
    """The type that each library gives the column, and how it hands it to numpy."""
    table = duckdb.read_csv(path)
    by_polars, by_pandas, by_pyarrow = (m.read_csv(path)["flops"] for m in (polars, pandas, pyarrow.csv))
    yield "duckdb", table.types[0], lambda: table.fetchnumpy()["flops"]
    yield "polars", by_polars.dtype, by_polars.to_numpy
    yield "pandas", by_pandas.dtype, by_pandas.to_numpy
    yield "pyarrow", by_pyarrow.type, by_pyarrow.to_numpy


def outcome(step):
    try:
        return step()
    except Exception as error:
        return type(error).__name__


for path in sys.argv[1:]:
    for library, column_type, to_numpy in columns(path):
        first = outcome(lambda: f"{to_numpy().dtype} {int(to_numpy()[0])}")
        log = outcome(lambda: f"{np.log(to_numpy())[0]:.3f}")
        print(f"{library}: {column_type}, in numpy {first}, log {log}")
EOF
cat > "$work/expected" << 'EOF'
duckdb: HUGEINT, in numpy float64 20000000000000000000, log 44.442
polars: Int128, in numpy InvalidOperationError, log InvalidOperationError
pandas: object, in numpy object 20000000000000000001, log TypeError
pyarrow: double, in numpy float64 20000000000000000000, log 44.442
duckdb: DOUBLE, in numpy float64 20000000000000000000, log 44.442
polars: Float64, in numpy float64 20000000000000000000, log 44.442
pandas: float64, in numpy float64 20000000000000000000, log 44.442
pyarrow: double, in numpy float64 20000000000000000000, log 44.442
EOF

"$work/venv/bin/python" "$work/read.py" "$work/whole.csv" "$work/exponent.csv" | tee "$work/seen"
if ! diff "$work/expected" "$work/seen" >&2; then
  echo "changed: the lines marked < were seen on 2026-11-28" >&2
  exit 1
fi
