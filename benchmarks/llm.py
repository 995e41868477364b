"""Measure searches with language models: pace, hostile replies, kills, and a small real model.

    python benchmarks/llm.py pace 800 3    # evaluations a second beside a slow and a dead endpoint
    python benchmarks/llm.py dead 20       # runs of 20 s beside a dead one: when do they end
    python benchmarks/llm.py hostile 1000  # broken and hostile replies: statuses and memory
    python benchmarks/llm.py hostile 1000 completion  # the same of models that complete a line
    python benchmarks/llm.py kills 30 1    # killed at random moments: the digest of a run in peace
    python benchmarks/llm.py descent 600 0 # descendants of a published law, on nested rows
    python benchmarks/llm.py real 60       # a small real model, SmolLM2-135M

All but `real` talk to the scripted endpoint of the tests, on the loopback; `small_model.py` says
what `real` needs.
"""

from __future__ import annotations

import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
os.environ["NO_PROXY"] = "127.0.0.1"
CANARY = os.environ.setdefault("EVOLVE_LLM_KEY", "sk-canary-" + "7d31f0a99b")

from broken_replies import broken_replies  # noqa: E402
from model_server import Said, good, serving  # noqa: E402
from small_model import real  # noqa: E402

from evolve.api.progress import NullProgress  # noqa: E402
from evolve.bench.nested import cases  # noqa: E402
from evolve.bench.proposers import descent as follow  # noqa: E402
from evolve.bench.proposers import recorded  # noqa: E402
from evolve.runs.replies import StoredBook, remarks_of_models  # noqa: E402
from evolve.runs.run import carry_on, create_run, problem_of, settings_of  # noqa: E402
from evolve.runs.settings import RunConfig  # noqa: E402
from evolve.runs.store import Store  # noqa: E402
from evolve.search.proposers.llm.settings import NO_MODELS, Model, ModelConfig  # noqa: E402
from evolve.tasks.task import load_task  # noqa: E402

TASK = "data_constrained"
MOST_GROWTH = 50  # MiB that a run may grow by while models say what is broken
MODELS = """[models.scripted]
model = "scripted"
base_url = "{url}"
replies = "{style}"
"""


def command(runs: Path, name: str, url: str | None, *words: str) -> list[str]:
    """The words that start a run, or resume it if it is there."""
    if (runs / name / "run.sqlite").exists():
        more = ["--quiet", "--trust-run", "--runs-dir", str(runs)]
        return [sys.executable, "-m", "evolve", "resume", name, *more]
    made = ["--task", TASK, "--run", name, "--quiet", "--runs-dir", str(runs), *words]
    if url is not None:
        made += ["--proposers", "grammar,llm", "--model", "scripted", "--base-url", url]
    return [sys.executable, "-m", "evolve", *made]


def pace(n: int, repeats: int = 1) -> None:
    """Evaluations a second of the grammar alone and beside a slow and a dead endpoint, in turn.

    Timed is the search, from its first batch to the choice of a champion; a first run, which may
    have to compile, is not.
    """
    seconds: dict[str, list[tuple[float, float]]] = {}
    scripts = {
        "grammar": None,
        "after 5 s": lambda i, r: Said(good(i, r).text, delay=5.0),
        "never": lambda i, r: Said("x", delay=1e6),
    }
    with tempfile.TemporaryDirectory() as folder:
        words = [sys.executable, __file__, "timed", "200", f"{folder}/run", ""]
        subprocess.run(words, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    for _ in range(repeats):
        for name, script in scripts.items():
            with tempfile.TemporaryDirectory() as folder, serving(script or good) as server:
                url = "" if script is None else server.url
                words = [sys.executable, __file__, "timed", str(n), f"{folder}/run", url]
                said = subprocess.check_output(words, cwd=ROOT, text=True)
            line, *remarks = said.splitlines()
            wall, cpu = map(float, line.split())
            seconds.setdefault(name, []).append((wall, cpu))
            print(f"{name}: {n / wall:.2f} evaluations/s, {cpu:.1f} s CPU", *remarks, flush=True)
    for name, times in seconds.items():
        ratios = [sum(t[k] for t in seconds["grammar"]) / sum(t[k] for t in times) for k in (0, 1)]
        print(f"{name}: {ratios[0]:.3f} of the grammar's pace, {ratios[1]:.3f} by CPU seconds")


def timed(n: int, folder: str, url: str) -> None:
    """Search once, in this process and one worker; print wall and CPU seconds, then remarks."""
    proposers, models = ("grammar",), NO_MODELS
    if url:
        proposers = ("grammar", "llm")
        models = ModelConfig((Model("scripted", "scripted", url, key_env="EVOLVE_LLM_KEY"),))
    settings = RunConfig(0, n, proposers=proposers, models=models)
    problem, clock = problem_of(load_task(TASK), settings), _Clock()
    with create_run(Path(folder), problem, settings) as store:
        with suppress(_SearchedError):
            carry_on(store, problem, settings, 1, clock)
        used = [resource.getrusage(w) for w in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        cpu = sum(u.ru_utime + u.ru_stime for u in used)
        print(clock.last - clock.first, cpu)
        print(*remarks_of_models(store, models))


class _SearchedError(Exception):
    """The search is over."""


class _Clock(NullProgress):
    """Notes when the first batch was stored and when the search was over, and ends there."""

    first = last = 0.0

    def batch(self, best: object, entries: object) -> bool:
        self.first = self.first or time.monotonic()
        return True

    def choosing(self) -> None:
        self.last = time.monotonic()
        raise _SearchedError


def dead(seconds: int) -> None:
    """Runs of so many seconds beside an endpoint that never answers: how long they take."""
    for proposers in ("grammar,llm", "llm"):
        with tempfile.TemporaryDirectory() as folder, serving(lambda i, r: Said(delay=1e6)) as s:
            words = ["--proposers", proposers, "--model", "dead", "--base-url", s.url]
            words += ["--time", f"{seconds}s", "--workers", "1", "--llm-wait", "3600"]
            began = time.monotonic()
            ended = subprocess.run(command(Path(folder), "r", None, *words), cwd=ROOT, text=True,
                                   capture_output=True, check=False)  # fmt: skip
            print(f"{proposers}: exit {ended.returncode} after {time.monotonic() - began:.1f} s")
            print(*(line for line in ended.stdout.splitlines() if "model" in line), sep="\n")


def hostile(n: int, style: str = "program") -> None:
    """A run whose models, asked in a style, say nothing but broken and hostile things.

    Raises:
        SystemExit: The run did not end as one does, or grew by too much.
    """
    replies = broken_replies(n, style)
    with (
        tempfile.TemporaryDirectory() as folder,
        serving(lambda i, r: Said(replies[i % n])) as server,
    ):
        server.requests = _Forgetful()
        models = Path(folder) / "models.toml"
        models.write_text(MODELS.format(url=server.url, style=style))
        words = ["--proposers", "llm", "--models", str(models)]
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
    if process.returncode or not first or last - first >= MOST_GROWTH:
        raise SystemExit(f"the bar is exit 0 and less than {MOST_GROWTH} MiB")


def descent(evaluations: int, seed: int = 0) -> None:
    """The published law of SLDAgent as the only reply: what its descendants say of nested rows."""
    reply = next(r for r in recorded(TASK) if "SLDAgent" in r)
    for case in cases([load_task(TASK)], []):
        print(case[0].name, follow(case, reply, seed, evaluations, 1), flush=True)


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


def kills(n: int, seed: int = 1) -> None:
    """Kill runs at random moments, so often in all; compare each with a run in peace.

    The server says the key back in every reply; runs, reports and all that is said are searched.
    """
    rng, left = random.Random(seed), n
    words = ("--evaluations", "160", "--workers", "1", "--llm-wait", "60")
    with tempfile.TemporaryDirectory() as folder, serving(_echo) as server:
        runs = Path(folder)
        log = (runs / "printed").open("ab")
        began = time.monotonic()
        printed(command(runs, "peace", server.url, *words), log)
        seconds, asked, digests = time.monotonic() - began, len(server.requests), Counter()
        for verb in ("report", "show", "query"):
            printed([sys.executable, "-m", "evolve", verb, "peace", "--runs-dir", folder], log)
        want = digest(runs / "peace")
        number = twice = 0
        while left:
            name, number = f"r{number}", number + 1
            while left:
                before = stored(runs / name)
                at = len(server.requests)
                process = subprocess.Popen(
                    command(runs, name, server.url, *words), cwd=ROOT, stdout=log, stderr=log
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
            printed(command(runs, name, server.url, *words), log)
            digests[digest(runs / name) == want] += 1
            same, other = digests[True], digests[False]
            line = f"{name}: {n - left} kills, same digest {same}, other {other}, "
            line += f"asked though stored {twice}, key in {canaries(runs) or 'no file'}"
            print(line, flush=True)
        print(f"{asked} requests of the run in peace; {len(server.requests)} in all")


def _echo(number: int, request: dict[str, Any]) -> Said:
    """A good reply that holds the key."""
    return Said(f"{good(number, request).text}\n# {CANARY}\n")


def printed(words: list[str], log: IO[bytes]) -> None:
    """Run a command to its end; what it prints goes into a file."""
    subprocess.run(words, cwd=ROOT, check=True, stdout=log, stderr=log)


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


if __name__ == "__main__":
    what, *numbers = sys.argv[1:] or [""]
    actions = {"pace": (pace, 800), "dead": (dead, 20), "hostile": (hostile, 1000)}
    actions |= {"kills": (kills, 30), "real": (real, 60), "descent": (descent, 600)}
    if what == "timed":
        timed(int(numbers[0]), *numbers[1:])
        raise SystemExit
    if what not in actions:
        raise SystemExit(__doc__)
    action, default = actions[what]
    action(*(int(n) if n.isdigit() else n for n in numbers or [str(default)]))
    print(f"peak of this process {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10} MiB")
