#!/usr/bin/env bash
# xgboost 3.2.0: `monotone_constraints` hold for squared errors, and not for absolute errors and quantiles.
# 400 runs, log10 of N from 7 to 11, a loss that falls with N by 1.7, every tenth run off upwards, as one takes a median for.
# With the constraint that the loss never rises with N, `reg:squarederror` never rises, but under `reg:absoluteerror` and
# `reg:quantileerror` a larger model, all else equal, is given a loss that is higher by up to 0.6 and 0.9. Nothing warns. One
# would guess that the constraint binds the trees, whatever they are fitted to; but for these objectives the values of the
# leaves are set anew, to quantiles of their rows, after the tree has been grown under the constraint. scikit-learn's
# HistGradientBoostingRegressor breaks it, too, by less (0.13 at the quantile 0.9); lightgbm refuses it for these
# objectives with an error.
# Seen 2026-11-30, Python 3.11.7, numpy 2.4.6, scikit-learn 1.9.1, lightgbm 4.7.0. catboost 1.2.10 kept it on such data.
set -euo pipefail

work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check \
  "numpy==2.4.6" "scipy==1.17.1" "scikit-learn==1.9.1" "lightgbm==4.7.0"
# What xgboost needs beside these is for several GPUs alone.
"$work/venv/bin/pip" install --quiet --disable-pip-version-check --no-deps "xgboost==3.2.0"

cat > "$work/monotone.py" << 'EOF'
import warnings

import lightgbm
import numpy as np
import xgboost
from sklearn.ensemble import HistGradientBoostingRegressor

warnings.filterwarnings("ignore", message="X does not have valid feature names")
rng = np.random.default_rng(0)
log_n, dropout = rng.uniform(7, 11, 400), rng.uniform(0, 1, 400)
off = (rng.random(400) < 0.1) * rng.exponential(1, 400)
loss = 1.7 + 2 * 10 ** (-0.2 * (log_n - 7)) + 0.3 * dropout + rng.normal(0, 0.05, 400) + off
rows = np.column_stack([log_n, dropout])
grid = np.linspace(7, 11, 401)


def rise(model):
    """The most by which a larger model's loss lies above that of a smaller one, all else equal."""
    model.fit(rows, loss)
    found = 0.0
    for rate in np.linspace(0, 1, 11):
        predicted = np.asarray(model.predict(np.column_stack([grid, np.full(401, rate)])), float)
        found = max(found, float((predicted - np.minimum.accumulate(predicted)).max()))
    return found


def by_xgboost(objective, **options):
    return rise(xgboost.XGBRegressor(objective=objective, n_jobs=1, **options))


constraint = {"monotone_constraints": (-1, 0)}
squared = by_xgboost("reg:squarederror", **constraint)
print(f"xgboost squared error: {squared:.3f}, unconstrained {by_xgboost('reg:squarederror'):.3f}")
broken = []
for objective, more in (("absoluteerror", {}), ("quantileerror", {"quantile_alpha": 0.5}), ("quantileerror", {"quantile_alpha": 0.9})):
    broken.append(by_xgboost(f"reg:{objective}", **constraint, **more))
    print(f"xgboost {objective} {more}: {broken[-1]:.3f}, unconstrained {by_xgboost(f'reg:{objective}', **more):.3f}")
learned = {
    name: rise(HistGradientBoostingRegressor(loss=name, monotonic_cst=[-1, 0], quantile=0.9 if name == "quantile" else None))
    for name in ("squared_error", "absolute_error", "quantile")
}
print("scikit-learn:", {name: round(value, 3) for name, value in learned.items()})
refused = []
for objective in ("l2", "l1", "quantile"):
    try:
        value = rise(lightgbm.LGBMRegressor(objective=objective, monotone_constraints=[-1, 0], verbose=-1, n_jobs=1))
        print(f"lightgbm {objective}: {value:.3f}")
    except lightgbm.basic.LightGBMError as error:
        refused.append(objective)
        print(f"lightgbm {objective}: {error}")
seen = squared == 0 and min(broken) > 0.5 and learned["squared_error"] == 0 and learned["quantile"] > 0.05
raise SystemExit(0 if seen and refused == ["l1", "quantile"] else 1)
EOF

if ! OMP_NUM_THREADS=1 "$work/venv/bin/python" "$work/monotone.py"; then
  echo "changed: on 2026-11-30 xgboost kept the constraint for squared errors alone, and lightgbm refused the others" >&2
  exit 1
fi
