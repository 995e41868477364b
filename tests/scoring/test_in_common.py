"""Constants that groups have in common have one error, as all their rows together leave it."""

from __future__ import annotations

import numpy as np
import pytest

from evolve.scoring.clusters import FittedRows, widening
from evolve.scoring.in_common import noise_of_each, widenings_in_common
from evolve.typing import Array, Ints

N_GROUPS, N_RUNS, N_POINTS = 5, 4, 6
N_ROWS = N_RUNS * N_POINTS
X = np.tile(np.linspace(-1.0, 1.0, N_POINTS), N_RUNS)
RUN = np.repeat(np.arange(N_RUNS), N_POINTS)
COMMON = np.array([1])
# A level of each group's own, the slope that they share, and a curvature of each one's own.
SLOPES = np.stack([np.ones(N_ROWS), X, X**2], axis=1)


def fitted(y: Array, cluster: Ints) -> tuple[float, list[FittedRows]]:
    """The shared slope of a joint least-squares fit `(g, n)`, and the rows of its groups."""
    own = np.kron(np.eye(N_GROUPS), SLOPES[:, [0, 2]])
    design = np.column_stack([own, np.tile(X, N_GROUPS)])
    inverse = np.linalg.inv(design.T @ design)
    constants = inverse @ design.T @ y.ravel()
    left = (y.ravel() - design @ constants).reshape(y.shape)
    variances = (left**2).sum(axis=1) / (N_ROWS - 2 - 1 / N_GROUPS)
    alone = np.linalg.inv(SLOPES[:, [0, 2]].T @ SLOPES[:, [0, 2]])
    rows = []
    for i, variance in enumerate(variances):
        at = [2 * i, len(inverse) - 1, 2 * i + 1]
        covariance = inverse[np.ix_(at, at)] * variances.mean()
        covariance[np.ix_([0, 2], [0, 2])] += alone * (variance - variances.mean())
        rows.append(FittedRows(covariance, SLOPES, left[i], cluster))
    return float(constants[-1]), rows


def noise(rng: np.random.Generator, kind: str) -> Array:
    random = rng.normal(size=(N_GROUPS, N_ROWS))
    if kind == "of the far rows":
        random *= 0.2 + 2.0 * np.abs(X)
    elif kind == "of runs":
        random = 0.3 * random + rng.normal(size=(N_GROUPS, N_RUNS))[:, RUN] * X
    return random * np.array([1.0, 0.2, 0.5, 1.0, 2.0])[:, None]


@pytest.mark.parametrize("kind", ["plain", "of the far rows", "of runs"])
def test_a_constant_in_common_has_one_error_as_wide_as_it_scatters(kind: str) -> None:
    rng, cluster = np.random.default_rng(0), RUN if kind == "of runs" else np.arange(N_ROWS)
    found, given, wider = [], [], []
    for _ in range(300):
        constant, rows = fitted(noise(rng, kind), cluster)
        widened = widenings_in_common(rows, COMMON)
        variances = [each.covariance[1, 1] for each in widened]
        np.testing.assert_allclose(variances, variances[0], rtol=1e-9)
        found.append(constant)
        given.append(rows[0].covariance[1, 1])
        wider.append(variances[0])
    times = np.sqrt(np.mean(wider)) / np.std(found)
    assert 0.95 < times < 1.35
    if kind == "plain":
        assert np.sqrt(np.mean(wider) / np.mean(given)) < 1.15
    else:
        assert np.sqrt(np.mean(given)) < 0.85 * np.std(found)


def test_errors_are_nowhere_narrower_and_own_constants_follow_those_in_common() -> None:
    _, rows = fitted(noise(np.random.default_rng(1), "of runs"), RUN)
    for each, widened in zip(rows, widenings_in_common(rows, COMMON), strict=True):
        assert np.linalg.eigvalsh(widened.covariance - each.covariance).min() > -1e-12
        follow = each.covariance[[0, 2], 1] / each.covariance[1, 1]
        np.testing.assert_allclose(
            widened.covariance[[0, 2], 1], follow * widened.covariance[1, 1], atol=1e-12
        )
        assert widened.noise >= 1.0


def test_groups_without_constants_in_common_are_widened_each_by_itself() -> None:
    _, rows = fitted(noise(np.random.default_rng(1), "of runs"), RUN)
    for each, widened in zip(rows, widenings_in_common(rows, np.arange(0)), strict=True):
        np.testing.assert_array_equal(widened.covariance, widening(each).covariance)


def test_a_group_whose_rows_say_nothing_is_left_and_a_quiet_one_shares_the_error() -> None:
    _, rows = fitted(noise(np.random.default_rng(1), "of runs"), RUN)
    broken = FittedRows(rows[0].covariance, np.full_like(SLOPES, np.inf), rows[0].residuals, RUN)
    quiet = FittedRows(rows[1].covariance, SLOPES, np.zeros(N_ROWS), RUN)
    widened = widenings_in_common([broken, quiet, *rows[2:]], COMMON)
    np.testing.assert_array_equal(widened[0].covariance, rows[0].covariance)
    assert widened[1].covariance[1, 1] == pytest.approx(widened[2].covariance[1, 1])
    silent = [FittedRows(r.covariance, SLOPES, np.zeros(N_ROWS), RUN) for r in rows]
    for each, same in zip(rows, widenings_in_common(silent, COMMON), strict=True):
        np.testing.assert_array_equal(same.covariance, each.covariance)


@pytest.mark.parametrize("left", [0.0, 1e-12, 1e-9, 1e-6])
def test_a_group_that_its_own_constants_pass_through_has_the_noise_of_all(left: float) -> None:
    """What rounding leaves of its residuals says nothing of its errors."""
    _, rows = fitted(noise(np.random.default_rng(1), "plain"), np.arange(N_ROWS))
    slopes, follow = SLOPES[[0, 5]], np.array([[0.1], [0.0]])
    variance = noise_of_each(
        np.array([0.0, *(each.variance(2 + 1 / 6) for each in rows)]),
        np.array([0.0, *(N_ROWS - 2 - 1 / 6 for _ in rows)]),
    )[0][0]
    own = variance * np.linalg.pinv(slopes[:, [0, 2]].T @ slopes[:, [0, 2]])
    of_common = rows[0].covariance[1, 1]
    covariance = np.empty((3, 3))
    covariance[np.ix_([0, 2], [0, 2])] = own + of_common * follow @ follow.T
    covariance[[0, 2], 1] = covariance[1, [0, 2]] = of_common * follow[:, 0]
    covariance[1, 1] = of_common
    few = FittedRows(covariance, slopes, np.array([left, -left]), np.arange(2))
    widened = widenings_in_common([few, *rows], COMMON)[0]
    errors = np.sqrt(np.diag(widened.covariance))
    np.testing.assert_allclose(errors, np.sqrt(np.diag(covariance)), rtol=0.1)
    assert widened.noise < 1.1


def test_groups_of_few_rows_have_the_noise_of_all_and_none_has_hardly_any() -> None:
    variances, of_all = noise_of_each(np.array([1e-30, 2.0, 0.0, 1.0]), np.array([0.5, 3, 4, 2]))
    assert of_all == pytest.approx((3 * 2.0 + 2 * 1.0) / 10)
    np.testing.assert_allclose(variances, [of_all[0], 2.0, 1e-6 * of_all[0], 1.0])
