#!/usr/bin/env bash
# polars 2.1.0: a tenth of a learning rate of 0.0003 is 0.0000 if duckdb wrote the number, and 1 / 2.51 is 0.40.
# duckdb takes a written 0.0003 for a DECIMAL(5,4), stores it so in Parquet and hands it over so by `.pl()`. polars keeps
# the type, and the result of a product or a quotient of decimals (or of one and a whole number) has only as many digits
# after the point as the longer of its two operands, rounded: SQL, pyarrow and Python's decimal add digits. `lr / 10` is 0,
# `lr * loss` is 0.0008 in place of 0.000753, `1 / loss` has two digits, the product of the losses 19.28 in place of
# 19.29708. Nothing warns, and no division becomes a float, as that of whole numbers does in polars. `lr * 0.1` is
# a float, as are `mean` and `log`, so that 0.1 * lr is right where lr / 10 is 0. duckdb divides the same column in floats.
# Seen 2026-11-30, Python 3.11.7, duckdb 2.0.1, pyarrow 26.0.1. Cast decimals to Float64 where a table is read.
set -euo pipefail

work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check "polars==2.1.0" "duckdb==2.0.1" "pyarrow==26.0.1"

cat > "$work/decimals.py" << 'EOF'
import sys

import duckdb
import polars as pl
import pyarrow.compute as pc
import pyarrow.parquet as pq

path = sys.argv[1]
rows = duckdb.sql("select * from (values (0.0003, 2.51), (0.0010, 2.48), (0.0200, 3.10)) t(lr, loss)")
rows.write_parquet(path)
lr, loss = pl.col("lr"), pl.col("loss")
for name, table in (("Parquet", pl.read_parquet(path)), (".pl()", rows.pl())):
    print(f"polars, {name}: {table.dtypes}")
    steps = {"lr / 10": lr / 10, "lr * loss": lr * loss, "1 / loss": 1 / loss, "product of loss": loss.product(), "lr * 0.1": lr * 0.1}
    for label, step in steps.items():
        print(f"  {label}: {[f'{value:.3g}' if isinstance(value, float) else str(value) for value in table.select(step).to_series()]}")
print("polars, whole 3 / 10:", pl.select(pl.lit(3) / 10).item())
arrow = pq.read_table(path)
print("pyarrow lr / 10:", [f"{value:.6f}" for value in pc.divide(arrow["lr"], 10).to_pylist()])
print("pyarrow lr * loss:", [str(value) for value in pc.multiply(arrow["lr"], arrow["loss"]).to_pylist()])
answers = duckdb.sql(f"select lr / 10, lr * loss, 1 / loss from '{path}'").fetchall()
print("duckdb:", [f"{tenth:.3g} {product} {inverse:.4f}" for tenth, product, inverse in answers])
EOF
cat > "$work/expected" << 'EOF'
polars, Parquet: [Decimal(precision=5, scale=4), Decimal(precision=3, scale=2)]
  lr / 10: ['0.0000', '0.0001', '0.0020']
  lr * loss: ['0.0008', '0.0025', '0.0620']
  1 / loss: ['0.40', '0.40', '0.32']
  product of loss: ['19.28']
  lr * 0.1: ['3e-05', '0.0001', '0.002']
polars, .pl(): [Decimal(precision=5, scale=4), Decimal(precision=3, scale=2)]
  lr / 10: ['0.0000', '0.0001', '0.0020']
  lr * loss: ['0.0008', '0.0025', '0.0620']
  1 / loss: ['0.40', '0.40', '0.32']
  product of loss: ['19.28']
  lr * 0.1: ['3e-05', '0.0001', '0.002']
polars, whole 3 / 10: 0.3
pyarrow lr / 10: ['0.000030', '0.000100', '0.002000']
pyarrow lr * loss: ['0.000753', '0.002480', '0.062000']
duckdb: ['3e-05 0.000753 0.3984', '0.0001 0.002480 0.4032', '0.002 0.062000 0.3226']
EOF

"$work/venv/bin/python" "$work/decimals.py" "$work/runs.parquet" | tee "$work/seen"
if ! diff "$work/expected" "$work/seen" >&2; then
  echo "changed: the lines marked < were seen on 2026-11-30" >&2
  exit 1
fi
