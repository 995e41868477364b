"""Print a law and a recipe as a readable numpy program, and a law as a one-line formula."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from evolve.law.calls import FRAME_ARGUMENTS, NAMES_ARGUMENT
from evolve.law.faults import quoted
from evolve.law.graph import Law, Node, evaluate, feat, features_of, num, replace_leaves, walk
from evolve.law.lowering import for_the_eye, plain
from evolve.law.naming import Variables, identifiers, words_seen
from evolve.law.recipe import Recipe
from evolve.law.unpacked import COLUMNS, OF_A_TARGET
from evolve.law.writing import CODE, FORMULA, LEAST_DIGITS, literal, write, write_terms
from evolve.typing import Array

WIDTH = 99
DIGITS_OF_SCALES = 6  # of the rows' own scales
MOST_DIGITS = 15  # of fitted values
SAME = 1e-3  # of the range of what a law says: a difference that no reader sees
LEAST_RANGE = 1e-12  # of its largest value; no 15 digits say a thousandth of a smaller one
PROGRAM = '''"""{doc}"""

import numpy as np
from evolve.fitting import fit_law

# EVOLVE-BLOCK-START
{block}# EVOLVE-BLOCK-END
'''


def print_program(
    law: Law,
    recipe: Recipe,
    feature_names: Sequence[str],
    target_names: Sequence[str],
    *,
    doc: str = "A scaling law and its fit.",
    units: Sequence[float] = (),
    axes: Sequence[int] = (),
    prior: tuple[npt.ArrayLike, npt.ArrayLike] | None = None,
    frames: Sequence[tuple[float, float]] = (),
) -> str:
    """Text of a whole program; arguments as for `print_block`, `doc` heads the file."""
    block = print_block(
        law,
        recipe,
        feature_names,
        target_names,
        units=units,
        axes=axes,
        prior=prior,
        frames=frames,
    )
    safe = doc.replace("\\", "\\\\").replace('"""', "'''")
    return PROGRAM.format(doc=safe + " " * safe.endswith('"'), block=block)


def print_block(
    law: Law,
    recipe: Recipe,
    feature_names: Sequence[str],
    target_names: Sequence[str],
    *,
    units: Sequence[float] = (),
    axes: Sequence[int] = (),
    prior: tuple[npt.ArrayLike, npt.ArrayLike] | None = None,
    frames: Sequence[tuple[float, float]] = (),
) -> str:
    """Text of a program's block: `scaling_law_func` and `fit_scaling_law`.

    Args:
        law: The law; its root holds raw features, scaled ones as ``feature / unit``.
        recipe: How its constants are fitted.
        feature_names: Names of the features, in column order.
        target_names: Names of the targets; more than one gives the many-target form.
        units: Unit of each feature, where known: the quotient that gets the feature's name.
        axes: Features along which `recipe.scale_weight` weighs rows.
        prior: Centres and precisions of a prior on the constants, `(p,)` or `(t, p)` each.
        frames: Origin and unit in which each target is fitted; as it is where there are none.

    Raises:
        ValueError: the law holds a literal that is not finite.
    """
    return (
        _law_function(law, tuple(feature_names), tuple(target_names), tuple(units))
        + "\n\ndef fit_scaling_law(data_points, loss_values):\n"
        + _fit_call(law, recipe, axes, prior, frames)
    )


@lru_cache(maxsize=512)  # a law comes under many recipes, which change its fit alone
def _law_function(
    law: Law, features: tuple[str, ...], targets: tuple[str, ...], units: tuple[float, ...]
) -> str:
    body = _many_targets if len(targets) > 1 else _one_target
    lines = body(law, features, targets, units)
    head = "def scaling_law_func(data_points, params):\n"
    return head + "".join(f"    {line}\n" if line else "\n" for line in lines)


def formula(
    law: Law,
    feature_names: Sequence[str],
    constants: npt.ArrayLike | None = None,
    *,
    powers: bool = False,
    digits: int = LEAST_DIGITS,
) -> str:
    """One-line formula in the task's own variable names, as it may be typed.

    Args:
        law: The law.
        feature_names: Names of the features in the order in which target 0 sees them.
        constants: `(p,)` values, exponentials of logs as powers. Without them long numbers, such
            as the scales of the rows, are shown to 6 digits.
        powers: Show exponentials of logs as powers without values, too, unless the law is in the
            spelling of its author.
        digits: Of the values; `digits_of` says how many it takes.
    """
    values = None if constants is None else np.asarray(constants, float)
    root = for_the_eye(law, values) if powers or values is not None else plain(law.root)
    names = {feat(i): quoted(name) for i, name in enumerate(feature_names)}
    letters = law.constant_names
    digits = DIGITS_OF_SCALES if constants is None else digits
    for leaf in walk(root):
        if leaf.op == "const":
            names[leaf] = letters[leaf.index]
        elif leaf.op == "num" and _is_long(leaf.value):
            names[leaf] = f"{leaf.value:.{digits}g}"
    text = write(root, names, FORMULA)
    return text.replace("+ -", "- ").replace("- -", "+ ")


def digits_of(law: Law, constants: Array, x: Array) -> int:
    """Digits to which the numbers of a law with values say what it says.

    Four will do where no two terms nearly cancel and no exponent is large.

    Args:
        law: The law.
        constants: `(p,)` values.
        x: `(n, f)` rows for which they are to say the same, to a share of their range, or of
            their size where a law says one value of all of them.
    """
    root, seen = for_the_eye(law, constants), law.view(x, 0)
    true = evaluate(root, seen, np.zeros(0))
    with np.errstate(invalid="ignore", over="ignore"):
        span, size = np.ptp(true), np.abs(true).max()
    seen_from = SAME * (span if span > LEAST_RANGE * size else size)
    long = [n for n in walk(root) if n.op == "num" and _is_long(n.value)]
    for digits in range(LEAST_DIGITS, MOST_DIGITS):
        short = {leaf: num(float(f"{leaf.value:.{digits}g}")) for leaf in long}
        said = evaluate(replace_leaves(root, short), seen, np.zeros(0))
        with np.errstate(invalid="ignore", over="ignore"):
            differ = np.abs(said - true) > seen_from
        if not differ.any():
            return digits
    return MOST_DIGITS


def _is_long(value: float) -> bool:
    """Whether a literal is rounded for the eye."""
    return not math.isfinite(value) or len(literal(abs(value))) > 6


# bodies


def _one_target(
    law: Law, feature_names: Sequence[str], target_names: Sequence[str], units: Sequence[float]
) -> list[str]:
    words = identifiers(feature_names)
    variables = Variables(law, words, units, "X")
    unpack = _unpacking(variables.constants, COLUMNS)
    value = write(law.root, variables.names, CODE)
    if not features_of(law.root):
        value += " + np.zeros(len(X))"
    target = identifiers(target_names)[0] if target_names else "value"
    return [
        *_docstring(f"{target} = {formula(law, words)}"),
        "X = np.atleast_2d(np.asarray(data_points, dtype=float))",
        *variables.features,
        *variables.logs,
        *unpack,
        *variables.parts,
        *_wrapped("return ", law.root, value, variables),
    ]


def _many_targets(
    law: Law, feature_names: Sequence[str], target_names: Sequence[str], units: Sequence[float]
) -> list[str]:
    words = identifiers(feature_names)
    words = words_seen(words, own_first=law.own_feature_first)
    variables = Variables(law, words, units, "rolled" if law.own_feature_first else "X")
    value = write(law.root, variables.names, CODE)
    value = value if features_of(law.root) else f"{value} + np.zeros(len(X))"
    targets = ", ".join(identifiers(target_names))
    about = f"each of {targets} = {formula(law, words)}, with its own constants"
    seen = [*variables.features, *variables.logs]
    loop = ["for t, constants in enumerate(np.atleast_2d(np.asarray(params, dtype=float))):"]
    if law.own_feature_first:
        inner = ["rolled = np.roll(X, -t, axis=1)", *seen]
    else:
        inner = []
        loop = [*seen, *loop]
    inner += [*_unpacking(variables.constants, OF_A_TARGET), *variables.parts]
    inner += _wrapped("column = ", law.root, value, variables)
    return [
        *_docstring(about),
        "X = np.atleast_2d(np.asarray(data_points, dtype=float))",
        "columns = []",
        *loop,
        *(f"    {line}" for line in [*inner, "columns.append(column)"]),
        "return np.stack(columns, axis=1)",
    ]


def _unpacking(constants: Sequence[str], source: str) -> list[str]:
    if not constants:
        return []
    names = ", ".join(constants)
    line = f"({names},) = {source}" if len(constants) == 1 else f"{names} = {source}"
    if len(line) <= WIDTH - 8:
        return [line]
    rows = textwrap.wrap(f"{names},", WIDTH - 16)
    return [f"constants = {source}", "(", *(f"    {row}" for row in rows), ") = constants"]


def _docstring(text: str) -> list[str]:
    if len(text) <= WIDTH - 12:
        return [f'"""{text}"""']
    lines = textwrap.wrap(text, WIDTH - 12, break_long_words=False, break_on_hyphens=False)
    if len(lines) == 1:
        return [f'"""{lines[0]}"""']
    return [f'"""{lines[0]}', *lines[1:], '"""']


def _wrapped(head: str, root: Node, value: str, variables: Variables) -> list[str]:
    """``head value``, one term a line where that is too long."""
    if len(head) + len(value) <= WIDTH - 8 or root in variables.names:
        return [head + value]
    opening, body = "(", root
    if len(root.args) == 1 and root.op != "neg":
        opening, body = f"np.{root.op}(", root.args[0]
    first, *rest = write_terms(body, variables.names, CODE)
    if not rest:
        return [head + value]
    return [head + opening, *(f"    {line}" for line in (first, *rest)), ")"]


def _fit_call(
    law: Law,
    recipe: Recipe,
    axes: Sequence[int],
    prior: tuple[npt.ArrayLike, npt.ArrayLike] | None,
    frames: Sequence[tuple[float, float]],
) -> str:
    arguments = ["scaling_law_func", "data_points", "loss_values"]
    arguments.append(f"n_constants={law.n_constants}")
    arguments += [f"{NAMES_ARGUMENT}={law.names!r}"] if law.as_written else []
    arguments += [f"{name}={_value(value)}" for name, value in recipe.arguments().items()]
    if recipe.scale_weight > 0 and axes:
        arguments.append(f"axes={tuple(map(int, axes))!r}")
    if prior is not None:
        pairs = zip(("prior_mean", "prior_weight"), prior, strict=True)
        arguments += [f"{name}={np.asarray(v, float).tolist()!r}" for name, v in pairs]
    for name, values in zip(FRAME_ARGUMENTS, zip(*frames, strict=True), strict=False):
        if name != FRAME_ARGUMENTS[0] or any(values):
            arguments.append(f"{name}={values[0] if len(values) == 1 else list(values)!r}")
    call = f"    return fit_law({', '.join(arguments)})\n"
    if len(call) <= WIDTH:
        return call
    return "    return fit_law(\n" + "".join(f"        {a},\n" for a in arguments) + "    )\n"


def _value(value: str | float) -> str:
    return f'"{value}"' if isinstance(value, str) else repr(value)
