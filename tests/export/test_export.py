"""Exported files predict what the champion predicts, in an interpreter without this package."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from evolve.errors import EvolveError
from evolve.export import FORMATS, Subject, export, subject_of
from evolve.export.documents import equations_of
from evolve.law.candidate import Candidate
from evolve.law.program import parse_program
from evolve.runs.picks import Pick
from evolve.sandbox import check_program_text
from evolve.search.problem import make_search_problem
from evolve.tasks.task import list_tasks, load_task
from tests.run_of_literature import store_of

TASKS = [task.name for task in list_tasks() if task.has_train]

DRIVER = """
import json, sys
sys.path[:] = [p for p in sys.path if "site-packages" not in p] + [sys.argv[1]]
texts, cases = json.load(sys.stdin)
import numpy as np

def load(form, text):
    names = {"__name__": "exported"}
    if form == "json":
        names["data"] = json.loads(text)
        text = "import numpy as np\\n" + names["data"]["function"]
    if form == "markdown":
        text = text.split("```python\\n")[1].split("\\n```")[0]
    exec(compile(text, "exported", "exec"), names)
    return names

def of_sympy(names, case, X):
    import sympy as sp
    columns = []
    for target in case["targets"]:
        law = names["expression"](case["group"], target)
        by_name = {s.name: s for s in law.free_symbols}
        used = [n for n in case["features"] if n in by_name]
        f = sp.lambdify([by_name[n] for n in used], law, "numpy")
        at = [X[:, case["features"].index(n)] for n in used]
        columns.append(np.broadcast_to(f(*at), len(X)))
    return np.array(columns).T

def predict(form, names, case):
    X = np.array(case["X"])
    if form in ("law", "markdown"):
        rows = [dict(zip(case["features"], row)) for row in case["X"]]
        return [list(row.values()) for row in names["law"](rows, case["label"])]
    if form == "sympy":
        return of_sympy(names, case, X).tolist()
    if form == "json":
        params = np.array(names["data"]["constants"][case["group"]])
        params = params if len(case["targets"]) > 1 else params[0]
    else:
        y = np.array(case["train_y"])
        params = names["fit_scaling_law"](np.array(case["train_x"]), y)
    values = names["scaling_law_func"](X, params)
    return np.asarray(values).reshape(len(X), -1).tolist()

def answer(form, text):
    names = load(form, text)
    return [predict(form, names, case) for case in cases]

out = {form: answer(form, text) for form, text in texts.items()}
assert not any(m.split(".")[0] == "evolve" for m in sys.modules)
print(json.dumps(out))
"""


def cases_of(subject: Subject) -> tuple[list[dict[str, Any]], list[np.ndarray]]:
    """Rows of each group, on the training rows and three times beyond; the law's predictions."""
    cases, expected = [], []
    train, spec = subject.task.train, subject.task.spec
    scale = np.array([3.0 if f.scale == "log" else 1.0 for f in spec.features])
    for number, group in enumerate(subject.task.group_names[:6]):
        rows = train.group == number
        x, y = train.X[rows], train.Y[rows]
        at = np.concatenate([x, x[-3:] * scale])
        case = {
            "group": group,
            "label": subject.labels[group],
            "features": list(subject.task.feature_names),
            "targets": list(subject.task.target_names),
            "X": at.tolist(),
            "train_x": x.tolist(),
            "train_y": (y[:, 0] if y.shape[1] == 1 else y).tolist(),
        }
        cases.append(case)
        expected.append(subject.candidate.law.predict(at, subject.constants[group]))
    return cases, expected


def run_alone(
    texts: dict[str, str], cases: list[dict[str, Any]], folder: Path
) -> dict[str, list[np.ndarray]]:
    """Predictions of exported texts by an isolated interpreter with few packages."""
    for name in ("numpy", "scipy", "sympy", "mpmath"):
        spec = find_spec(name)
        assert spec is not None
        assert spec.origin is not None
        top = Path(spec.origin).parent
        for found in (top, top.parent / f"{name}.libs"):
            if found.exists():
                os.symlink(found, folder / found.name)
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", DRIVER, str(folder)],
        input=json.dumps([texts, cases]),
        capture_output=True,
        text=True,
        check=False,
        env={"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stderr
    answers = json.loads(done.stdout)
    return {form: [np.array(table) for table in tables] for form, tables in answers.items()}


@pytest.fixture(scope="module")
def subjects(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Subject]:
    found = {}
    for name in TASKS:
        task = load_task(name)
        with store_of(task, tmp_path_factory.mktemp("runs") / name) as store:
            found[name] = subject_of(store, task)
    return found


@pytest.mark.parametrize("name", TASKS)
def test_every_exported_form_predicts_the_champions_predictions_alone(
    name: str, subjects: dict[str, Subject], tmp_path: Path
) -> None:
    subject = subjects[name]
    cases, expected = cases_of(subject)
    forms = ("program", "law", "sympy", "json", "markdown")
    found = run_alone({form: export(subject, form) for form in forms}, cases, tmp_path)
    for form in forms:
        for table, wanted in zip(found[form], expected, strict=True):
            np.testing.assert_allclose(table, wanted, rtol=1e-9, err_msg=form)


@pytest.mark.parametrize("form", ["program", "law"])
@pytest.mark.parametrize("name", TASKS)
def test_an_exported_program_keeps_the_program_contract_and_may_run_in_the_sandbox(
    name: str, form: str, subjects: dict[str, Subject]
) -> None:
    text = export(subjects[name], form)
    check_program_text(text)
    assert parse_program(text).dialect == ("fit" if form == "program" else "law")


@pytest.mark.parametrize("name", TASKS)
def test_the_exported_formula_is_mathematics_that_can_be_typeset(
    name: str, subjects: dict[str, Subject]
) -> None:
    from matplotlib.mathtext import MathTextParser

    for line in equations_of(subjects[name]):
        MathTextParser("path").parse(f"${line}$")
    document = export(subjects[name], "latex")
    assert document.count("{") == document.count("}")
    assert document.count(r"\begin") == document.count(r"\end")


def test_a_program_with_a_prior_across_groups_is_exported_with_it(tmp_path: Path) -> None:
    task = load_task("sft")
    first = make_search_problem(task, 0).starts[0].candidate
    pooled = Candidate(first.law, replace(first.recipe, shrinkage=1.0))
    with store_of(task, tmp_path / "run", [pooled]) as store:
        subject = subject_of(store, task)
    cases, expected = cases_of(subject)
    assert subject.prior() is not None
    found = run_alone({"program": export(subject, "program")}, cases, tmp_path)["program"]
    for table, wanted in zip(found, expected, strict=True):
        np.testing.assert_allclose(table, wanted, rtol=1e-9)


def test_an_exported_program_fits_rows_that_the_search_never_saw(
    subjects: dict[str, Subject], tmp_path: Path
) -> None:
    subject = subjects["parallel"]
    cases, _ = cases_of(subject)
    law, rng = subject.candidate.law, np.random.default_rng(1)
    case = cases[0]
    true = subject.constants[case["group"]] * rng.uniform(0.8, 1.2, (1, law.n_constants))
    case["train_y"] = law.predict(np.array(case["train_x"]), true)[:, 0].tolist()
    (found,) = run_alone({"program": export(subject, "program")}, [case], tmp_path)["program"]
    np.testing.assert_allclose(found, law.predict(np.array(case["X"]), true), rtol=1e-4)


def test_a_formula_of_the_users_own_is_exported_with_the_names_of_its_constants(
    tmp_path: Path,
) -> None:
    task = load_task("data_constrained")
    text = "E_min + (X/params)^alpha + k2*tokens^-c1"
    with store_of(task, tmp_path / "run") as store:
        subject = subject_of(store, task, Pick(law=text))
    cases, expected = cases_of(subject)
    forms = ("program", "law", "sympy", "json", "markdown")
    texts = {form: export(subject, form) for form in forms}
    for form, found in run_alone(texts, cases, tmp_path).items():
        np.testing.assert_allclose(found[0], expected[0], rtol=1e-6, err_msg=form)
    assert json.loads(texts["json"])["constant_names"] == ["E_min", "X", "alpha", "k2", "c1"]
    assert "E_min, X_, alpha, k2, c1_ = " in texts["program"]
    assert """X_ = sp.Symbol("X", real=True)""" in texts["sympy"]
    assert "| E\\_min | X | alpha | k2 | c1 |" in texts["markdown"]
    (line,) = equations_of(subject)
    assert line.endswith(
        r"= E_{\mathrm{min}} + \left(\frac{X}{\mathrm{params}}\right)^{\alpha} + "
        r"k_{2}\,\mathrm{tokens}^{-c_{1}}"
    )


def test_an_unknown_format_is_refused_with_the_nearest(subjects: dict[str, Subject]) -> None:
    with pytest.raises(EvolveError, match="did you mean 'latex'"):
        export(subjects["parallel"], "latx")
    assert set(FORMATS) >= {"program", "law", "sympy", "latex", "json", "markdown"}


@pytest.mark.parametrize("n_fitted", [1, 2])
def test_an_exported_law_refuses_a_group_that_was_not_fitted(
    n_fitted: int, subjects: dict[str, Subject]
) -> None:
    subject = subjects["moe" if "moe" in subjects else "sft"]
    few = dict(list(subject.constants.items())[:n_fitted])
    names: dict[str, Any] = {}
    exec(export(replace(subject, constants=few), "law"), names)
    row = dict.fromkeys(subject.task.feature_names, 1.0)
    assert names["law"]([row], replace(subject, constants=few).labels[next(iter(few))])
    with pytest.raises(ValueError, match=r"group must be one of .*, it is 'another'"):
        names["law"]([row], "another")


def test_an_exported_law_of_rows_without_groups_takes_any_group(
    subjects: dict[str, Subject],
) -> None:
    subject = next(s for s in subjects.values() if not s.task.spec.groups)
    names: dict[str, Any] = {}
    exec(export(subject, "law"), names)
    row = dict.fromkeys(subject.task.feature_names, 1.0)
    assert names["law"]([row], "all_data") == names["law"]([row], None)
