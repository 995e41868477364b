# ruff: noqa
"""A list that grows to 800 MiB."""

BREACH = float("@BREACH@")


def fit_scaling_law(data_points, loss_values):
    kept = []
    for _ in range(800):
        kept.append([0.5] * (1 << 17))
    return [BREACH]
