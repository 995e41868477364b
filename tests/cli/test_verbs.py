"""The verbs that take a run away: export, predict, plan, query, compare."""

from __future__ import annotations

import csv
import io
import json
import re
import shlex
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.special import stdtrit
from store_service import start_python

import evolve
from evolve.cli.app import call
from evolve.cli.fit import draft_of_table
from evolve.cli.predict import IMPOSSIBLE, UNNAMED, print_forecasts
from evolve.forecast.interval import forecast
from evolve.forecast.verdict import CARE, HOLDS, Verdict
from evolve.runs.results import save_results
from evolve.runs.tabulate import row_of
from evolve.tasks.draft import Wishes
from evolve.tasks.spec import PhysicsSpec
from evolve.tasks.task import load_task
from tests.forecast.test_plan import CHINCHILLA, CONSTANTS, make_forecast_model, make_task
from tests.own_tables import GOOD
from tests.run_of_literature import store_of


@pytest.fixture(autouse=True)
def use_runs(literature_runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVOLVE_RUNS_DIR", str(literature_runs))


def said(capfd: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = call(words)
    out, err = capfd.readouterr()
    return code, out, err


def test_show_tells_what_a_black_box_printed(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    task = load_task("parallel")
    with store_of(task, tmp_path / "par") as store:
        champion = row_of(task, store.entry(0), "champion")
        odd = replace(champion, kind="literature", name="odd", index=-1, printed="so many rows")
        save_results(store, [champion, odd], chosen=True)
    code, out, _ = said(capfd, "show", "par", "--runs-dir", str(tmp_path))
    assert code == 0
    assert "odd printed:\nso many rows\n" in out


def test_show_ends_with_the_law_and_its_constants_of_every_group_with_intervals(
    capfd: pytest.CaptureFixture[str],
) -> None:
    told = json.loads(said(capfd, "show", "par", "--json")[1])
    out = said(capfd, "show", "par")[1]
    law = out.index(f"{told['formula']}\n")
    assert law > out.index("score ")
    for group, ((value, *_),) in told["constants"].items():
        half = stdtrit(told["freedom"][group], 0.95) * told["errors"][group][0][0]
        assert f"{group} {value:.5g} +- {half:.2g} " in " ".join(out[law:].split()), out
    assert said(capfd, "show", "par", "--program")[1] == told["text"]
    code, _, err = said(capfd, "show", "par", "--program", "--json")
    assert code == 2
    assert "not beside --json, which has it as text" in err


def test_show_and_fit_print_a_law_of_one_set_of_constants_with_their_values(
    capfd: pytest.CaptureFixture[str],
) -> None:
    told = json.loads(said(capfd, "show", "dc", "--json")[1])
    assert told["valued_formula"].startswith("loss = ")
    assert "c0" not in told["valued_formula"]
    shown = "".join(said(capfd, "show", "dc")[1].split())
    assert f"thatis{told['valued_formula']}".replace(" ", "") in shown
    assert "\nthat is loss = " in said(capfd, "fit", "data_constrained", "--law", "kaplan")[1]


def test_show_of_a_run_that_knows_no_errors_has_the_constants_alone(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    task = load_task("parallel")
    with store_of(task, tmp_path / "par") as store:
        save_results(
            store, [replace(row_of(task, store.entry(0), "champion"), errors={})], chosen=True
        )
    out = said(capfd, "show", "par", "--runs-dir", str(tmp_path))[1]
    assert "+-" not in out
    assert "constants c0" in " ".join(out.split())


FIT = """
import gc, sys
from evolve.cli.app import call
code = call(["fit", "parallel", "--law", "sum of powers", "--json"])
loaded = {"scipy.linalg", "pandas", "sympy", "matplotlib"} & set(sys.modules)
import scipy.linalg.cython_blas
print(code, sorted(loaded), gc.isenabled(), file=sys.stderr)
"""


def test_fit_loads_no_more_than_a_fit_needs_and_leaves_all_to_be_loaded() -> None:
    out, err = start_python(FIT).communicate()
    assert err == "0 [] True\n"
    assert json.loads(out)["law"]


AT = ("--at", "params=7e9", "tokens=2e12", "unique_tokens=1e11")


def test_predict_prints_a_point_an_interval_and_how_far_out(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    code, out, _ = said(capfd, "predict", "dc", *AT, "--interval", "0.8", "--json")
    assert code == 0
    (row,) = json.loads(out)["rows"]
    told = row["predictions"]["loss"]
    assert told["low"] < told["point"] < told["high"]
    assert row["extrapolation_distance"]["tokens"] > 0
    assert row["beyond"] == row["extrapolation_distance"]
    assert row["interval"] == 0.8
    code, out, _ = said(capfd, "predict", "dc", *AT)
    assert code == 0
    assert "90 % interval" in out
    assert "D 10^" in out
    assert "D: tokens" in out


def test_predict_has_a_verdict_of_care_beyond_what_no_fold_holds_out(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    holds = Verdict(HOLDS, ("it does",), 0.9, "mean", 0.1, 1.0, 0.95, 0.02, 0.0)
    monkeypatch.setattr("evolve.runs.choices.load_verdict", lambda store: holds)
    ends = ["high end of unique_tokens"]
    for at, kind, untested in ((AT, HOLDS, []), ((*AT[:3], "unique_tokens=1e14"), CARE, ends)):
        words = ("predict", "dc", *at)
        code, out, _ = said(capfd, *words, "--json")
        assert code == 0
        document = json.loads(out)
        assert document["verdict"]["verdict"] == kind
        assert [row["untested"] for row in document["rows"]] == [untested]
        code, out, _ = said(capfd, *words)
        assert f"verdict: {kind}: " in " ".join(out.split())


def test_a_law_that_leaves_what_the_target_can_be_is_said_to(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    task, lower = make_task(), CONSTANTS - np.array([[9.0, 0, 0, 0, 0]])
    above_0 = task.spec.model_copy(update={"physics": PhysicsSpec(floor=0.0)})
    task = replace(task, spec=above_0)
    alone = make_forecast_model((CHINCHILLA, lower))
    print_forecasts(task, [forecast(task, alone, "all", np.array([[1e9, 1e10]]))])
    assert IMPOSSIBLE in capsys.readouterr().out
    print_forecasts(task, [forecast(task, alone, "all", np.array([[1e2, 1e3]]))])
    assert IMPOSSIBLE not in capsys.readouterr().out


@pytest.mark.parametrize("columns", ["60", "80"])
def test_forecasts_of_many_rows_stand_a_line_each_and_leave_names_of_rivals_to_json(
    columns: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    task, lower = make_task(), CONSTANTS - np.array([[0.9, 0, 0, 0, 0]])
    model = make_forecast_model((CHINCHILLA, CONSTANTS), (CHINCHILLA, lower))
    rows = np.array([[10.0 ** (8 + 0.2 * k), 3e10] for k in range(10)])
    print_forecasts(task, [forecast(task, model, "all", rows)])
    lines = capsys.readouterr().out.splitlines()
    assert f"forecasts of {task.target_names[0]}" in lines
    (heading,) = (line for line in lines if "point" in line)
    assert "90 % interval" in heading
    assert sum(" to " in line for line in lines) == len(rows)
    assert not any("entr" in line for line in lines)
    print_forecasts(task, [forecast(task, model, "all", rows[:1])])
    out = capsys.readouterr().out
    assert ("not entry" in out) == (UNNAMED in lines)


def test_fit_says_what_stands_out_in_its_table_and_takes_values_of_one_word(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    rows = [f"{line},{1 + k % 2}" for k, line in enumerate(GOOD.splitlines()[1:])]
    rows[3] = "web,1e7,1e9,,1"
    path = tmp_path / "mine.csv"
    path.write_text("\n".join(["corpus,params,tokens,loss,weight", *rows]) + "\n")
    words = ("fit", str(path), "--target", "loss", "--law", "hoffmann_2022", "--json")
    code, out, err = said(capfd, *words, "--at", "params=7B,tokens=2T")
    assert code == 0
    assert json.loads(out)["rows"][0]["at"] == {"params": 7e9, "tokens": 2e12}
    lines = " ".join(err.split())
    assert "fit: rows: 1 left out, no finite loss" in lines
    assert "fit: weight is by its name what each row counts: it does so as --weights" in lines


def test_predict_adds_columns_to_a_table(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path, out = tmp_path / "new.csv", tmp_path / "out.csv"
    path.write_text("label,params,tokens,unique_tokens\na,1e9,1e10,1e10\nb,2e9,2e10,1e10\n")
    code, _, _ = said(capfd, "predict", "dc", "--rows", str(path), "-o", str(out))
    assert code == 0
    rows = list(csv.DictReader(out.open()))
    assert [row["label"] for row in rows] == ["a", "b"]
    assert all(float(r["loss_low"]) < float(r["loss_point"]) < float(r["loss_high"]) for r in rows)
    assert [row["loss_is_open"] for row in rows] == ["False", "False"]


def test_rows_of_several_groups_are_forecast_in_the_order_of_their_file(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "160")
    path, out = tmp_path / "new.csv", tmp_path / "out.csv"
    groups = ["stack", "pile", "stack", "pile"]
    lines = [f"{group},{k}e9,4" for k, group in enumerate(groups, 1)]
    path.write_text("\n".join(["corpus,num_params,parallel_size", *lines]))
    words = ("predict", "par", "--rows", str(path))
    told = json.loads(said(capfd, *words, "-o", str(out), "--json")[1])["rows"]
    assert [row["row"] for row in told] == [1, 2, 3, 4]
    assert [row["group"] for row in told] == groups
    assert [row["at"]["num_params"] for row in told] == [1e9, 2e9, 3e9, 4e9]
    beside = list(csv.DictReader(out.open()))
    points = [row["predictions"]["loss"]["point"] for row in told]
    assert points == pytest.approx([float(row["loss_point"]) for row in beside])
    shown = [line.split()[:2] for line in said(capfd, *words)[1].splitlines()]
    shown = [words for words in shown if words and words[0] in groups]
    assert shown == [[group, f"{k}e+09"] for k, group in enumerate(groups, 1)]
    of_each = json.loads(said(capfd, "predict", "par", *POINT, "--json")[1])["rows"]
    assert [row["row"] for row in of_each] == [None, None]


def test_plan_prints_an_allocation_and_other_budgets(capfd: pytest.CaptureFixture[str]) -> None:
    words = ("plan", "dc", "--budget-flops", "1e21", "--compute", "6*params*tokens")
    code, out, _ = said(capfd, *words, "--at", "unique_tokens=1e11", "--json")
    assert code == 0
    told = json.loads(out)
    values = told["best"]["values"]
    assert 6 * values["params"] * values["tokens"] == pytest.approx(1e21)
    assert len(told["budgets"]) > 2
    assert told["narrowed"]["at"] == pytest.approx({"unique_tokens": 1e11, **values})
    code, out, _ = said(capfd, *words, "--at", "unique_tokens=1e11")
    assert code == 0
    assert "other budgets" in out
    assert "as the budget grows: params by ^" in out
    code, out, _ = said(capfd, *words, "--at", "unique_tokens=1e11", "--max", "params=1e10")
    assert code == 0
    assert "as the budget grows from 1.00e+19 to 1.00e+21: params by ^" in out


def test_plan_names_the_runs_that_narrow_a_forecast_for_a_given_price(
    capfd: pytest.CaptureFixture[str],
) -> None:
    words = ("plan", "dc", "--compute", "6*params*tokens", "--next-budget", "1e20")
    point = ("--narrow", "params=7B", "tokens=2T", "unique_tokens=1e11")
    code, out, _ = said(capfd, *words, *point)
    assert code == 0
    assert out.startswith("to be narrowed: loss ")
    title = "next runs of at most 1.00e+20 at unique_tokens = 1e+11, each after those above it"
    assert title in " ".join(out.split())
    code, out, _ = said(capfd, *words, *point, "--json")
    assert code == 0
    told = json.loads(out)
    assert told["best"] is None
    narrowed, first = told["narrowed"], told["next_runs"][0]
    assert narrowed["at"] == {"unique_tokens": 1e11, "params": 7e9, "tokens": 2e12}
    assert first["cost"] <= 1e20
    assert list(first["values"]) == ["params", "tokens", "unique_tokens"]
    assert first["values"]["unique_tokens"] == 1e11
    low, high = first["then"]
    assert narrowed["low"] <= low < high <= narrowed["high"]
    assert high - low < narrowed["high"] - narrowed["low"]


def test_query_finds_sorts_and_prints_for_machines(capfd: pytest.CaptureFixture[str]) -> None:
    code, out, _ = said(capfd, "query", "dc", "--contains", "log(params", "--csv")
    assert code == 0
    assert [row["index"] for row in csv.DictReader(io.StringIO(out))] == ["0", "1"]
    code, out, _ = said(capfd, "query", "dc", "--max-constants", "1", "--json")
    assert code == 0
    assert json.loads(out) == []
    code, out, _ = said(capfd, "query", "dc", "--sort", "score")
    assert code == 0
    assert "formula" in out


def test_compare_sets_runs_of_one_task_side_by_side(capfd: pytest.CaptureFixture[str]) -> None:
    code, out, _ = said(capfd, "compare", "dc", "dc", "--json")
    assert code == 0
    assert all(row["gain"] == 0.0 for row in json.loads(out)["sizes"])
    code, out, _ = said(capfd, "compare", "dc", "dc")
    assert "gain: by how much the score of 2 is lower" in out


def test_at_80_columns_compare_has_a_line_of_numbers_for_each_size_and_formulas_below_it(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    lines = said(capfd, "compare", "dc", "dc")[1].splitlines()
    head = next(line for line in lines if line.startswith("constants"))
    headings = "constants held-out R2 1 held-out R2 2 score 1 score 2 gain"
    assert " ".join(head.split()) == headings
    sizes = json.loads(said(capfd, "compare", "dc", "dc", "--json")[1])["sizes"]
    for name in ("formula 1", "formula 2"):
        assert sum(line.startswith(f"  {name}: ") for line in lines) == len(sizes)


def test_compare_says_whether_two_runs_forecast_the_same(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    words = ("compare", "dc", "dc", *AT, "--compute", "6*params*tokens")
    code, out, _ = said(capfd, *words)
    assert code == 0
    assert "no difference that is sure" in out
    assert "chance best: that one new run of it has the lowest loss" in " ".join(out.split())
    assert "2 needs as much 6*params*tokens as 1 for the same loss" in out
    found = json.loads(said(capfd, *words, "--json")[1])
    assert found["forecast"]["same"]
    assert found["forecast"]["difference"]["point"] == 0.0
    assert [found["forecast"][run]["chance_best"] for run in ("first", "second")] == [0.5, 0.5]
    assert found["sizes"]


@pytest.mark.parametrize("runs", [("dc", "dc"), ("dc", "dc", "dc")], ids=["two", "three"])
def test_compare_says_how_far_a_point_lies_outside_the_rows_as_predict_does(
    runs: tuple[str, ...], capfd: pytest.CaptureFixture[str]
) -> None:
    far = ("--at", "params=1e13", "tokens=1e12", "unique_tokens=1e11")
    inside = ("params=1e9", "tokens=1e10", "unique_tokens=1e9")
    _, out, _ = said(capfd, "compare", *runs, *far)
    predicted = json.loads(said(capfd, "predict", "dc", *far, "--json")[1])["rows"][0]
    distance = predicted["extrapolation_distance"]
    numbers = ", ".join(map(str, range(1, len(runs) + 1)))
    assert f"outside the rows of {numbers}: params 10^{distance['params']:.2f} above" in out
    assert "a factor of 10 or more outside the training rows" in out
    assert "outside the rows" not in said(capfd, "compare", *runs, "--at", *inside)[1]
    document = json.loads(said(capfd, "compare", *runs, *far, "--json")[1])
    told = document["forecast"]["second"] if len(runs) == 2 else document["ranking"]["systems"][1]
    assert told["extrapolation_distance"] == distance
    assert (told["width_over_rows"] > 1) == ("wider than all its rows span" in out)


def test_compare_ranks_any_number_of_runs_or_the_groups_of_one(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    code, out, _ = said(capfd, "compare", "dc", *AT, "dc", "dc", "--compute", "6*params*tokens")
    assert code == 0
    assert "1 is forecast lowest in loss; of 2, 3 that is not sure" in out
    point = ("num_params=1e9", "parallel_size=4")
    code, out, _ = said(capfd, "compare", "par", "--at", *point)
    assert code == 0
    assert {name for name in ("1: stack", "2: pile") if name in out} == {"1: stack", "2: pile"}
    told = json.loads(said(capfd, "compare", "par", "--at", *point, "--maximise", "--json")[1])
    assert told["ranking"]["best"] == "highest"
    words = ("compare", "par", "par", "--at", *point)
    pair = ("--group", "pile", "--group", "stack")
    each = json.loads(said(capfd, *words, *pair, "--json")[1])["ranking"]
    assert [system["group"] for system in each["systems"]] == ["pile", "stack"]
    one = json.loads(said(capfd, *words, "--group", "pile", "--json")[1])
    assert one["forecast"]["group"] == "pile"
    assert "group pile" in said(capfd, *words, "--group", "pile")[1]


def test_a_run_is_packed_and_unpacked(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    code, out, _ = said(capfd, "pack", "dc", "--no-report")
    assert code == 0
    assert out.startswith("dc.evolve.zip: ")
    words = ("unpack", "dc.evolve.zip", "--runs-dir", "runs", "--json")
    assert json.loads(said(capfd, *words)[1])["run"] == "dc"
    shown = [json.loads(said(capfd, "show", "dc", "--json", *w)[1]) for w in ((), words[2:4])]
    assert shown[0] == shown[1]
    _, out, _ = said(capfd, "unpack", "dc.evolve.zip", "--runs-dir", "far")
    assert out.endswith("python -m evolve report dc --runs-dir far\n")


@pytest.mark.parametrize("form", ["program", "law", "sympy", "latex", "json", "markdown"])
def test_export_writes_or_prints(
    form: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "law"
    assert said(capfd, "export", "par", "--format", form, "-o", str(path))[0] == 0
    code, out, _ = said(capfd, "export", "par", "--format", form)
    assert code == 0
    assert out == path.read_text()


@pytest.mark.parametrize("pick", [("--law", "hoffmann"), ("--entry", "0"), ("--size", "5")])
def test_a_law_of_the_run_can_be_asked_for(
    pick: tuple[str, str], capfd: pytest.CaptureFixture[str]
) -> None:
    shown = json.loads(said(capfd, "show", "dc", *pick, "--json")[1])
    named = pick[0] == "--law"
    form = "E + exp(log_A)*(params/1e9)^-alpha" if named else "c0 + exp(c1)*(params/1e9)^-c2"
    assert shown["formula"].startswith(f"loss = {form}")
    code, out, _ = said(capfd, "predict", "dc", *AT, *pick)
    assert code == 0
    assert "alone" in out
    exported = json.loads(said(capfd, "export", "dc", "--format", "json", *pick)[1])
    assert exported["n_constants"] == 5


def test_a_law_that_no_run_holds_is_called_by_its_name(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    law, wanted = ("--law", "product of powers"), ("--compute", "6*params*tokens")
    narrow = ("--narrow", "params=7B", "tokens=2T", "unique_tokens=1e11", "--next-budget", "1e22")
    documents = {
        "champion": [("predict", "dc", *AT), ("plan", "dc", *wanted, *narrow)],
        "index": [("show", "dc"), ("report", "dc", "-o", str(tmp_path / "report.html"))],
    }
    for key, verbs in documents.items():
        for words in verbs:
            told = json.loads(said(capfd, *words, *law, "--json")[1])
            assert (words, told[key]) == (words, None)
            assert "entry -1" not in said(capfd, *words, *law)[1].lower()
    exported = json.loads(said(capfd, "export", "dc", "--format", "json", *law)[1])
    assert exported["entry"] is None
    code, _, err = said(capfd, *BUDGET, "--law", "product of powers")
    assert code == 2
    assert "the law product of powers has no interior optimum" in err


def test_the_way_on_after_a_change_of_scoring_works_as_it_is_printed(
    tmp_path: Path,
    literature_runs: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shutil.copytree(literature_runs / "par", tmp_path / "my runs" / "old par")
    monkeypatch.setattr("evolve.search.problem.scoring_version", lambda: "99")
    options = ("--evaluations", "12", "--workers", "1", "--json")
    typed = ("old par", "--runs-dir", str(tmp_path / "my runs"), *options)
    code, _, err = said(capfd, "resume", *typed)
    assert code == 2
    assert "the scoring version was " in err
    printed = shlex.split(err.partition("python -m evolve ")[2])
    assert printed == ["resume", *typed[:3], "--accept-changes", *options]
    code, out, err = said(capfd, *printed)
    assert (code, err) == (0, "")
    assert json.loads(out)["evaluations"] == 12


def test_fit_takes_the_columns_of_the_run_that_it_is_to_forecast_or_of_a_formula(
    tmp_path: Path,
) -> None:
    path = tmp_path / "rows.csv"
    rows = [
        f"{n},{d},{n % 7 + 1},{2 + 9 * n**-0.5 + 9 * d**-0.5}" for n in (1, 4, 9) for d in (2, 8)
    ]
    path.write_text("\n".join(["params,tokens,width,loss", *rows]))
    every, asked = (
        [f.name for f in draft_of_table(path, Wishes(("loss",)), at).spec.features]
        for at in ([], ["params=1", "tokens=2"])
    )
    assert every == ["params", "tokens", "width"]
    assert asked == ["params", "tokens"]
    stated = draft_of_table(path, Wishes(("loss",)), [], "loss = E + A/params^a")
    assert [f.name for f in stated.spec.features] == ["params"]


def test_fit_of_groups_of_utterly_different_sizes_says_no_more_than_its_answer(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "sizes.csv"
    rows = [
        f"{group},{n:g},{size * (1.6 + 4e6 * n**-0.9) * (1 + k % 3 / 300)}"
        for group, size in (("a", 1e-149), ("b", 1e149))
        for k, n in enumerate(10 ** (7 + 0.25 * i) for i in range(14))
    ]
    path.write_text("\n".join(["family,params,loss", *rows]))
    words = ("fit", str(path), "--target", "loss", "--groups", "family", "--law")
    code, out, err = said(capfd, *words, "E + A/params^a", "--at", "params=1e12")
    assert code == 0
    assert "warning" not in err
    assert "verdict" in out


def test_fit_says_which_columns_its_law_holds_and_why_it_does_not_use_others(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "sweep.csv"
    rows = [
        f"{n}e7,{d}e9,{2 ** (n % 3)}e-4,{8 * 2 ** (d % 4)},{n % 2},run-{n}-{d},"
        f"{2 + 9 * n**-0.5 + 9 * d**-0.5},{n / (n + d)}"
        for n in (1, 4, 9, 20)
        for d in (2, 8, 21, 43)
    ]
    path.write_text("\n".join(["params,tokens,lr,batch,seed,name,loss,accuracy", *rows]))
    words = ("fit", str(path), "--target", "loss", "--json", "--law")
    code, out, err = said(capfd, *words, "hoffmann_2022")
    assert code == 0
    columns = json.loads(out)["columns"]
    assert columns["in_law"] == ["params", "tokens"]
    assert columns["not_in_law"] == ["lr", "batch"]
    assert list(columns["not_used"]) == ["seed", "name", "accuracy"]
    note = " ".join(err.split())
    assert "does not hold: lr, batch; --features params tokens leaves them out" in note
    assert "fit: not used: seed is by its name seed, no input: a random seed" in note
    _, out, err = said(capfd, *words, "sum of powers")
    assert json.loads(out)["columns"]["not_in_law"] == []
    assert "does not hold" not in err
    _, _, err = said(capfd, *words, "hoffmann_2022", "--at", "params=1e9", "tokens=1e11")
    assert "not used, as --at does not name them: lr, batch, seed, name" in " ".join(err.split())
    _, _, err = said(capfd, *words, "hoffmann_2022", "--features", "params", "tokens")
    assert "not used" not in err
    _, _, err = said(capfd, *words, "E + A/params^a")
    told = "not used, as the formula does not name them: tokens, lr, batch, seed, name, accuracy"
    assert told in " ".join(err.split())
    _, _, err = said(capfd, *words, "E + A/params^a", "--at", "params=1e9")
    assert told in " ".join(err.split())
    code, _, err = said(capfd, *words, "E + A/params^a + B/token^b")
    assert (code, "no column 'token' (did you mean 'tokens'?)" in " ".join(err.split())) == (
        2,
        True,
    )


def test_a_fit_that_is_further_from_its_rows_than_their_mean_says_so_in_a_line(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "roof.csv"
    path.write_text("batch,ms\n" + "".join(f"{2**k},{9 - 0.5 * k}\n" for k in range(10)))
    words = ["fit", str(path), "--target", "ms", "--law"]
    _, _, err = said(capfd, *words, "a*batch")
    assert "the fit failed, it is far from its own rows: train R2 -" in " ".join(err.split())
    assert "failed" not in said(capfd, *words, "c + a*log(batch)")[2]
    frame = {"batch": [2**k for k in range(10)], "ms": [9 - 0.5 * k for k in range(10)]}
    with pytest.warns(UserWarning, match="the fit failed"):
        evolve.fit_named_law(frame, "ms", "a*batch")


def test_fit_tells_an_r2_that_explodes_in_few_digits(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "line.csv"
    noise = 0.02 * np.random.default_rng(0).normal(size=14)
    path.write_text("x,y\n" + "".join(f"{k},{2 + 0.1 * k + noise[k - 1]}\n" for k in range(1, 15)))
    law = "A + B*x + C*x^2 + D*x^3 + F*x^4 + G*x^5"
    out = said(capfd, "fit", str(path), "--target", "y", "--law", law)[1]
    assert re.search(r"train R2 0\.\d{4}, held-out R2 -\d,\d{2}0\n", out)


def test_fit_takes_columns_that_are_derived_for_inputs_and_targets(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "prices.csv"
    rows = [f"{2018 + k // 2}-0{1 + k % 9}-11,${2 + 3 * k + k % 2 / 9:.3f}" for k in range(14)]
    path.write_text("\n".join(["day,price", *rows]))
    derive = ["--derive", "year = years(day)", "cost = number(price)"]
    words = ["fit", str(path), "--target", "cost", *derive, "--json"]
    code, out, err = said(capfd, *words, "--law", "a + b*year", "--at", "year=2026")
    assert code == 0, err
    assert json.loads(out)["columns"]["in_law"] == ["year"]
    predicted = json.loads(out)["rows"][0]["predictions"]["cost"]["point"]
    assert predicted == pytest.approx(50, rel=0.1)
    assert said(capfd, *words, "--law", "a + b*year")[0] == 0


def test_fit_forecasts_one_group_or_every_one(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "families.csv"
    rows = [f"{n}e7,{f},{c + 9 * n**-0.5}" for n in (1, 2, 4, 9, 20, 45) for f, c in FAMILIES]
    path.write_text("\n".join(["params,family,loss", *rows]))
    words = ("fit", str(path), "--target", "loss", "--law", "E + A/params^a", "--json")
    words += ("--groups", "family", "--at", "params=1e10")
    _, out, _ = said(capfd, *words, "--group", "b")
    assert [row["group"] for row in json.loads(out)["rows"]] == ["b"]
    _, out, _ = said(capfd, *words)
    assert [row["group"] for row in json.loads(out)["rows"]] == ["a", "b"]
    code, _, err = said(capfd, *words[:-2], "--group", "b")
    assert code == 2
    assert "--group says which group to forecast: needs --at" in err
    code, _, err = said(capfd, *words, "family=a")
    assert code == 2
    assert "--at: family is no feature, it tells groups apart" in err
    assert "by --group, one of a, b" in " ".join(err.split())
    code, _, err = said(capfd, *words, "loss=3")
    assert code == 2
    assert "--at: loss is a target, not a feature" in err


POINT = ("--at", "num_params=1e9", "parallel_size=4")
FAMILIES = (("a", 2), ("b", 3))
BUDGET = ["plan", "dc", "--budget-flops", "1e21", "--compute", "6*params*tokens"]
BUDGET += ["--at", "unique_tokens=1e11"]
WRONG = [
    (["show", "dc", "--law", "hofman_2022"], "--law: no law 'hofman_2022' (did you mean 'hoff"),
    (
        ["show", "dc", "--choice", "--size", "4"],
        "--choice tells of all finalists, not of the best",
    ),
    (["show", "dc", "--law", "kaplan", "--size", "4"], "--size and --law exclude each other"),
    (["predict", "dc", *AT, "--entry", "7"], "--entry: must be 0 to 1"),
    (["fit", "absent.csv", "--law", "kaplan", "--target", "y"], "there is no file 'absent.csv'"),
    (["fit", "data_constrained", "--law", "chen_2025"], "needs a column parallel_size"),
    (["predict", "dc"], "either --at"),
    (["predict", "dc", "--at", "params=1e9"], "needs a value for unique_tokens, tokens"),
    (["predict", "dc", *AT, "--interval", "90"], "--interval: must be between 0 and 1"),
    (["compare", "dc", "dc", *AT, "--interval", "2"], "--interval: must be between 0 and 1"),
    (["predict", "dc", *AT, "-o", "x.csv"], "-o goes with --rows"),
    (["predict", "dc", "--rows", "absent.csv"], "absent.csv"),
    (["predict", "nothing", *AT], "no run 'nothing'"),
    (["compare", "dc", "kaplan_2020"], "told by: python -m evolve show RUN --law kaplan_2020"),
    (["compare", "dc", "chinchilla"], "told by: python -m evolve show RUN --law chinchilla"),
    (["plan", "dc", "--budget-flops", "1e21", "--compute", "6*param"], "did you mean 'params'?"),
    (["plan", "dc", "--budget-flops", "-1", "--compute", "params"], "must be above 0"),
    (
        ["plan", "dc", "--budget-flops", "nan", "--compute", "params"],
        "--budget-flops: must be finite, it is nan",
    ),
    (["plan", "dc", "--max", "params=1e9"], "--max needs --compute, what a run costs"),
    (
        ["plan", "dc", "--compute", "params", "--budget-flops", "1", "--at", "token=1"],
        "--at: no feature 'token' (did you mean 'tokens'?)",
    ),
    (["plan", "dc", "--next-budget", "1e9"], "--next-budget needs --compute"),
    (
        [*BUDGET, "--next-budget", "lots"],
        "--next-budget: must be a number, such as 1e21 or 7B, it is 'lots'",
    ),
    (
        [*BUDGET, "--next-budget", "inf"],
        "--next-budget: must be finite, it is inf",
    ),
    ([*BUDGET, "--narrow", "params=7B"], "--narrow: needs a value for tokens"),
    ([*BUDGET, "--narrow", "token=1"], "--narrow: no feature 'token' (did you mean 'tokens'?)"),
    ([*BUDGET, "--narrow", "params=7Q"], "--narrow params: must be a number, it is '7Q'"),
    (["predict", "dc", "--at", "params=inf"], "--at params: must be finite, it is 'inf'"),
    (["plan", "dc", "--budget-flops", "1", "--compute", "6*params*tokens"], "unique_tokens"),
    (
        ["plan", "par", "--budget-flops", "1e9", "--compute", "num_params", "parallel_size=2"],
        "plan: give --group, one of ",
    ),
    (["query", "dc", "--sort", "scor"], "did you mean 'score'?"),
    (["query", "dc", "--csv", "--json"], "exclude each other"),
    (["compare", "dc", "par"], "must be runs of one task, but their tasks differ"),
    (["compare", "dc", "--group", "a", "b", *AT], "if it is a group, --group stands before it"),
    (["compare", "dc", "dc", "--at", "N=1e9"], "no feature 'N' (did you mean 'params'?)"),
    (
        ["plan", "dc", "--compute", "6*N*tokens", "--budget-flops", "1e20"],
        "no feature 'N' (did you mean 'params'?)",
    ),
    (["compare", "dc", "par", *AT], "must have the same features, num_params, parallel_size,"),
    (["compare", "dc"], "needs another run, or --at to compare the groups of one"),
    (["compare", "dc", *AT], "compare: needs another run, or a run of several groups"),
    (["compare", "dc", "dc", "dc"], "3 runs are compared by what they forecast; give --at"),
    (
        ["compare", "dc", "dc", *AT, "--group", "a", "--group", "b", "--group", "c"],
        "--group: must be one of all 2 runs or one a run, they are 3",
    ),
    (["compare", "dc", "dc", "--compute", "params"], "--compute: goes with --at"),
    (["compare", "dc", "dc", "--at", "params=1e9"], "needs a value for unique_tokens, tokens"),
    (["report", "dc", "--law", "hofman_2022"], "did you mean 'hoff"),
    (["unpack", "absent.zip"], "absent.zip: there is no such file"),
    (["export", "dc", "--format", "pdf"], "--format"),
    (["export", "dc", "-o", "absent/folder/x.py"], "cannot be written"),
    (["export", "dc", "--size", "77"], "--size: must be one of"),
    (["export", "dc", "--size", "0"], "--size: must be one of"),
    (["verify", "nothing"], "no run 'nothing'"),
]


@pytest.mark.parametrize(("words", "part"), WRONG, ids=lambda value: " ".join(value)[:40])
def test_a_wrong_call_gets_one_line_and_exit_code_2(
    words: list[str], part: str, capfd: pytest.CaptureFixture[str]
) -> None:
    code, out, err = said(capfd, *words)
    assert code == 2
    assert out == ""
    assert part in err
    assert len(err.splitlines()) == 1
