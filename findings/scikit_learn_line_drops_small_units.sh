#!/usr/bin/env bash
# scikit-learn 1.9.1: `LinearRegression` gives the learning rate no slope at all once a column of parameter counts joins it.
# Least squares do not depend on units, and up to 1.8 this class did not either. Since 1.9 its `tol` (1e-6 by default) is
# the `cond` of the dense solver: directions below a millionth of the largest one are left out. Rates of 1e-4 beside 1e8
# parameters are such a direction. On 50 rows of the exact plane 2 + 300*lr - 1e-10*N the slope of the rate is 0 (below
# 1e-20), R^2 is 0.12, and nothing warns; `rank_` is 1. numpy's `lstsq` on the same raw columns finds the plane.
# Seen 2026-11-29, Python 3.11.7, numpy 2.4.6, scipy 1.17.1; scikit-learn 1.8.0 finds the plane, too.
# Columns brought to one scale before (StandardScaler, logarithms), or tol=1e-15, give it back.
set -euo pipefail

work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT

cat > "$work/fit.py" << 'EOF'
import warnings

import numpy as np
import sklearn
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

warnings.simplefilter("error")
rng = np.random.default_rng(0)
rate = 10 ** rng.uniform(-4.5, -3, 50)
params = 10 ** rng.uniform(7, 9, 50)
columns = np.column_stack([rate, params])
loss = 2 + 300 * rate - 1e-10 * params


def tell(name, slope, predicted):
    share = 1 - np.sum((predicted - loss) ** 2) / np.sum((loss - loss.mean()) ** 2)
    print(f"{name}: slope of the rate {slope:.2f}, R^2 {share:.2f}")


default = LinearRegression().fit(columns, loss)
tell(f"{sklearn.__version__}, rank {default.rank_}", abs(default.coef_[0]), default.predict(columns))
if sklearn.__version__ >= "1.9":
    strict = LinearRegression(tol=1e-15).fit(columns, loss)
    tell("tol=1e-15", strict.coef_[0], strict.predict(columns))
    scaled = make_pipeline(StandardScaler(), LinearRegression()).fit(columns, loss)
    tell("scaled", scaled[1].coef_[0] / scaled[0].scale_[0], scaled.predict(columns))
    full = np.column_stack([np.ones(50), columns])
    by_numpy = np.linalg.lstsq(full, loss)[0]
    tell("numpy", by_numpy[1], full @ by_numpy)
EOF
cat > "$work/expected" << 'EOF'
1.8.0, rank 2: slope of the rate 300.00, R^2 1.00
1.9.1, rank 1: slope of the rate 0.00, R^2 0.12
tol=1e-15: slope of the rate 300.00, R^2 1.00
scaled: slope of the rate 300.00, R^2 1.00
numpy: slope of the rate 300.00, R^2 1.00
EOF

for release in "scikit-learn==1.8.0" "scikit-learn==1.9.1"; do
  rm -rf "$work/venv"
  python3 -m venv "$work/venv"
  "$work/venv/bin/pip" install --quiet --disable-pip-version-check "$release" "numpy==2.4.6" "scipy==1.17.1"
  "$work/venv/bin/python" "$work/fit.py" | tee -a "$work/seen"
done
if ! diff "$work/expected" "$work/seen" >&2; then
  echo "changed: the lines marked < were seen on 2026-11-29" >&2
  exit 1
fi
