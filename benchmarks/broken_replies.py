"""Replies that no search should survive less well than a good one: broken, hostile, endless.

Programs are what models that are asked for one say, lines what those say that complete a list of
formulas; either may be said to the other question.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
WORDS = ("the", "loss", "law", "I", "sorry", "def", "```", "=", "E", "params", "$")
START, END = "# EVOLVE-BLOCK-START", "# EVOLVE-BLOCK-END"
MARKS = ("<<<<<<< SEARCH", "=======", ">>>>>>> REPLACE", START, END, "```python", "```", "~~~")
LINES = ("    return params[0]", "import numpy as np", "def scaling_law_func(x, p):", "", "x = 1")
LAW = """import numpy as np
from evolve.fitting import fit_law

def scaling_law_func(data_points, params):
    X = np.atleast_2d(np.asarray(data_points, dtype=float))
    c0, c1, c2, c3 = np.moveaxis(np.asarray(params, dtype=float)[..., None], -2, 0)
    return c0 + np.exp(c1 + c2 * np.log(X[:, 0]) + c3)

def fit_scaling_law(data_points, loss_values):
    return fit_law(scaling_law_func, data_points, loss_values, n_constants=4)
"""
FORMULAS = (
    *("E + A*params^-a", "E + A/params^a + B/tokens^b", "A*exp(-tokens/B) + E"),
    *("E + (A*params^-a + B*unique_tokens^-b)^c", "E + A*log(tokens/params)"),
)
SIGNS = "+-*/^()=.,;:'\"[]{}<>@!&|%~`#\\$_ \t"
TRICKS = (
    *("__import__('os').system('true')", "(lambda: params)()", "[params for _ in tokens]"),
    *("f'{params}'", "(x := params)", "params if tokens else E", "params.__class__.__mro__"),
    *("E + A*params**10**10**10", "E + 1e400*params", "E + nan*params", "inf", "E", "loss + A"),
    *("E + A*parameters^-a", "E + A*params^-a; import os", "yield params", "await params"),
    *("E + A*\uff50arams^-a", "E + A*params^\u2212a", "E + \u0661*params", "E \u202e+ A*params"),
    *("\ud800 + params", "\x00 + params", "E + A*params^-a\x85loss = E", "E\rloss = A*params^-a"),
    *("99999999999999999999999999**99999999999*params", "params ^ ^ a", "np.exp(params, tokens)"),
    *("exp(exp(exp(exp(params))))", "0x7fffffffffffffff*params", "1_000*params + 1j", "..."),
)

Kind = Callable[[random.Random], str]


def broken_replies(n: int, style: str) -> list[str]:
    """So many replies to models that are asked in a style, the same each time, each another.

    Args:
        n: How many.
        style: ``program``, or ``completion``: then three of four are lines.
    """
    rng = random.Random(5)
    programs, lines = itertools.cycle(PROGRAMS), itertools.cycle(LINE_KINDS)
    is_line = [style == "completion" and i % 4 > 0 for i in range(n)]
    return [next(lines if line else programs)(rng) for line in is_line]


def _prose(rng: random.Random) -> str:
    return " ".join(rng.choice(WORDS) for _ in range(60))


def _half_program(rng: random.Random) -> str:
    text = rng.choice(sorted((ROOT / "seeds").rglob("*.py"))).read_text()
    return text[: rng.randrange(len(text))]


def _attack(rng: random.Random) -> str:
    text = rng.choice(sorted((ROOT / "tests/attacks/programs").rglob("*.py"))).read_text()
    return f"```python\n{text}\n# {rng.random()}\n```"


def _holes(rng: random.Random) -> str:
    return "".join(c for c in LAW if rng.random() > 0.01)


def _garbage(rng: random.Random) -> str:
    return "".join(chr(rng.randrange(1, 0x2FFF)) for _ in range(400))


def _deep(rng: random.Random) -> str:
    nested = rng.choice("([{-~") * rng.randrange(9000)
    return f"```python\ndef scaling_law_func(x, p):\n return {nested}x"


def _endless(rng: random.Random) -> str:
    unit = rng.choice(("spam ", "```python\n", "<<<<<<< SEARCH\n", "<think>", "(", "loss = E\n"))
    return unit * (2**20 // len(unit)) if rng.random() < 0.5 else LAW * rng.randrange(1, 900)


def _edits(rng: random.Random) -> str:
    """Edits that are not closed, are closed twice, or search for what is not there."""
    edit = "<<<<<<< SEARCH\nimport\n=======\nexport\n>>>>>>> REPLACE\n"
    if rng.random() < 0.3:
        return edit * rng.randrange(1, 9)
    return "\n".join(rng.choice(MARKS[:3] + LINES) for _ in range(rng.randrange(2, 40)))


def _markers(rng: random.Random) -> str:
    """A law whose markers and fences are missing, doubled, turned round or in odd places."""
    lines = LAW.splitlines()
    for _ in range(rng.randrange(1, 9)):
        lines.insert(rng.randrange(len(lines) + 1), rng.choice(MARKS))
    return "\n".join(lines)


def _attribute(rng: random.Random) -> str:
    return LAW.replace("c1 +", f"c1 * {'x.' * rng.randrange(30)}x +")


def _signs(rng: random.Random) -> str:
    return LAW.replace("return c0", "return " + "-" * rng.randrange(3000) + "c0")


PROGRAMS: tuple[Kind, ...] = (
    *(_prose, _half_program, _attack, _holes, _garbage, _deep),
    *(_endless, _edits, _markers, _attribute, _signs),
)


def _half_line(rng: random.Random) -> str:
    text = rng.choice(FORMULAS)
    return " " + text[: rng.randrange(len(text) + 1)]


def _misspelt(rng: random.Random) -> str:
    text = list(rng.choice(FORMULAS))
    for _ in range(rng.randrange(1, 5)):
        text[rng.randrange(len(text))] = rng.choice(SIGNS)
    return "".join(text)


def _nested_line(rng: random.Random) -> str:
    n = rng.randrange(1, 3000)
    before, after = rng.choice((("(", ")"), ("exp(", ")"), ("-", ""), ("2^", ""), ("(", "")))
    return before * n + "params" + after * n


def _long_line(rng: random.Random) -> str:
    term = rng.choice((" + A*params^-a", " + params", "*tokens", " spam", "^a", "E"))
    return "E" + term * rng.choice((3, 70, 400, 2**20 // len(term)))


def _trick(rng: random.Random) -> str:
    return rng.choice(TRICKS) + rng.choice(("", " + E", "*tokens", "\nloss = 1", "$$", " #"))


def _scattered(rng: random.Random) -> str:
    return "".join(rng.choice((*SIGNS, "params", "tokens", "E", "9")) for _ in range(60))


LINE_KINDS: tuple[Kind, ...] = (
    *(_half_line, _misspelt, _nested_line),
    *(_long_line, _trick, _scattered),
)
