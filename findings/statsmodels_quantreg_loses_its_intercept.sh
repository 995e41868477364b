#!/usr/bin/env bash
# statsmodels 0.15.0: `QuantReg` on parameter counts in raw units forgets the intercept, and the slope has the wrong sign.
# The data fall from 4 along 4 - 1e-9 * N, N of 1e7..1e9, with a noise of 0.01. The median line comes back as 0 (1e-17)
# + 6.6e-9 * N after two iterations; `fit` neither warns nor says that it has not converged. A pseudo R^2 of -14 says it,
# and the summary's note on the condition number. `OLS` of the same package has the line from the same columns, and the
# quantiles 0.1 and 0.9 go wrong alike. With N in thousands QuantReg is right, as is scikit-learn's QuantileRegressor
# on raw counts: the weighted steps invert X'WX, whose condition is the square of that of X.
# Seen 2026-11-29, Python 3.11.7, numpy 2.4.6, scipy 1.17.1, pandas 3.1.1, scikit-learn 1.9.1.
set -euo pipefail

work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check \
  "statsmodels==0.15.0" "numpy==2.4.6" "scipy==1.17.1" "pandas==3.1.1" "scikit-learn==1.9.1"

cat > "$work/fit.py" << 'EOF'
import warnings

import numpy as np
import statsmodels.api as sm
from sklearn.linear_model import QuantileRegressor

warnings.simplefilter("error")
params = np.geomspace(1e7, 1e9, 50)
loss = 4 - 1e-9 * params + np.random.default_rng(0).normal(0, 0.01, 50)


def tell(name, intercept, slope, unit=1):
    print(f"{name}: {intercept:.1f} {slope / unit * 1e9:+.0f} per 1e9 parameters")


for unit in (1, 1e3):
    columns = sm.add_constant(params / unit)
    tell(f"OLS in units of {unit:.0f}", *sm.OLS(loss, columns).fit().params, unit)
    for quantile in (0.1, 0.5, 0.9):
        fit = sm.QuantReg(loss, columns).fit(q=quantile)
        tell(f"QuantReg {quantile} in units of {unit:.0f}", *fit.params, unit)
        if quantile == 0.5:
            print(f"pseudo R^2 {'above 0.9' if fit.prsquared > 0.9 else 'below 0'}")
other = QuantileRegressor(alpha=0).fit(params[:, None], loss)
tell("QuantileRegressor in units of 1", other.intercept_, other.coef_[0])
EOF
cat > "$work/expected" << 'EOF'
OLS in units of 1: 4.0 -1 per 1e9 parameters
QuantReg 0.1 in units of 1: 0.0 +5 per 1e9 parameters
QuantReg 0.5 in units of 1: 0.0 +7 per 1e9 parameters
pseudo R^2 below 0
QuantReg 0.9 in units of 1: 0.0 +8 per 1e9 parameters
OLS in units of 1000: 4.0 -1 per 1e9 parameters
QuantReg 0.1 in units of 1000: 4.0 -1 per 1e9 parameters
QuantReg 0.5 in units of 1000: 4.0 -1 per 1e9 parameters
pseudo R^2 above 0.9
QuantReg 0.9 in units of 1000: 4.0 -1 per 1e9 parameters
QuantileRegressor in units of 1: 4.0 -1 per 1e9 parameters
EOF

"$work/venv/bin/python" "$work/fit.py" | tee "$work/seen"
if ! diff "$work/expected" "$work/seen" >&2; then
  echo "changed: the lines marked < were seen on 2026-11-29" >&2
  exit 1
fi
