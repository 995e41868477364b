"""Lower scores are better; every number that decides a preference stands in one file."""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evolve.scoring import objective
from evolve.scoring.fold import FoldScore
from evolve.scoring.objective import (
    FITTED_SHARE,
    SCREEN_MARGIN,
    fitted_error,
    fold_weight,
    score,
    scoring_version,
    screen_passes,
    stored_version,
)
from evolve.scoring.targets import Targets
from evolve.typing import Array

errors = st.lists(st.floats(0.0, 1e6), min_size=1, max_size=8)
prices = st.floats(0.01, 5.0)


def folds_of(
    nmses: Sequence[float], weights: Sequence[float] = (), fitted: float | None = None
) -> list[FoldScore]:
    given_weights = weights or [1.0] * len(nmses)
    return [
        FoldScore("far", 3, nmse, 1.0 - nmse, weight, fitted)
        for nmse, weight in zip(nmses, given_weights, strict=True)
    ]


@settings(max_examples=30)
@given(errors, prices, st.floats(1.01, 100.0))
def test_a_larger_error_on_every_fold_is_a_worse_score(
    nmses: list[float], price: float, factor: float
) -> None:
    worse = [factor * nmse + 1e-6 for nmse in nmses]
    for fitted in (None, 0.1):
        assert score(folds_of(worse, (), fitted), price) > score(
            folds_of(nmses, (), fitted), price
        )


@settings(max_examples=30)
@given(errors, prices)
def test_the_order_of_the_folds_does_not_matter(nmses: list[float], price: float) -> None:
    assert score(folds_of(nmses[::-1]), price) == pytest.approx(score(folds_of(nmses), price))


@settings(max_examples=30)
@given(errors, prices)
def test_equal_weights_change_no_score(nmses: list[float], price: float) -> None:
    weighted = folds_of(nmses, [0.5] * len(nmses))
    assert score(weighted, price) == pytest.approx(score(folds_of(nmses), price))


def test_an_error_on_a_fold_that_holds_out_more_counts_less() -> None:
    weights = [fold_weight(n, 100) for n in (90, 80, 60)]
    near, far = ([1.0, 0.1, 0.1], [0.1, 0.1, 1.0])
    assert score(folds_of(near, weights), 0.1) > score(folds_of(far, weights), 0.1)


def test_a_perfect_prediction_has_a_finite_score() -> None:
    assert math.isfinite(score(folds_of([0.0, 0.0]), 0.1))
    assert math.isfinite(score(folds_of([0.0, 0.0], (), 0.0), 0.1))


def test_a_hundredfold_error_on_one_of_two_folds_costs_half_its_logarithm() -> None:
    difference = score(folds_of([1.0, 0.1]), 0.1) - score(folds_of([0.01, 0.1]), 0.1)
    assert difference == pytest.approx(math.log(100.0) / 2, rel=1e-2)


def test_the_error_of_the_fitted_rows_counts_its_share() -> None:
    far, near = (score(folds_of([0.1], (), fitted), 0.0) for fitted in (1.0, 0.01))
    assert far - near == pytest.approx(FITTED_SHARE * math.log(100.0), rel=1e-2)


# the error of the fitted rows


def error_of(y: Array, p: Array, n_constants: int) -> float:
    told = fitted_error(Targets.of(y), p, n_constants)
    assert told is not None
    return told


def test_noise_is_the_error_of_the_fitted_rows_but_for_what_constants_take_up() -> None:
    rng = np.random.default_rng(0)
    y = rng.normal(size=(4000, 2)) * [1.0, 100.0]
    p = y + 0.1 * rng.normal(size=y.shape) * [1.0, 100.0]
    plain = error_of(y, p, 0)
    assert 0.55 * 0.01 < plain < 0.65 * 0.01  # the largest quarter is cut down
    assert error_of(y, p, 1000) == pytest.approx(plain * 4000 / 3000)


def test_a_few_outliers_hardly_change_the_error_of_the_fitted_rows() -> None:
    rng = np.random.default_rng(1)
    y = rng.normal(size=(200, 1))
    p = y + 0.1 * rng.normal(size=y.shape)
    plain = error_of(y, p, 3)
    p[:10] += 1e3
    assert error_of(y, p, 3) < 1.3 * plain


def test_rows_that_any_law_passes_through_say_nothing() -> None:
    y = np.arange(6.0)[:, None]
    assert fitted_error(Targets.of(y), y, 5) == 0.0
    assert fitted_error(Targets.of(y), y, 6) is None
    assert fitted_error(Targets.of(np.ones((6, 1))), y, 1) is None
    assert score(folds_of([0.5], (), None), 0.0) == score(folds_of([0.5], (), 0.5), 0.0)


def test_every_candidate_passes_the_first_look_without_a_bar() -> None:
    assert screen_passes(1e9, math.inf)


def test_a_screen_passes_within_the_margin_of_the_bar_only() -> None:
    assert screen_passes(-3.0, -3.0)
    assert screen_passes(-3.0 + 0.9 * SCREEN_MARGIN, -3.0)
    assert not screen_passes(-3.0 + 1.1 * SCREEN_MARGIN, -3.0)


# where the numbers stand


# Numbers elsewhere that decide no preference, and what they are.
NO_PREFERENCE = {
    "search/operators/terms.py": {"FIRST_FRESH": "a label that no constant has"},
    "search/stated.py": dict.fromkeys(
        ("SHORTEST", "ALIKE"), "of a name that may be a column, mistyped"
    ),
    "search/champion.py": {"RELATIVE_EDGE": "rounding of an asymptote"},
    "search/finalists.py": dict.fromkeys(
        ("QUICK_SHARE", "WHOLE_SHARE", "KEEPING_S"), "when a search with a limit of time ends"
    ),
    "search/readable.py": {
        "ONE_SIGMA": "which residuals are an error",
        "MOST_ROWS": "that are looked at",
        "SAME_DIRECTION": "rounding of what constants have in common",
    },
    "search/consensus.py": {
        "TINY": "against division by zero",
        "RANGE_OF_TEN": "how a factor is meant along an axis that has none",
    },
    "search/proposers/protocol.py": {"BATCH": "entries stored at once"},
    "search/operators/constants.py": {"SLOPES": "values that a constant may be fixed at"},
    "search/operators/recipes.py": {
        **dict.fromkeys(("F_SCALES", "SCALE_WEIGHTS", "RIDGES", "SHRINKAGES"), "values of genes"),
    },
    "scoring/constraints.py": {
        "MOST_DECADES": "against overflow",
        "WHOLES": "what fractions and percents sum to",
        "SUM_ERROR": "rounding of shares",
        "MOST_LEFT_OUT": "bounds how long shares are looked for",
        "MOST_SMALL": "bounds how long shares are looked for",
        "FREE_OF_NOISE": "against comparing rounding errors of floats",
        "FILTER_ROWS": "how many rows of a quick test precede the whole one",
    },
    "scoring/targets.py": {"FLAT": "against division by zero"},
    "search/proposers/initial.py": {"MOST_TRIES": "bounds how long candidates are looked for"},
    "search/proposers/grammar.py": {"SMALL": "constants that a sum of powers needs"},
    "search/archive.py": {"MOST_GAINED": "rows of a table", "MOST_KINDS": "memory"},
    "search/machines.py": {"IDLE_SECONDS": "seconds of waiting"},
    "evaluation/record.py": {"NOT_OF_A_RUN": "an entry that no run has"},
    "search/proposers/llm/calls.py": dict.fromkeys(("GRACE", "STEP"), "seconds of waiting"),
    "search/proposers/llm/client.py": dict.fromkeys(
        ("LEAST_PAUSE", "MOST_RETRIES", "ERROR_CHARS"), "bounds on what an endpoint may do"
    ),
    "search/proposers/llm/keys.py": {"SHORTEST": "of a text that may be a key"},
    "search/proposers/llm/prompt.py": dict.fromkeys(
        (
            *("PROGRAM_CHARS", "FORMULA_CHARS", "LISTED", "LISTED_CHARS"),
            *("N_ELITES", "N_FAILURES", "MOST_TEXTS"),
        ),
        "size of a prompt",
    ),
    "search/proposers/llm/proposer.py": dict.fromkeys(
        ("MOST_REPAIRS", "MOST_ROUNDS"), "calls that one proposal may take"
    ),
    "search/proposers/llm/reply.py": dict.fromkeys(
        ("MOST_FORMULAS", "MOST_LEVELS"), "bounds on what a reply may hold"
    ),
    "search/proposers/llm/settings.py": dict.fromkeys(
        ("NAME_CHARS", "MOST_MODELS"), "bounds of settings"
    ),
    "search/proposers/llm/shares.py": dict.fromkeys(
        (
            *("BUDGET_EVALUATIONS", "LEAST_SHARE", "MOST_SHARE", "PRIOR_COST", "PRIOR_GAIN"),
            *("LONGEST_REST", "PATIENCE", "TOKENS_AN_EVALUATION"),
        ),
        "who of several proposers is asked, not which law is preferred",
    ),
    "search/proposers/llm/translate.py": {"SPARE": "a label that no constant has"},
    "scoring/clusters.py": {"LEAST_FREE": "against division by nearly zero"},
    "scoring/in_common.py": {
        "LEAST_NOISE": "against division by nearly zero",
        "SINGULAR": "against division by nearly zero",
    },
    "scoring/frame.py": {"DIGITS": "rounding of a scale"},
    "forecast/plan/reach.py": dict.fromkeys(
        ("SERVED", "TRAINED", "MOST_DECADES", "USUAL_BELOW", "STRIDE", "STEPS", "FEW_STEPS"),
        "range of a numeric search",
    ),
    "search/newcomers.py": dict.fromkeys(
        ("CHILDREN", "SHARE", "RECIPE_SHARE"),
        "whose children are made, not which law is preferred",
    ),
    "search/proposers/literature.py": {"MOST_PAIRED": "features up to which pairs are formed"},
    "evaluation/crosscheck.py": {"TOLERANCE": "rounding that two lanes may differ by"},
    "forecast/calibration.py": {"MOST_RATIOS": "values that a store is to hold"},
    "forecast/spread.py": {
        "LARGEST": "against infinite slopes",
        "FARTHEST": "bounds a distance that is told",
        "OFF": "whether an interval is told in words",
        "ROUNDING": "tells equal targets from others",
    },
    "forecast/words.py": dict.fromkeys(
        ("FACTOR_FROM", "MOST_TIMES", "LEAST_SHARE", "FEW_DIGITS", "MOST_GROUPS", "MOST_DIGITS"),
        "how errors are told",
    ),
    "evaluation/predict.py": dict.fromkeys(
        ("STEP", "SMALL", "SEEN"), "steps of a numeric derivative"
    ),
    "scoring/student.py": {
        "MANY": "where two formulas for a quantile agree to 8 digits",
        **dict.fromkeys(("MOST_STEPS", "SETTLED", "ROUNDING"), "of a numeric search"),
    },
    "forecast/there.py": {"ROUNDING": "tells a row at the horizon from one beyond"},
    "forecast/interval.py": {
        "LEVEL": "the default of an option",
        "MOST_LOG": "against overflow",
        "AT_ONCE": "distances held in memory at a time",
    },
    "forecast/members.py": {"UNCHOSEN_MEMBERS": "bounds how long a forecast takes"},
    "forecast/noise.py": {"ONE_SIGMA": "a property of the normal distribution"},
    "scoring/noise_kind.py": {"LEAST": "against the logarithm of 0"},
    "evaluation/baselines.py": {
        "RIDGE": "breaks ties",
        "MOST_LOG": "against overflow",
        "BLOCK": "distances held in memory at a time",
        "NEAREST": "rounding of a distance",
        "ROUGH": "rounding of a distance",
    },
    "scoring/combine.py": {
        "STEPS": "of an iteration that converges",
        "TINY": "against division by zero",
        "TO_DEVIATION": "a property of the normal distribution",
    },
    "forecast/model.py": {"FORMAT": "of stored data"},
    "forecast/plan/allocate.py": {
        "EDGE": "at which a search has hit its range",
        "AT_BOUND": "at which an answer lies on a bound of the user",
        "OUT_OF_SIGHT": "how a budget that buys no run is told of",
    },
    "forecast/plan/scaling.py": {
        "LARGEST_SHIFT": "range of a numeric search",
        **dict.fromkeys(("HALVINGS", "AT_ONCE", "MOST_PARTS"), "of a numeric search"),
    },
    "forecast/design/designed.py": dict.fromkeys(
        ("MOST_SIZES", "MOST_RUNS", "MOST_DRAWS"), "range of an option"
    ),
    "forecast/design/means.py": {"SAME_BUDGET": "rounding, within which budgets are the same"},
    "forecast/design/scored.py": {
        "CHECKABLE": "which design is named first, not which law is preferred",
        "WIDER": "the same",
        "SAME": "rounding, within which sizes are the same",
    },
    "forecast/design/simulated.py": {"CHECKED": "fits of a simulation"},
    "forecast/design/optimal.py": {
        **dict.fromkeys(("N_SHARES", "N_BEGINS", "MOST_REDRAWN"), "points of a numeric search"),
        **dict.fromkeys(("ROUNDS", "GAIN"), "steps of a numeric search"),
        **dict.fromkeys(("TOLD", "LEFT"), "rounding, within which runs tell nothing"),
        **dict.fromkeys(("RIDGE", "TINY"), "against division by zero"),
    },
    "forecast/design/questions.py": {"STEP": "of a numeric derivative"},
    "forecast/design/region.py": {
        **dict.fromkeys(("BASE", "DECADES", "PER_DECADE"), "range of a numeric search"),
        **dict.fromkeys(("N_LEVELS", "N_RATIOS", "EDGE_HALVINGS"), "points of a numeric search"),
        "SLACK": "rounding of bounds",
    },
    "forecast/design/standard.py": {
        **dict.fromkeys(
            ("LEVELS", "LEAST_SIZES", "LEAST_IN_GRID", "RISE"),
            "of a design that is scored beside others",
        ),
        "HALVINGS": "steps of a numeric search",
        "SAME_COMPUTE": "rounding, within which runs cost the same",
    },
    "forecast/plan/next_runs.py": {
        "APART": "distance of runs that are proposed together",
        "SHARES_APART": "distance of runs that are proposed together",
        "FURTHER": "range of runs that are proposed",
        "LEAST": "which runs are named, not which law is preferred",
    },
    "forecast/plan/greedy.py": {"NEARLY": "which runs are named, not which law is preferred"},
    "forecast/plan/narrowing.py": {"TINY": "against division by zero"},
    "forecast/plan/levels.py": {
        **dict.fromkeys(("GAP", "WIDTH"), "rounding, within which runs cost the same"),
        "FEWEST_SIZES": "that a parabola and its error take",
        "COARSE": "tolerance of a numeric search",
    },
    "forecast/plan/against_rows.py": dict.fromkeys(
        ("FEWEST", "CLEAR"), "when rows are told to speak against settings"
    ),
    "forecast/plan/shares.py": dict.fromkeys(
        ("HALVINGS", "REFINEMENTS", "SHRINK", "SLACK"), "steps of a numeric search"
    ),
    "forecast/departures.py": {"SLACK": "rounding of rows that are asked for"},
    "forecast/plan/ratios.py": {
        "EXACT": "tolerance of a numeric search",
        "SEARCH_DECADES": "range of a numeric search",
    },
    "forecast/plan/blends.py": {"MOST_TRADED": "features that can be searched"},
    "forecast/plan/question.py": {"MOST_TUNED": "features that can be searched"},
    "forecast/plan/settings.py": {
        "MOST_POINTS": "points of a numeric search",
        "AT_EDGE": "at which an answer lies at an end of the rows",
    },
    "forecast/plan/uncertainty.py": {
        **dict.fromkeys(
            ("DRAWS", "DRAWS_OF_RIVAL", "TRIES", "MOST_LAWS", "LEAST_LAWS", "LIKELY"),
            "laws that are asked for a range",
        ),
        "COARSE": "tolerance of a numeric search",
        "TINY": "against division by zero",
    },
    "forecast/box.py": dict.fromkeys(
        ("BEYOND", "BELOW", "RANGES", "N_CURVE", "DIGITS"), "range and points of a page's sliders"
    ),
    "forecast/plan/cost.py": {"MAX_CHARACTERS": "of an expression"},
    "forecast/plan/budgets.py": {"SHARES": "budgets that are shown beside the one asked for"},
    "forecast/plan/profiles.py": {
        "POINTS": "of a curve that is drawn",
        "DECADES": "of a curve that is drawn",
        "BEYOND": "the data, of a frontier that is drawn",
        "N_BUDGETS": "curves of a picture",
        "N_FRONTIER": "points of a curve that is drawn",
    },
    "search/pace.py": dict.fromkeys(("LEAST_S", "ROUND_SHARE"), "when a search in time ends"),
    "search/jobs.py": dict.fromkeys(("EVERY_S", "MOST_TIMES"), "of a job that was lost"),
    "forecast/judge.py": dict.fromkeys(
        ("UNEVEN", "APART", "HEARD", "LOW_R2"), "how a verdict is worded"
    ),
    "forecast/promise.py": {"NOTHING_LEFT": "how a verdict is worded"},
    "forecast/hidden.py": {"AS_NEAR": "what a verdict says of R2, no score"},
    "forecast/reasons.py": {"FAR_BEHIND": "what a verdict says of R2, no score"},
    "forecast/leaning.py": dict.fromkeys(
        ("FEWEST_ROWS", "FEWEST", "TIMES", "TOGETHER", "MOST_ASKED", "SEEN", "MISSED"),
        "when a reader is told of rows",
    ),
    "forecast/by_group.py": {"MOST_NAMED": "groups that a warning names"},
    "forecast/tested.py": {"MOST_NAMED": "features that a sentence names", "NEAR_1": "a spelling"},
    "forecast/chances.py": {
        "N_SHARES": "quantiles that stand for a forecast",
        "MOST_PIECES": "bounds the pieces of an integral",
        "AT_ONCE": "systems held in memory at a time",
    },
    "forecast/components.py": {"MOST_CELLS": "bounds a cost", "LEAST_TOLD": "rounding"},
    "forecast/difference.py": {
        "DECADES": "over which two forecasts are followed",
        "PER_DECADE": "points at which they are compared",
        "SEEN_BEYOND": "how far beyond the data a crossing is told",
        "EQUAL": "rounding, within which two forecasts are the same",
        "N_FINER": "points between two of them",
        "REFINEMENTS": "of a crossing",
    },
    "evaluation/executor.py": {
        "USUAL_ROWS": "above which a call has more time",
    },
}
PACKAGE = Path(__file__).resolve().parents[2] / "evolve"
ROOMS = ("search", "scoring", "evaluation", "forecast", "tasks/folds.py", "tasks/holdouts.py")


def numbers_of(path: Path) -> set[str]:
    """Names in capitals that a file binds to literal numbers, at its top."""
    names = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and _is_number(node.value):
            leaves = [leaf for target in node.targets for leaf in ast.walk(target)]
            names |= {leaf.id for leaf in leaves if isinstance(leaf, ast.Name)}
    return {name for name in names if name.isupper()}


def _is_number(node: ast.expr) -> bool:
    try:
        value = ast.literal_eval(node)
    except ValueError:
        return False
    values = value if isinstance(value, tuple) else (value,)
    return bool(values) and all(isinstance(v, int | float) for v in values)


def test_numbers_that_decide_a_preference_stand_in_one_file() -> None:
    rooms = [PACKAGE / room for room in ROOMS]
    paths = [path for room in rooms for path in sorted(room.rglob("*.py")) or [room]]
    found = {p.relative_to(PACKAGE).as_posix(): numbers_of(p) for p in paths}
    assert len(found.pop("scoring/objective.py")) > 50
    elsewhere = {name: numbers for name, numbers in found.items() if numbers}
    assert elsewhere == {name: set(why) for name, why in NO_PREFERENCE.items()}


def test_every_number_says_what_it_does_and_how_it_was_settled() -> None:
    settled = ("nested", "known", "pools", "judgement", "README")
    for line in (PACKAGE / "scoring" / "objective.py").read_text(encoding="utf-8").splitlines():
        if re.match(r"[A-Z][A-Z_, ]+ = ", line):
            assert "  # " in line, line
            assert any(word in line for word in settled), line


def test_the_numbers_of_version_5_have_one_name_and_are_not_those_of_today() -> None:
    assert stored_version(5) == stored_version("5") == "832ed2510aa9cac2" != scoring_version()
    assert stored_version(4) == "4"
    assert stored_version(scoring_version()) == scoring_version()


def test_another_number_is_another_version(monkeypatch: pytest.MonkeyPatch) -> None:
    before = scoring_version()
    monkeypatch.setattr(objective, "GREED", objective.GREED * 1.01)
    assert scoring_version() != before
