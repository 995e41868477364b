"""Run folders from a stranger to every verb that takes a run: one line each, and nothing touched.

Every case of `hostile_cases` is done to a copy of a small run, for every verb anew; the copy lies
beside files that nothing may touch. A call is at fault if it ends in a traceback, with a code
above 2, with anything but one line on stderr where the code is 2, with an escape sequence in what
it prints, with more than 2 GiB of memory, not within the limit, or if a file elsewhere has
changed. The limit is 10 s beyond what the same verb takes on the run as it was made. The run is
searched under seed 0; nothing else is random.

    python benchmarks/hostile_store.py [--only 'a law|a score'] [--verbs show,resume]
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import re
import resource
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import hostile_cases

from evolve.cli.app import call

LIMIT_S = 10.0
MOST_KIB = 2 << 20
TRACEBACK = 70  # the exit code of a call that raised
NO_MODEL = "show --prompt"  # which a run that asked no model refuses
BAD, GOOD, TASK, EVALUATIONS = "bad", "good", "scaling", "16"
AT = ("--at", "params=1e10", "tokens=1e12")
VERBS: dict[str, tuple[str, ...]] = {
    "runs": ("runs",),
    "show": ("show", BAD),
    "show --json": ("show", BAD, "--json"),
    "query": ("query", BAD),
    "query --json": ("query", BAD, "--json", "--sort", "index"),
    "compare": ("compare", BAD, GOOD),
    "compare to": ("compare", GOOD, BAD, "--json"),
    "export program": ("export", BAD, "--format", "program"),
    "export law": ("export", BAD, "--format", "law", "-o", "law.py"),
    "export markdown": ("export", BAD, "--format", "markdown"),
    "predict": ("predict", BAD, *AT),
    "plan": tuple(f"plan {BAD} --budget-flops 1e21 --compute 6*params*tokens --group web".split()),
    "score": ("score", BAD),
    "report": ("report", BAD),
    NO_MODEL: ("show", BAD, "--entry", "2", "--prompt"),
    "verify": ("verify", BAD, "--workers", "1"),
    "verify --replay": ("verify", BAD, "--workers", "1", "--replay"),
    "resume": ("resume", BAD, "--workers", "1", "--evaluations", EVALUATIONS, "--quiet"),
    "resume trusted": (
        *("resume", BAD, "--workers", "1", "--evaluations", EVALUATIONS, "--quiet"),
        "--trust-run",
    ),
    "resume anew": (
        *("resume", BAD, "--workers", "1", "--evaluations", EVALUATIONS, "--json"),
        "--accept-changes",
    ),
}
SPEC = """\
title = "A table"
source = "a test"
licence = "none"
groups = ["corpus"]
max_constants = 5
features = [{name = "params", unit = 1e9}, {name = "tokens", unit = 1e9}]
targets = [{name = "loss"}]
folds = {axes = ["params"], together = "any"}
"""


@dataclass
class Ending:
    """How a call ended: its exit code (None if it had to be killed) and what is wrong with it."""

    code: int | None
    seconds: float
    kib: int
    fault: str = ""


@dataclass
class Tally:
    """How the calls of one case ended, and their faults by verb."""

    codes: Counter[int | None] = field(default_factory=Counter)
    seconds: float = 0.0
    kib: int = 0
    faults: dict[str, str] = field(default_factory=dict)


def table() -> str:
    """The rows of the task."""
    lines = ["corpus,params,tokens,loss"]
    for k in range(40):
        n, d = 1e7 * 3 ** (k % 5), 1e9 * 4 ** (k // 10)
        loss = 1.7 + 400 * n**-0.34 + 410 * d**-0.28 + 0.01 * ((7 * k) % 5)
        lines.append(f"{'web' if k // 5 % 2 else 'code'},{n:g},{d:g},{loss:.5f}")
    return "\n".join(lines) + "\n"


def preload() -> None:
    """Load what the verbs load, once for all calls."""
    import pandas  # noqa: F401

    import evolve.export
    import evolve.forecast.plan
    import evolve.report  # noqa: F401
    from evolve.fitting.fit import warm

    warm()


def write_task(place: Path) -> None:
    """Write the task of the runs into an empty folder."""
    (place / TASK).mkdir()
    (place / TASK / "task.toml").write_text(SPEC)
    (place / TASK / "train.csv").write_text(table())


def make_good(place: Path) -> None:
    """Make the run that all others are made from, in an empty folder."""
    write_task(place)
    words = ["--task", str(place / TASK), "--run", GOOD, "--evaluations", EVALUATIONS]
    words += ["--workers", "1", "--quiet", "--json", "--runs-dir", str(place / "made")]
    with contextlib.redirect_stdout(io.StringIO()):
        assert call(words) == 0


def make_case(place: Path, name: str | None) -> Path:
    """A folder with the good run, a bad one made of it, and files elsewhere; in place of the last.

    Args:
        place: Where the good run is.
        name: The case; None for a bad run that is as good.
    """
    work = place / "work"
    shutil.rmtree(work, ignore_errors=True)
    for run in (GOOD, BAD):
        shutil.copytree(place / "made" / GOOD, work / "runs" / run)
    (work / "elsewhere").mkdir()
    (work / "elsewhere" / "precious.txt").write_text("precious\n")
    (work / "stand").mkdir()
    if name is not None:
        hostile_cases.CASES[name](work / "runs" / BAD, work / "elsewhere")
    return work


def seen(work: Path) -> dict[str, tuple[int, int, bytes]]:
    """Every file that no call may touch: kind, time of its last change, content."""
    found = {}
    for path in sorted((work / "elsewhere").rglob("*")):
        status = path.lstat()
        found[path.name] = (status.st_mode, status.st_mtime_ns, path.read_bytes())
    return found


@contextlib.contextmanager
def standing(work: Path) -> Iterator[None]:
    """Stand where the runs of a case are found."""
    before, runs_dir = Path.cwd(), os.environ.get("EVOLVE_RUNS_DIR")
    os.chdir(work / "stand")
    os.environ["EVOLVE_RUNS_DIR"] = str(work / "runs")
    try:
        yield
    finally:
        os.chdir(before)
        os.environ.pop("EVOLVE_RUNS_DIR")
        if runs_dir is not None:
            os.environ["EVOLVE_RUNS_DIR"] = runs_dir


def called(words: Sequence[str]) -> int:
    """Run a command line; a traceback on stderr and `TRACEBACK` where it raises."""
    try:
        return call(list(words))
    except BaseException:
        traceback.print_exc()
        return TRACEBACK


def in_child(words: Sequence[str], work: Path, limit_s: float) -> Ending:
    """Run a command line in a process group of its own, and kill that at the limit."""
    began = time.monotonic()
    child = os.fork()
    if child == 0:
        os.setsid()
        for descriptor, name in ((1, "out"), (2, "err")):
            os.dup2(os.open(work / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), descriptor)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        with standing(work):
            code = called(words)
        with contextlib.suppress(OSError, ValueError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)
    while True:
        pid, status, usage = os.wait4(child, os.WNOHANG)
        seconds = time.monotonic() - began
        if pid or seconds > limit_s:
            break
        time.sleep(0.005)
    if not pid:
        os.killpg(child, signal.SIGKILL)
        _, status, usage = os.wait4(child, 0)
        return Ending(None, seconds, usage.ru_maxrss)
    return Ending(os.waitstatus_to_exitcode(status), seconds, usage.ru_maxrss)


def fault_of(ending: Ending, out: str, err: str) -> str:
    """What is wrong with how a call ended; nothing if it ended as it should."""
    if ending.code is None:
        return f"killed after {ending.seconds:.0f} s"
    if ending.code == TRACEBACK:
        return f"traceback: {err.splitlines()[-1][:300]}\n{err}"
    if ending.code not in (0, 1, 2):
        return f"exit code {ending.code}: {err[-300:]}"
    if ending.code == 2 and (err.count("\n") != 1 or not err.startswith("evolve")):
        return f"not one line: {err[:600]!r}"
    if "\x1b" in out + err:
        return "an escape sequence is printed"
    if ending.kib > MOST_KIB:
        return f"{ending.kib >> 10} MiB of memory"
    return ""


def try_call(verb: str, work: Path, limit_s: float) -> Ending:
    """One verb on the bad run of a case, and what is wrong with how it ended."""
    before = seen(work)
    ending = in_child(VERBS[verb], work, limit_s)
    out, err = ((work / name).read_text(errors="replace") for name in ("out", "err"))
    ending.fault = fault_of(ending, out, err)
    if seen(work) != before:
        ending.fault += " files elsewhere were touched"
    if (work / "stand" / "mark").exists():
        ending.fault += " a command was run"
    return ending


def try_case(name: str, place: Path, verbs: Sequence[str], limits: dict[str, float]) -> Tally:
    """All verbs on one case."""
    tally = Tally()
    for verb in verbs:
        work = make_case(place, name)
        ending = try_call(verb, work, limits[verb])
        tally.codes[ending.code] += 1
        tally.seconds = max(tally.seconds, ending.seconds)
        tally.kib = max(tally.kib, ending.kib)
        if ending.fault:
            tally.faults[verb] = ending.fault
    return tally


def main() -> int:
    """Try the cases, print a table, and what went wrong."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="", help="Pattern of the names of cases.")
    parser.add_argument("--verbs", default=",".join(VERBS))
    chosen = parser.parse_args()
    verbs, cases = (
        chosen.verbs.split(","),
        [n for n in hostile_cases.CASES if re.search(chosen.only, n)],
    )
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        preload()
        make_good(place)
        limits = {}
        for verb in verbs:
            ending = try_call(verb, make_case(place, None), 300.0)
            assert ending.code == (2 if verb == NO_MODEL else 0), (verb, ending)
            limits[verb] = LIMIT_S + ending.seconds
        print(f"{'case':36}{'ended':>7}{'failed':>7}{'refused':>8}{'faults':>7}{'s':>6}{'MiB':>6}")
        tallies = {}
        for name in cases:
            tally = tallies[name] = try_case(name, place, verbs, limits)
            ends = [tally.codes[code] for code in (0, 1, 2)]
            counts = f"{ends[0]:7}{ends[1]:7}{ends[2]:8}{len(tally.faults):7}"
            print(f"{name:36}{counts}{tally.seconds:6.1f}{tally.kib >> 10:6}", flush=True)
            for verb, fault in tally.faults.items():
                print(f"    {verb}: {fault}", flush=True)
    n_faults = sum(len(tally.faults) for tally in tallies.values())
    print(f"{len(cases)} cases, {len(cases) * len(verbs)} calls, {n_faults} faults")
    return int(n_faults > 0)


if __name__ == "__main__":
    sys.exit(main())
