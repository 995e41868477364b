#!/usr/bin/env bash
# polars 2.1.0: the sum of a group of float32 losses depends on the number of threads, by 14 % for 2e7 rows.
# All rows are of one group, losses about 2.5: their sum is 50.0 million. `group_by(...).agg(sum)` says 53.2 million with
# one thread, 46.7 with two, 50.0 with 16, and nothing warns. Each thread adds in float32, one number after the other,
# and above 2^24 the loss added is rounded to whole numbers and more. `mean` of the same group is right, and so is
# `sum` of the whole column, which adds in blocks: sum / len says 2.66 where mean says 2.50.
# Per-token losses are stored as float32, and a few million rows of one run are enough: the error begins at 2^24 / 2.5.
# Seen 2026-11-29, Python 3.11.7, numpy 2.4.6, in both engines. With two threads the number varies from run to run (46.3 to
# 46.7), as they share the rows by chance: the run below checks one and 16. Cast to Float64 before a sum.
set -euo pipefail

work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check "polars==2.1.0" "numpy==2.4.6"

cat > "$work/sum.py" << 'EOF'
import numpy as np
import polars as pl

losses = np.random.default_rng(0).normal(2.5, 0.1, 20_000_000).astype(np.float32)
table = pl.DataFrame({"run": np.zeros(len(losses), np.int8), "loss": losses})
loss = pl.col("loss")
query = table.lazy().group_by("run").agg(loss.sum().alias("sum"), loss.mean().alias("mean"))
wide = table.group_by("run").agg(loss.cast(pl.Float64).sum())["loss"][0]
for engine in ("in-memory", "streaming"):
    of_group = query.collect(engine=engine)
    sum_, mean = (of_group[name][0] for name in ("sum", "mean"))
    print(f"{pl.thread_pool_size()} threads, {engine}: sum {sum_ / 1e6:.1f} million, mean {mean:.2f}")
print(f"whole column: {table['loss'].sum() / 1e6:.1f} million, group in Float64: {wide / 1e6:.1f} million")
EOF
cat > "$work/expected" << 'EOF'
1 threads, in-memory: sum 53.2 million, mean 2.50
1 threads, streaming: sum 53.2 million, mean 2.50
whole column: 50.0 million, group in Float64: 50.0 million
16 threads, in-memory: sum 50.0 million, mean 2.50
16 threads, streaming: sum 50.0 million, mean 2.50
whole column: 50.0 million, group in Float64: 50.0 million
EOF

for threads in 1 16; do
  POLARS_MAX_THREADS="$threads" "$work/venv/bin/python" "$work/sum.py" | tee -a "$work/seen"
done
if ! diff "$work/expected" "$work/seen" >&2; then
  echo "changed: the lines marked < were seen on 2026-11-29" >&2
  exit 1
fi
