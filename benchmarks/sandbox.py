"""What isolation costs, and which wall stops which attack.

    python benchmarks/sandbox.py            costs: both lanes beside what others do
    python benchmarks/sandbox.py attacks    every attack with each mechanism switched off in turn

The second prints the table of `docs/isolation.md`; `--write` puts it there.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import numpy as np  # noqa: E402
from attacks.arena import HONEST, Result, run_all  # noqa: E402
from attacks.registry import ATTACKS  # noqa: E402

from evolve.fitting import SERVICE  # noqa: E402
from evolve.sandbox import ForeignLane, Limits, PrintedLane, Worker, probe  # noqa: E402
from evolve.sandbox.foreign_child import WARM  # noqa: E402

X = np.linspace(1.0, 9.0, 100).reshape(-1, 1)
Y = 1.5 + 2.0 * X[:, 0] ** -0.3 + np.random.default_rng(0).normal(0.0, 0.01, 100)
NOTHING = "import numpy as np\ndef fit_scaling_law(X, y):\n    return np.ones(3)\n"
KERNEL = ("seccomp", "landlock", "namespaces", "identity", "limits")
REST = ("no new privileges", "clock", "environment", "descriptors", "fresh process")
CARRIED = ("patch_", "stash_")
START, END = "<!-- attacks: start -->", "<!-- attacks: end -->"


@dataclass(frozen=True)
class Times:
    """Median and best decile of a number of calls, in milliseconds."""

    median: float
    best: float

    def beyond(self, other: Times) -> Times:
        """Return what this takes beyond another."""
        return Times(self.median - other.median, self.best - other.best)


def timed(action: Callable[[], object], n: int) -> Times:
    """Time `n` calls, after one that is not counted."""
    action()
    times = []
    for _ in range(n):
        began = time.perf_counter()
        action()
        times.append(1000 * (time.perf_counter() - began))
    return Times(statistics.median(times), sorted(times)[n // 10])


def costs(n: int) -> list[tuple[str, Times, str]]:
    """Return name, times and bar of every way to run the honest program."""
    names: dict[str, Callable[..., np.ndarray]] = {}
    exec(HONEST, names)

    def here() -> np.ndarray:
        return names["fit_scaling_law"](X, Y)

    in_process = timed(here, n)
    rows = [("fit in this process, no isolation", in_process, "")]
    rows.append(("fit in a plain fork of this process", timed(lambda: _forked(here), n), ""))
    program = f"{HONEST}\nfit_scaling_law(np.ones((9, 1)) * np.arange(1, 10)[:, None], np.ones(9))"
    fresh = [sys.executable, "-c", program]
    rows.append(("fit in a fresh interpreter", timed(lambda: subprocess.run(fresh), 5), ""))
    with Worker("evolve.sandbox.foreign_child", limits=Limits(cpu_s=5)) as worker:
        job = {"kind": "fit", "text": HONEST}
        rows.append(("fit in a reused worker", timed(lambda: worker.call(job, [X, Y]), n), ""))
    with Worker("evolve.sandbox.idle") as worker:
        call = timed(lambda: worker.call({}, [X, Y]), 10 * n)
        rows.append(("fast lane: one call, overhead", call, "1 ms"))
    with ForeignLane(Limits(cpu_s=5)) as lane:
        constants = list(lane.fit(HONEST, [X], [Y]).arrays)

        def both() -> None:
            fitted = lane.fit(HONEST, [X], [Y])
            lane.predict(HONEST, [X], list(fitted.arrays))

        one = timed(lambda: lane.fit(HONEST, [X], [Y]), n)
        rows += [
            ("foreign lane: nothing to do", timed(lambda: lane.fit(NOTHING, [X], [Y]), n), ""),
            ("foreign lane: fit", one, ""),
            ("foreign lane: overhead of one fork", one.beyond(in_process), "20 ms"),
            (
                "foreign lane: predict",
                timed(lambda: lane.predict(HONEST, [X], constants), n),
                "",
            ),
            (
                "foreign lane: overhead of fit + predict",
                timed(both, n).beyond(in_process),
                "45 ms",
            ),
        ]
    with PrintedLane(Limits(cpu_s=5), SERVICE) as printed:
        whole = timed(lambda: printed.predict(WARM, [X], [Y], [X]), n)
        rows.append(("printed program: the engine's fit, predict", whole, ""))
    return rows


def _forked(action: Callable[[], object]) -> None:
    pid = os.fork()
    if pid == 0:
        action()
        os._exit(0)
    os.waitpid(pid, 0)


def configurations() -> dict[str, tuple[str, ...]]:
    """Return each column's name and the mechanisms that it leaves out."""
    columns = {"all": ()}
    columns |= {f"without {name}": (name,) for name in (*KERNEL, *REST)}
    columns["none"] = KERNEL
    columns |= {f"only {name}": tuple(k for k in KERNEL if k != name) for name in KERNEL}
    return columns


def attack_all(keep: Path | None) -> dict[str, dict[str, Result]]:
    """Run every attack in every configuration that `keep` does not hold yet."""
    found: dict[str, dict[str, Result]] = {}
    for column, without in configurations().items():
        if keep is not None and (file := keep / f"{column}.json").is_file():
            found[column] = {n: Result(**r) for n, r in json.loads(file.read_text()).items()}
            continue
        if column == "without fresh process":  # what is patched there stays patched
            names = [name for name in ATTACKS if name.startswith(CARRIED)]
            results = [run_all([name], gate=False, without=without)[0] for name in names]
        else:
            results = run_all(list(ATTACKS), gate=False, without=without)
        found[column] = {result.name: result for result in results}
        through = [name for name, result in found[column].items() if result.breaches]
        if keep is not None:
            kept = {name: asdict(result) for name, result in found[column].items()}
            (keep / f"{column}.json").write_text(json.dumps(kept))
        print(f"{column}: {len(through)} got through {' '.join(through)}", file=sys.stderr)
    return found


def table(found: dict[str, dict[str, Result]]) -> str:
    """Return two Markdown tables: what each mechanism stops, and every attack."""
    lines = ["| configuration | contained | got through |", "|---|---|---|"]
    for column, results in found.items():
        through = [f"`{name}`" for name, result in results.items() if result.breaches]
        shown = " ".join(through) if len(through) <= 30 else f"{len(through)} attacks"
        lines.append(f"| {column} | {len(results) - len(through)}/{len(results)} | {shown} |")
    short = [column for column in found if column.startswith(("all", "none", "only"))]
    lines += ["", f"| attack | gate | ends | {' | '.join(short)} |"]
    lines.append("|---" * (3 + len(short)) + "|")
    for name, attack in ATTACKS.items():
        gate = "refused" if attack.gate else "passes"
        cells = [
            "**through**" if found[c][name].breaches else found[c][name].status for c in short
        ]
        lines.append(f"| {name} | {gate} | {attack.ends.split()[0]} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    """Print costs or attacks."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", nargs="?", choices=["costs", "attacks"], default="costs")
    parser.add_argument("-n", type=int, default=100, help="calls per median")
    parser.add_argument("--keep", type=Path, help="folder of results, to go on after a break")
    parser.add_argument("--write", type=Path, help="put the table into this page")
    arguments = parser.parse_args()
    if arguments.what == "costs":
        print(f"sandbox: {probe().level}, {os.cpu_count()} cores")
        print(f"{'milliseconds':42s} {'median':>9s} {'best 10 %':>9s}")
        for name, times, bar in costs(arguments.n):
            shown = f"(bar: {bar})" if bar else ""
            print(f"{name:42s} {times.median:9.2f} {times.best:9.2f}  {shown}")
        return
    text = table(attack_all(arguments.keep))
    print(text)
    if arguments.write:
        page = arguments.write.read_text()
        before, rest = page.split(START)
        arguments.write.write_text(f"{before}{START}\n{text}\n{END}{rest.split(END)[1]}")


if __name__ == "__main__":
    main()
