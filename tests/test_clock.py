"""No decision of the engine asks what time it is: clocks are moved, and runs must repeat."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent.parent / "evolve"

# Whoever asks for the time of day, and why that may.
MAY = {
    "runs/openings.py": "when the test rows were opened is for people to read",
    "fitting/code_cache.py": "compiled code that nobody has used for long is removed",
}
TIME_OF_DAY = {
    *("time.time", "time.time_ns", "time.localtime", "time.gmtime", "time.ctime"),
    *("time.strftime", "time.clock_gettime", "datetime.now", "datetime.utcnow", "datetime.today"),
    *("date.today", "os.path.getmtime", "os.path.getctime"),
}
OF_FILES = {"st_mtime", "st_ctime", "st_atime", "st_mtime_ns"}


def asks(text: str) -> Iterator[str]:
    """Names of the clocks of day that a text reads."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            dotted = ".".join(ast.unparse(node).split(".")[-2:])
            if dotted in TIME_OF_DAY or ast.unparse(node) in TIME_OF_DAY or node.attr in OF_FILES:
                yield ast.unparse(node)
        elif isinstance(node, ast.ImportFrom):
            yield from (
                f"{node.module}.{alias.name}"
                for alias in node.names
                if f"{node.module}.{alias.name}" in TIME_OF_DAY
            )


def test_only_those_that_may_ask_for_the_time_of_day() -> None:
    found = {
        str(path.relative_to(PACKAGE)): sorted(set(asks(path.read_text(encoding="utf-8"))))
        for path in sorted(PACKAGE.rglob("*.py"))
    }
    cpu_clock = "sandbox/zygote.py"  # reads how much CPU time another process has used
    assert found.pop(cpu_clock) == ["time.clock_gettime"]
    assert {name for name, clocks in found.items() if clocks} == set(MAY)


def test_every_way_of_asking_is_noticed() -> None:
    for text in ("import time\ntime.time()", "from time import time_ns", "x.stat().st_mtime"):
        assert list(asks(text))
    assert not list(asks("import time\ntime.monotonic()"))
