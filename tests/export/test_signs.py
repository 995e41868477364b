"""An export to LaTeX holds no sign that LaTeX alone cannot set, whatever names hold."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import evolve
from evolve.export.signs import in_ascii

PACKAGE = Path(evolve.__file__).parent


def signs_of_the_package() -> list[str]:
    """Every sign beyond ASCII in a text that the package may print."""
    texts = [
        node.value
        for path in sorted(PACKAGE.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    return sorted({sign for sign in "".join(texts) if not sign.isascii()})


def test_every_sign_that_the_package_prints_has_a_command() -> None:
    signs = [sign for sign in signs_of_the_package() if sign.isprintable()]
    assert len(signs) > 15
    for sign in signs:
        assert in_ascii(sign).isascii()
        assert "[U+" not in in_ascii(sign), sign


@pytest.mark.parametrize(
    ("text", "latex"),
    [
        ("loss_1 \\frac{a}{b}", "loss_1 \\frac{a}{b}"),
        ("acc \N{DOWNWARDS ARROW}", r"acc \ensuremath{\downarrow}"),
        ("\N{GREEK SMALL LETTER LAMDA}", r"\ensuremath{\lambda}"),
        ("\N{GREEK CAPITAL LETTER OMEGA}", r"\ensuremath{\Omega}"),
        ("\N{GREEK CAPITAL LETTER ALPHA}\N{GREEK SMALL LETTER OMICRON}", "Ao"),
        ("pr\N{LATIN SMALL LETTER E WITH ACUTE}", r"pr\text{\'{e}}"),
        ("R\N{SUPERSCRIPT TWO}", r"R\ensuremath{{}^{2}}"),
        ("\N{LATIN SMALL LIGATURE FI}t", "fit"),
        ("\u635f", r"\text{[U+635F]}"),
    ],
)
def test_signs_become_commands_and_ascii_stays(text: str, latex: str) -> None:
    assert in_ascii(text) == latex
