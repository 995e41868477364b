"""What is left out of a caller's table is a warning, for whatever reason it is."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from evolve.api.table_warnings import warn_of_table
from evolve.tasks.draft import Wishes, propose
from evolve.tasks.readers import raw_of


def test_the_points_of_curves_that_are_left_out_are_warnings() -> None:
    sizes = np.repeat(np.geomspace(1e6, 1e9, 8), 6)
    frame = pd.DataFrame({"run": [f"r{k // 6}" for k in range(48)], "params": sizes})
    frame["step"] = [0, 100, 200, 400, 800, 1600] * 8
    frame["loss"] = 1.7 + 50.0 * sizes**-0.3 + (frame.step + 10.0) ** -0.5
    wishes = Wishes(("loss",), ("params",), run_id="run", step="step")
    with pytest.warns(UserWarning, match="left out") as told:
        warn_of_table(propose(raw_of(frame), "x", wishes))
    start, ends, *_ = [str(warning.message) for warning in told]
    assert start.startswith("points: 8 at step 0 left out, no training has been done there")
    assert ends.startswith("points: the end of 8 runs, 32 rows left out, no feature varies")
