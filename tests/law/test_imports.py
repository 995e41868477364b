"""Of the engine a program may use `fit_law` alone, however it is imported."""

from __future__ import annotations

import ast

import pytest

from evolve.errors import ProgramError
from evolve.law.imports import beyond_fit_law
from evolve.law.program import parse_program
from evolve.sandbox.gate import check_program_text

LAW = "def law(rows, group):\n    return rows\n"
FINE = [
    "from evolve.fitting import fit_law",
    "from evolve.fitting import fit_law as fit",
    "import evolve.fitting\nfit = evolve.fitting.fit_law",
    "import evolve.fitting as fitter\nfit = fitter.fit_law",
    "from evolve import fitting\nfit = fitting.fit_law",
    "import numpy as np\nfit = np.polynomial.Polynomial.fit",
]
BEYOND = {
    "from evolve.fitting import service": (1, "service"),
    "from evolve.fitting import fit": (1, "fit"),
    "from evolve.fitting import fit_law, cost": (1, "cost"),
    "from evolve.fitting import *": (1, "*"),
    "import evolve.fitting.service": (1, "evolve.fitting.service"),
    "import evolve.fitting.service as s": (1, "evolve.fitting.service"),
    "from evolve.fitting.fit import fit_law": (1, "evolve.fitting.fit"),
    "import evolve.fitting\nx = evolve.fitting.fit": (2, "evolve.fitting.fit"),
    "import evolve.fitting\nx = evolve": (2, "evolve"),
    "import evolve.fitting as f\nx = f.fit.solve": (2, "f.fit"),
    "from evolve import fitting\nx = fitting.cost": (2, "fitting.cost"),
    "from evolve import fitting as f\nx = getattr(f, 'fit')": (2, "f"),
    "from evolve import fitting\n\nother = fitting": (3, "fitting"),
}


@pytest.mark.parametrize("text", FINE)
def test_fit_law_may_be_used_however_it_is_imported(text: str) -> None:
    assert beyond_fit_law(ast.parse(text)) == []
    check_program_text(f"{text}\n{LAW}")
    parse_program(f"{text}\n{LAW}")


@pytest.mark.parametrize("text", BEYOND)
@pytest.mark.parametrize("check", [check_program_text, parse_program])
def test_anything_else_of_the_fitter_is_refused_with_what_is_allowed(
    text: str, check: object
) -> None:
    line, name = BEYOND[text]
    with pytest.raises(ProgramError) as caught:
        check(f"{text}\n{LAW}", "here.py")  # type: ignore[operator]
    message = str(caught.value)
    assert message.startswith("here.py: of evolve.fitting a program may use fit_law alone")
    assert f"line {line} holds {name!r}" in message
