#!/usr/bin/env bash
# scaling-audit 0.1.0: `audit_groups` trains on the rows whose group is missing, in every fold, and never scores them.
# NaN equals no label, itself included, so its rows are "not held out" each time, and a group of their own never. If
# they belong to a group that is held out, its rows are in training: the leak that the audit is there to exclude.
# Of 30 rows (groups a, b, c of 10), 5 of c lose their label: c is held out with 5 rows and trained on with 25, not 20.
# Seen 2026-11-28, Python 3.11.7, pandas 3.1.1, scikit-learn 1.9.1, without a warning, with NaN as an empty cell of a CSV
# gives it. A None in a column of objects becomes a group 'None' instead, with the same 25 rows to train on for c.
# `OrderedGroupSplit` of the same package refuses both kinds. Drop such rows before the call.
set -euo pipefail

work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check \
  "scaling-audit==0.1.0" "pandas==3.1.1" "scikit-learn==1.9.1"

cat > "$work/audit.py" << 'EOF'
import numpy as np
import pandas as pd
from scaling_audit import OrderedGroupSplit, audit_groups
from sklearn.linear_model import LinearRegression

features = pd.DataFrame({"log_n": np.linspace(15, 25, 30)})
loss = 5 - 0.1 * features["log_n"]
for kind, missing in (("str", np.nan), (object, None)):
    groups = pd.Series(["a"] * 10 + ["b"] * 10 + ["c"] * 5 + [missing] * 5, dtype=kind)
    report = audit_groups(features, loss, groups, {"linear": LinearRegression()})
    sizes = report[["group", "n_held_out_rows", "n_train_rows"]].values.tolist()
    print(f"{missing}: [group, rows held out, rows trained on] {sizes}")
    try:
        list(OrderedGroupSplit({"a": 1, "b": 2, "c": 3}).split(features, loss, groups))
    except ValueError as error:
        print(f"OrderedGroupSplit: {error}")
EOF
cat > "$work/expected" << 'EOF'
nan: [group, rows held out, rows trained on] [['a', 10, 20], ['b', 10, 20], ['c', 5, 25]]
OrderedGroupSplit: No ordering value for group(s): ['nan']
None: [group, rows held out, rows trained on] [['a', 10, 20], ['b', 10, 20], ['c', 5, 25], ['None', 5, 25]]
OrderedGroupSplit: No ordering value for group(s): ['None']
EOF

"$work/venv/bin/python" "$work/audit.py" > "$work/seen" 2>&1 || true
cat "$work/seen"
if ! diff "$work/expected" "$work/seen" > /dev/null; then
  echo "changed: on 2026-11-28 five rows of NaN were trained on in each fold" >&2
  exit 1
fi
