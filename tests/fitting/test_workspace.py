"""A workspace is cut out of one room: its arrays fit in, have their shapes and do not overlap."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# Without numba, as compiled functions that hand on arrays cannot be called from Python.
CUT = """
import sys
from itertools import combinations
import numpy as np
from evolve.fitting.workspace import LANES, CompiledLaw, make_room, sizes_of, workspace_of

p, n_literals, n_steps, n_rows, n_columns, n, most = map(int, sys.argv[1:])
whole = np.zeros((0, 3), dtype=np.int64)
law = CompiledLaw(
    np.zeros((n_steps, 3), dtype=np.int64), whole, np.zeros(p, dtype=np.int64), n_rows,
    np.arange(1.0, n_literals + 1.0), np.zeros(p, dtype=np.int64), whole, False,
)
for n_lanes in (1, LANES):
    m = n * n_lanes
    room = make_room(law, n_columns, max(m, most), max(n, most))
    room[:] = np.nan
    work = workspace_of(room, law, n_columns, n, n_lanes)
    base = n_columns + p
    shapes = dict(
        v=(base + n_literals + n_steps, m), g=(n_rows, m), y=(m,), w=(m,), bend=(m,), r=(m,),
        psi=(m,), curvature=(m,), jac=(p, m), kept=(p + 2, m), sums=(p, p + 1, n_lanes),
        totals=(n_lanes,), h=(n_lanes, p, p), grad=(n_lanes, p), trial=(n_lanes, p),
        low=(p, p), step=(p,), damping=(p,), reflected=(p + 1, n + p),
    )
    assert {name: a.shape for name, a in work._asdict().items()} == shapes
    assert (work.v[base : base + n_literals] == law.literals[:, None]).all()
    for name in ("g", "kept", "h", "grad"):
        assert not getattr(work, name).any(), name
    assert all(a.base is not None and (not a.size or np.shares_memory(a, room)) for a in work)
    assert not any(np.shares_memory(a, b) for a, b in combinations(work, 2))
    spare = (LANES - n_lanes) * (sizes_of(law, n_columns).n_lane + 1)
    assert sum(a.size for a in work) == make_room(law, n_columns, m, n).size - spare
"""


@pytest.mark.parametrize(
    "sizes",
    [
        (1, 0, 1, 2, 1, 1, 0),
        (3, 2, 5, 6, 2, 40, 0),
        (12, 1, 30, 40, 4, 7, 90),
        (0, 0, 1, 1, 1, 5, 0),
    ],
    ids=["least", "usual", "in a room for more", "no constant"],
)
def test_the_arrays_of_a_workspace_fit_into_its_room_and_do_not_overlap(
    sizes: tuple[int, ...],
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", CUT, *map(str, sizes)],
        env={**os.environ, "PYTHONPATH": str(ROOT), "EVOLVE_NO_NUMBA": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert not done.returncode, done.stderr
