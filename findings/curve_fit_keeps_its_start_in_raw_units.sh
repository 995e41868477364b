#!/usr/bin/env bash
# scipy 1.17.1: `curve_fit` returns its start as the fit for Hoffmann's law E + A*N^-a + B*D^-b in raw units.
# The data are 49 points of the law itself, without noise: N of 1e7..1e10 parameters, D of 1e9..1e12 tokens. With the
# default start (all ones) and method ("lm"), the five numbers come back unmoved, the status is 2 (a success), and every
# entry of the covariance is inf; an OptimizeWarning is all that says so. With N in units of 1e8 and D of 1e10, or with
# exponents that start at 0.1, the same call finds the law: the units and the start decide, not the data.
# Seen 2026-11-28, Python 3.11.7, numpy 2.4.6: RMSE 2.06 in raw units, below 1e-8 for the two others.
set -euo pipefail

work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check "scipy==1.17.1" "numpy==2.4.6"

cat > "$work/fit.py" << 'EOF'
import warnings

import numpy as np
from scipy.optimize import curve_fit


def law(sizes, e, a, alpha, b, beta):
    n, d = sizes
    return e + a * n**-alpha + b * d**-beta


n, d = (grid.ravel() for grid in np.meshgrid(np.geomspace(1e7, 1e10, 7), np.geomspace(1e9, 1e12, 7)))
loss = law((n, d), 1.69, 406.4, 0.34, 410.7, 0.28)


def fit(label, sizes, **start):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        values, covariance, _, _, status = curve_fit(law, sizes, loss, full_output=True, **start)
    rmse = np.sqrt(np.mean((law(sizes, *values) - loss) ** 2))
    print(f"{label}: {np.round(values, 4)}, status {status}, RMSE {rmse:.2g}, covariance inf: {np.isinf(covariance).all()}")
    return values, covariance, status, rmse


values, covariance, status, rmse = fit("raw units, default start", (n, d))
scaled = fit("N/1e8, D/1e10, default start", (n / 1e8, d / 1e10))
slower = fit("raw units, exponents start at 0.1", (n, d), p0=(1, 1, 0.1, 1, 0.1))
stuck = (values == 1).all() and np.isinf(covariance).all() and status == 2 and rmse > 1
raise SystemExit(0 if stuck and scaled[3] < 1e-8 and slower[3] < 1e-8 else 1)
EOF

if ! "$work/venv/bin/python" "$work/fit.py"; then
  echo "changed: on 2026-11-28 only the fit in raw units stayed at its start" >&2
  exit 1
fi
