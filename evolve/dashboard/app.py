"""The dashboard as a web application: routes, and what it refuses.

It answers GET alone, only to who names this machine as host (a page of another site whose name
was made to point here, as in DNS rebinding, does not), and says in its headers that a page may
load nothing from elsewhere and stand in no frame. All that comes from a store is escaped by the
templates; scripts get it as JSON by a request of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evolve import __version__
from evolve.dashboard import views
from evolve.errors import EvolveError
from evolve.jsontext import json_document
from evolve.printable import printable

if TYPE_CHECKING:
    from jinja2 import Environment
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import ASGIApp, Receive, Scope, Send

TEMPLATES = Path(__file__).with_name("templates")
REPORT = Path(__file__).parents[1] / "report" / "templates"
FILES = {
    "report.css": (REPORT, "text/css"),
    "box.js": (REPORT, "text/javascript"),
    "dashboard.css": (TEMPLATES, "text/css"),
    "dashboard.js": (TEMPLATES, "text/javascript"),
}
MOST_DIGITS = 12  # of the number of an entry
HOSTS = ("127.0.0.1", "localhost", "[::1]")
HEADERS = (
    (
        b"content-security-policy",
        b"default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
        b"img-src data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    ),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
)


class Guard:
    """Refuses what no page of the dashboard asks for, and adds headers to every answer."""

    def __init__(self, app: ASGIApp, hosts: Sequence[str]) -> None:
        """Guard an application; `hosts` are the names that a request may call this machine."""
        self.app, self.hosts = app, set(hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Any) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *HEADERS]
            await send(message)

        from starlette.responses import PlainTextResponse

        hosts = [value.decode("latin-1") for key, value in scope["headers"] if key == b"host"]
        app = self.app
        if len(hosts) != 1 or _host(hosts[0]) not in self.hosts:
            app = PlainTextResponse("this page is for this machine alone", status_code=421)
        elif scope["method"] not in ("GET", "HEAD"):
            app = PlainTextResponse("this page is only read", status_code=405)
        await app(scope, receive, send_with_headers)


def _host(value: str) -> str:
    """The host of a header, without the port."""
    name, colon, port = value.strip().rpartition(":")
    return (name if colon and port.isdecimal() else value.strip()).lower()


def make_app(runs_dir: Path, tasks_dirs: Sequence[Path] = ()) -> Starlette:
    """The application that shows the runs of a folder.

    Args:
        runs_dir: The folder of runs.
        tasks_dirs: Folders of tasks to look in, before the usual ones, for the forecast box.
    """
    from starlette.applications import Starlette
    from starlette.middleware import Middleware
    from starlette.routing import Route

    page = _Pages(runs_dir, tasks_dirs)
    routes = [
        Route("/", _guarded(page.index)),
        Route("/part/runs", _guarded(page.runs)),
        Route("/static/{file}", _guarded(page.static)),
        Route("/runs/{name}", _guarded(page.run)),
        Route("/runs/{name}/part/{part}", _guarded(page.part)),
        Route("/runs/{name}/entries/{index}", _guarded(page.entry)),
        Route("/runs/{name}/sliders", _guarded(page.sliders)),
        Route("/runs/{name}/forecast", _guarded(page.forecast)),
    ]
    return Starlette(routes=routes, middleware=[Middleware(Guard, hosts=HOSTS)])


def _guarded(answer: Callable[[Request], Response]) -> Callable[[Request], Response]:
    """The answer, or a page that says in one line why there is none.

    A plain function, not a coroutine: it runs in a thread, and nobody waits for another's store.
    """

    def guarded(request: Request) -> Response:
        try:
            return answer(request)
        except EvolveError as error:
            if request.url.path.rpartition("/")[2] in ("sliders", "forecast"):
                return _json({"error": str(error)})
            return _page("message.html.j2", 404, message=str(error))

    return guarded


class _Pages:
    """What each route answers, of one folder of runs."""

    def __init__(self, runs_dir: Path, tasks_dirs: Sequence[Path]) -> None:
        self.runs_dir, self.tasks_dirs = runs_dir, tasks_dirs

    def index(self, request: Request) -> Response:
        """The list of runs."""
        return _page("index.html.j2", folder=self.runs_dir, runs=views.runs_of(self.runs_dir))

    def runs(self, request: Request) -> Response:
        """The table of the list, alone."""
        return _page("runs.html.j2", runs=views.runs_of(self.runs_dir))

    def static(self, request: Request) -> Response:
        """A style sheet or a script, one of `FILES`."""
        from starlette.responses import Response

        name = request.path_params["file"]
        if name not in FILES:
            raise EvolveError(f"no file {name[:40]!r}")
        folder, kind = FILES[name]
        return Response((folder / name).read_bytes(), media_type=kind)

    def run(self, request: Request) -> Response:
        """A run: its progress at once; the rest is asked for by the page."""
        return _page("run.html.j2", **views.progress_of(self._folder(request)))

    def part(self, request: Request) -> Response:
        """A part of a run's page, drawn anew."""
        folder, part = self._folder(request), request.path_params["part"]
        if part == "progress":
            return _page("progress.html.j2", **views.progress_of(folder))
        if part == "laws":
            return _page("laws.html.j2", **views.laws_of(folder))
        raise EvolveError(f"no part {part[:40]!r}")

    def entry(self, request: Request) -> Response:
        """One entry in full."""
        folder, index = self._folder(request), request.path_params["index"]
        if not index.isdecimal() or len(index) > MOST_DIGITS:
            raise EvolveError(f"no entry {index[:40]!r}")
        return _page("entry.html.j2", **views.entry_of(folder, int(index)))

    def sliders(self, request: Request) -> Response:
        """What the forecast box is drawn from."""
        from evolve.dashboard.box import load_box
        from evolve.forecast.box import sliders

        return _json(sliders(load_box(self._folder(request), self.tasks_dirs)[0]))

    def forecast(self, request: Request) -> Response:
        """What the forecast box says."""
        from evolve.dashboard.box import load_box
        from evolve.forecast.box import answer

        task, forecast_model = load_box(self._folder(request), self.tasks_dirs)
        return _json(answer(task, forecast_model, request.query_params))

    def _folder(self, request: Request) -> Path:
        return views.folder_of(self.runs_dir, request.path_params["name"])


def _page(template: str, status: int = 200, **content: Any) -> Response:
    from starlette.responses import HTMLResponse

    text = _environment().get_template(template).render(version=__version__, **content)
    return HTMLResponse(printable(text), status)


@cache
def _environment() -> Environment:
    """The templates, compiled once."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
    )
    environment.filters["figure"] = _figure
    return environment


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:.4f}"


def _json(value: Any) -> Response:
    from starlette.responses import Response

    return Response(json_document(value), media_type="application/json")
