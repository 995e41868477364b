"""Hypothesis strategies that draw laws of the kinds the grammar makes, and wilder trees."""

from __future__ import annotations

from hypothesis import strategies as st

from evolve.law.graph import BINARY, UNARY, Law, Node, call, const, feat, num, renumber

N_FEATURES = 3
UNITS = (1e9, 1e3, 1.0)


def unit(index: int) -> Node:
    """Feature over its unit."""
    return feat(index) if UNITS[index] == 1.0 else call("div", feat(index), num(UNITS[index]))


def _any_const() -> st.SearchStrategy[Node]:
    return st.integers(0, 7).map(const)


def _log_sum(terms: list[tuple[Node, int]], start: Node) -> Node:
    for constant, index in terms:
        start = call("sub", start, call("mul", constant, call("log", unit(index))))
    return start


@st.composite
def terms(draw: st.DrawFn) -> Node:
    """One term of a grammar law."""
    c = [draw(_any_const()) for _ in range(4)]
    i, j = draw(st.integers(0, N_FEATURES - 1)), draw(st.integers(0, N_FEATURES - 1))
    power = _log_sum([(c[1], i)], c[0])
    log = call("log", unit(i))
    shapes = {
        "power": call("exp", power),
        "two powers": call("exp", _log_sum([(c[1], i), (c[2], j)], c[0])),
        "plain power": call("mul", c[0], call("pow", unit(i), call("neg", c[1]))),
        "log": call("mul", c[0], log),
        "square": call("mul", c[0], call("square", log)),
        "cross": call("mul", c[0], call("mul", log, call("log", unit(j)))),
        "saturation": call("div", num(1.0), call("add", call("exp", power), call("exp", c[2]))),
        "tanh": call("mul", c[0], call("tanh", _log_sum([(c[2], j)], c[1]))),
        "softplus": call("mul", c[0], call("logaddexp", num(0.0), power)),
        "bump": call("mul", c[0], call("exp", call("neg", call("square", power)))),
        "product": call("mul", call("exp", power), call("add", num(1.0), call("mul", c[2], log))),
        "linear": call("mul", c[0], unit(i)),
        "ratio": call("mul", c[0], call("div", unit(i), unit(j))),
        "rectified": call("div", c[0], call("add", c[1], call("pow", unit(i), c[2]))),
        "shifted": call("mul", c[0], call("log1p", call("mul", call("exp", c[1]), unit(i)))),
    }
    return shapes[draw(st.sampled_from(sorted(shapes)))]


@st.composite
def laws(draw: st.DrawFn) -> Law:
    """A law of the kinds that the grammar makes; some constants are tied."""
    root: Node = draw(_any_const())
    for _ in range(draw(st.integers(1, 4))):
        root = call("add", root, draw(terms()))
    link = draw(st.sampled_from(["identity", "exp", "log"]))
    if link != "identity":
        root = call(link, root)
    root, n_constants = renumber(root)
    return Law(root, n_constants)


def trees(max_leaves: int = 12) -> st.SearchStrategy[Node]:
    """Trees of any operations, sensible or not."""
    leaves = st.one_of(
        _any_const(),
        st.integers(0, N_FEATURES - 1).map(feat),
        st.integers(0, N_FEATURES - 1).map(unit),
        st.sampled_from([-2.0, -1.0, 0.0, 0.5, 1.0, 2.0, 3.0, 10.0]).map(num),
    )

    def extend(inner: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
        one = st.builds(call, st.sampled_from(sorted(UNARY)), inner)
        two = st.builds(call, st.sampled_from(sorted(BINARY)), inner, inner)
        return st.one_of(one, two, two)

    return st.recursive(leaves, extend, max_leaves=max_leaves)
