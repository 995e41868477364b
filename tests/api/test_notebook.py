"""In a notebook, a run draws one output over itself, without widgets."""

from __future__ import annotations

import sys
import types
from pathlib import Path
from typing import Any

import pytest
from small_tasks import entry_of, random_candidates

from evolve.api.notebook import Notebook, in_notebook
from evolve.runs.settings import RunConfig
from evolve.search.problem import space_of
from evolve.tasks.task import Task, load_task

ROOT = Path(__file__).resolve().parents[2]


class Output:
    """What a cell shows, and how often it was drawn."""

    def __init__(self, first: str) -> None:
        self.drawn = [first]

    def update(self, text: str) -> None:
        self.drawn.append(text)


@pytest.fixture
def outputs(monkeypatch: pytest.MonkeyPatch) -> list[Output]:
    """Outputs of a stand-in for IPython."""
    made: list[Output] = []

    def display(text: str, display_id: bool) -> Output:
        assert display_id
        made.append(Output(text))
        return made[-1]

    module = types.ModuleType("IPython.display")
    module.HTML = str  # type: ignore[attr-defined]
    module.display = display  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "IPython.display", module)
    return made


@pytest.fixture(scope="module")
def task() -> Task:
    return load_task("parallel", [ROOT / "tasks"])


def follow(notebook: Notebook, task: Task, total: int | None = 100) -> None:
    (candidate,) = random_candidates(space_of(task), 1)
    entry = entry_of(0, candidate, -1.0)
    with notebook:
        notebook.began(None, task, RunConfig(0, total))  # type: ignore[arg-type]
        notebook.say("compiling <once>")
        notebook.batch(entry, [entry])
        notebook.choosing()


def test_one_output_is_drawn_over_itself(outputs: list[Output], task: Task) -> None:
    follow(Notebook(), task)
    (output,) = outputs
    assert "starting the workers" in output.drawn[0]
    assert any('max="100" value="1"' in text and "searching" in text for text in output.drawn)
    assert any("choosing the champion" in text for text in output.drawn)
    assert "ended" in output.drawn[-1]
    assert "loss = " in output.drawn[-1]


def test_what_is_said_is_text_and_no_markup(outputs: list[Output], task: Task) -> None:
    follow(Notebook(), task)
    assert "compiling &lt;once&gt;" in outputs[0].drawn[-1]


def test_a_run_that_only_time_ends_has_a_bar_without_an_end(
    outputs: list[Output], task: Task
) -> None:
    follow(Notebook(), task, total=None)
    assert "max=" not in outputs[0].drawn[-1]


def test_the_search_ends_when_it_is_told_to(outputs: list[Output], task: Task) -> None:
    notebook = Notebook(lambda: True)
    with notebook:
        notebook.began(None, task, RunConfig(0, 100))  # type: ignore[arg-type]
        notebook.ending("SIGINT: ending after this batch")
        assert not notebook.batch(None, [])
        assert "SIGINT: ending after this batch" in outputs[0].drawn[-1]


def test_a_process_without_a_kernel_is_no_notebook() -> None:
    assert not in_notebook()


@pytest.mark.slow
def test_a_kernel_shows_progress_and_the_run(tmp_path: Path) -> None:
    """In a real kernel, where there is one to be had."""
    nbclient = pytest.importorskip("nbclient")
    nbformat = pytest.importorskip("nbformat")
    pytest.importorskip("ipykernel")
    table = ROOT / "tasks" / "parallel" / "train.csv"
    cells = [
        f"import evolve, pandas; rows = pandas.read_csv({str(table)!r})",
        f"run = evolve.discover(rows, 'loss', evaluations=4, runs_dir={str(tmp_path)!r})",
        "run",
    ]
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    nbclient.NotebookClient(book, timeout=300, kernel_name="python3").execute()
    shown: list[Any] = [
        output["data"]["text/html"] for cell in book.cells for output in cell.outputs
    ]
    assert "<progress" in shown[0]
    assert "4 of 4" in shown[0]
    assert '<svg class="math"' in shown[1]
