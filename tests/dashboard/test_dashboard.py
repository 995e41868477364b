"""The dashboard shows stores as they are, reads alone, and answers this machine alone."""

from __future__ import annotations

import json
import re
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

pytest.importorskip("starlette")
pytest.importorskip("uvicorn")
pytest.importorskip("httpx")

import uvicorn
from starlette.testclient import TestClient

import evolve.dashboard.views
import evolve.runs.listing
from evolve.cli.app import call
from evolve.dashboard.app import HOSTS, make_app
from evolve.dashboard.serve import serve
from evolve.errors import EvolveError
from evolve.evaluation.record import Entry
from evolve.forecast.interval import interval_at
from evolve.runs.forecasts import forecast_model_of, save_forecast_model
from evolve.runs.provenance import task_of
from evolve.runs.store import STORE_NAME, Store
from evolve.tasks.task import load_task
from tests.report_runs import small_run
from tests.store_service import BATCH, new_store, start_writer
from tests.store_service import entries as made_entries

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
HOSTILE = '<img src=x onerror="document.title=1">'
POINT = {"x0": "1e9", "x1": "2e10", "x2": "1e10", "x3": "1"}


@pytest.fixture(scope="module")
def runs_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of the first laws of a task that has ended, with what it needs to forecast."""
    folder = tmp_path_factory.mktemp("runs")
    task = load_task("data_constrained")
    with small_run(task, folder / "done", 4) as store:
        save_forecast_model(store, forecast_model_of(store, task))
    return folder


def client(runs_dir: Path, host: str = "127.0.0.1:8000") -> TestClient:
    return TestClient(make_app(runs_dir), base_url=f"http://{host}")


def get(runs_dir: Path, path: str, status: int = 200) -> str:
    answer = client(runs_dir).get(path)
    assert answer.status_code == status, answer.text
    return answer.text


def test_the_list_names_each_run_with_its_law(runs_dir: Path) -> None:
    text = get(runs_dir, "/")
    assert 'href="/runs/done"' in text
    assert re.search(r'<span class="state done">done', text)
    assert "loss = " in text


def test_the_list_says_the_verdict_of_a_run_that_has_one(
    runs_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    verdict = SimpleNamespace(verdict="handle with care", reasons=["it is small"])
    monkeypatch.setattr(evolve.runs.listing, "load_verdict", lambda _: verdict)
    monkeypatch.setattr(evolve.dashboard.views, "load_verdict", lambda _: verdict)
    assert "<td>handle with care</td>" in get(runs_dir, "/")
    assert 'class="notice handle-with-care"' in get(runs_dir, "/runs/done")


def test_a_run_says_how_far_it_is_and_what_is_best(runs_dir: Path) -> None:
    text = get(runs_dir, "/runs/done")
    assert '<strong id="n-done">4</strong> of 4 evaluations' in text
    assert "the champion, entry" in text
    with Store.open(runs_dir / "done", write=False) as store:
        best = store.summary().best
        ranked = store.summary().ranked()
    laws = get(runs_dir, "/runs/done/part/laws")
    assert [int(n) for n in re.findall(r'<a href="entries/(\d+)"', laws)] == ranked
    assert best == ranked[0]


def test_an_entry_says_its_program_and_where_it_comes_from(runs_dir: Path) -> None:
    text = get(runs_dir, "/runs/done/entries/0")
    assert "def scaling_law_func" in text
    assert "Made by" in text


@pytest.mark.parametrize(
    "path",
    [
        *("/runs/none", "/runs/done/part/none", "/runs/done/entries/99", "/static/../app.py"),
        *("/static/app.py", "/runs/%2e%2e/part/progress", "/runs/..%2f..%2fetc"),
        f"/runs/done%2f{STORE_NAME}",
        *("/runs/done%00/part/laws", "/runs/done/entries/" + "9" * 30, "/runs/done/entries/²"),
    ],
)
def test_what_is_not_there_is_a_page_that_says_so(runs_dir: Path, path: str) -> None:
    text = get(runs_dir, path, 404)
    assert "Traceback" not in text


def test_a_run_that_lies_elsewhere_is_not_shown(runs_dir: Path, tmp_path: Path) -> None:
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / "linked").symlink_to(runs_dir / "done")
    assert "linked" not in get(tmp_path / "runs", "/")
    get(tmp_path / "runs", "/runs/linked", 404)


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "10.0.0.1:80", ""])
def test_another_name_of_this_machine_gets_nothing(runs_dir: Path, host: str) -> None:
    answer = client(runs_dir).get("/", headers={"host": host})
    assert answer.status_code == 421
    assert "done" not in answer.text


@pytest.mark.parametrize("host", HOSTS)
def test_the_names_of_this_machine_are_answered(runs_dir: Path, host: str) -> None:
    assert client(runs_dir).get("/", headers={"host": f"{host}:8321"}).status_code == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_nothing_but_reading_is_answered(runs_dir: Path, method: str) -> None:
    answer = client(runs_dir).request(method, "/runs/done")
    assert answer.status_code == 405


def test_every_answer_says_that_nothing_is_loaded_from_elsewhere(runs_dir: Path) -> None:
    for path in ("/", "/runs/done", "/static/box.js", "/nowhere"):
        headers = client(runs_dir).get(path).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
    text = get(runs_dir, "/runs/done")
    assert re.findall(r"<script(?! src=\"/static/)", text) == []
    assert " style=" not in text
    assert " on" not in "".join(re.findall(r"<[a-z][^>]*>", text))


def test_reading_changes_no_byte_of_a_run(runs_dir: Path) -> None:
    def bytes_of() -> bytes:
        return (runs_dir / "done" / STORE_NAME).read_bytes()

    before = bytes_of()
    for path in ("/", "/runs/done", "/runs/done/part/laws", "/runs/done/sliders"):
        get(runs_dir, path)
    assert bytes_of() == before


def hostile(entry: Entry) -> Entry:
    return replace(entry, operator=HOSTILE, text=f"# {HOSTILE}\n{entry.text}")


def test_what_a_store_says_is_text_and_never_markup(tmp_path: Path) -> None:
    task = load_task("data_constrained")
    with small_run(task, tmp_path / "made", 3) as store:
        entries = store.entries()
    evil = Store.create(
        tmp_path / "evil",
        settings={"seed": 0, "evaluations": 3},
        task={"name": HOSTILE, "fingerprint": "0" * 16, "folder": "/etc"},
        versions={},
    )
    with evil as store:
        store.append([hostile(entry) for entry in entries])
    pages = ["/", *(f"/runs/evil{part}" for part in ("", "/part/laws", "/entries/0", "/sliders"))]
    for page in pages:
        answer = client(tmp_path).get(page)
        assert "<img" not in answer.text or answer.headers["content-type"] == "application/json"
    assert "&lt;img" in client(tmp_path).get("/runs/evil/entries/0").text


def test_a_run_whose_name_is_no_text_is_listed_beside_the_others(
    runs_dir: Path, tmp_path: Path
) -> None:
    for name in ("done", "\udcff", "\u202edone"):
        shutil.copytree(runs_dir / "done", tmp_path / name)
    text = get(tmp_path, "/")
    assert re.findall('href="/runs/([^"]*)"', text) == ["done"]
    assert r"<td>\udcff<" in text
    assert r"<td>\u202edone<" in text


def test_the_box_says_what_the_forecast_says(runs_dir: Path) -> None:
    sliders = json.loads(get(runs_dir, "/runs/done/sliders"))
    with Store.open(runs_dir / "done", write=False) as store:
        task = task_of(store)
        forecast_model = forecast_model_of(store, task)
    assert [f["name"] for f in sliders["features"]] == list(task.feature_names)
    values = [f["value"] for f in sliders["features"]]
    asked = {f"x{j}": str(v) for j, v in enumerate(values)} | {"along": "1"}
    answer = client(runs_dir).get("/runs/done/forecast", params=asked).json()
    there = interval_at(task, forecast_model, task.group_names[0], np.array([values]))
    (said,) = answer["targets"]
    assert said["point"] == pytest.approx(there.point[0, 0], rel=1e-12)
    assert said["low"] == pytest.approx(there.low[0, 0], rel=1e-12)
    assert said["high"] == pytest.approx(there.high[0, 0], rel=1e-12)
    curve = answer["curve"]["x"]
    assert min(curve) < task.train.X[:, 1].min() < task.train.X[:, 1].max() < max(curve)
    assert answer["departures"] == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"x0": "-1"}, "above 0"),
        ({"x0": "nan"}, "must be a number"),
        ({"x0": "9" * 400}, "must be a number"),
        ({"x0": HOSTILE}, "must be a number"),
        ({"group": "7"}, "must be 0 to 0"),
        ({"along": "²"}, "must be 0 to"),
    ],
)
def test_the_box_refuses_what_is_no_row(
    runs_dir: Path, change: dict[str, str], words: str
) -> None:
    answer = client(runs_dir).get("/runs/done/forecast", params=POINT | change)
    assert words in answer.json()["error"]


def test_a_task_is_not_read_where_a_store_says_that_it_is(
    runs_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "elsewhere"
    shutil.copytree(load_task("data_constrained").folder, elsewhere / "mine")
    task = load_task(str(elsewhere / "mine"))
    (tmp_path / "runs").mkdir()
    monkeypatch.chdir(tmp_path / "runs")
    with small_run(task, tmp_path / "runs" / "far", 3) as store:
        save_forecast_model(store, forecast_model_of(store, task))
    assert "'mine' is not here" in get(tmp_path / "runs", "/runs/far/sliders")
    app = make_app(tmp_path / "runs", [elsewhere])
    answer = TestClient(app, base_url="http://localhost").get("/runs/far/sliders").json()
    assert [f["name"] for f in answer["features"]] == list(task.feature_names)


def test_a_run_that_is_being_written_is_shown_as_far_as_it_is(tmp_path: Path) -> None:
    task = {"name": "made up", "fingerprint": "0" * 16, "folder": "nowhere"}
    settings = {"seed": 0, "evaluations": 20}
    with Store.create(tmp_path / "live", settings=settings, task=task, versions={}) as store:
        assert "No law has a score yet" in get(tmp_path, "/runs/live")
        for n in (5, 10):
            store.append(list(made_entries(n - 5, 5)))
            text = get(tmp_path, "/runs/live/part/progress")
            assert f'<strong id="n-done">{n}</strong> of 20' in text
            assert "running" in text
            with store.transaction():  # half a batch is not seen
                assert f'id="n-done">{n}<' in get(tmp_path, "/runs/live/part/progress")
        assert "forecasts come when" in get(tmp_path, "/runs/live/sliders")
    assert '<span class="state stopped">' in get(tmp_path, "/runs/live")


def test_a_run_whose_writer_is_killed_is_shown_as_far_as_it_was_stored(tmp_path: Path) -> None:
    new_store(tmp_path / "cut").close()
    writer, seen = start_writer(tmp_path / "cut"), [0]
    assert writer.stdout is not None
    try:
        for _ in range(4):
            n_said = int(writer.stdout.readline())
            text = get(tmp_path, "/runs/cut/part/progress")
            seen.append(n_done(text))
            assert seen[-1] >= n_said
            assert '<span class="state running">' in text
    finally:
        writer.kill()
        writer.communicate()
    assert seen == sorted(seen)
    page = get(tmp_path, "/runs/cut")
    assert n_done(page) >= seen[-1]
    assert n_done(page) % BATCH == 0
    assert '<span class="state stopped">' in page
    assert "entries/0" in get(tmp_path, "/runs/cut/part/laws")
    assert '<span class="state stopped">' in get(tmp_path, "/")
    with Store.open(tmp_path / "cut", write=True) as store:
        assert len(store) == n_done(page)


def n_done(text: str) -> int:
    match = re.search(r'<strong id="n-done">(\d+)</strong>', text)
    assert match, text
    return int(match[1])


def test_a_damaged_store_is_named_and_harms_no_other(runs_dir: Path, tmp_path: Path) -> None:
    folder = tmp_path / "runs"
    shutil.copytree(runs_dir, folder)
    (folder / "torn").mkdir()
    (folder / "torn" / STORE_NAME).write_bytes(b"SQLite format 3\0" + b"\xff" * 300)
    text = get(folder, "/")
    assert 'href="/runs/done"' in text
    assert '<span class="state unreadable">' in text
    assert 'id="message"' in get(folder, "/runs/torn", 404)


@contextmanager
def served(runs_dir: Path, probe: str = "") -> Iterator[str]:
    """A server of the dashboard; `probe` is a script that its pages run beside their own."""
    app: Any = make_app(runs_dir)
    if probe:
        app = with_script(app, probe)
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


def with_script(app: Any, script: str) -> Any:
    """The application, whose own script is followed by another."""

    async def changed(scope: Any, receive: Any, send: Any) -> None:
        async def sent(message: Any) -> None:
            if scope["path"] == "/static/dashboard.js":
                if message["type"] == "http.response.start":
                    headers = [h for h in message["headers"] if h[0] != b"content-length"]
                    message = message | {"headers": headers}
                elif not message.get("more_body"):
                    message = message | {"body": message["body"] + script.encode()}
            await send(message)

        await app(scope, receive, sent)

    return changed


PROBE = """
setTimeout(() => {
  const range = document.querySelector("#box input[type=range]");
  const before = document.querySelector("#box .point strong").textContent;
  range.value = 1000;
  range.dispatchEvent(new Event("input"));
  document.querySelectorAll("#elites-table thead button")[1].click();
  const form = document.getElementById("filter");
  const all = [...document.querySelectorAll("#elites-table tbody tr")];
  const sizes = all.map((r) => Number(r.cells[1].textContent));
  const most = sizes.sort((a, b) => a - b)[1];
  form.elements.most.value = String(most);
  form.dispatchEvent(new Event("input"));
  setTimeout(() => {
    const rows = [...document.querySelectorAll("#elites-table tbody tr")].filter((r) => !r.hidden);
    const result = {
      before, after: document.querySelector("#box .point strong").textContent,
      where: document.querySelector("#box .notice")?.textContent ?? "",
      most, width: document.documentElement.clientWidth,
      sizes: rows.map((r) => Number(r.cells[1].textContent)),
      wide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
      curve: document.querySelector("#box path.curve")?.getAttribute("d").length ?? 0,
    };
    const told = document.createElement("p");
    told.id = "probe";
    told.textContent = JSON.stringify(result);
    document.body.append(told);
  }, 2500);
}, 3000);
"""


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
@pytest.mark.parametrize("width", [1280, 400])
def test_a_browser_draws_a_run_and_moves_its_sliders(
    runs_dir: Path, tmp_path: Path, width: int
) -> None:
    with served(runs_dir, PROBE) as url:
        command = [
            str(CHROMIUM),
            *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
            *("--disable-background-networking", "--disable-sync", "--enable-logging=stderr"),
            *(f"--user-data-dir={tmp_path}", f"--window-size={width},900", "--dump-dom"),
            *("--virtual-time-budget=20000", f"{url}/runs/done"),
        ]
        done = subprocess.run(command, capture_output=True, text=True, timeout=180, check=False)
    assert [line for line in done.stderr.splitlines() if ":CONSOLE:" in line] == []
    match = re.search(r'<p id="probe">(.*?)</p>', done.stdout)
    assert match, done.stdout[-3000:]
    probe = json.loads(match[1].replace("&amp;", "&"))
    assert probe["before"] != probe["after"]
    assert "above all rows" in probe["where"]
    assert probe["sizes"] == sorted(probe["sizes"])
    assert max(probe["sizes"]) <= probe["most"]
    assert probe["width"] <= max(width, 500)  # Chromium has no narrower window
    assert probe["wide"] <= 0
    assert probe["curve"] > 100


def test_the_verb_says_what_it_cannot_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert call(["dashboard", str(tmp_path / "none")]) == 2
    assert "no such folder of runs" in capsys.readouterr().err
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert call(["dashboard", str(tmp_path), "--port", str(port)]) == 2
    assert f"--port: {port} cannot be used" in capsys.readouterr().err
    monkeypatch.setitem(__import__("sys").modules, "uvicorn", None)
    with pytest.raises(EvolveError, match="needs the extra 'dashboard'"):
        serve(tmp_path, (), 0, print)


def test_the_verb_listens_on_loopback_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Any] = []
    monkeypatch.setattr(uvicorn.Server, "run", lambda self, sockets: seen.extend(sockets))
    urls: list[str] = []
    serve(tmp_path, (), 0, urls.append)
    (url,) = urls
    assert url.startswith("http://127.0.0.1:")
    assert len(seen) == 1
