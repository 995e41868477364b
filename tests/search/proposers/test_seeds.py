"""Every seed is a complete program of a published law that fits its task's training rows."""

from __future__ import annotations

import ast
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_tasks import power_task

from evolve.evaluation.foreign import PATIENT, score_program
from evolve.law.canonical import is_plain
from evolve.law.graph import walk
from evolve.law.program import read_program
from evolve.law.trace import trace_law, trace_recipe
from evolve.sandbox import ForeignLane
from evolve.search.problem import make_search_problem, space_of
from evolve.search.proposers import seeds as seeds_module
from evolve.search.proposers.seeds import (
    left_out,
    own_seed_files,
    read_seeds,
    seed_files,
    seed_proposals,
)
from evolve.tasks.spec import TaskSpec, read_spec
from evolve.tasks.task import Task, load_task

ROOT = Path(__file__).resolve().parents[3]
TASKS = sorted(path.parent.name for path in (ROOT / "tasks").glob("*/task.toml"))
SHIPPED = [name for name in TASKS if (ROOT / "tasks" / name / "train.csv").is_file()]
SEEDS = [(name, path.stem) for name in TASKS for path in seed_files(name)]
LITERATURE = {
    "data_constrained": {"hoffmann_2022", "kaplan_2020", "muennighoff_2023"},
    "domain_mixture": {"ye_2024"},
    "easy_question": {"wu_2024"},
    "lr_bsz": {"hoffmann_2022", "kaplan_2020", "li_2025"},
    "moe": {"clark_2022"},
    "parallel": {"chen_2025"},
    "sft": {"lin_2024"},
    "vocab": {"tao_2024"},
}


def spec_of(task: str) -> TaskSpec:
    return read_spec(ROOT / "tasks" / task / "task.toml")


def path_of(task: str, seed: str) -> Path:
    return ROOT / "seeds" / task / f"{seed}.py"


@pytest.fixture(scope="module")
def lane() -> Any:
    with ForeignLane(PATIENT) as lane:
        yield lane


@pytest.mark.parametrize("task", TASKS)
def test_every_task_has_the_laws_of_the_literature(task: str) -> None:
    assert {path.stem for path in seed_files(task)} >= LITERATURE[task]


@pytest.mark.parametrize("task", sorted(set(TASKS) - {"vocab"}))
def test_every_task_has_a_generic_sum_of_power_laws(task: str) -> None:
    assert path_of(task, "sum_of_power_laws").is_file()


def test_a_task_that_the_package_does_not_know_has_no_seeds() -> None:
    assert seed_files("no_such_task") == []


@pytest.mark.parametrize(("task", "seed"), SEEDS)
def test_a_seed_names_its_source(task: str, seed: str) -> None:
    about = ast.get_docstring(ast.parse(path_of(task, seed).read_text(encoding="utf-8"))) or ""
    assert "arXiv" in about or "generic law" in about


@pytest.mark.parametrize(("task", "seed"), SEEDS)
def test_a_seed_holds_no_fitted_constants_and_keeps_to_the_limit(task: str, seed: str) -> None:
    spec = spec_of(task)
    program = read_program(path_of(task, seed))
    law = trace_law(program.text, len(spec.features), len(spec.targets))
    told = {abs(node.value) for node in walk(law.root) if node.op == "num"}
    units = {f.unit for f in spec.features}
    assert {v for v in told if not is_plain(v)} <= units | {1 / unit for unit in units}
    assert 1 <= law.n_constants <= (spec.max_constants or 12)
    assert trace_recipe(program.text) is not None


@pytest.mark.parametrize(("task", "seed"), SEEDS)
def test_a_seed_predicts_what_its_traced_law_does(task: str, seed: str) -> None:
    spec = spec_of(task)
    n_features, n_targets = len(spec.features), len(spec.targets)
    text = read_program(path_of(task, seed)).text
    law = trace_law(text, n_features, n_targets)
    rng = np.random.default_rng(0)
    x = np.array([f.unit for f in spec.features]) * rng.uniform(1.0, 4.0, (5, n_features))
    x = x / 10.0 if spec.own else x
    constants = rng.uniform(0.1, 0.5, (n_targets, law.n_constants))
    names: dict[str, Any] = {}
    exec(compile(text, "seed", "exec"), names)  # ours, and reviewed
    params = constants if n_targets > 1 else constants[0]
    predicted = np.asarray(names["scaling_law_func"](x, params)).reshape(5, n_targets)
    np.testing.assert_allclose(predicted, law.predict(x, constants), rtol=1e-12)
    if n_targets == 1:
        many = names["scaling_law_func"](x, np.stack([constants[0], 2.0 * constants[0]]))
        assert many.shape == (2, 5)


@pytest.mark.parametrize(("task", "seed"), [case for case in SEEDS if case[0] in SHIPPED])
def test_a_seed_fits_the_training_rows_in_the_sandbox(
    task: str, seed: str, lane: ForeignLane
) -> None:
    loaded = load_task(task, [ROOT / "tasks"])
    program = read_program(path_of(task, seed))
    scored = score_program(program, loaded, loaded.train, lane)
    assert scored.scores.overall.r2 > 0.7


@pytest.mark.parametrize("name", SHIPPED)
def test_seeds_are_the_first_candidates_of_a_run(name: str) -> None:
    task = load_task(name, [ROOT / "tasks"])
    problem = make_search_problem(task, 0)
    assert all(seed.candidate is not None for seed in problem.seeds)
    first = [p.operator for p in problem.starts[: len(problem.seeds)]]
    assert set(first) == {seed.name for seed in problem.seeds}
    assert len({p.key for p in problem.starts}) == len(problem.starts)


def task_with_seed(path: Path, monkeypatch: pytest.MonkeyPatch, law: str) -> Task:
    path.write_text(
        f'''"""A seed."""
import numpy as np
from evolve.fitting import fit_law
# EVOLVE-BLOCK-START
def scaling_law_func(X, params):
    {law}
def fit_scaling_law(X, y):
    return fit_law(scaling_law_func, X, y, n_constants=5)
# EVOLVE-BLOCK-END
''',
        encoding="utf-8",
    )
    monkeypatch.setattr(seeds_module, "seed_files", lambda name: [path])
    return load_task("parallel", [ROOT / "tasks"])


@pytest.mark.parametrize(
    ("law", "why", "runs"),
    [
        ("return params[0] if X[0, 0] > 1 else params[1]", "cannot be traced", True),
        ("return params @ np.stack([X[:, 0]] * 5)", "5 constants, the task allows 4", False),
    ],
)
def test_a_seed_that_cannot_be_mutated_is_kept_with_the_reason(
    law: str, why: str, runs: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = task_with_seed(tmp_path / "odd.py", monkeypatch, law)
    (seed,) = read_seeds(task, space_of(task))
    assert seed.candidate is None
    assert why in seed.why_not
    proposed = seed_proposals([seed], space_of(task))
    assert [p.program for p in proposed] == [seed.program] * runs


def test_the_users_own_programs_are_found_beside_the_task_and_beside_its_folder(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "tasks" / "mine"
    inside, beside = folder / "seeds", tmp_path / "seeds" / "mine"
    for place, name in ((inside, "b.py"), (beside, "a.py"), (beside, "notes.txt")):
        place.mkdir(parents=True, exist_ok=True)
        (place / name).write_text("")
    task = replace(power_task(), name="mine", folder=folder)
    assert own_seed_files(task) == [beside / "a.py", inside / "b.py"]


def test_a_program_of_the_user_that_takes_no_part_is_named_with_the_reason(tmp_path: Path) -> None:
    folder = tmp_path / "tasks" / "mine"
    (folder / "seeds").mkdir(parents=True)
    text = """import numpy as np
# EVOLVE-BLOCK-START
def scaling_law_func(X, params):
    return np.full(len(X), 3.0) if X[0, 0] > 0 else np.zeros(len(X))
def fit_scaling_law(X, y):
    return np.zeros(0)
# EVOLVE-BLOCK-END
"""
    held = "def law(input_data, group):\n    return [{'y0': 2.0} for row in input_data]\n"
    for name, program in (("a", text), ("b", text), ("c", held)):
        (folder / "seeds" / f"{name}.py").write_text(program)
    task = replace(power_task(), name="mine", folder=folder)
    seeds = read_seeds(task, space_of(task))
    assert left_out(seeds, seed_proposals(seeds, space_of(task))) == [
        "b.py in seeds/ takes no part in the search: it is the same program as another",
        "c.py in seeds/ takes no part in the search: it holds no number to fit",
    ]


def test_a_shipped_task_has_no_programs_of_a_user() -> None:
    assert own_seed_files(load_task("data_constrained", [ROOT / "tasks"])) == []
