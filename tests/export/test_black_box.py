"""A program that is no graph is exported with what its law needs, and says what that is."""

from __future__ import annotations

import numpy as np
import pytest
from small_tasks import entry_of, power_task

from evolve.export.black_box import BlackBox, export_black_box
from evolve.law.program import parse_program
from evolve.runs.results import ResultRow

PROGRAM = '''"""A sum."""

import numpy as np
{imports}

# EVOLVE-BLOCK-START
{helper}


def scaling_law_func(data_points, params):
    return {law} * params[0]


def gaps(params, X, y):
    return scaling_law_func(X, params) - y


def fit_scaling_law(data_points, loss_values):
    return least_squares(gaps, [1.0], args=(data_points, loss_values)).x


# EVOLVE-BLOCK-END
'''
FIT = "from scipy.optimize import least_squares"


@pytest.mark.parametrize(
    ("imports", "helper", "law", "needs"),
    [
        (FIT, "", "np.ones(len(data_points))", "numpy alone"),
        (f"{FIT}\nimport math", "", "np.ones(len(data_points)) * math.pi", "numpy alone"),
        (
            f"{FIT}\nfrom scipy import special",
            "",
            "special.erf(data_points[:, 0])",
            "numpy and scipy",
        ),
        (
            f"{FIT}\nimport scipy.special as sc",
            "def wave(X):\n    return sc.j0(X[:, 0])",
            "wave(data_points)",
            "numpy and scipy",
        ),
    ],
    ids=["nothing", "the standard library", "scipy", "scipy in a helper"],
)
def test_an_exported_law_keeps_what_it_needs_and_leaves_out_what_its_fit_used(
    imports: str, helper: str, law: str, needs: str
) -> None:
    task, entry = power_task(), entry_of(0, None, -1.0)
    program = parse_program(PROGRAM.format(imports=imports, helper=helper, law=law))
    constants = {"all": np.ones((1, 1))}
    row = ResultRow("champion", "own", 0, 1, -1.0, 0.9, 0.9, "", {}, program.text)
    text = export_black_box(BlackBox("r", task, row, entry, program, constants), "law")
    assert f"it needs {needs}." in text
    assert "least_squares" not in text
    assert "def gaps" not in text
    names: dict[str, object] = {}
    exec(text, names)
    (predicted,) = names["law"]([{"a": 2.0, "b": 1.0}], "all")  # type: ignore[operator]
    assert np.isfinite(predicted["y0"])
