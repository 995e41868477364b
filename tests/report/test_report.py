"""A run's report says what the run found, opens from disk, and keeps the test rows shut."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import evolve.report
import evolve.report.bands
import evolve.report.model
from evolve.cli.app import call
from evolve.errors import EvolveError, SandboxError
from evolve.evaluation.record import Entry, Evaluation
from evolve.forecast.interval import forecast
from evolve.law.graph import Law, const, feat, num
from evolve.law.graph import call as node
from evolve.report import write_report
from evolve.report.bands import forecaster_of
from evolve.report.chart import dots, draw, limits, log_ticks, number, set_log
from evolve.report.curves import curve_charts
from evolve.report.gather import gather
from evolve.report.mathematics import show_law
from evolve.report.model import fit_model
from evolve.report.page import _chosen_words
from evolve.report.slices import slices_of
from evolve.report.tables import cell, value_and_error
from evolve.report.typeset import typeset
from evolve.runs.forecasts import forecast_model_of
from evolve.runs.results import held_out_r2
from evolve.runs.store import Store
from evolve.runs.tabulate import row_of
from evolve.scoring.fold import FoldScore
from evolve.search.problem import make_search_problem
from evolve.tasks.spec import Feature, FoldSpec, Target, TaskSpec
from evolve.tasks.symbols import symbols_of
from evolve.tasks.task import Table, Task, load_task
from tests.report_runs import archive_of, small_run

N_ENTRIES = 12
CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
needs_chromium = pytest.mark.skipif(
    CHROMIUM is None, reason="no Chromium on this machine (apt-get install chromium)"
)


@pytest.fixture(scope="module")
def task() -> Task:
    return load_task("parallel")


@pytest.fixture(scope="module")
def run(task: Task, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with small_run(task, tmp_path_factory.mktemp("runs") / "small", N_ENTRIES) as store:
        yield store


@pytest.fixture(scope="module")
def page(run: Store, task: Task) -> Path:
    return write_report(run, task, run.folder / "report.html").path


def best_of(store: Store) -> Entry:
    return archive_of(store.entries()).elites()[0].entry


def text_of(page: str, name: str) -> str:
    """The text of the element with an id, tags left out."""
    found = re.search(rf'id="{name}"[^>]*>(.*?)</(?:dd|code|p|output)>', page, flags=re.DOTALL)
    assert found is not None, name
    return html.unescape(re.sub(r"<[^>]*>.*", "", found[1], flags=re.DOTALL)).strip()


def test_the_page_says_why_a_better_score_was_not_chosen(run: Store, task: Task) -> None:
    found = gather(run, task)
    best, champion = (elite.entry for elite in found.elites[:2])
    rows = [row_of(task, champion, "champion"), row_of(task, best, "size")]
    words = _chosen_words(replace(found, best=champion, chosen=True, lines=rows))
    assert f"is that of entry {best.index} " in words
    assert "has the better score, which is of the search's folds alone; further folds" in words
    words = _chosen_words(replace(found, best=best, chosen=True, lines=rows[::-1]))
    assert words.endswith("and also has the best score of the search.")


def own_task(folder: Path, names: tuple[str, str], target: str) -> Task:
    """Rows of a known law with noise, both features grown together, under any names."""
    rng = np.random.default_rng(0)
    params = np.geomspace(1e6, 1e9, 60)
    X = np.stack([params, 20 * params], axis=1)
    y = 2.0 + 3.0 * (X[:, 0] / 1e6) ** -0.4 + 0.01 * rng.normal(size=60)
    spec = TaskSpec(
        title=f"{target} & more",
        source="made up",
        licence="none",
        features=[Feature(name=names[0], unit=1e6), Feature(name=names[1], unit=1e7)],
        targets=[Target(name=target)],
        folds=FoldSpec(axes=[names[0]]),
    )
    table = Table(X, y[:, None], np.zeros(60, dtype=np.int64))
    return Task(folder.name, folder, spec, ("all",), table)


def test_the_page_states_the_champions_formula_and_r2(page: Path, run: Store, task: Task) -> None:
    text = page.read_text(encoding="utf-8")
    best = best_of(run)
    assert text_of(text, "heldout-r2") == cell(held_out_r2(best.evaluation)).text
    assert text_of(text, "plain-formula").startswith("loss = ")
    assert '<div class="law" id="formula"' in text
    assert text.count('<path d="M') > 5


def test_the_page_speaks_of_everything_that_was_found(page: Path, run: Store) -> None:
    text = page.read_text(encoding="utf-8")
    assert best_of(run).text in html.unescape(text)
    for heading in ("Elites", "Lineage", "Operators", "Sandbox", "How to reproduce it"):
        assert heading in text
    assert 'id="verdict"' in text
    assert "chen_2025" in text
    assert run.digest() in text
    assert "there is no second wall around files" in text


def test_the_page_asks_no_network_for_anything(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert re.findall(r'(?:src|href)="(?!#|data:)[^"]*"', text) == []
    assert "@import" not in text
    assert re.findall(r"url\((?!#)", text) == []
    assert "default-src 'none'" in text


def test_no_identifier_is_used_twice(page: Path) -> None:
    names = re.findall(r'\bid="([^"]*)"', page.read_text(encoding="utf-8"))
    assert sorted(names) == sorted(set(names))


def test_every_picture_has_a_name_or_is_hidden(page: Path) -> None:
    for head in re.findall(r"<svg[^>]*>", page.read_text(encoding="utf-8")):
        assert "aria-label=" in head or 'aria-hidden="true"' in head


def test_a_report_says_what_the_task_notes_of_its_rows(page: Path, task: Task) -> None:
    assert task.spec.note
    told = " ".join(html.unescape(page.read_text(encoding="utf-8")).split())
    assert " ".join(task.spec.note.split()) in told


def test_a_report_leaves_the_test_rows_shut(
    run: Store, task: Task, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(task: Task) -> Table:
        raise AssertionError("the test rows were opened")

    monkeypatch.setattr("evolve.runs.reveal.load_test", refuse)
    written = write_report(run, task, tmp_path / "report.html")
    assert written.opened is None
    assert text_of(written.path.read_text(encoding="utf-8"), "test-r2") == "–"


def test_an_opening_is_recorded_before_the_test_rows_are_read(
    task: Task, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with small_run(task, tmp_path / "opened", 4) as store:

        def fail(task: Task) -> Table:
            assert len(store.test_openings()) == 1
            raise EvolveError("no such file")

        monkeypatch.setattr("evolve.runs.reveal.load_test", fail)
        with pytest.raises(EvolveError):
            write_report(store, task, tmp_path / "report.html", opening="a command")
        monkeypatch.undo()
        written = write_report(store, task, tmp_path / "report.html", opening="a command")
        assert [o["what"] for o in store.test_openings()] == ["report", "report"]
        assert written.opened is not None
        text = written.path.read_text(encoding="utf-8")
        assert text_of(text, "test-r2") == cell(written.opened.scores.overall.r2).text
        assert "opened twice for this run" in text


def test_a_run_that_has_not_ended_says_so(task: Task, tmp_path: Path) -> None:
    with small_run(task, tmp_path / "going", 3, ended=False) as store:
        written = write_report(store, task, tmp_path / "report.html")
    assert not written.findings.chosen
    assert "No champion has been chosen yet" in written.path.read_text(encoding="utf-8")


def test_a_run_without_a_score_is_refused(task: Task, tmp_path: Path) -> None:
    with (
        small_run(task, tmp_path / "none", 0, ended=False) as store,
        pytest.raises(EvolveError, match="no law has a score"),
    ):
        write_report(store, task, tmp_path / "report.html")


def test_a_black_box_has_a_report_without_figures_of_fits(task: Task, tmp_path: Path) -> None:
    with small_run(task, tmp_path / "box", 2, ended=False) as store:
        score = min(e.evaluation.score or 0.0 for e in store.entries()) - 1.0
        folds = (FoldScore("far 3 rows", 3, 0.1, 0.9),)
        evaluation = Evaluation("ok", "", score, 1, folds, 2, 1.0, 0.1, {})
        store.append([Entry(2, "# any text", None, None, "box", (), "a file", evaluation, "user")])
        written = write_report(store, task, tmp_path / "report.html")
    assert written.findings.model is None
    text = written.path.read_text(encoding="utf-8")
    assert "black box" in text
    assert "could not be fitted here" in text


def test_a_weak_sandbox_ends_neither_the_report_of_a_program_nor_opens_its_test_rows(
    run: Store, task: Task, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise SandboxError("the sandbox is weak here")

    monkeypatch.setattr(evolve.report.model, "fit_folds_of", refuse)
    written = write_report(run, task, tmp_path / "report.html")
    assert "could not be fitted here: the sandbox is weak here" in written.path.read_text()
    assert written.findings.train_r2 is not None
    with pytest.raises(EvolveError, match="cannot be run here.*the sandbox is weak here"):
        write_report(run, task, tmp_path / "report.html", opening="a command")
    assert run.test_openings() == []


def test_a_forecast_that_asks_a_program_that_cannot_run_leaves_the_curves_out(
    run: Store, task: Task, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise SandboxError("the sandbox is weak here")

    monkeypatch.setattr(evolve.report.bands, "interval_at", refuse)
    text = write_report(run, task, tmp_path / "report.html").path.read_text(encoding="utf-8")
    assert "There are no curves" in text
    assert "Beyond the data" not in text
    assert "Predictions and residuals" in text


def test_the_champion_has_a_line_of_its_own_where_it_differs_from_the_forecast(
    run: Store, task: Task
) -> None:
    found = gather(run, task)
    forecaster = forecaster_of(found)
    assert found.model is not None
    assert forecaster is not None
    assert len(forecaster.forecast_model.members) > 1
    alone = replace(forecaster.forecast_model, members=forecaster.forecast_model.members[:1])
    charts = [
        curve_charts(found.model, replace(forecaster, forecast_model=forecast_model), None)
        for forecast_model in (forecaster.forecast_model, alone)
    ]
    together, by_itself = (str([c.svg for cs in panels.values() for c in cs]) for panels in charts)
    assert "stroke-dasharray: 2.4" in together
    assert "stroke-dasharray: 2.4" not in by_itself


@pytest.mark.parametrize(
    "odd", [("<b>bold</b>", "cost$x$"), ("50%_of{it}", "größe \\ ^2"), ("&amp;", "#1 中")]
)
def test_any_name_of_a_column_is_shown_as_it_is(odd: tuple[str, str], tmp_path: Path) -> None:
    task = own_task(tmp_path, odd, "loss <i>")
    with small_run(task, tmp_path / "odd", 3) as store:
        written = write_report(store, task, tmp_path / "report.html")
    text = written.path.read_text(encoding="utf-8")
    assert "<b>bold" not in text
    assert "loss <i>" not in text
    assert all(name in html.unescape(text) for name in odd)
    assert ('class="math-text"' in text) == ("#1 中" in odd)
    assert "mathrm{" not in re.sub(r"<details.*?</details>", "", text, flags=re.DOTALL)


def test_a_law_is_shown_with_letters_for_features_and_parts() -> None:
    x = node("div", feat(0), num(1e9))
    part = node("min", x, node("div", feat(1), num(1e10)))
    term = node("exp", node("sub", const(1), node("mul", const(2), node("log", part))))
    law = Law(node("add", node("add", const(0), term), node("mul", const(3), part)), 4)
    shown = show_law(law, ["params", "tokens"], "loss", np.array([1.5, 0.0, 0.25, 2.0]))
    assert [line.latex for line in shown.law] == [
        r"\mathrm{loss} = c_{0} + c_{3}\,u + e^{c_{1}}\,u^{-c_{2}}",
        r"u = \min\left(N, D\right)",
    ]
    assert shown.valued[0].latex == r"\mathrm{loss} = 1.5 + 2\,u + u^{-0.25}"
    assert [line.latex for line in shown.variables] == [
        r"N = \mathrm{params} \;/\; 10^{9}",
        r"D = \mathrm{tokens} \;/\; 10^{10}",
    ]
    assert [line.left for line in shown.variables] == list(
        symbols_of(["params", "tokens"]).values()
    )


@pytest.mark.parametrize("name", ["data_constrained", "domain_mixture", "sft"])
def test_every_starting_law_of_a_task_can_be_typeset(name: str) -> None:
    task = load_task(name)
    for proposal in make_search_problem(task, 0).starts[:16]:
        law = proposal.candidate.law
        values = np.linspace(-1.2, 2.1, law.n_constants)
        shown = show_law(law, task.feature_names, task.target_names[0], values)
        for line in (*shown.law, *shown.valued, *shown.variables):
            assert all(typeset(text) is not None for _, text in line.terms), line.latex


def test_mathematics_that_cannot_be_drawn_is_no_picture() -> None:
    assert typeset(r"\nosuchcommand{x}") is None


@pytest.mark.parametrize(
    ("value", "error", "shown"),
    [
        (2.22228, 0.0842, ("2.222", "0.084")),
        (7.6723, 66.0, ("7.672", "66")),
        (-1234.5, 12.0, ("−1234", "12")),
        (0.5, float("inf"), ("0.5", "not fixed by the rows")),
        (3.0, 0.0, ("3", "not fixed by the rows")),
    ],
)
def test_a_constant_has_the_digits_of_its_error_and_at_least_four(
    value: float, error: float, shown: tuple[str, str]
) -> None:
    assert tuple(part.text for part in value_and_error(value, error)) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0.88631, "0.8863"), (0.9999523, "0.999952"), (1.0, "1.0000"), (-1.5, "−1.5000")]
    + [(4.77e-5, "4.8×10⁻⁵"), (0.0, "0.0000"), (-6.1e44, "−6.1×10⁴⁴"), (None, "–"), (7, "7")],
)
def test_numbers_of_tables_show_what_tells_them_apart(value: float | None, shown: str) -> None:
    assert cell(value).text == shown


def test_numbers_of_axes_are_short() -> None:
    assert [number(v) for v in (0.25, 1e9, 4.2e9, -3e-7)] == ["0.25", "10⁹", "4.2×10⁹", "-3×10⁻⁷"]
    assert log_ticks(3e6, 8e9) == [1e7, 1e8, 1e9]
    assert len(log_ticks(1e-12, 1e12)) <= 8


@pytest.mark.parametrize("ends", [(1e-285, 1e285), (1e-305, 1e145), (5e-324, 1.7e308)])
@pytest.mark.filterwarnings("error")
def test_an_axis_over_hundreds_of_decades_is_drawn(ends: tuple[float, float]) -> None:
    x = np.array([ends[0], 1.0, ends[1]])
    low, high = limits([x], log=True)
    assert 0 < low < 1 < high < np.inf
    assert 2 <= len(log_ticks(*ends)) <= 7

    def build(axes: Any) -> None:
        set_log(axes.xaxis, low, high)
        dots(axes, x, x / ends[1], "fit")
        axes.set_xlim(low, high)

    assert "<svg" in draw("wide", "wide", build)


def test_a_black_box_has_its_training_r2_from_the_table_of_its_run(run: Store, task: Task) -> None:
    found = gather(run, task)
    row = next(row for row in found.lines if row.index == found.best.index)
    assert row.train_r2 is not None
    assert replace(found, model=None).train_r2 == row.train_r2
    assert replace(found, model=None, lines=()).train_r2 is None


def test_intervals_of_a_run_that_kept_nothing_for_forecasts_are_those_of_its_forecasts(
    run: Store, task: Task
) -> None:
    found = gather(run, task)
    forecaster = forecaster_of(found)
    assert forecaster is not None
    at = task.train.X[:3] * [10.0, 1.0]
    drawn = forecaster.at(at, 1)
    said = forecast(task, forecast_model_of(run, task), task.group_names[1], at)
    np.testing.assert_array_equal((drawn.low, drawn.high), (said.low, said.high))
    np.testing.assert_allclose(forecaster.point(at, 1), said.point, rtol=1e-12)


def test_slices_follow_rows_that_differ_in_one_axis(run: Store, task: Task) -> None:
    model = fit_model(task, archive_of(run.entries()).elites()[0].genome)
    slices = slices_of(model, task.feature_names.index("parallel_size"))
    assert {part.group for part in slices} == {0, 1}
    for part in slices:
        sizes = task.train.X[part.rows, 0]
        assert not part.moved
        assert sizes.max() / sizes.min() < 1.1
        assert len(np.unique(task.train.X[part.rows, 1])) == 3


def test_rows_that_lie_on_no_slice_are_moved_onto_one(tmp_path: Path) -> None:
    task = own_task(tmp_path, ("params", "tokens"), "loss")
    (part,) = slices_of(fit_model(task, make_search_problem(task, 0).starts[0].candidate), 0)
    assert part.moved
    assert len(part.rows) == 60


def test_the_verb_writes_where_it_is_told(
    run: Store, page: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    out = tmp_path / "mine.html"
    words = ["report", "small", "--runs-dir", str(run.folder.parent), "-o", str(out), "--json"]
    assert call(words) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["file"] == str(out)
    assert told["test_r2"] is None
    assert out.read_text(encoding="utf-8") == page.read_text(encoding="utf-8")


def test_the_verb_says_what_it_cannot_write(
    run: Store, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    out = tmp_path / "missing" / "mine.html"
    assert call(["report", "small", "--runs-dir", str(run.folder.parent), "-o", str(out)]) == 2
    assert "cannot be written" in capsys.readouterr().err


def browse(page: Path, profile: Path) -> tuple[str, list[str]]:
    """The page's content after its scripts have run, and what it wrote to the console."""
    options = (
        *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
        *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
        *(f"--user-data-dir={profile}", "--enable-logging=stderr", "--dump-dom"),
    )
    command = [str(CHROMIUM), *options, page.resolve().as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=180, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout, [line for line in done.stderr.splitlines() if ":CONSOLE:" in line]


@needs_chromium
def test_a_browser_shows_formula_and_r2_without_complaint(
    page: Path, run: Store, tmp_path: Path
) -> None:
    content, complaints = browse(page, tmp_path / "profile")
    assert complaints == []
    assert text_of(content, "plain-formula").startswith("loss = ")
    assert text_of(content, "heldout-r2") == cell(held_out_r2(best_of(run).evaluation)).text
    n = len(archive_of(run.entries()).cells)
    assert text_of(content, "shown") == f"{n} of {n} laws"


@needs_chromium
def test_a_browser_sorts_and_filters_the_elites(page: Path, run: Store, tmp_path: Path) -> None:
    act = """
    const form = document.getElementById("filter");
    const table = document.getElementById("elites-table");
    table.querySelectorAll("thead button")[1].click();
    table.querySelectorAll("thead button")[1].click();
    form.elements.most.value = "3";
    form.dispatchEvent(new Event("input"));
    const rows = [...table.tBodies[0].rows].filter((row) => !row.hidden);
    const told = document.createElement("p");
    told.id = "acted";
    told.textContent = rows.map((row) => row.cells[1].textContent).join(" ");
    document.body.append(told);
    """
    text = page.read_text(encoding="utf-8")
    acting = tmp_path / "acting.html"
    acting.write_text(
        text.replace("</body>", f"<script>{{{act}}}</script></body>"), encoding="utf-8"
    )
    content, complaints = browse(acting, tmp_path / "profile")
    sizes = [e.n_constants for e in archive_of(run.entries()).elites()]
    wanted = sorted((n for n in sizes if n <= 3), reverse=True)
    assert complaints == []
    assert wanted
    assert text_of(content, "acted") == " ".join(map(str, wanted))
