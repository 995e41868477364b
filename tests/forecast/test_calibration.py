"""What forecasts are made from knows that points of one run go together."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from evolve.bench.curves import LAW, make_curves
from evolve.forecast.interval import interval_at
from evolve.runs.picks import forecast_model_of_law
from evolve.search.named import named_entry


def test_forecasts_are_less_sure_where_points_of_a_run_go_together() -> None:
    task, test = make_curves("offset", 0.9, 0)
    alone = replace(task, train=replace(task.train, run=None))
    models = [forecast_model_of_law(each, named_entry(each, LAW)) for each in (alone, task)]
    one, two = (model.spreads["all"] for model in models)
    assert np.all(two.noise > one.noise)
    open_of = [
        interval_at(each, model, "all", test.X).parts.constants
        for each, model in zip((alone, task), models, strict=True)
    ]
    assert np.median(open_of[1] / open_of[0]) > 2.0
