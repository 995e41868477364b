"""The gate lets honest programs through and names line and reason of the others."""

from __future__ import annotations

from pathlib import Path

import pytest

from evolve.errors import ProgramError
from evolve.law.imports import MODULES
from evolve.law.program import parse_program
from evolve.sandbox.gate import check_program_text

ROOT = Path(__file__).parents[2]
SEEDS = sorted(ROOT.glob("seeds/**/*.py"))

HONEST = {
    "curve_fit with bounds": """
import numpy as np
from scipy.optimize import curve_fit, minimize, least_squares
from typing import Any

def scaling_law_func(data_points, params):
    X = np.atleast_2d(np.asarray(data_points, dtype=float))
    a, b, c = np.asarray(params).ravel()[:3]
    return a + np.exp(b - c * np.log(np.clip(X[:, 0], 1e-12, None)))

def fit_scaling_law(data_points, loss_values):
    X, y = np.asarray(data_points), np.asarray(loss_values)
    best, best_cost = None, float("inf")
    rng = np.random.default_rng(0)

    def residual(p, X=X):
        nonlocal best_cost
        r = scaling_law_func(X, p) - y
        return np.where(np.isfinite(r), r, 1e6)

    for _ in range(4):
        try:
            result = least_squares(residual, rng.normal(size=3), loss="huber", max_nfev=200)
            popt, _cov = curve_fit(lambda x, a, b: a + b * x, X[:, 0], y, maxfev=2000)
            other = minimize(lambda p: float(np.sum(residual(p) ** 2)), result.x)
        except (RuntimeError, ValueError) as error:
            print(f"no luck: {error!r:.40}")
            continue
        if other.success and other.fun < best_cost:
            best, best_cost = other.x, other.fun
    if best is None or not hasattr(best, "__len__"):
        best = np.linalg.lstsq(np.column_stack([np.ones(len(X)), X, X**2]), y, rcond=None)[0]
    scaling_law_func_args = getattr(best, "shape", None)
    message = "best {:.3f} of {n}".format(best_cost, n=4)
    return best

if __name__ == "__main__":
    print(fit_scaling_law(np.ones((3, 1)), np.ones(3)))
""",
    "own fitter": """
from __future__ import annotations
import numpy as np
from evolve.fitting import fit_law
def scaling_law_func(X, params):
    return params[0] * X[:, 0] ** -params[1]
def fit_scaling_law(X, y):
    return fit_law(scaling_law_func, X, y, n_constants=2, target_scale="log", loss="cauchy")
""",
    "modules and caches": """
import math, warnings
import scipy.special as sp
from functools import lru_cache, partial
from collections import defaultdict
import numpy.linalg as la
warnings.filterwarnings("ignore")
@lru_cache(maxsize=None)
def gamma(x: float) -> float:
    return math.lgamma(x) + sp.expit(x)
def law(input_data, group):
    constants = {"a": (1.0, 2.0)}.get(group, (0.0, 0.0))
    return [{"loss": constants[0] + row["x"] ** 2} for row in input_data]
""",
}

HOSTILE = {
    "import os": ("import", 1),
    "import numpy as np\nnp.f2py.os.system('x')": ("attribute", 2),
    "import numpy as np\nnp.ma.core.builtins": ("attribute", 2),
    "import numpy.ctypeslib": ("import", 1),
    "from numpy import load": ("import", 1),
    "from numpy import *": ("import", 1),
    "from scipy.io import loadmat": ("import", 1),
    "from . import evolve": ("import", 1),
    "from evolve import store": ("import", 1),
    "x = ().__class__.__base__.__subclasses__()": ("attribute", 1),
    "x = 1\ny = eval('1')": ("name", 2),
    "f = open": ("name", 1),
    "getattr((), '__class__')": ("getattr", 1),
    "g = getattr": ("getattr", 1),
    "getattr((), 'sha' + 'pe')": ("getattr", 1),
    "vars()": ("name", 1),
    "__builtins__": ("name", 1),
    "'{0.__class__}'.format(1)": ("format", 1),
    "x = '{0.__class__}'\nx.format(1)": ("format", 2),
    "'{:{0.__class__}}'.format(1)": ("format", 1),
    "str.format('{0.__class__}', 1)": ("format", 1),
    "'{0.__class__}'.format_map({})": ("attribute", 1),
    "import numpy as np\nnp.mean = None": ("change", 2),
    "import numpy as np\nfor np.mean in [1]: pass": ("change", 2),
    "import numpy as np\ndel np.mean": ("change", 2),
    "class A: pass": ("statement", 1),
    "match 1:\n    case int(real=x): pass": ("statement", 1),
    "async def f(): pass": ("statement", 1),
    "def f():\n    yield 1": ("statement", 2),
    "def __getattr__(name): pass": ("underscores", 1),
    "import numpy as __builtins__": ("underscores", 1),
    "from typing import get_type_hints": ("import", 1),
    "from functools import singledispatch": ("import", 1),
    "from collections import namedtuple": ("import", 1),
    "from scipy.stats import rv_continuous": ("import", 1),
    "import numpy as np\nnp.lib.stride_tricks.as_strided": ("attribute", 2),
    "import numpy as np\nnp.zeros(1).ctypes": ("attribute", 2),
    "import numpy as np\nnp.zeros(1).resize(9, refcheck=False)": ("attribute", 2),
    "import numpy as np\nnp.random.default_rng().bit_generator.cffi": ("attribute", 2),
    "import numpy as np\nnp.zeros(1).tofile('x')": ("attribute", 2),
    "import numpy as np\nnp.memmap('x')": ("attribute", 2),
    "import numpy as np\nnp.bmat('x')": ("attribute", 2),
    "1 +": ("Python", 1),
    "x = '\0'": ("Python", 1),
}


@pytest.mark.parametrize("name", HONEST)
def test_honest_programs_pass(name: str) -> None:
    check_program_text(HONEST[name])


@pytest.mark.parametrize("path", SEEDS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_seed_passes(path: Path) -> None:
    check_program_text(path.read_text())


@pytest.mark.parametrize("module", sorted(MODULES))
def test_the_gate_and_the_contract_of_programs_let_in_the_same_modules(module: str) -> None:
    program = f"import {module}\ndef law(rows, group):\n    return rows\n"
    if module != "__future__":
        check_program_text(program)
    parse_program(program)


@pytest.mark.parametrize("text", ["import os", "import numpy.ctypeslib", "from . import evolve"])
def test_a_module_that_the_gate_refuses_is_no_program(text: str) -> None:
    with pytest.raises(ProgramError, match="imports must be of"):
        parse_program(f"{text}\ndef law(rows, group):\n    return rows\n")


@pytest.mark.parametrize("text", HOSTILE)
def test_what_reaches_beyond_numerics_is_refused_with_line_and_reason(text: str) -> None:
    word, line = HOSTILE[text]
    with pytest.raises(ProgramError) as caught:
        check_program_text(text, "here.py")
    message = str(caught.value)
    assert message.startswith("here.py: ")
    assert word in message
    assert f"line {line}" in message or "\0" in text


@pytest.mark.parametrize(
    "text",
    [
        "-" * 60_000 + "1",
        "a" + ".b" * 30_000,
        "1" + "+1" * 30_000,
        "not " * 15_000 + "1",
        "#" * 70_000,
    ],
    ids=["minus", "attributes", "sums", "nots", "long"],
)
def test_text_that_would_exhaust_the_parser_is_refused(text: str) -> None:
    with pytest.raises(ProgramError):
        check_program_text(text)


def test_a_near_miss_is_named() -> None:
    with pytest.raises(ProgramError, match="did you mean 'linspace'"):
        check_program_text("import numpy as np\nnp.linspase(0, 1)")
