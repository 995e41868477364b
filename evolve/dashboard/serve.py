"""Serve the dashboard on this machine until it is stopped."""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from pathlib import Path

from evolve.dashboard.app import make_app
from evolve.errors import Argument, EvolveError

LOOPBACK = "127.0.0.1"


def serve(
    runs_dir: Path, tasks_dirs: Sequence[Path], port: int, ready: Callable[[str], None]
) -> None:
    """Serve the runs of a folder until Ctrl-C.

    Args:
        runs_dir: The folder of runs.
        tasks_dirs: Folders of tasks, for forecasts.
        port: Of the loopback interface; 0 for one that is free.
        ready: Told the address once it answers.

    Raises:
        EvolveError: The extra is missing, there is no such folder, or the port is taken.
    """
    try:
        import starlette  # noqa: F401
        import uvicorn
    except ImportError:
        raise EvolveError(
            "dashboard: needs the extra 'dashboard', run: pip install 'evolve-laws[dashboard]'"
        ) from None
    if not runs_dir.is_dir():
        raise EvolveError(f"{runs_dir}: no such folder of runs")
    listener = _listener(port)
    ready(f"http://{LOOPBACK}:{listener.getsockname()[1]}/")
    app = make_app(runs_dir, tasks_dirs)
    settings = uvicorn.Config(app, log_level="warning", access_log=False, lifespan="off")
    with listener:
        uvicorn.Server(settings).run(sockets=[listener])


def _listener(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((LOOPBACK, port))
    except OSError as error:
        listener.close()
        raise EvolveError(Argument("port"), f": {port} cannot be used: {error.strerror}") from None
    listener.listen(128)
    return listener
