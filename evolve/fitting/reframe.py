"""Fit targets in a frame of their own, and state the constants for the targets themselves.

A target minus its origin over its unit is the same number whatever it was measured in. A law that
is closed under such a change has constants for either: those found in the frame are turned into
those of the target by their place in the tree.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from evolve.fitting.frames import AskedFrames, Frames
from evolve.law.graph import Node, walk
from evolve.scoring.frame import TargetFrame
from evolve.typing import Array


@dataclass(frozen=True, slots=True)
class Move:
    """What a constant c of the frame is for the target itself.

    Attributes:
        kind: ``factor`` for c * unit^power, ``shift`` for c + power * log(unit), over the
            constant `divisor` if there is one, ``origin`` for c * unit + power * origin.
        power: As above.
        divisor: Number of a constant, or -1.
    """

    kind: str
    power: float = 1.0
    divisor: int = -1


Moves = dict[int, Move]


@lru_cache(maxsize=4096)
def moves_of(root: Node, *, origin: bool) -> Moves | None:
    """How the constants of a law change with the frame of its target.

    Args:
        root: The law.
        origin: Whether the frame has an origin, too, which takes a constant that is a term.

    Returns:
        The constants that change; None where no choice of constants makes up for the frame.
    """
    results: list[tuple[int, Move]] = []
    is_open = origin
    for sign, term in signed_terms(root):
        if is_open and term.op == "const":
            results.append((term.index, Move("origin", sign)))
            is_open = False
            continue
        scaled = scaled_moves(term, 1.0)
        if scaled is None:
            return None
        results += scaled
    if is_open:
        return None
    moves = dict(results)
    uses = [n.index for n in walk(root) if n.op == "const"]
    agree = all(moves[i] == move for i, move in results)
    whole = all(uses.count(i) == sum(1 for j, _ in results if j == i) for i in moves)
    return moves if agree and whole else None


def signed_terms(node: Node, sign: float = 1.0) -> list[tuple[float, Node]]:
    """Terms of a sum, each with its sign, in the order of the tree."""
    if node.op in ("add", "sub"):
        second = sign if node.op == "add" else -sign
        return signed_terms(node.args[0], sign) + signed_terms(node.args[1], second)
    return signed_terms(node.args[0], -sign) if node.op == "neg" else [(sign, node)]


Found = list[tuple[int, Move]] | None


def scaled_moves(node: Node, power: float = 1.0) -> Found:
    """Moves that multiply a tree by unit^power."""
    if node.op == "const":
        return [(node.index, Move("factor", power))]
    if node.op == "neg":
        return scaled_moves(node.args[0], power)
    if node.op in ("add", "sub", "max", "min"):
        return _both(*(scaled_moves(a, power) for a in node.args))
    if node.op in ("mul", "div"):
        first = scaled_moves(node.args[0], power)
        return first or scaled_moves(node.args[1], power if node.op == "mul" else -power)
    if node.op == "exp":
        return _shifted(node.args[0], power, -1)
    if node.op in ("square", "sqrt"):
        return scaled_moves(node.args[0], power * (2.0 if node.op == "sqrt" else 0.5))
    if node.op == "pow" and node.args[1].op == "num" and node.args[1].value:
        return scaled_moves(node.args[0], power / node.args[1].value)
    return None


def _shifted(node: Node, power: float, divisor: int) -> Found:
    """Moves that add power * log(unit), over the constant `divisor`, to a tree."""
    if node.op == "const":
        return [(node.index, Move("shift", power, divisor))]
    if node.op == "neg":
        return _shifted(node.args[0], -power, divisor)
    if node.op in ("add", "sub"):
        first = _shifted(node.args[0], power, divisor)
        return first or _shifted(node.args[1], power if node.op == "add" else -power, divisor)
    if node.op == "logaddexp":
        return _both(*(_shifted(a, power, divisor) for a in node.args))
    if node.op == "mul" and node.args[0].op == "const" and divisor < 0:
        return _shifted(node.args[1], power, node.args[0].index)
    return None


def _both(first: Found, second: Found) -> Found:
    return None if first is None or second is None else first + second


def outward(moves: Moves, frame: TargetFrame, constants: Array) -> Array:
    """Constants `(p,)` of the target itself from those of its frame."""
    out = constants.copy()
    for index, move in moves.items():
        out[index] = _moved(move, frame, constants[index], constants)
    return out


def _moved(move: Move, frame: TargetFrame, value: float, constants: Array) -> float:
    if move.kind == "factor":
        return float(value * frame.unit**move.power)
    if move.kind == "origin":
        return float(value * frame.unit + move.power * frame.origin)
    by = 1.0 if move.divisor < 0 else float(constants[move.divisor])
    return float(value + move.power * math.log(frame.unit) / by) if by else math.nan


def slopes(moves: Moves, frame: TargetFrame, constants: Array) -> Array:
    """`(p, p)` derivatives of the constants of a target by those of its frame."""
    table = np.eye(len(constants))
    for index, move in moves.items():
        if move.kind != "shift":
            table[index, index] = frame.unit ** (move.power if move.kind == "factor" else 1.0)
        elif move.divisor >= 0:
            by = float(constants[move.divisor])
            table[index, move.divisor] = -move.power * math.log(frame.unit) / by**2
    return table


def outward_each(moves: Moves, frames: Frames, constants: Array) -> Array:
    """What `outward` gives for each of many problems.

    Args:
        moves: How the constants change.
        frames: The frame of each problem.
        constants: `(q, p)` constants of the frames.
    """
    out = constants.copy()
    for index, move in moves.items():
        own = constants[:, index]
        if move.kind == "factor":
            out[:, index] = own * frames.units_to(move.power)
        elif move.kind == "origin":
            out[:, index] = own * frames.units_to(1.0) + move.power * frames.origins
        else:
            by = 1.0 if move.divisor < 0 else constants[:, move.divisor]
            out[:, index] = own + move.power * frames.log_units / np.where(by, by, np.nan)
    return out


def inward_each(moves: Moves, frames: Frames, constants: Array) -> Array:
    """Constants `(q, p)` of the frames from those of the targets; what `outward_each` undoes."""
    out = constants.copy()
    for index, move in moves.items():
        own = constants[:, index]
        if move.kind == "factor":
            out[:, index] = own / frames.units_to(move.power)
        elif move.kind == "origin":
            out[:, index] = (own - move.power * frames.origins) / frames.units_to(1.0)
        else:
            by = 1.0 if move.divisor < 0 else constants[:, move.divisor]
            out[:, index] = own - move.power * frames.log_units / np.where(by, by, np.nan)
    return out


def inverse_slopes_each(moves: Moves, frames: Frames, constants: Array) -> Array:
    """`(q, p, p)` inverses of what `slopes` gives for each of many problems."""
    if has_divisor(moves):
        pairs = zip(frames, constants, strict=True)
        return np.linalg.pinv(np.array([slopes(moves, frame, c) for frame, c in pairs]))
    turned = np.zeros((*constants.shape, constants.shape[1]))
    for frame, rows in frames.groups:
        turned[rows] = np.diag(1.0 / np.diag(slopes(moves, frame, constants[rows[0]])))
    return turned


def inward_prior(
    moves: Moves, frame: TargetFrame, mean: Array, weight: Array, cost: float
) -> tuple[Array, Array]:
    """Centres and precisions `(p,)` of a prior in the frame, from those for the target itself.

    Args:
        moves: Without divisors.
        frame: The frame.
        mean: Centres.
        weight: Precisions in units of the cost.
        cost: Cost in the frame over that of the target itself.
    """
    nothing = np.zeros_like(mean)
    base = outward(moves, frame, nothing)
    factor = np.diag(slopes(moves, frame, nothing))
    return (mean - base) / factor, weight * factor**2 * cost


def usable(
    root: Node, asked: AskedFrames, *, origin: bool, by_priors: bool
) -> tuple[Moves | None, Frames]:
    """The frames in which a law can be fitted, and how its constants change with them.

    Args:
        root: The law.
        asked: What the problems ask for.
        origin: A frame may have an origin; not so where logarithms of the targets are fitted, or
            what they leave to a ceiling.
        by_priors: Constants have priors, which only shifts and factors of their own carry over.
    """
    for option in asked.options if origin else asked.without_origin:
        moves = moves_of(root, origin=option.has_origin)
        if moves is not None and not (by_priors and has_divisor(moves)):
            return moves, option
    return None, asked.plain


def has_divisor(moves: Moves) -> bool:
    """Whether a constant changes by another one, over which no prior carries over."""
    return any(move.divisor >= 0 for move in moves.values())
