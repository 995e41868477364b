#!/usr/bin/env bash
# mkdocs 1.6.1: `mkdocs build --strict --quiet` does not fail at a broken link; `--strict` alone does.
# Strict mode counts the warnings that are logged, and --quiet keeps them from being logged.
# Seen 2026-11-28, Python 3.11.7: exit codes 0 (with --quiet) and 1 (without). Expected: 1 and 1.
# Therefore tests/test_docs.py builds the pages without --quiet.
set -euo pipefail

work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check "mkdocs==1.6.1"
mkdir "$work/docs"
echo "site_name: finding" > "$work/mkdocs.yml"
echo "[a link](nowhere.md)" > "$work/docs/index.md"

exit_code() {
  local code=0
  (cd "$work" && "$work/venv/bin/mkdocs" build "$@" > /dev/null 2>&1) || code=$?
  echo "$code"
}

quiet="$(exit_code --strict --quiet)"
loud="$(exit_code --strict)"
echo "mkdocs build --strict --quiet: exit code $quiet"
echo "mkdocs build --strict: exit code $loud"
if [ "$quiet $loud" != "0 1" ]; then
  echo "changed: 0 and 1 were seen on 2026-11-28" >&2
  exit 1
fi
