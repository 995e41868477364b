"""The forecast box of a page says in JavaScript what the engine says in Python."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from evolve.forecast.box import answer, page_data
from evolve.forecast.model import ForecastModel, GroupUncertainty, Member
from evolve.law.graph import BINARY, UNARY, Law, Node, call, const, feat, num
from evolve.law.program import parse_program
from evolve.report.page import TEMPLATES, box_json
from evolve.tasks.task import Task
from tests.small_tasks import task_of

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
CLOSE = 1e-9
PAGE = """<!DOCTYPE html><meta charset="utf-8"><body><script>{script}
const cases = {cases};
const told = document.createElement("pre");
told.id = "told";
told.textContent = JSON.stringify(cases.map(([data, rows]) => rows.map(pageForecaster(data))));
document.body.append(told);
</script></body>"""


def in_browser(
    cases: Sequence[tuple[Task, ForecastModel, list[dict[str, Any]]]], folder: Path
) -> Any:
    """What a page answers to each row of each case."""
    script = (TEMPLATES / "forecast.js").read_text(encoding="utf-8")
    parts = []
    for task, forecast_model, rows in cases:
        data = page_data(task, forecast_model)
        assert data is not None
        parts.append(f"[{box_json(data)}, {json.dumps(rows)}]")
    page = folder / "page.html"
    page.write_text(PAGE.replace("{script}", script).replace("{cases}", f"[{','.join(parts)}]"))
    command = [
        str(CHROMIUM),
        *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
        *("--disable-background-networking", "--disable-sync", "--enable-logging=stderr"),
        *(f"--user-data-dir={folder / 'profile'}", "--dump-dom", page.as_uri()),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=180, check=False)
    assert [line for line in done.stderr.splitlines() if ":CONSOLE:" in line] == []
    match = re.search(r'<pre id="told">(.*?)</pre>', done.stdout, re.DOTALL)
    assert match is not None, done.stdout[-2000:]
    return json.loads(html.unescape(match[1]))


def in_python(task: Task, forecast_model: ForecastModel, row: dict[str, Any]) -> dict[str, Any]:
    asked = {f"x{j}": repr(v) for j, v in enumerate(row["x"])}
    return answer(task, forecast_model, {**asked, **{k: str(row[k]) for k in ("group", "along")}})


def require_same(page: Any, engine: Any, place: str = "") -> None:
    if isinstance(engine, dict):
        assert page.keys() == engine.keys(), place
        for key, value in engine.items():
            require_same(page[key], value, f"{place}.{key}")
    elif isinstance(engine, list | tuple):
        assert len(page) == len(engine), place
        for i, (a, b) in enumerate(zip(page, engine, strict=True)):
            require_same(a, b, f"{place}[{i}]")
    elif isinstance(engine, float):
        if not np.isfinite(engine):
            assert page is None, place
        else:
            assert page == pytest.approx(engine, rel=CLOSE, abs=1e-300), place
    else:
        assert page == engine, place


def scaled(j: int) -> Node:
    return call("div", feat(j), num(50.0))


def of_each_operation() -> list[Law]:
    """A law for every operation that a law may hold."""
    powers = call("add", const(0), call("mul", const(1), call("pow", scaled(0), const(2))))
    small = call("mul", num(0.1), scaled(1))
    roots = [call("add", powers, call("mul", const(3), call(op, small))) for op in UNARY]
    roots += [
        call("add", powers, call("mul", const(3), call(op, small, const(1)))) for op in BINARY
    ]
    return [Law(root, 4) for root in roots]


def forecast_model_of(
    task: Task, laws: Sequence[Law], *, relative: bool, seed: int = 0
) -> ForecastModel:
    rng = np.random.default_rng(seed)
    n_targets = len(task.target_names)
    members = []
    for i, law in enumerate(laws):
        shape = (n_targets, law.n_constants)
        mean = np.resize([1.8, 0.7, -0.4, 0.05], law.n_constants)
        tables = {g: mean + 0.02 * rng.normal(size=shape) for g in task.group_names}
        members.append(Member(i, law, tables, 1.0 / (1.0 + i)))
    p = laws[0].n_constants
    spreads = {}
    for g in task.group_names:
        root = 0.01 * rng.normal(size=(n_targets, p, p))
        covariance = root @ root.transpose(0, 2, 1)
        spreads[g] = GroupUncertainty(
            covariance, rng.uniform(0.01, 0.02, n_targets), np.full(n_targets, 1.5)
        )
    distances, ratios = rng.uniform(0, 1, 60), rng.exponential(1.0, 60)
    return ForecastModel(tuple(members), spreads, relative, distances, ratios, True)


def rows_around(task: Task, n: int, seed: int = 1) -> list[dict[str, Any]]:
    rng = np.random.default_rng(seed)
    rows = []
    for i in range(n):
        base = task.train.X[int(rng.integers(len(task.train.X)))]
        x = base * 10.0 ** rng.uniform(-1.5, 1.5, len(base)) if i else base
        x = base * 1e-120 if i == n - 1 else x
        place = {"group": i % task.n_groups, "along": i % len(base)}
        rows.append({"x": x.tolist(), **place})
    return rows


def grown(n_targets: int = 1, **spec: Any) -> Task:
    """Rows of two groups over two features of log scale."""
    rng = np.random.default_rng(3)
    x = np.exp(rng.uniform(0.0, 6.0, (24, 2)))
    y = 2.0 + x[:, :1] ** -0.3 + 0.1 * np.arange(n_targets) + rng.normal(0, 0.01, (24, n_targets))
    return task_of(x, y, [i % 2 for i in range(24)], folds={"axes": ["a", "b"]}, **spec)


def below_0() -> Task:
    """Those of `grown`, the sign of their target changed."""
    task = grown()
    names, rows = task.given
    return Task(task.name, task.folder, task.spec, names, replace(rows, Y=-rows.Y))


def mixed() -> Task:
    """Shares that sum to 1."""
    shares = np.random.default_rng(4).dirichlet((1.0, 1.0, 1.0), 20)
    names = [{"name": name, "scale": "linear"} for name in "abc"]
    targets = 2.0 + shares @ np.array([[0.1, 0.2, 0.3], [0.4, 0.1, 0.2], [0.2, 0.2, 0.5]])
    return task_of(shares, targets, features=names)


def on_a_line() -> Task:
    params = 10.0 ** np.linspace(1, 3, 12)
    x = np.column_stack([params, 20 * params])
    return task_of(x, 2.0 + params**-0.3, folds={"axes": ["a"]})


def rounded() -> Task:
    """Shares in hundredths, whose sums are 0.99 to 1.01."""
    shares = np.random.default_rng(4).dirichlet((1.0, 1.0, 1.0), 20).round(2)
    shares[:3] = [[0.33, 0.33, 0.33], [0.34, 0.34, 0.33], [0.07, 0.29, 0.63]]
    names = [{"name": name, "scale": "linear"} for name in "abc"]
    return task_of(shares, 2.0 + shares @ np.array([[0.1], [0.4], [0.2]]), features=names)


def test_a_page_says_what_a_row_breaks_as_the_engine_does(tmp_path: Path) -> None:
    shares = [
        *([0.33, 0.33, 0.33], [0.34, 0.33, 0.34], [0.3, 0.3, 0.35], [1.2, -0.4, 0.2]),
        *([0.6, 0.408, -0.008], [0.6, 0.42, -0.02], [0.6, 0.6, -0.008]),
    ]
    pairs = [[10.0, 200.0], [10.0, 209.0], [10.0, 211.0], [10.0, 1e-5], [1.0, 4e5], [1.0, 1e9]]
    cases = [
        (
            *(task, forecast_model_of(task, of_each_operation()[:1], relative=False)),
            [{"x": x, "group": 0, "along": 0} for x in rows],
        )
        for task, rows in ((rounded(), shares), (on_a_line(), pairs))
    ]
    told = in_browser(cases, tmp_path)
    for (task, forecast_model, rows), page in zip(cases, told, strict=True):
        for row, said in zip(rows, page, strict=True):
            expected = in_python(task, forecast_model, row)["departures"]
            assert said["departures"] == expected
    assert [len(said["departures"]) for said in told[0]] == [0, 0, 1, 1, 0, 1, 2]
    assert [len(said["departures"]) for said in told[1]] == [0, 0, 1, 1, 1, 1]


@pytest.mark.slow
def test_every_operation_and_kind_of_task_is_answered_as_in_python(tmp_path: Path) -> None:
    laws = of_each_operation()
    own_first = [Law(law.root, law.n_constants, True) for law in laws[:3]]
    asked: list[tuple[Task, list[Law], bool]] = [(grown(), [law, laws[0]], True) for law in laws]
    asked += [(grown(), laws, False), (grown(2), laws[3:9], True)]
    asked += [(mixed(), own_first, False), (on_a_line(), laws[:1], True)]
    asked += [(below_0(), [Law(call("neg", law.root), law.n_constants) for law in laws[:3]], True)]
    cases = [
        (task, forecast_model_of(task, chosen, relative=relative), rows_around(task, 6))
        for task, chosen, relative in asked
    ]
    task, forecast_model, rows = cases[0]
    wide = replace(forecast_model, ratios=1e4 * forecast_model.ratios)  # its intervals are open
    cases.append((task, wide, rows))
    for (task, forecast_model, rows), page in zip(cases, in_browser(cases, tmp_path), strict=True):
        for row, said in zip(rows, page, strict=True):
            require_same(said, in_python(task, forecast_model, row))


def test_a_forecast_model_that_asks_a_program_has_no_box() -> None:
    task = on_a_line()
    forecast_model = forecast_model_of(task, of_each_operation()[:1], relative=False)
    text = (
        "import numpy as np\n\n\n# EVOLVE-BLOCK-START\n"
        "def scaling_law_func(x, c):\n    return np.zeros((len(x), 1))\n\n\n"
        "def fit_scaling_law(x, y):\n    return np.zeros((1, 1))\n# EVOLVE-BLOCK-END\n"
    )
    program = Member(9, parse_program(text), {"all": np.zeros((1, 1))}, 0.1)
    with_program = ForecastModel(
        (*forecast_model.members, program),
        forecast_model.spreads,
        False,
        forecast_model.distances,
        forecast_model.ratios,
        True,
    )
    assert page_data(task, forecast_model) is not None
    assert page_data(task, with_program) is None
