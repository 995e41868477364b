"""Broken tables, task files and command lines, each made by a random generator."""

from __future__ import annotations

import random
import shlex
from collections.abc import Callable
from dataclasses import dataclass

UNFINISHED = ("", "nan", "-inf", "<NA>", "1.797e308")  # targets: their rows are left out
NO_NUMBERS = ("1e999", "1_000", "x", "1/2")
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
        cell = rng.choice((*UNFINISHED, *NO_NUMBERS))
        table[rng.randrange(1, len(table))][3] = cell
        return written(table), (0,) if cell in UNFINISHED else (2,)
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


OF_USERS: tuple[Callable[[random.Random], Case], ...] = (of_table, of_task, of_words)
