"""Laws by their names are those of the seed files, over the columns of the same roles."""

from __future__ import annotations

import re
import shlex
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from evolve.errors import EvolveError
from evolve.evaluation.fitted import fit_rows
from evolve.law.calls import read_fit_call
from evolve.law.candidate import candidate_from_data
from evolve.law.canonical import simplify
from evolve.law.graph import features_of
from evolve.law.latex import latex
from evolve.law.printer import formula
from evolve.law.unpacked import unpacked_names
from evolve.runs.tabulate import row_of
from evolve.search.named import named_entry, named_law
from evolve.search.problem import space_of
from evolve.tasks.folders import shipped_folders
from evolve.tasks.task import load_task
from tests.small_tasks import task_of

N = np.array([1e7 * 4**i for i in range(5) for _ in range(5)])
D = np.array([1e9 * 4**j for _ in range(5) for j in range(5)])
LOSS = 1.7 + 400 * N**-0.34 + 410 * D**-0.28


def table_of(first: str, second: str, **columns: str):  # type: ignore[no-untyped-def]
    """Losses of models and data, the data's column first."""
    features = [{"name": name} | ({"role": columns[name]} if name in columns else {})
                for name in (first, second)]  # fmt: skip
    return task_of(np.column_stack([D, N]), LOSS, features=features, max_constants=8)


def written(task, name: str) -> str:  # type: ignore[no-untyped-def]
    law = named_law(task, name).candidate.law
    return formula(law, task.feature_names, powers=True)


@pytest.mark.parametrize(
    ("first", "second", "roles"),
    [("train_tokens", "nParams", {}), ("amount", "width", {"amount": "D", "width": "N"})],
)
def test_a_law_of_the_literature_takes_the_columns_of_its_roles(
    first: str, second: str, roles: dict[str, str]
) -> None:
    expected = f"E + exp(log_A)*({second}/1e9)^-alpha + exp(log_B)*({first}/1e10)^-beta"
    assert written(table_of(first, second, **roles), "hoffmann_2022") == expected


@pytest.mark.parametrize("name", ["experts", "n_experts", "Expert count"])
def test_a_column_without_a_role_is_found_by_what_it_counts(name: str) -> None:
    found = named_law(table_of(name, "active_params"), "clark_2022").candidate.law
    assert features_of(found.root) == {0, 1}
    rule = r"one column num_experts \(experts a layer.*\), there are experts and n_experts"
    with pytest.raises(EvolveError, match=rule):
        named_law(table_of("experts", "n_experts"), "clark_2022")


@pytest.mark.parametrize("name", ["expert_size", "total_expert_size", "Size of an expert"])
def test_how_large_an_expert_is_does_not_stand_for_how_many_there_are(name: str) -> None:
    rule = "num_experts .*, none of .* is called so"
    with pytest.raises(EvolveError, match=rule):
        named_law(table_of(name, "active_params"), "clark_2022")


def test_on_its_own_table_a_law_is_that_of_its_seed_file() -> None:
    task = load_task("lr_bsz")
    assert "(bsz/100)" in written(task, "li_2025")
    assert space_of(task).max_constants >= named_law(task, "li_2025").candidate.law.n_constants


SEEDS = [path for folder in shipped_folders("seeds") for path in folder.glob("*/*.py")]


@pytest.mark.parametrize(
    "path",
    [path for path in SEEDS if path.parent.name != "published"],
    ids=lambda path: f"{path.parent.name}/{path.stem}",
)
def test_every_law_of_the_literature_says_what_its_constants_are_called(path: Path) -> None:
    text = path.read_text("utf-8")
    call = read_fit_call(text)
    assert call is not None
    assert len(set(unpacked_names(text, call.n_constants))) == call.n_constants


def test_a_law_of_the_literature_keeps_what_its_constants_are_called_in_every_text() -> None:
    task = table_of("tokens", "params")
    named = named_law(task, "hoffmann_2022").candidate
    names = ("E", "log_A", "alpha", "log_B", "beta")
    assert named.law.constant_names == names
    assert candidate_from_data(*named.to_data()) == named
    entry = named_entry(task, "hoffmann_2022")
    assert row_of(task, entry, "literature").constant_names == names
    assert entry.text.count("log_A") >= 2
    assert "constant_names" not in entry.text  # its fit is that of its simplest form
    assert r"\alpha" in latex(named.law, task.feature_names)


def test_a_constant_is_not_called_as_a_column_is() -> None:
    task = table_of("E", "alpha", E="D", alpha="N")
    found = named_law(task, "hoffmann_2022").candidate.law.constant_names
    assert found == ("E_", "log_A", "alpha_", "log_B", "beta")


def test_a_law_of_the_literature_whose_simplest_form_has_other_constants_numbers_them() -> None:
    law = named_law(table_of("tokens", "params"), "kaplan_2020").candidate.law
    assert (law.names, law.root) == ((), simplify(law).root)


def test_a_beginning_of_the_name_and_any_spelling_are_enough() -> None:
    task = table_of("tokens", "params")
    assert named_law(task, "Hoffmann").name == "hoffmann_2022"
    assert named_law(task, "sum-of_powers").origin == "initial"
    assert "params" in written(task, "broken power of params")
    assert "params" in written(task, "broken power of params, turned")


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("hofman_2022", "did you mean 'hoffmann_2022'?"),
        ("li_2025", "needs a column of role lr (learning rate), none of tokens, params"),
        ("li_2025", "fit of a table's file and new-task take as --role COLUMN=lr"),
        ("chinchila", "did you mean 'chinchilla'?"),
        ("nothing like it", "'power of COLUMN', "),
        (
            "chen_2025",
            "needs a column parallel_size (parallel streams), none of tokens, params",
        ),
        (
            "ye_2024",
            "its own table, domain_mixture, of whose 5 features and 5 targets it is",
        ),
        ("ye_2024", "c_i + k_i exp(sum_j t_ij p_j). A formula of your own columns is taken"),
        ("sum_of_power_laws", "'sum of powers' is that of any table"),
    ],
)
def test_what_keeps_a_law_from_a_table_is_said(name: str, part: str) -> None:
    with pytest.raises(EvolveError) as caught:
        named_law(table_of("tokens", "params"), name)
    assert part in str(caught.value)
    assert caught.value.argument == "law"


@pytest.mark.parametrize(
    "name",
    [
        *("sum of late powers", "bounded sum of powers", "bilinear"),
        *("power of a sum, tokens inverse and floor", "power of a sum, params inverse"),
    ],
)
def test_a_law_of_several_features_says_so_to_a_table_of_one(name: str) -> None:
    tokens = np.geomspace(1e9, 1e12, 12)
    task = task_of(tokens, 1.5 + 30.0 * tokens**-0.2, features=[{"name": "tokens"}])
    rule = f"{name!r} needs two features or more, there is tokens alone; the nearest that fits is "
    with pytest.raises(EvolveError) as caught:
        named_law(task, name)
    said, _, close = str(caught.value).partition(rule)
    assert said == "law: "
    assert named_law(task, close.strip("'")).candidate.law.n_constants > 0
    with pytest.raises(EvolveError, match="no law 'power of lr'"):
        named_law(task, "power of lr")


def test_a_law_is_found_by_what_else_it_is_called() -> None:
    assert named_law(table_of("tokens", "params"), "Chinchilla").name == "hoffmann_2022"


def test_two_columns_of_one_role_are_not_chosen_between() -> None:
    task = table_of("tokens", "train_tokens")
    with pytest.raises(EvolveError, match="there are tokens and train_tokens"):
        named_law(task, "lin_2024")


def test_a_named_law_is_judged_on_the_folds_and_belongs_to_no_run() -> None:
    task = table_of("tokens", "params")
    entry = named_entry(task, "hoffmann")
    assert entry.index < 0
    assert [fold.name for fold in entry.evaluation.folds] == [fold.name for fold in task.folds]
    assert min(fold.r2 for fold in entry.evaluation.folds) > 0.999


def test_more_constants_than_rows_are_refused() -> None:
    x = np.random.default_rng(2).uniform(1.0, 9.0, (10, 5))
    task = task_of(x, 1.0 + x.sum(axis=1) ** -0.5)
    with pytest.raises(EvolveError, match="sum of powers has 11 constants, group all has 10 rows"):
        named_entry(task, "sum of powers")


def test_a_group_that_is_too_small_is_refused_with_the_condition_that_leaves_it_out() -> None:
    group = np.repeat([0, 1, 2], [20, 3, 2])
    task = replace(task_of(N, LOSS, group), group_names=("one", "two", 'th"ree'))
    with pytest.raises(EvolveError) as caught:
        named_entry(task, "E + A/a^k")
    assert 'E + A/a^k has 3 constants, group th"ree has 2 rows; where ' in str(caught.value)
    (words,) = re.findall(r"where (.*) leaves out", str(caught.value))
    assert shlex.split(words) == ["""family != "two" and family != 'th"ree'"""]


BREAK = N / 3e8
G = 0.8 * (N / 1e8) ** -0.5 + 0.6 * (D / 1e10) ** -0.4
ELSEWHERE = {  # laws that other packages and papers fit, with the rows that follow them
    "sum of powers": 1.7 + 0.4 * (N / 1e8) ** -0.34 + 0.6 * (D / 1e10) ** -0.28,
    "product of powers and floor": 1.7 + 0.9 * (N / 1e8) ** -0.3 * (D / 1e10) ** -0.2,
    "sum of late powers": 1.0 + 2.0 * (N / 1e8 + 0.3) ** -0.5 + 1.5 * (D / 1e10 + 0.2) ** -0.4,
    "power of a sum, tokens inverse and floor": 1.2
    + 2.0 * ((N / 1e8) ** -0.6 + 0.7 / (D / 1e10)) ** 0.3,
    "power of a sum and floor": 1.0 + 2.0 * ((N / 1e8) ** -0.5 + (D / 1e10) ** -0.4) ** 0.5,
    "bounded sum of powers": (1.0 + 4.0 * G) / (1.0 + G),
    "broken power of params": 1.0 + 2.0 * BREAK**-0.2 * (1.0 + BREAK) ** -0.3,
}


@pytest.mark.parametrize("name", ELSEWHERE)
def test_the_laws_that_others_fit_can_be_asked_for(name: str) -> None:
    columns = [{"name": "params"}, {"name": "tokens"}]
    rows = np.column_stack([N, D])
    task = task_of(rows, ELSEWHERE[name], features=columns, max_constants=8)
    row = row_of(task, named_entry(task, name), "literature")
    assert row.train_r2 is not None
    assert row.train_r2 > 0.9999


STAGE = np.linspace(0.5, 4.0, 16)
WARMUP = np.linspace(0.0, 3.0, 16)  # a step of 0 has no logarithm


@pytest.mark.parametrize(
    ("name", "x", "y", "constants"),
    [
        ("power from an origin", STAGE, 11 * (STAGE - 0.42) ** 1.7, [11, 0.42, 1.7]),
        ("power from an origin of a", STAGE, 11 * (STAGE - 0.42) ** 1.7, [11, 0.42, 1.7]),
        ("power from an origin", WARMUP, 9 * (WARMUP + 0.25) ** -0.5, [9, -0.25, -0.5]),
        ("power from an origin and floor", WARMUP, 2 + (WARMUP + 0.25) ** -1, [2, 1, -0.25, -1]),
    ],
    ids=["rising", "by its full name", "falling", "to a floor"],
)
def test_the_origin_that_a_power_counts_from_is_a_constant(
    name: str, x: np.ndarray, y: np.ndarray, constants: list[float]
) -> None:
    task = task_of(x, y, features=[{"name": "a", "scale": "linear"}])
    row = row_of(task, named_entry(task, name), "literature")
    assert np.ravel(row.constants["all"]) == pytest.approx(constants, rel=1e-3)


def test_a_power_counts_from_an_origin_of_any_of_several_features() -> None:
    columns = [{"name": "params", "unit": 1e7}, {"name": "tokens", "unit": 1e9}]
    y = 1.5 + 2.0 * (D / 1e9 - 0.6) ** -0.4
    task = task_of(np.column_stack([N, D]), y, features=columns)
    row = row_of(task, named_entry(task, "power from an origin and floor of tokens"), "literature")
    assert np.ravel(row.constants["all"]) == pytest.approx([1.5, 2.0, 0.6, -0.4], rel=1e-3)
    with pytest.raises(EvolveError, match="did you mean 'power from an origin of "):
        named_law(task, "power from an origin")


def test_up_to_its_origin_a_rising_power_is_0() -> None:
    task = task_of(STAGE, 11 * (STAGE - 0.42) ** 1.7)
    fitted = fit_rows(task, named_law(task, "power from an origin").candidate)
    below = fitted.predict(np.array([[0.42], [0.4], [0.1]]), ["all"] * 3)
    assert below == pytest.approx(0.0, abs=1e-6)


def test_forms_of_a_task_of_own_features_are_called_by_what_their_formulas_say() -> None:
    task = load_task("domain_mixture")
    other = named_law(task, "power of other_1").candidate.law
    assert features_of(other.root) == {1}
    assert features_of(named_law(task, "power of own").candidate.law.root) == {0}
    with pytest.raises(EvolveError, match="no law 'power of proportion_domain_2'"):
        named_law(task, "power of proportion_domain_2")


def test_a_law_counts_sizes_as_the_name_of_their_column_says() -> None:
    features = [{"name": "tokens"}, {"name": "params (M)"}]
    task = task_of(np.column_stack([D, N / 1e6]), LOSS, features=features, max_constants=8)
    text = "E + exp(log_A)*(`params (M)`/1000)^-alpha + exp(log_B)*(tokens/1e10)^-beta"
    assert text in written(task, "hoffmann_2022")
    row = row_of(task, named_entry(task, "hoffmann"), "literature")
    assert row.constants["all"][0][1] == pytest.approx(np.log(400 * 1e9**-0.34), abs=1e-3)
