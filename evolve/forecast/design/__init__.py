"""Designs of pilot runs before there is any, scored by simulation under a law taken to be known.

`law` reads the law, `region` says which runs may be made, `standard` and `optimal` lay out runs,
`simulated` tries them, `scored` says what came of it.
"""

from __future__ import annotations

from evolve.forecast.design.designed import Designed, design_runs
from evolve.forecast.design.questions import Wanted
from evolve.forecast.design.scored import ScoredDesign
from evolve.forecast.design.simulated import Score

__all__ = ["Designed", "Score", "ScoredDesign", "Wanted", "design_runs"]
