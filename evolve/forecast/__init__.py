"""A run's finalists to forecasts: point, calibrated interval, distance from the training rows.

`calibration` refits the champion and its rivals (slow, when a run ends), `model` is what is kept
of that, `interval` turns it into forecasts (quick), `queries` reads what to forecast, and `plan`
splits a budget by them.
"""
