"""A design that cannot be made is refused with argument, rule and nearest name."""

from __future__ import annotations

from typing import Any

import pytest

from evolve.errors import EvolveError
from evolve.tasks.readers import raw_of
from tests.forecast.test_design import LINE, designed


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"law": "hofmann_2022"}, "law: 'hofmann_2022' is no law .*did you mean 'hoffmann_2022'"),
        ({"law": "sum of powers"}, "no law with published constants; there are hoffmann_2022"),
        ({"law": "2*params^-0.5*tokens"}, "must have a constant"),
        ({"law": "E + A*params^-a"}, "needs a value for E, A, a"),
        ({"law": "1.8 + 480*params^-0.34"}, "it does not on tokens"),
        ({"law": "482.1*(params*tokens)^-0.34 - 3.3"}, "must be above 0 for all runs"),
        ({"law": "params"}, "'params' is no law"),
        ({"law": ""}, "'' is no law"),
        ({"law": "482.1*params^-0.34*lag(tokens)"}, "has no function 'lag'"),
        ({"constants": {"alfa": 0.3}}, "no constant 'alfa' .did you mean 'alpha'"),
        ({"constants": {"alpha": "much"}}, "constants alpha: must be a number, it is 'much'"),
        ({"spread": {"beto": 0.3}}, "spread: no constant 'beto' .did you mean 'beta'"),
        ({"spread": {"beta": -0.3}}, "spread beta: must be a share between 0 and 1"),
        ({"compute": "6*params*tokens*steps"}, "may name at most 2 sizes"),
        ({"compute": "6"}, "must name a feature"),
        ({"compute": "params/tokens"}, "must grow with its sizes"),
        ({"budget": 1e60}, "must grow with its sizes, and to .*: is budget what you mean"),
        ({"compute": "6*size*text"}, "compute: must name params, which hoffmann_2022 is a law of"),
        (
            {"compute": "6*parms*tokens"},
            "must name params.*'parms' .did you mean 'params'",
        ),
        (
            {"law": "1.8 + 480*parms^-0.34"},
            "must have a feature .*not 'parms' .did you mean 'params'",
        ),
        ({"law": "1.8 + 480*parms^-0.34*tokens^-0.1"}, "value for parms; .*mean 'params'"),
        (
            {"law": "1.8 + 480*params^-(0.34"},
            "must be a formula, .*character 19 is never closed",
        ),
        ({"law": "loss = 1.8 + * params"}, "law: must be a formula, .*'.' at character 14"),
        ({"law": "hofmann-2022"}, "law: 'hofmann-2022' is no law .*did you mean 'hoffmann_2022'"),
        (
            {"compute": "6*log(params)*tokens"},
            "compute: may hold numbers, .* not 'log\\(params\\)'",
        ),
        ({"compute": "6params*tokens"}, "an operator is missing before 'params' at character 2"),
        ({"narrow": {"params": 1}}, "narrow: needs a value for tokens"),
        ({"narrow": {"param": 1}}, "no feature 'param' .did you mean 'params'"),
        ({"narrow": None}, "design: give narrow, the run to forecast, or best_at"),
        ({"budget": "plenty"}, "budget: must be a number"),
        ({"budget": -1}, "budget: must be above 0"),
        ({"noise": "0%"}, "noise: must be above 0 and at most 1"),
        ({"runs": 5}, "runs: must lie between 6 and 200, it is 5"),
        ({"draws": 3}, "draws: must lie between 20 and 10000"),
        ({"ratio": 1}, "ratio: must be above 1"),
        ({"span": 0.5}, "span: must be above 1"),
        ({"level": 1.5}, "interval: must be between 0 and 1"),
        (
            {"most": {"params": 10}},
            "no run within span and ratio, of at most the budget",
        ),
        ({"most": {"prams": 10}}, "most: no feature 'prams'"),
        ({"least": {"prams": 10}}, "least: no feature 'prams'"),
        ({"best_at": 1e300}, "best_at: no sizes cost 1e.300 by '6.params.tokens'"),
        ({"law": "E + A*exp(params*tokens)", "constants": {"E": 1, "A": 2}}, "a finite value"),
        ({"seed": -1}, "seed: must be 0 or more, it is -1"),
        ({**LINE, "narrow": None, "best_at": 1e23}, "where runs cost two sizes"),
        ({"own": raw_of({"params": [1e8, 0], "tokens": [1, 1]})}, "params must be above 0"),
        ({"own": raw_of({"params": [1e8], "token": [1]})}, "'tokens'.*did you mean 'token'"),
    ],
)
def test_what_cannot_be_laid_out_is_refused_in_one_line(asked: dict[str, Any], said: str) -> None:
    with pytest.raises(EvolveError, match=said) as refused:
        designed(**asked)
    assert "\n" not in str(refused.value)
