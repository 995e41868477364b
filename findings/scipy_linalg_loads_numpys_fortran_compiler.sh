#!/usr/bin/env bash
# scipy 1.17.1: with numpy 2.4.6, `import scipy.linalg` loads numpy's wrapper of Fortran and numpy's tools for tests.
# The compatibility layer that scipy carries (`scipy/_lib/array_api_compat/numpy`) copies every public name of numpy
# (`clone_module`), and numpy loads its lazy submodules as they are asked for: `numpy.f2py` with 17 modules,
# `numpy.testing` with `unittest`. Whoever needs one solver pays for them at each start, and so does whoever compiles with
# numba, which looks for scipy's BLAS as it loads. `import scipy` alone loads none of them.
# Seen 2026-11-29, Python 3.11.7.
set -euo pipefail

work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check "scipy==1.17.1" "numpy==2.4.6"

loaded() {
  "$work/venv/bin/python" -c "
import sys
import $1
print(*(name for name in ('numpy.f2py.crackfortran', 'numpy.testing', 'unittest') if name in sys.modules))"
}

before="$(loaded scipy)"
after="$(loaded scipy.linalg)"
echo "after import scipy: '$before'; after import scipy.linalg: '$after'"
if [ -n "$before" ] || [ "$after" != "numpy.f2py.crackfortran numpy.testing unittest" ]; then
  echo "scipy.linalg no longer loads numpy.f2py and numpy.testing, or scipy does too"
  exit 1
fi
