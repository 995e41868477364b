"""Operations to the laws that training runs are known to follow, with typical constants."""

from __future__ import annotations

from dataclasses import dataclass

from evolve.law.graph import Law, Node, const, feat, num
from evolve.law.graph import call as op


@dataclass(frozen=True, slots=True)
class Axis:
    """A feature: name, unit, smallest and largest training value in units, levels, growth."""

    name: str
    unit: float
    low: float
    high: float
    levels: int
    grows: bool = True


@dataclass(frozen=True, slots=True)
class Family:
    """A law with constants around which each case is drawn.

    Attributes:
        name: What it is called.
        root: The law over raw features.
        constants: Centres of the constants.
        axes: Its features.
        source: Where such a law stands.
        own_feature_first: One target a feature, each of which sees its own first.
    """

    name: str
    root: Node
    constants: tuple[float, ...]
    axes: tuple[Axis, ...]
    source: str
    own_feature_first: bool = False

    @property
    def law(self) -> Law:
        """The true law."""
        return Law(self.root, len(self.constants), self.own_feature_first)

    @property
    def n_targets(self) -> int:
        """Number of targets."""
        return len(self.axes) if self.own_feature_first else 1


N = Axis("params", 1e9, 0.05, 5.0, 8)
D = Axis("tokens", 1e9, 1.0, 100.0, 8)


def log_of(j: int, unit: float) -> Node:
    """Log of a feature in a unit."""
    return op("log", op("div", feat(j), num(unit)))


def sum_of(*terms: Node) -> Node:
    """All terms added."""
    total = terms[0]
    for term in terms[1:]:
        total = op("add", total, term)
    return total


def times(*factors: Node) -> Node:
    """All factors multiplied."""
    product = factors[0]
    for factor in factors[1:]:
        product = op("mul", product, factor)
    return product


def power(k: int, *logs: Node) -> Node:
    """exp(c[k] - c[k+1] log x - c[k+2] log y …)."""
    inside = const(k)
    for i, log in enumerate(logs, 1):
        inside = op("sub", inside, op("mul", const(k + i), log))
    return op("exp", inside)


def _repeated(fresh: Node, seen: Node, k: int) -> Node:
    """Log of the effective tokens after repetition (Muennighoff et al. 2023, equation 5)."""
    once = op("min", fresh, seen)
    again = op("sub", op("div", seen, once), num(1.0))
    decay = op("exp", op("neg", op("div", again, const(k))))
    gained = op("mul", const(k), op("sub", num(1.0), decay))
    return op("log", op("mul", op("div", once, num(1e9)), op("add", num(1.0), gained)))


def _valley(k: int, x: Node, y: Node) -> Node:
    """c[k] (log x - c[k+1] - c[k+2] log y)^2."""
    inside = op("sub", op("sub", x, const(k + 1)), op("mul", const(k + 2), y))
    return op("mul", const(k), op("square", inside))


def _broken() -> Node:
    """A power law whose slope changes (Caballero et al. 2022, one break)."""
    x = log_of(0, 1e9)
    bend = op("logaddexp", num(0.0), op("mul", const(4), op("sub", x, const(3))))
    inside = op("sub", op("sub", const(1), op("mul", const(2), x)), op("mul", const(5), bend))
    return sum_of(const(0), op("exp", inside))


def _mixture() -> Node:
    own = op("mul", const(1), op("pow", feat(0), const(2)))
    others = [op("mul", const(2 + j), feat(j)) for j in range(1, 4)]
    return sum_of(const(0), own, *others)


def _parallel() -> Node:
    """E + A / (N (k log P + 1))^a (Chen et al. 2025)."""
    more = op("log", op("add", op("mul", const(3), op("log", feat(1))), num(1.0)))
    return sum_of(
        const(0), op("exp", op("sub", const(1), op("mul", const(2), sum_of(log_of(0, 1e9), more))))
    )


LOG_N, LOG_D = log_of(0, 1e9), log_of(1, 1e9)
UNIQUE = Axis("unique_tokens", 1e9, 1.0, 30.0, 4)
SEEN = Axis("tokens", 1e9, 30.0, 300.0, 5)
RATE = Axis("lr", 1e-3, 0.2, 5.0, 7, grows=False)
BATCH = Axis("bsz", 100.0, 0.5, 20.0, 6, grows=False)
EXPERTS = Axis("experts", 1.0, 1.0, 64.0, 6, grows=False)
VOCAB = Axis("vocab", 1e4, 0.4, 10.0, 5, grows=False)
STREAMS = Axis("streams", 1.0, 1.0, 8.0, 4, grows=False)
ROWS = Axis("rows", 1e4, 0.02, 20.0, 14)
FLOPS = Axis("flops", 1e20, 0.01, 30.0, 24)
SHARES = tuple(Axis(f"share_{j}", 1.0, 0.02, 1.0, 0, grows=False) for j in range(4))
KAPLAN = op(
    "logaddexp", op("sub", const(0), op("mul", const(1), LOG_N)), op("sub", const(2), LOG_D)
)
SIGMOID = op(
    "div",
    const(1),
    op("add", num(1.0), op("exp", op("mul", const(2), op("sub", log_of(0, 1e20), const(3))))),
)
PLATEAU = op(
    "add",
    op("exp", const(1)),
    op("exp", op("add", const(2), op("mul", const(3), log_of(0, 1e4)))),
)
BILINEAR = sum_of(
    const(0),
    op("mul", const(1), LOG_N),
    op("mul", const(2), op("log", feat(1))),
    times(const(3), LOG_N, op("log", feat(1))),
)

ALL = (
    Family(
        "power and floor",
        sum_of(const(0), power(1, LOG_N)),
        (1.7, 0.4, 0.3),
        (Axis("params", 1e9, 0.05, 5.0, 16),),
        "Kaplan et al. 2020",
    ),
    Family(
        "hoffmann",
        sum_of(const(0), power(1, LOG_N), power(3, LOG_D)),
        (1.7, -0.7, 0.34, 0.4, 0.28),
        (N, D),
        "Hoffmann et al. 2022, equation 2",
    ),
    Family(
        "kaplan",
        op("exp", op("mul", const(3), KAPLAN)),
        (5.0, 0.75, 3.5, 0.1),
        (N, D),
        "Kaplan et al. 2020, equation 1.5",
    ),
    Family(
        "three powers",
        sum_of(const(0), power(1, LOG_N), power(3, LOG_D), power(5, log_of(2, 1e4))),
        (1.7, -0.7, 0.34, 0.4, 0.28, -1.5, 0.4),
        (Axis("params", 1e9, 0.05, 5.0, 6), Axis("tokens", 1e9, 1.0, 100.0, 6), VOCAB),
        "Tao et al. 2024",
    ),
    Family(
        "product and floor",
        sum_of(const(0), power(1, LOG_N, LOG_D)),
        (1.8, 0.5, 0.2, 0.15),
        (N, D),
        "Zhang et al. 2024",
    ),
    Family(
        "repeated data",
        sum_of(
            const(0),
            power(1, LOG_N),
            op("exp", op("sub", const(3), op("mul", const(4), _repeated(feat(1), feat(2), 5)))),
        ),
        (1.8, -0.7, 0.34, 0.6, 0.3, 8.0),
        (Axis("params", 1e9, 0.05, 5.0, 6), UNIQUE, SEEN),
        "Muennighoff et al. 2023",
    ),
    Family(
        "valley",
        sum_of(const(0), power(1, LOG_N), _valley(3, log_of(1, 1e-3), LOG_N)),
        (1.8, -0.3, 0.3, 0.03, -0.3, -0.25),
        (Axis("params", 1e9, 0.05, 5.0, 8), RATE),
        "Li et al. 2025",
    ),
    Family(
        "batch valley",
        sum_of(const(0), power(1, LOG_N), _valley(3, log_of(1, 100.0), LOG_N)),
        (1.8, -0.3, 0.3, 0.02, 0.5, 0.3),
        (Axis("tokens", 1e9, 1.0, 100.0, 8), BATCH),
        "Li et al. 2025",
    ),
    Family(
        "rectified",
        sum_of(const(0), op("div", num(1.0), PLATEAU)),
        (1.0, -0.5, -0.7, 0.6),
        (ROWS,),
        "Lin et al. 2024",
    ),
    Family(
        "sigmoid", sum_of(const(0), SIGMOID), (1.2, 2.2, 0.5, 0.6), (FLOPS,), "Ruan et al. 2024"
    ),
    Family(
        "experts",
        op("exp", BILINEAR),
        (1.0, -0.08, -0.05, 0.006),
        (N, EXPERTS),
        "Clark et al. 2022",
    ),
    Family("parallel", _parallel(), (1.3, 0.3, 0.2, 0.35), (N, STREAMS), "Chen et al. 2025"),
    Family(
        "mixture",
        _mixture(),
        (2.4, -1.0, 0.3, 0.2, -0.15, 0.1),
        SHARES,
        "Ye et al. 2024",
        own_feature_first=True,
    ),
    Family(
        "broken power",
        _broken(),
        (1.0, 1.0, 0.15, -0.7, 2.0, 0.2),
        (Axis("params", 1e9, 0.01, 10.0, 24),),
        "Caballero et al. 2022",
    ),
)

FAMILIES = {family.name: family for family in ALL}
