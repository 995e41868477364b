#!/usr/bin/env bash
# scikit-learn 1.9.1: trees, forests and gradient boosting do not split a column of 1/N, whose values are below 1e-7.
# A tree compares values only, so it should not matter whether it is given N, log N or 1/N. But the splitter takes values
# that lie within 1e-7 of each other, in whatever units, for equal. For 60 models of 1e7 to 1e11 parameters, 1/N is a
# constant: every prediction is the mean loss, R^2 is 0, and nothing warns. On N, on -log N and on 1e9/N the same trees
# reach 1. Inverse counts of tokens are such columns, too. HistGradientBoosting cuts at
# quantiles and is not touched.
# Seen 2026-11-29, Python 3.11.7, numpy 2.4.6.
set -euo pipefail

work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check "scikit-learn==1.9.1" "numpy==2.4.6"

cat > "$work/fit.py" << 'EOF'
import warnings

import numpy as np
from sklearn import ensemble, tree

warnings.simplefilter("error")
sizes = np.geomspace(1e7, 1e11, 60)
loss = 1.7 + 400 * sizes**-0.34
columns = {"N": sizes, "-log N": -np.log(sizes), "1e9/N": 1e9 / sizes, "1/N": 1 / sizes}
models = (
    tree.DecisionTreeRegressor(random_state=0),
    ensemble.RandomForestRegressor(random_state=0),
    ensemble.GradientBoostingRegressor(random_state=0),
    ensemble.HistGradientBoostingRegressor(min_samples_leaf=2),
)
for model in models:
    shares = []
    for name, column in columns.items():
        share = model.fit(column[:, None], loss).score(column[:, None], loss)
        shares.append(f"{name} {abs(share):.2f}")
    print(f"{type(model).__name__}: R^2 on {', '.join(shares)}")
EOF
cat > "$work/expected" << 'EOF'
DecisionTreeRegressor: R^2 on N 1.00, -log N 1.00, 1e9/N 1.00, 1/N 0.00
RandomForestRegressor: R^2 on N 1.00, -log N 1.00, 1e9/N 1.00, 1/N 0.00
GradientBoostingRegressor: R^2 on N 1.00, -log N 1.00, 1e9/N 1.00, 1/N 0.00
HistGradientBoostingRegressor: R^2 on N 1.00, -log N 1.00, 1e9/N 1.00, 1/N 1.00
EOF

"$work/venv/bin/python" "$work/fit.py" | tee "$work/seen"
if ! diff "$work/expected" "$work/seen" >&2; then
  echo "changed: the lines marked < were seen on 2026-11-29" >&2
  exit 1
fi
