#!/usr/bin/env bash
# dask-jobqueue 0.9.0: importing the package replaces the process's handler of SIGINT by one that calls sys.exit().
# `dask_jobqueue/runner.py` does so at the level of its module, whether or not a runner is ever made. After the import Ctrl-C
# raises SystemExit in place of KeyboardInterrupt, and a script that is interrupted ends with status 0, without a word. A
# handler that the program has set before is gone; in a thread other than the main one the import fails with a ValueError.
# Seen 2026-11-29, Python 3.11.7, dask and distributed 2026.8.0.
set -euo pipefail

work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check \
  "dask-jobqueue==0.9.0" "dask==2026.8.0" "distributed==2026.8.0"

cat > "$work/interrupted.py" << 'EOF'
"""Interrupt this process as Ctrl-C does; `import` first, if asked to."""
import signal
import sys

if sys.argv[1:] == ["import"]:
    import dask_jobqueue
try:
    signal.raise_signal(signal.SIGINT)
except KeyboardInterrupt:
    print("KeyboardInterrupt", end=" ")
    sys.exit(130)
EOF
cat > "$work/import.py" << 'EOF'
import signal
import threading


def own(number, frame):
    pass


def import_it():
    try:
        import dask_jobqueue
    except ValueError as error:
        print(f"import in a thread: ValueError: {error}")


thread = threading.Thread(target=import_it)
thread.start()
thread.join()
signal.signal(signal.SIGINT, own)
import dask_jobqueue

print(f"the program's handler is still there: {signal.getsignal(signal.SIGINT) is own}")
print(f"the handler is of {signal.getsignal(signal.SIGINT).__module__}")
EOF
cat > "$work/expected" << 'EOF'
without the import: KeyboardInterrupt status 130
with the import: status 0
import in a thread: ValueError: signal only works in main thread of the main interpreter
the program's handler is still there: False
the handler is of dask_jobqueue.runner
EOF

python="$work/venv/bin/python"
{
  status=0; printed="$("$python" "$work/interrupted.py")" || status=$?
  echo "without the import: ${printed}status $status"
  status=0; printed="$("$python" "$work/interrupted.py" import)" || status=$?
  echo "with the import: ${printed}status $status"
  "$python" "$work/import.py" || true
} > "$work/seen" 2>&1
cat "$work/seen"
if ! diff "$work/expected" "$work/seen" > /dev/null; then
  echo "changed: on 2026-11-29 the import took the handler of SIGINT" >&2
  exit 1
fi
