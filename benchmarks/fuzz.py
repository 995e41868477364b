"""Broken tables, task files, command lines and answer frames to proof that each gets its line.

Every case is made by a random generator whose seed is printed, so that one case can be had again
(`--first SEED --cases 1`). A case is wrong if it ends in a traceback, with an exit code that it
may not have, with anything but one line on stderr where the code is 2, or with an escape sequence
in what it prints.

    python benchmarks/fuzz.py [--cases 2000] [--frames 10000] [--first 0]
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import random
import shlex
import sys
import tempfile
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import frames

from evolve.cli.app import call

HEADER = ["corpus", "params", "tokens", "loss"]
SIZES = [(1e7 * 3**i, 1e9 * 4**j) for i in range(6) for j in range(5)]
CELLS = (
    *("", " ", "nan", "inf", "-inf", "<NA>", "None", "0", "-1", "1e308", "1.797e308", "5e-324"),
    *("1e999", "1_000", "7B", "1,000", "0x10", "1e", "é", "\x1b[1m", "a\nb", '"', "''", "\x00"),
    *("true", "٣", "1" * 400, "x" * 500, "9007199254740993", "c0", "all", " | ", "=1+1", "\u202e"),
)
TOML = """\
title = "A table"
source = "a test"
licence = "none"
groups = ["corpus"]
max_constants = 6

[[features]]
name = "params"
unit = 1e9

[[features]]
name = "tokens"

[[targets]]
name = "loss"

[[filters]]
column = "loss"
op = "<"
value = 100.0
reason = "diverged"

[folds]
axes = ["params"]
together = "any"

[physics]
decreasing_in = ["tokens"]
floor = 0.0
"""
VALUES = (
    *("0", "-1", "1e23", "1e308", "nan", "inf", "true", '""', '"x"', '"loss"', '"params"', "[]"),
    *(
        '["params"]',
        '["params", "params"]',
        "{}",
        "1" + "0" * 30,
        '"\\u001b[1m"',
        '"c0"',
        '"a\\nb"',
    ),
    *("1979-05-27", "[[1]]", "'", '"""', '"linear"', '"log"', '"all"', "5e-324", "[1, 'a']"),
)
VERBS = (
    *("run", "resume", "runs", "show", "score", "report", "export", "predict", "plan", "verify"),
    *("query", "compare", "new-task", "tasks", "doctor", "bench", "data", "nothing", ""),
)
OPTIONS = (
    *("--task", "--seed", "--json", "--size", "--split", "--at", "--format", "-o", "--help"),
    *("--target", "--features", "--groups", "--extrapolate", "--test", "--name", "--runs-dir"),
    *("--workers", "--time", "--evaluations", "--run", "--version", "--nothing", "--", "-"),
)
WORDS = (
    *("table.csv", "my task", "loss", "params", "tokens", "none", "0", "-1", "1e999", "x=y", "="),
    *("params>=4e9", "loss<2", "params>=4e9 or", "not (tokens>1)", "((((", "corpus=='web'", "é"),
    *(
        "\x1b[1m",
        "a\nb",
        "",
        ".",
        "..",
        "/dev/null",
        "tasks",
        "nan",
        "1h",
        "law",
        "x" * 300,
        "\ud800",
    ),
)
RUN = "small"
GOOD = (
    "new-task table.csv --target loss --features params tokens --groups corpus",
    'new-task table.csv --target loss --features params tokens --test "params>=4e9" --name other',
    "new-task table.csv --target loss --extrapolate params --json",
    *("tasks", "tasks --json", "tasks './my task'", "tasks sft --json", "runs", "runs --json"),
    *(f"show {RUN}", f"show {RUN} --size 2 --json", f"query {RUN} --json", f"query {RUN}"),
    *(f"export {RUN} --format {form}" for form in ("law", "program", "sympy", "latex", "json")),
    *(f"export {RUN} --format markdown -o law.md", f"compare {RUN} {RUN}"),
    f"predict {RUN} --at params=1e10 tokens=1e12 --json",
    f"predict {RUN} --rows table.csv",
    f"plan {RUN} --budget-flops 1e21",
)
SLOW = {"doctor", "bench", "data"}  # start processes or load the net; only their help is asked for


@dataclass(frozen=True)
class Case:
    """A command line, what lies where it is typed, and the exit codes that it may have."""

    words: list[str]
    files: dict[str, bytes]
    codes: tuple[int, ...]


def rows(rng: random.Random) -> list[list[str]]:
    """A good table, its header first."""
    table = [list(HEADER)]
    for k, (n, d) in enumerate(SIZES):
        loss = 1.7 + 400 * n**-0.34 + 410 * d**-0.28 + rng.gauss(0.0, 0.01)
        table.append(["web" if k % 2 else "code", f"{n:g}", f"{d:g}", f"{loss:.5f}"])
    return table


def written(table: list[list[str]], separator: str = ",") -> bytes:
    """A table as CSV."""
    return b"".join(separator.join(row).encode("utf-8", "replace") + b"\n" for row in table)


def broken_table(rng: random.Random) -> tuple[bytes, tuple[int, ...]]:
    """A table with up to three things done to it, and the codes that follow."""
    table, codes = rows(rng), (0, 2)
    kind = rng.randrange(10)
    if kind == 0:  # nothing that matters
        body = table[1:]
        rng.shuffle(body)
        return b"\xef\xbb\xbf" + written([table[0], *body]).replace(b"\n", b"\r\n"), (0,)
    if kind == 1:
        cell = rng.choice(("", "nan", "1e999", "1_000", "x", "1.797e308", "-inf", "<NA>"))
        table[rng.randrange(1, len(table))][3] = cell
        return written(table), (2,)
    for _ in range(rng.randrange(1, 4)):
        row = rng.choice(table)
        row[rng.randrange(len(row))] = rng.choice(CELLS)
    if kind == 2:
        del rng.choice(table)[0]
    elif kind == 3:
        table = table[: rng.randrange(len(table))]
    elif kind == 4:
        column = rng.randrange(4)
        table = [[*row, row[min(column, len(row) - 1)]] for row in table]
    text = written(table, ";" if rng.random() < 0.05 else ",")
    if kind == 5:
        data = bytearray(text)
        for _ in range(rng.randrange(1, 20)):
            data[rng.randrange(len(data))] = rng.randrange(256)
        text = bytes(data)
    return text if kind != 6 else rng.randbytes(rng.randrange(300)), codes


def of_table(rng: random.Random) -> Case:
    """A call of `new-task` on a table."""
    text, codes = broken_table(rng)
    words = ["new-task", "table.csv", "--target", "loss", "--features", "params", "tokens"]
    if rng.random() < 0.3:
        words, codes = words[:4], (0, 2)
    if rng.random() < 0.3:
        words += ["--groups", "corpus"]
    return Case([*words, "--json"] if rng.random() < 0.3 else words, {"table.csv": text}, codes)


def of_task(rng: random.Random) -> Case:
    """A task made by hand, shown, or brought to the point where its run gets its name."""
    lines, table = TOML.splitlines(), written(rows(rng))
    if rng.random() < 0.3:
        table, _ = broken_table(rng)
    for _ in range(rng.choice((0, 1, 1, 2, 3))):
        at = rng.choice([k for k, line in enumerate(lines) if " = " in line])
        key, _, _ = lines[at].partition(" = ")
        change = rng.randrange(4)
        if change == 0:
            del lines[rng.randrange(len(lines))]
        elif change == 1:
            lines.insert(at, rng.choice((*lines, f"{key} = {rng.choice(VALUES)}")))
        else:
            lines[at] = f"{key} = {rng.choice(VALUES)}"
    data = "\n".join(lines).encode()
    if rng.random() < 0.05:
        data = data[: rng.randrange(len(data))] + rng.randbytes(3)
    files = {"my task/task.toml": data, "my task/train.csv": table}
    if rng.random() < 0.5:
        return Case(["--task", "./my task", "--run", "no name"], files, (2,))
    return Case(["tasks", "./my task"], files, (0, 2))


def of_words(rng: random.Random) -> Case:
    """A command line of words that were never meant for each other."""
    verb = rng.choice(VERBS)
    words = [verb] if verb else []
    if rng.random() < 0.7:
        words = changed(rng, rng.choice(GOOD))
        verb = words[0] if words and words[0] in VERBS else ""
    else:
        words += [rng.choice((*OPTIONS, *WORDS)) for _ in range(rng.randrange(8))]
    if verb in SLOW:
        words = [verb, "--help"]
    elif verb in ("run", "", "resume"):  # whatever else is asked, no search is begun
        words += ["--run", "no name"] if verb != "resume" else ["no run"]
    files = {"table.csv": written(rows(rng)), "my task/task.toml": TOML.encode()}
    files["my task/train.csv"] = written(rows(rng))
    return Case(words, files, (0, 2))


def changed(rng: random.Random, line: str) -> list[str]:
    """The words of a good command line, of which up to two are put in, taken out or exchanged."""
    words = shlex.split(line)
    for _ in range(rng.choice((0, 1, 1, 2))):
        at, kind = rng.randrange(1, len(words) + 1), rng.randrange(3)
        if kind < 2:
            words.insert(at, rng.choice((*WORDS, *OPTIONS)))
        if kind > 0 and at + 1 < len(words):
            del words[at + 1 if kind == 1 else at]
    return words


def make_run(folder: Path) -> None:
    """Search a small run for the cases that look at one; it is found through the environment."""
    files = {
        "my task/task.toml": TOML.encode(),
        "my task/train.csv": written(rows(random.Random(0))),
    }
    with inside(folder, files):
        words = ["--task", "./my task", "--run", RUN, "--evaluations", "12", "--workers", "1"]
        assert call([*words, "--quiet", "--json", "--runs-dir", str(folder / "runs")]) == 0
    os.environ["EVOLVE_RUNS_DIR"] = str(folder / "runs")


KINDS: tuple[Callable[[random.Random], Case], ...] = (of_table, of_task, of_words)


@contextlib.contextmanager
def inside(folder: Path, files: dict[str, bytes]) -> Iterator[None]:
    """Stand in a folder that holds some files."""
    before = Path.cwd()
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


def fault_of(case: Case) -> str:
    """What is wrong with how a case ends; nothing if it ends as it should."""
    out, err = io.StringIO(), io.StringIO()
    with tempfile.TemporaryDirectory() as folder, inside(Path(folder), case.files):
        try:
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                code = call(case.words)
        except BaseException:
            return f"traceback\n{traceback.format_exc()}"
    if code not in case.codes:
        return f"exit code {code}, not {case.codes}: {err.getvalue()[:300]}"
    if code == 2 and (err.getvalue().count("\n") != 1 or not err.getvalue().startswith("evolve")):
        return f"not one line: {err.getvalue()[:600]!r}"
    if "\x1b" in out.getvalue() + err.getvalue():
        return "an escape sequence is printed"
    return ""


def main() -> int:
    """Run the cases, print what went wrong, and say how many of each kind did."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=int, default=2000)
    parser.add_argument("--frames", type=int, default=10_000)
    parser.add_argument("--first", type=int, default=0, help="Seed of the first case.")
    chosen = parser.parse_args()
    for name in ("EVOLVE_EVALUATIONS", "EVOLVE_DATA_DIR", "EVOLVE_RUNS_DIR"):
        os.environ.pop(name, None)
    done: Counter[str] = Counter()
    faults = 0
    kept = tempfile.TemporaryDirectory()
    with contextlib.redirect_stdout(io.StringIO()):
        make_run(Path(kept.name))
    for seed in range(chosen.first, chosen.first + chosen.cases):
        make = KINDS[seed % len(KINDS)]
        case = make(random.Random(seed))
        done[make.__name__] += 1
        if fault := fault_of(case):
            faults += 1
            print(f"seed {seed}, {make.__name__}, {case.words!r}: {fault}", flush=True)
    for seed in range(chosen.first, chosen.first + chosen.frames):
        try:
            frames.read(random.Random(seed))
        except Exception:
            faults += 1
            print(f"seed {seed}, a frame: {traceback.format_exc()}", flush=True)
    kept.cleanup()
    counts = ", ".join(f"{n} {name}" for name, n in done.items())
    print(
        f"seeds {chosen.first} to {chosen.first + max(chosen.cases, chosen.frames) - 1}: {counts}"
    )
    print(f"{chosen.frames} frames; {faults} faults")
    return int(faults > 0)


if __name__ == "__main__":
    sys.exit(main())
