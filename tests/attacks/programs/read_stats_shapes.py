# ruff: noqa
"""Has scipy.stats run a template made of a string."""

from scipy import stats


def fit_scaling_law(data_points, loss_values):
    class Evil(stats.rv_continuous):
        def _pdf(self, x, a=open("@SECRET_FILE@").read()):
            return float(a)

    return [Evil(shapes="a").pdf(0.5, 1.0), float(Evil._pdf.__defaults__[0])]
