#!/usr/bin/env bash
# chinchilla 0.2.0: the run database writes every number with six decimals, so that small learning rates become 0.
# `append` takes any further column ("appended to the DataFrame without any conflicts") and saves with the format "%f".
# In memory the rate is whole; the file, and whoever opens the project again, has 0.000000 for 3e-7 and 0.000061 for
# 2^-14 (6.1035e-05). Losses are cut in the same way. Nothing warns.
# Seen 2026-11-28, Python 3.11.7, pandas 3.1.1. The docstring speaks of rounding N, D and C to whole numbers, of no more.
# Keep learning rates in a table of your own, or append their logarithm.
set -euo pipefail

work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check "chinchilla==0.2.0" "pandas==3.1.1"
mkdir "$work/project"

cat > "$work/store.py" << 'EOF'
import sys

from chinchilla.database import Database

runs = Database(sys.argv[1])
for rate in (3e-7, 2**-14, 3e-4):
    runs.append(N=1e8, D=2e9, loss=3.1415926535, lr=rate)
again = Database(sys.argv[1])
print("in memory:", runs.df.lr.tolist(), runs.df.loss.tolist()[0])
print("read back:", again.df.lr.tolist(), again.df.loss.tolist()[0])
EOF
cat > "$work/expected" << 'EOF'
in memory: [3e-07, 6.103515625e-05, 0.0003] 3.1415926535
read back: [0.0, 6.1e-05, 0.0003] 3.141593
EOF

"$work/venv/bin/python" "$work/store.py" "$work/project" > "$work/seen" 2>&1 || true
cat "$work/seen"
if ! diff "$work/expected" "$work/seen" > /dev/null; then
  echo "changed: on 2026-11-28 a rate of 3e-07 was read back as 0" >&2
  exit 1
fi
