"""Parts of a law that lie between 0 and 1 whatever their constants are, and their scale."""

from __future__ import annotations

from functools import lru_cache

from evolve.law.graph import Node, call, num

WHOLE = num(1.0)
ABOVE_0 = ("exp", "square", "sqrt", "abs", "feat")  # of features of sizes; at 0 the edge is met


@lru_cache(maxsize=4096)
def is_share(node: Node) -> bool:
    """Whether a node of features has the form of a number between 0 and 1.

    So do 1/(1 + a) and exp(-a) where a is positive, and products of such numbers.
    """
    if not node.features:
        return False
    if node.op == "div":
        top, bottom = node.args
        return top == WHOLE and bottom.op == "add" and _is_above_1(bottom)
    if node.op == "exp":
        return node.args[0].op == "neg" and _is_positive_form(node.args[0].args[0])
    return node.op == "mul" and all(map(is_share, node.args))


def _is_above_1(total: Node) -> bool:
    first, second = total.args
    return first == WHOLE and _is_positive_form(second)


def _is_positive_form(node: Node) -> bool:
    """Whether a node has the form of a number that is not negative; features are sizes."""
    if node.op in ("add", "mul", "div"):
        return all(map(_is_positive_form, node.args))
    if node.op == "pow":
        return _is_positive_form(node.args[0])
    return node.op in ABOVE_0 or (node.op == "num" and node.value > 0.0)


def scaled(share: Node, scale: float) -> Node:
    """A share, or 1, times a number."""
    if share == WHOLE:
        return num(scale)
    if share.op == "div":
        return call("div", num(scale), share.args[1])
    return call("mul", num(scale), share)


def scale_of(node: Node) -> float | None:
    """The number that a node is times a share, or times 1; None where it is none."""
    if node.op == "num":
        return node.value
    if node.op == "div" and node.args[0].op == "num":
        return node.args[0].value if is_share(call("div", WHOLE, node.args[1])) else None
    if node.op == "mul" and node.args[0].op == "num" and is_share(node.args[1]):
        return node.args[0].value
    return 1.0 if is_share(node) else None


def less_scale(node: Node, scale: float) -> Node | None:
    """The share, or 1, that a node is a number times; None where it is none."""
    if scale_of(node) != scale:
        return None
    if node.op == "num":
        return WHOLE
    if node.op == "div":
        return call("div", WHOLE, node.args[1])
    return node.args[1] if node.op == "mul" and not is_share(node) else node


def without_scale(node: Node) -> Node:
    """The share in a node that is a number times a share; else the node itself."""
    if node.op == "mul" and node.args[0].op == "num" and is_share(node.args[1]):
        return node.args[1]
    return node
