#!/usr/bin/env bash
# dask 2026.8.0: `groupby(...).std()` of fifty equal parameter counts of 6,738,415,616 is 174 million; it should be 0.
# dask adds up squares, per group and partition, and subtracts: whole numbers are squared in 64 bits, where all above
# 3.04e9 wrap, and floats lose what the difference leaves. Times in seconds since 1970 with a spread of 1 s have a
# standard deviation of 26 s in each group, and their correlation with a column that follows them is 0.02 and 0.03 by
# `groupby(...).corr()`, 0.89 in truth; float32 losses of 2.5 with a spread of 0.001 get one off by more than a third, and
# correlations above 1. Nothing warns. `std` and `corr` of the whole column or frame, beside it in the same library, are
# right, as pandas is per group: these take deviations from the mean.
# Seen 2026-11-30, Python 3.11.7, pandas 3.1.1, numpy 2.4.6, pyarrow 26.0.1. Subtract an offset before, and use floats.
set -euo pipefail

work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check \
  "dask==2026.8.0" "pandas==3.1.1" "pyarrow==26.0.1" "numpy==2.4.6"

cat > "$work/spread.py" << 'EOF'
import dask.dataframe as dd
import numpy as np
import pandas as pd

rng = np.random.default_rng(0)
sizes = pd.DataFrame({"family": np.repeat(["a", "b"], 50), "n": np.repeat([6_738_415_616, 13_015_864_320], 50)})
dask_sizes = dd.from_pandas(sizes, npartitions=2)
whole = dask_sizes.groupby("family")["n"].std().compute().to_numpy()
print("equal counts: dask", whole, "pandas", sizes.groupby("family")["n"].std().to_numpy())
print("all counts: dask", dask_sizes["n"].std().compute(), "pandas", sizes["n"].std())


def spreads(label, x, y, groups):
    table = pd.DataFrame({"group": np.arange(len(x)) * groups // len(x), "x": x, "y": y})
    lazy = dd.from_pandas(table, npartitions=4)
    std = lazy.groupby("group")["x"].std().compute().to_numpy()
    corr = lazy.groupby("group")[["x", "y"]].corr().compute().iloc[0::2, 1].to_numpy()
    true_std = table.groupby("group")["x"].std().to_numpy()
    true_corr = table.groupby("group")[["x", "y"]].corr().iloc[0::2, 1].to_numpy()
    print(f"{label}: std dask {std.round(5)} pandas {true_std.round(5)}, corr dask {corr.round(3)} pandas {true_corr.round(3)}")
    print(f"  without groups: std dask {lazy['x'].std().compute():.5f}, corr dask {lazy[['x', 'y']].corr().compute().iloc[0, 1]:.3f}")
    return np.max(np.abs(std / true_std - 1)), corr, lazy["x"].std().compute() / table["x"].std()


second = rng.normal(0, 1, 100_000)
times = spreads("times", 1.79e9 + second, 2 * second + rng.normal(0, 1, 100_000), 2)
noise = rng.normal(0, 0.001, 400_000)
other = 2 * noise + rng.normal(0, 0.001, 400_000)
losses = spreads("losses", (2.5 + noise).astype("float32"), (5 + other).astype("float32"), 4)
wrong = (whole > 1e8).all() and times[0] > 5 and (times[1] < 0.2).all() and losses[0] > 0.1 and (losses[1] > 1).any()
right = abs(times[2] - 1) < 1e-3 and abs(losses[2] - 1) < 1e-2
raise SystemExit(0 if wrong and right else 1)
EOF

if ! "$work/venv/bin/python" -W ignore "$work/spread.py"; then
  echo "changed: on 2026-11-30 the spreads per group were wrong, and those of whole columns right" >&2
  exit 1
fi
