"""Covariances are finite where rows fix constants, and nan where a fit says nothing of them."""

from __future__ import annotations

import warnings

import numpy as np

from evolve.fitting.weights import covariance, standard_errors


def test_a_fit_without_a_finite_start_has_no_covariance() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.isnan(covariance(np.zeros((2, 2)), np.inf)).all()


def test_a_covariance_is_the_variance_over_the_normal_matrix() -> None:
    np.testing.assert_allclose(covariance(np.diag([4.0, 9.0]), 2.0), np.diag([0.5, 2.0 / 9.0]))


def test_constants_of_utterly_different_sizes_have_errors_without_a_warning() -> None:
    sizes = np.array([1e-120, 1.0, 1e150])
    correlated = np.array([[1.0, 0.5, 0.5], [0.5, 1.0, 0.5], [0.5, 0.5, 1.0]])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        errors, condition = standard_errors(correlated * np.outer(sizes, sizes), 1.0)
        np.testing.assert_allclose(errors * sizes, np.sqrt(1.5))
        assert condition < 10.0
        tiny = standard_errors(np.diag([1e-320, 4.0]), 1.0)[0]
        np.testing.assert_allclose(tiny[1], 0.5)
        assert np.isinf(standard_errors(np.full((2, 2), np.inf), 1.0)[0]).all()
