"""Priors of many problems, of which those of a pool share one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from evolve.fitting.result import Prior
from evolve.typing import Array, Ints


def by_prior(priors: Sequence[Prior | None]) -> list[tuple[Prior, Ints]]:
    """Each prior that some problems have, and their numbers."""
    known, numbers = numbered(priors)
    return [(prior, np.flatnonzero(numbers == i)) for i, prior in enumerate(known)]


def numbered(priors: Sequence[Prior | None]) -> tuple[list[Prior], Ints]:
    """The priors that some problems have, once each, and which one each has: -1 for none."""
    known = {id(prior): prior for prior in priors if prior is not None}
    number = {each: i for i, each in enumerate(known)}
    number[id(None)] = -1
    numbers = np.fromiter(map(number.__getitem__, map(id, priors)), np.int64, len(priors))
    return list(known.values()), numbers


def centres(priors: Sequence[Prior | None], p: int) -> Array:
    """The priors' centres as starts `(q, b, p)`: none at all, or nan where there is no prior."""
    if priors.count(None) == len(priors):
        return np.zeros((len(priors), 0, p))
    blank = np.full(p, np.nan)
    return np.array([[blank if prior is None else prior.mean] for prior in priors])
