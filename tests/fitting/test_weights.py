"""Covariances are finite where rows fix constants, and nan where a fit says nothing of them."""

from __future__ import annotations

import warnings

import numpy as np

from evolve.fitting.weights import covariance


def test_a_fit_without_a_finite_start_has_no_covariance() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.isnan(covariance(np.zeros((2, 2)), np.inf)).all()


def test_a_covariance_is_the_variance_over_the_normal_matrix() -> None:
    np.testing.assert_allclose(covariance(np.diag([4.0, 9.0]), 2.0), np.diag([0.5, 2.0 / 9.0]))
