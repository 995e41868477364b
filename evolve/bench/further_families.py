"""Twenty further laws with typical constants, of which half rise or saturate.

They are those of other fields, of accuracies and rates beside losses: what a search that was
made with losses in view has to find as well.
"""

from __future__ import annotations

from evolve.bench.families import BATCH, Axis, D, Family, N, log_of, power, sum_of, times
from evolve.law.graph import Node, const, feat, num
from evolve.law.graph import call as op

LOG_N, LOG_D = log_of(0, 1e9), log_of(1, 1e9)
LONG_N = Axis("params", 1e9, 0.02, 5.0, 16)
DOSE = Axis("dose", 1.0, 0.1, 30.0, 16)
HOURS = Axis("hours", 1.0, 0.1, 4.0, 16)
SHARE = Axis("sparsity", 1.0, 0.1, 0.9, 5, grows=False)
LOG_X = op("log", feat(0))


def _rise(k: int, *logs: Node) -> Node:
    """exp(c[k] + c[k+1] log x + c[k+2] log y …)."""
    terms = [op("mul", const(k + i), log) for i, log in enumerate(logs, 1)]
    return op("exp", sum_of(const(k), *terms))


def _share(k: int, *logs: Node) -> Node:
    """1 / (1 + exp(c[k] - c[k+1] log x - …))."""
    return op("div", num(1.0), op("add", num(1.0), power(k, *logs)))


def _less(first: Node, *others: Node) -> Node:
    for other in others:
        first = op("sub", first, other)
    return first


def _valley(k: int, inside: Node) -> Node:
    """c[k] (x - c[k+1])^2."""
    return times(const(k), op("square", op("sub", inside, const(k + 1))))


RISING = (
    Family(
        "saturating power",
        _less(const(0), power(1, LOG_N)),
        (0.9, -1.5, 0.3),
        (LONG_N,),
        "accuracies: Hestness et al. 2017, mirrored",
    ),
    Family(
        "two saturating powers",
        _less(const(0), power(1, LOG_N), power(3, LOG_D)),
        (0.9, -2.2, 0.3, -1.2, 0.35),
        (N, D),
        "Hoffmann et al. 2022, mirrored",
    ),
    Family(
        "half saturation",
        times(const(0), op("div", feat(0), op("add", feat(0), op("exp", const(1))))),
        (2.0, 1.5),
        (DOSE,),
        "Michaelis and Menten 1913",
    ),
    Family(
        "dose and answer", times(const(0), _share(1, LOG_X)), (1.5, 2.0, 1.3), (DOSE,), "Hill 1910"
    ),
    Family(
        "sigmoid of two sizes",
        times(const(0), _share(1, LOG_N, LOG_D)),
        (0.95, 1.5, 0.45, 0.3),
        (N, D),
        "accuracies: Ruan et al. 2024",
    ),
    Family(
        "approach",
        _less(const(0), op("exp", _less(const(1), times(op("exp", const(2)), feat(0))))),
        (3.0, 0.9, -1.2),
        (HOURS,),
        "Mitscherlich 1909; von Bertalanffy 1938",
    ),
    Family(
        "growth by factors",
        op("add", const(0), times(const(1), LOG_X)),
        (2.0, 0.6),
        (DOSE,),
        "Fechner 1860",
    ),
    Family(
        "two inputs", _rise(0, LOG_N, LOG_D), (0.5, 0.55, 0.3), (N, D), "Cobb and Douglas 1928"
    ),
    Family(
        "sum of two rises",
        op("add", _rise(0, LOG_N), _rise(2, LOG_D)),
        (0.3, 0.7, -0.5, 0.4),
        (N, D),
        "costs with two drivers",
    ),
    Family(
        "late rise",
        op("exp", op("mul", const(0), op("log", op("add", op("exp", const(1)), feat(0))))),
        (0.6, 1.2),
        (DOSE,),
        "species and area, shifted: Tjorve 2003",
    ),
)

OTHERS = (
    Family(
        "late power",
        op(
            "add",
            const(0),
            op("exp", _less(const(1), times(const(2), op("logaddexp", LOG_N, const(3))))),
        ),
        (1.5, -0.2, 0.6, -1.5),
        (LONG_N,),
        "Caballero et al. 2022, without the first slope",
    ),
    Family(
        "power of a sum and floor",
        op(
            "add",
            const(0),
            op(
                "exp",
                times(
                    const(5),
                    op(
                        "logaddexp",
                        _less(const(1), times(const(2), LOG_N)),
                        _less(const(3), times(const(4), LOG_D)),
                    ),
                ),
            ),
        ),
        (1.4, 0.3, 0.8, 1.5, 0.6, 0.5),
        (N, D),
        "skaling: Maloney et al. 2022",
    ),
    Family(
        "two powers",
        op("add", power(0, LOG_N), power(2, LOG_N)),
        (0.4, 0.1, -1.5, 0.6),
        (LONG_N,),
        "Bahri et al. 2021, two regimes",
    ),
    Family(
        "decay to a floor",
        op("add", const(0), op("exp", _less(const(1), times(op("exp", const(2)), feat(0))))),
        (1.0, 0.8, -1.4),
        (HOURS,),
        "first order decay",
    ),
    Family(
        "bowl",
        op("add", const(0), _valley(1, LOG_N)),
        (2.0, 0.05, 0.5),
        (LONG_N,),
        "quadratic in a logarithm",
    ),
    Family(
        "ratio beside compute",
        sum_of(const(0), power(1, op("add", LOG_N, LOG_D)), _valley(3, op("sub", LOG_D, LOG_N))),
        (1.7, 0.5, 0.18, 0.02, 3.0),
        (N, D),
        "tokens per parameter: Hoffmann et al. 2022, section 3.2",
    ),
    Family(
        "fall by factors",
        _less(const(0), times(const(1), LOG_N), times(const(2), LOG_D)),
        (4.0, 0.15, 0.1),
        (N, D),
        "linear in logarithms",
    ),
    Family(
        "power of a sum, floor below",
        op(
            "add",
            const(0),
            op(
                "exp",
                times(const(3), op("logaddexp", _less(const(1), LOG_N), _less(const(2), LOG_D))),
            ),
        ),
        (1.2, 0.5, 2.0, 0.3),
        (N, D),
        "Kaplan et al. 2020 with a floor",
    ),
    Family(
        "sparse power",
        op(
            "add",
            const(0),
            op(
                "exp",
                sum_of(const(1), times(const(3), feat(1)), op("neg", times(const(2), LOG_N))),
            ),
        ),
        (1.6, 0.2, 0.28, 0.5),
        (N, SHARE),
        "Frantar et al. 2023, simplified",
    ),
    Family(
        "best batch",
        sum_of(const(0), power(1, LOG_N), _valley(3, log_of(1, 100.0))),
        (1.9, -0.2, 0.3, 0.03, 0.7),
        (Axis("tokens", 1e9, 1.0, 100.0, 8), BATCH),
        "McCandlish et al. 2018, a parabola",
    ),
)

FURTHER = {family.name: family for family in (*RISING, *OTHERS)}
