"""What the command line answers of a run, Python answers as values."""

from __future__ import annotations

import inspect
import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import pandas as pd
import pytest
from report_runs import small_run

import evolve
from evolve.api import plans
from evolve.api.answers import rows_of_scores
from evolve.api.plans import Plan, plan_of
from evolve.api.run import Run
from evolve.cli.app import call
from evolve.errors import EvolveError
from evolve.forecast.verdict import Verdict
from evolve.runs import choices
from evolve.runs.store import Store
from evolve.scoring.metrics import Metrics, Scores, r2
from evolve.tasks.task import load_task, load_test

matplotlib.use("agg")
AT = {"unique_tokens": 1e11}
COMPUTE = "6*params*tokens"


@pytest.fixture(scope="module")
def run(literature_runs: Path) -> Run:
    return evolve.load("dc", runs_dir=literature_runs)


HEAVY = {"numba", "scipy", "pandas", "joblib", "evolve.sandbox", "evolve.evaluation.programs"}


def test_a_run_is_read_without_what_fits_searches_or_runs_programs(tmp_path: Path) -> None:
    small_run(load_task("parallel"), tmp_path / "ended", 3).close()
    code = (
        "import sys, evolve\n"
        "run = evolve.load(sys.argv[1])\n"
        "assert run.champion.formula and run.n_evaluations\n"
        f"print(sorted({HEAVY!r} & set(sys.modules)))"
    )
    words = [sys.executable, "-c", code, str(tmp_path / "ended")]
    done = subprocess.run(words, capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout.strip() == "[]"


def test_a_plan_spends_its_budget_and_knows_where_it_leaves_the_data(run: Run) -> None:
    plan = run.plan(1e21, compute=COMPUTE, at=AT)
    assert 6 * plan.best["params"] * plan.best["tokens"] == pytest.approx(1e21)
    assert plan.best["low"] < plan.best["point"] < plan.best["high"]
    assert plan.outside
    assert not plan.is_open

    assert plan.budgets["budget"].is_monotonic_increasing
    assert plan.narrowed is not None
    assert plan.narrowed["low"] == plan.best["low"]
    assert (plan.next_runs["cost"] <= 1e21).all()
    assert (plan.next_runs[[*AT]] == pd.Series(AT)).to_numpy().all()
    assert (plan.next_runs["then_low"] < plan.next_runs["then_high"]).all()
    held = run.plan(1e21, compute=COMPUTE, at=AT, most={"params": 1e9}, law="kaplan_2020")
    assert held.best["params"] <= 1e9
    # Rows of a plan's own tables say a point too.
    names, law = ["params", "tokens"], "kaplan_2020"
    there: Any = plan.budgets[names].iloc[-1]
    asked: Any = {"at": pd.Series(AT), "most": pd.Series({"params": 1e9}), "narrow": there}
    again = run.plan(1e21, compute=COMPUTE, law=law, **asked)
    assert again.narrowed is not None
    assert again.narrowed[names].tolist() == there.tolist()
    assert again.best["params"] == held.best["params"]


def test_a_plan_goes_by_a_law_of_a_size_or_an_entry_as_the_command_line_does(
    run: Run, literature_runs: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    size = run.elite(entry=1).n_constants
    for asked in ({"entry": 1}, {"size": size}):
        plan = run.plan(1e21, compute=COMPUTE, at=AT, **asked)
        (option, value), *_ = asked.items()
        words = ["plan", "dc", "--runs-dir", str(literature_runs), "--compute", COMPUTE]
        words += ["--budget-flops", "1e21", "--at", "unique_tokens=1e11", "--json"]
        words += [f"--{option}", f"{value}"]
        assert call(words) == 0
        document = json.loads(capfd.readouterr().out)
        assert document["champion"] == 1
        assert document["budgets"][0]["values"]["params"] == plan.budgets["params"].iloc[0]
    with pytest.raises(EvolveError, match="size and entry exclude each other"):
        run.plan(1e21, compute=COMPUTE, at=AT, size=size, entry=1)


@pytest.mark.parametrize("verb", ["predict", "plan", "score", "report", "export", "elite"])
def test_every_answer_of_one_law_may_be_of_a_size_an_entry_or_a_name(verb: str) -> None:
    assert {"size", "entry", "law"} <= set(inspect.signature(getattr(Run, verb)).parameters)


def test_a_plan_says_where_nothing_bounds_the_forecast_of_its_best_run(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    planned: list[Any] = []

    def kept(found: Any, verdict: Any) -> Plan:
        planned.append(found)
        return plan_of(found, verdict)

    monkeypatch.setattr(plans, "plan_of", kept)
    run.plan(1e21, compute=COMPUTE, at=AT)
    (found,) = planned
    assert found.best is not None
    assert plan_of(replace(found, best=replace(found.best, is_open=True))).is_open


def test_a_plan_says_the_verdict_for_the_planned_run_as_the_command_line_does(
    literature_runs: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    worth = Verdict("holds", ("it holds as told",), 0.99, "mean", 0.1, 2.0, None, None, 0.0)
    monkeypatch.setattr(choices, "load_verdict", lambda store: worth)
    run = evolve.load("dc", runs_dir=literature_runs)
    within, far = (run.plan(budget, compute=COMPUTE, at=AT) for budget in (1e21, 1e30))
    assert within.verdict == worth
    assert far.verdict is not None
    assert far.verdict.verdict == "handle with care"
    assert run.plan(1e21, compute=COMPUTE, at=AT, law="hoffmann_2022").verdict is None
    words = ["plan", "dc", "--compute", COMPUTE, "--at", "unique_tokens=1e11"]
    words += ["--runs-dir", str(literature_runs), "--budget-flops"]
    assert call([*words, "1e30"]) == 0
    first = " ".join(capsys.readouterr().out.split())
    assert first.startswith("verdict: handle with care: these rows lie")
    assert call([*words, "1e21", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["verdict"]["reasons"] == ["it holds as told"]


def test_a_forecast_is_narrowed_without_a_budget(run: Run) -> None:
    point = {"params": 7e9, "tokens": 2e12, **AT}
    plan = run.plan(compute=COMPUTE, narrow=point, next_budget=1e20)
    assert plan.narrowed is not None
    assert plan.narrowed[[*point]].to_dict() == point
    assert (plan.next_runs["cost"] <= 1e20).all()
    assert plan.best.empty
    assert plan.budgets.empty
    assert not plan.outside


def test_a_plan_needs_a_budget_or_a_value(run: Run) -> None:
    with pytest.raises(EvolveError, match="give either budget or reach"):
        run.plan(compute=COMPUTE, at=AT)


@pytest.mark.parametrize(
    ("asked", "rule"),
    [
        ({"budget": "a"}, "budget: must be a number, it is 'a'"),
        ({"budget": "a", "compute": None}, "budget needs compute, what a run costs"),
        ({"budget": np.nan}, "budget: must be finite, it is nan"),
        ({"budget": 0.0}, "budget: must be above 0, it is 0"),
        ({"reach": np.inf}, "reach: must be finite, it is inf"),
        ({"budget": 1e21, "at": {"unique_token": 1e9}}, "did you mean 'unique_tokens'"),
        ({"budget": 1e21, "at": {"unique_tokens": np.nan}}, "unique_tokens: must be finite"),
        ({"budget": 1e21, "most": {"params": "big"}}, "params: must be a number, it is 'big'"),
        ({"budget": 1e21, "serve_tokens": np.inf}, "serve_tokens: must be finite"),
        ({"budget": 1e21, "next_budget": -1}, "next_budget: must be above 0, it is -1"),
        ({"budget": 1e21, "narrow": {"params": 7e9}}, "narrow: needs a value for tokens"),
        ({"budget": 1e21, "interval": "wide"}, "interval: must be a number"),
    ],
)
def test_a_plan_of_what_is_no_number_is_refused(
    asked: dict[str, Any], rule: str, run: Run
) -> None:
    with pytest.raises(EvolveError, match=rule):
        run.plan(**({"compute": COMPUTE, "at": AT} | asked))


def test_two_runs_are_compared_at_a_point(run: Run) -> None:
    at = {"params": 7e9, "tokens": 2e12, "unique_tokens": 1e11}
    comparison = run.compare(run, at, compute=COMPUTE)
    assert comparison.same
    assert comparison.forecasts.loc["difference", "point"] == 0.0
    assert comparison.savings.loc[COMPUTE, "factor"] == pytest.approx(1.0)
    assert comparison.forecasts["chance_best"].tolist()[:2] == pytest.approx([0.5, 0.5])
    assert not comparison.forecasts["is_open"].any()
    assert comparison.forecasts["untested"].tolist() == [""] * 3
    below = run.compare(run, at | {"tokens": 1e6, "unique_tokens": 1e6})
    assert "low end of tokens" in below.forecasts.loc["first", "untested"]
    with pytest.raises(EvolveError, match="no feature 'param'"):
        run.compare(run, {"param": 7e9})


def test_any_number_of_systems_is_compared_as_the_command_line_does(
    run: Run, literature_runs: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    parallel = evolve.load("par", runs_dir=literature_runs)
    groups: Any = evolve.compare([parallel], {"num_params": 1e9, "parallel_size": 4})
    words = ("compare", "par", "--at", "num_params=1e9", "parallel_size=4", "--json")
    assert call([*words, "--runs-dir", str(literature_runs)]) == 0
    told = json.loads(capfd.readouterr().out)["ranking"]
    assert groups.leading == told["leading"]
    columns = ["run", "group", "point", "low", "high", "chance_best", "same", "is_open"]
    for (_, row), system in zip(groups.forecasts.iterrows(), told["systems"], strict=True):
        assert row[columns].to_dict() == {name: system[name] for name in columns}
        assert row["untested"] == ", ".join(system["untested"])
    behind = groups.forecasts.drop(index=groups.leading)[["behind", "behind_low"]]
    (other,) = (system["behind"] for system in told["systems"] if system["behind"])
    assert behind.to_numpy().tolist() == [[other["point"], other["low"]]]
    at = {"params": 7e9, "tokens": 2e12, "unique_tokens": 1e11}
    three = evolve.compare([run, run, run], at, compute=COMPUTE)
    assert three.forecasts["chance_best"].tolist() == pytest.approx([1 / 3] * 3)
    assert three.savings.loc[(2, COMPUTE), "factor"] == pytest.approx(1.0)
    with pytest.raises(EvolveError, match="needs another run"):
        evolve.compare([run], at)
    with pytest.raises(EvolveError, match="runs: must hold a run"):
        evolve.compare([], at)


def test_scores_are_those_of_the_predictions(run: Run) -> None:
    frame = run.score(law="hoffmann_2022")
    train = run.task.train
    rows = pd.DataFrame(train.X, columns=list(run.task.feature_names))
    predicted = run.elite(law="hoffmann_2022").predict(rows)["loss"].to_numpy()
    left = np.mean((train.Y[:, 0] - predicted) ** 2) / np.var(train.Y[:, 0])
    assert frame.loc["overall", "r2"] == pytest.approx(1 - left)


def test_scores_of_the_test_rows_are_those_of_the_verb_and_the_run_records_the_opening(
    literature_runs: Path, tmp_path: Path
) -> None:
    shutil.copytree(literature_runs / "dc", tmp_path / "dc")
    run = evolve.load(tmp_path / "dc")
    frame = run.score("test", size=5)
    test = load_test(run.task)
    predicted = run.elite(size=5).fitted.predict(test.X, "all")
    assert frame.loc["overall", "r2"] == pytest.approx(r2(test.Y, predicted))
    assert frame.loc["overall", "n_rows"] == test.n_rows
    with Store.open(run.folder, write=False) as store:
        assert [(o["what"], o["command"]) for o in store.test_openings()] == [
            ("score", "Run.score('test')")
        ]


def test_scores_of_test_rows_hold_those_of_the_forecast_as_the_verb_has_them(
    literature_runs: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(literature_runs / "dc", tmp_path / "dc")
    run = evolve.load(tmp_path / "dc")
    frame = run.score("test")
    test = load_test(run.task)
    rows = pd.DataFrame(test.X, columns=list(run.task.feature_names))
    forecast = run.predict(rows)
    y = test.Y[:, 0]
    inside = int(((forecast["low"] <= y) & (y <= forecast["high"])).sum())
    assert frame.loc["forecast", "r2"] == pytest.approx(r2(y, forecast["point"].to_numpy()))
    assert frame.loc["forecast", "inside"] == inside
    assert call(["score", str(tmp_path / "dc"), "--split", "test", "--json"]) == 0
    told = json.loads(capfd.readouterr().out)
    assert told["overall"]["r2"] == pytest.approx(frame.loc["overall", "r2"])
    assert told["forecast"]["r2"] == pytest.approx(frame.loc["forecast", "r2"])
    worth = {name: told["forecast"][name] for name in ("inside", "n_values", "interval")}
    assert worth == {"inside": inside, "n_values": test.n_rows, "interval": 0.9}
    assert "inside" not in run.score(size=5)


def test_a_split_that_is_none_is_refused_with_the_nearest(run: Run) -> None:
    with pytest.raises(EvolveError, match=r"split: must be one of train, test, .*'tst'.*'test'"):
        run.score("tst")


def test_a_run_without_a_choice_has_neither_finalists_nor_a_verdict(run: Run) -> None:
    assert run.finalists.empty
    assert run.verdict is None


def test_the_champion_is_an_expression_of_sympy(run: Run) -> None:
    rows = run.task.train.X[:4]
    law = run.champion
    expression = law.to_sympy()
    named = [dict(zip(run.task.feature_names, row, strict=True)) for row in rows]
    values = [float(expression.subs({s: row[s.name] for s in expression.free_symbols}))
              for row in named]  # fmt: skip
    assert values == pytest.approx(law.predict(pd.DataFrame(named))["loss"].tolist(), rel=1e-9)


def test_pictures_take_axes_and_give_them_back(run: Run) -> None:
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(1, 7)
    drawn = [
        run.plot.fit(axes[0]),
        run.plot.residuals(axes[1], feature="params"),
        run.plot.front(axes[2]),
        run.plot.curve(axes[3], feature="tokens", at=AT),
        run.plot.progress(axes[4]),
        run.plot.isoflop(axes[5], compute=COMPUTE, budgets=[1e20, 1e21], at=AT),
        run.plot.frontier(axes[6], compute=COMPUTE, budgets=[1e20, 1e21], at=AT),
    ]
    assert drawn == list(axes)
    best = run.plan(1e21, compute=COMPUTE, at=AT).best
    (star,) = [line for line in axes[5].lines if line.get_marker() == "*"][1:]
    assert star.get_xdata()[0] == pytest.approx(best["params"])
    assert axes[6].lines[0].get_ydata()[-1] == pytest.approx(best["point"])
    with pytest.raises(EvolveError, match="ratio of two features, it holds params"):
        run.plot.isoflop(compute="params", at={**AT, "tokens": 1e10})
    assert all(ax.get_xlabel() and ax.lines for ax in axes)
    assert axes[3].get_xscale() == "log"
    assert axes[3].lines[0].get_xdata()[-1] == pytest.approx(10 * run.task.train.X[:, 2].max())
    plt.close(figure)
    with pytest.raises(EvolveError, match="it is 'token' .did you mean 'tokens'"):
        run.plot.curve(feature="token")


def test_a_level_may_stand_in_words_as_on_the_command_line(run: Run) -> None:
    at = {"params": 1e9, "tokens": 1e10, **AT}
    rows = pd.DataFrame([at])
    pd.testing.assert_frame_equal(run.predict(rows, "50%"), run.predict(rows, 0.5))  # type: ignore[arg-type]
    words, number = (run.compare(run, at, interval=level) for level in ("50%", 0.5))  # type: ignore[arg-type]
    pd.testing.assert_frame_equal(words.forecasts, number.forecasts)
    planned = [
        run.plan(budget=1e21, compute=COMPUTE, at=AT, interval=level)  # type: ignore[arg-type]
        for level in ("50%", 0.5)
    ]
    pd.testing.assert_frame_equal(planned[0].budgets, planned[1].budgets)
    with pytest.raises(EvolveError, match="interval: must be between 0 and 1, it is 1.5"):
        run.compare(run, at, interval="150%")  # type: ignore[arg-type]


def test_a_group_that_is_called_as_a_target_keeps_a_row_of_its_own() -> None:
    of = [Metrics(0.1 * n, 0.0, 0.0, n) for n in range(5)]
    rows = rows_of_scores(
        Scores(of[0], {"code": of[1], "overall": of[2]}, {"code": of[3], "web": of[4]})
    )
    assert list(rows) == ["overall", "code", "target overall", "group code", "web"]
    assert list(rows.values()) == of
