#!/usr/bin/env bash
# duckdb 2.0.1: `where not isnan(loss)` keeps the NaN of a Parquet file, and `where isnan(loss)` finds none.
# Files by pyarrow and polars have the least and largest value of each column, NaN left aside, as Parquet asks
# for. duckdb takes these for the range of all values: 2.4 to 2.9 holds no NaN, so it drops `not isnan(loss)`, as well as
# `loss <= 2.9`, for being always true, and answers `loss > 3` with no row, though NaN is above all numbers in its
# order. Diverged runs pass the filter written against them. If all other losses are 2.5, NaN passes `loss = 2.5`, too.
# The same rows in memory, a file without statistics or one that duckdb wrote are answered rightly, as is
# `count(*) filter (isnan(loss))` of the very same file. (pandas writes NaN as null, another thing.)
# Seen 2026-11-29, Python 3.11.7, pyarrow 26.0.1, polars 2.1.0. `isfinite(loss)` is not dropped.
set -euo pipefail

work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check "duckdb==2.0.1" "pyarrow==26.0.1" "polars==2.1.0"

cat > "$work/filter.py" << 'EOF'
import sys
from pathlib import Path

import duckdb
import polars
import pyarrow
from pyarrow import parquet

folder = Path(sys.argv[1])
memory = pyarrow.table({"run": ["a", "b", "c", "d"], "loss": [2.4, 2.5, float("nan"), 2.9]})
parquet.write_table(memory, folder / "pyarrow.parquet")
parquet.write_table(memory, folder / "bare.parquet", write_statistics=False)
polars.from_arrow(memory).write_parquet(folder / "polars.parquet")
duckdb.sql("select * from memory").write_parquet(str(folder / "duckdb.parquet"))
parquet.write_table(
    pyarrow.table({"run": ["a", "b", "c"], "loss": [2.5, 2.5, float("nan")]}), folder / "equal.parquet"
)


def runs(source, condition):
    rows = duckdb.sql(f"select run from {source} where {condition} order by run").fetchall()
    return "".join(row[0] for row in rows) or "-"


files = {path.stem: f"'{path}'" for path in sorted(folder.glob("*.parquet"))}
sources = {"memory": "memory"} | {name: files[name] for name in ("bare", "duckdb", "pyarrow", "polars")}
conditions = "isnan(loss)", "not isnan(loss)", "loss > 3", "loss <= 2.9", "isfinite(loss)"
for condition in conditions:
    print(f"{condition}:", ", ".join(f"{name} {runs(source, condition)}" for name, source in sources.items()))
print("loss = 2.5:", runs(files["equal"], "loss = 2.5"))
count = f"select count(*) filter (isnan(loss)) from {files['pyarrow']}"
print("counted as NaN:", duckdb.sql(count).fetchall()[0][0])
EOF
cat > "$work/expected" << 'EOF'
isnan(loss): memory c, bare c, duckdb c, pyarrow -, polars -
not isnan(loss): memory abd, bare abd, duckdb abd, pyarrow abcd, polars abcd
loss > 3: memory c, bare c, duckdb c, pyarrow -, polars -
loss <= 2.9: memory abd, bare abd, duckdb abd, pyarrow abcd, polars abcd
isfinite(loss): memory abd, bare abd, duckdb abd, pyarrow abd, polars abd
loss = 2.5: abc
counted as NaN: 1
EOF

"$work/venv/bin/python" "$work/filter.py" "$work" | tee "$work/seen"
if ! diff "$work/expected" "$work/seen" >&2; then
  echo "changed: the lines marked < were seen on 2026-11-29" >&2
  exit 1
fi
