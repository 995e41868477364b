"""What `design` prints: what was assumed, what each design leaves open, and the runs to make."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from evolve.forecast.design import Designed, ScoredDesign, Wanted

WIDE_OPEN = (
    "open: after such runs a fit may say anything, many times off all that they span; they answer "
    "nothing there"
)


def print_design(designed: Designed, chosen: ScoredDesign) -> None:
    """Print designs, and the runs of the chosen one."""
    from evolve.cli.output import print_text

    _print_assumed(designed)
    for wanted in designed.wanted:
        _print_scores(designed, wanted)
    _print_chance(designed)
    _print_designs(designed)
    for name, why in designed.left_out.items():
        print_text(f"no {name}: {why}")
    _print_runs(designed, chosen)
    _print_outside(designed, chosen)


def _print_assumed(designed: Designed) -> None:
    from evolve.cli.output import print_text

    law, region = designed.law, designed.region
    values = ", ".join(f"{name} = {value:g}" for name, value in _told(designed).items())
    print_text(f"{law.target} = {law.formula}" + (f" with {values}" if values else ""))
    if law.source:
        print_text(f"source: {law.source}")
    else:
        print_text(f"fitted again, where other numbers stay: {', '.join(law.constants)}")
    print_text(
        "assumed, not shown: that runs follow this law, and that single ones scatter by "
        f"{100 * designed.trial.noise:g} % about it"
    )
    shares = zip(law.constants, law.spread.tolist(), strict=True)
    if uncertain := [f"{name} {100 * share:g} %" for name, share in shares if share]:
        print_text(f"constants are drawn anew for each repetition, by {', '.join(uncertain)}")
    low, high = 10.0 ** region.levels[0], 10.0 ** region.levels[-1]
    rule = f"one run may cost {low:#.3g} to {high:#.3g}"
    if region.n_sizes == 2:
        first, second = designed.names
        best = "the best at its compute" if region.is_best else "that of the run to forecast"
        rule += f", its {second} per {first} within {designed.ratio:g} times of {best}"
    print_text(rule)


def _told(designed: Designed) -> dict[str, float]:
    """Constants whose values the formula does not hold."""
    return {n: v for n, v in designed.law.constants.items() if not n[0].isdecimal()}


def _print_scores(designed: Designed, wanted: Wanted) -> None:
    from evolve.cli.ends import level_text
    from evolve.cli.output import print_table, print_text

    level = f"{level_text(designed.trial.level)} interval"
    if wanted.is_size:
        compute = wanted.at["compute"]
        what = f"best {wanted.what} at {compute:#.3g}: {wanted.central:.4g}"
        what += "; bias and spread are shares of it, width is a factor"
    else:
        place = ", ".join(f"{name} = {value:.4g}" for name, value in wanted.at.items())
        what = f"{wanted.what} at {place}: {wanted.central:.5g}"
    designs = sorted(designed.designs, key=lambda design: design.width(wanted.name))
    print_table(
        ["design", "bias", "spread", level, "width"],
        [_row(design, wanted) for design in designs],
        f"{what}; left open by designs of {designed.budget:#.3g} of {designed.cost.shown}",
    )
    if any(d.scores[wanted.name].is_open for d in designs if wanted.name in d.scores):
        print_text(WIDE_OPEN)


def _row(design: ScoredDesign, wanted: Wanted) -> list[object]:
    from evolve.cli.ends import ends_text

    score = design.scores.get(wanted.name)
    if score is None:
        return [design.name, None, None, f"cannot tell: {design.why_not[wanted.name]}", None]
    digits = 4 if wanted.is_size else 5
    ends = ends_text(score.low, score.high, is_open=score.is_open, digits=digits)
    width = None if score.is_open else _rounded(score.width)
    return [design.name, *map(_rounded, (score.bias, score.spread)), ends, width]


def _rounded(value: float) -> str:
    """A number to three digits, zeros among them."""
    return f"{value:#.3g}".removesuffix(".")


def _print_designs(designed: Designed) -> None:
    from evolve.cli.output import print_table

    rows = [
        [
            *(d.name, f"{len(d.sizes)}", f"{d.n_different}", f"{d.costs.sum():#.3g}"),
            None if d.held_out_r2 is None else _rounded(d.held_out_r2),
        ]
        for d in designed.designs
    ]
    title = "held-out R2: of the law on the largest runs, fitted without them, as fit judges it"
    print_table(["design", "runs", "different", "compute", "held-out R2"], rows, title)


def _print_chance(designed: Designed) -> None:
    from evolve.cli.output import print_text

    trial = designed.trial
    print_text(
        f"by {len(trial.constants)} simulated repetitions of each; widths that differ by less "
        f"than {100 * trial.chance:.0f} % may do so by chance"
    )


def _print_outside(designed: Designed, chosen: ScoredDesign) -> None:
    """Say which runs are none of those that the law was fitted to."""
    from evolve.cli.output import print_text

    if n_outside := designed.n_outside(chosen):
        ends = designed.law.fitted_to.items()
        ranges = ", ".join(f"{name} {low:.3g} to {high:.3g}" for name, (low, high) in ends)
        print_text(
            f"{n_outside} of its {len(chosen.sizes)} runs are none of those that the law was "
            f"fitted to, {ranges}: there it is taken to go on"
        )


def _print_runs(designed: Designed, chosen: ScoredDesign) -> None:
    from evolve.cli.output import print_table, print_text

    rows = [
        [
            f"{run['compute']:#.3g}",
            *(f"{run[name]:.4g}" for name in designed.names),
            f"{run['times']}",
        ]
        for run in designed.runs_of(chosen)
    ]
    title = f"{chosen.name}: the runs to make, the cheapest first"
    print_table(["compute", *designed.names, "times"], rows, title)
    if not chosen.is_checkable:
        print_text(
            "whether the law is right, its largest runs do not show: the held-out R2 is too low, "
            "and so fit and a search would give wide intervals, and a verdict against any law"
        )
    if chosen.n_different < len(chosen.sizes):
        print_text("runs that are made several times need a seed each")
