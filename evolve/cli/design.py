"""Verb `design`: a law and a budget to the pilot runs that tell most, before any run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from evolve.cli.app import app
from evolve.cli.options import Interval, Json, ManyAssigned, parse_number

if TYPE_CHECKING:
    from evolve.forecast.design import Designed, ScoredDesign

Names = list[str] | None


@app.command(
    cls=ManyAssigned,
    epilog='Example: python -m evolve design --law hoffmann_2022 --compute "6*params*tokens" '
    "--budget 1e21 --narrow params=7B tokens=2T --noise 1%",
)
def design(
    law: Annotated[
        str,
        typer.Option(
            "--law",
            help="What runs are taken to follow: hoffmann_2022, besiroglu_2024, kaplan_2020, or "
            "a formula with its values, as fit prints it.",
        ),
    ],
    compute: Annotated[
        str, typer.Option("--compute", help="What a run costs, such as 6*params*tokens.")
    ],
    budget: Annotated[
        float,
        typer.Option(
            "--budget-flops",
            "--budget",
            help="Compute of all runs together.",
            parser=parse_number,
            metavar="FLOAT",
        ),
    ],
    narrow: Annotated[
        Names,
        typer.Option("--narrow", help="The run to forecast, such as params=7B tokens=2T."),
    ] = None,
    best_at: Annotated[
        float | None,
        typer.Option(
            "--best-at",
            help="The compute at which the best size is sought.",
            parser=parse_number,
            metavar="FLOAT",
        ),
    ] = None,
    noise: Annotated[
        float,
        typer.Option(
            "--noise",
            help="Scatter of single runs, as a share of the target.",
            parser=parse_number,
            metavar="FLOAT",
        ),
    ] = 0.01,
    constants: Annotated[
        Names,
        typer.Option("--constants", help="Values of the law's constants, such as E=1.69 A=406."),
    ] = None,
    spread: Annotated[
        Names,
        typer.Option(
            "--spread", help="How uncertain constants are, as shares of them, such as alpha=5%."
        ),
    ] = None,
    runs: Annotated[int, typer.Option("--runs", help="Most runs.")] = 20,
    least: Annotated[
        Names, typer.Option("--min", help="Smallest sizes of a run, such as params=1e7.")
    ] = None,
    most: Annotated[
        Names, typer.Option("--max", help="Largest sizes of a run, such as params=1e9.")
    ] = None,
    ratio: Annotated[
        float,
        typer.Option(
            "--ratio",
            help="By which factor the ratio of sizes may differ from the best at its compute.",
            parser=parse_number,
            metavar="FLOAT",
        ),
    ] = 25.0,
    span: Annotated[
        float,
        typer.Option(
            "--span",
            help="Factor between the budget and the cheapest run.",
            parser=parse_number,
            metavar="FLOAT",
        ),
    ] = 1000.0,
    rows: Annotated[
        Path | None,
        typer.Option("--rows", help="A table of runs of your own, scored beside the designs."),
    ] = None,
    pick: Annotated[
        str | None,
        typer.Option(
            "--pick",
            help="The design to list [default: the narrowest that would show a wrong law].",
        ),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="CSV to write of the runs to make.")
    ] = None,
    draws: Annotated[int, typer.Option("--draws", help="Simulated repetitions.")] = 1000,
    interval: Interval = 0.9,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Of the repetitions.")] = 0,
    json: Json = False,
) -> None:
    """Lay out pilot runs before any is made: those that narrow a forecast or a best size most.

    Each design is simulated: its runs are drawn from the law with noise, and the law is fitted to
    them again. Law and noise are taken to be right; designs whose largest runs would show that
    the law is not come first.
    """
    from evolve.cli.design_text import print_design
    from evolve.cli.loading import quick_loading
    from evolve.cli.output import noted_table, print_json
    from evolve.forecast.assigned import assigned
    from evolve.forecast.design import design_runs

    with quick_loading():
        designed = design_runs(
            law,
            compute,
            budget,
            narrow=assigned(narrow or [], "narrow"),
            best_at=best_at,
            noise=noise,
            constants=assigned(constants or [], "constants"),
            spread=assigned(spread or [], "spread"),
            runs=runs,
            least=assigned(least or [], "least"),
            most=assigned(most or [], "most"),
            ratio=ratio,
            span=span,
            draws=draws,
            level=interval,
            seed=seed,
            own=None if rows is None else noted_table(rows, "design"),
        )
    chosen = designed.named(pick)
    if output is not None:
        _write(output, designed, chosen)
    if json:
        print_json(_document(designed, chosen))
    else:
        print_design(designed, chosen)


def _document(designed: Designed, chosen: ScoredDesign) -> dict[str, Any]:
    law = designed.law
    return {
        "law": law.name or None,
        "target": law.target,
        "formula": law.formula,
        "constants": dict(law.constants),
        "spread": dict(zip(law.constants, law.spread.tolist(), strict=True)),
        "source": law.source or None,
        "fitted_to": {name: list(ends) for name, ends in law.fitted_to.items()} or None,
        "compute": designed.cost.text,
        "budget": designed.budget,
        "noise": designed.trial.noise,
        "interval": designed.trial.level,
        "ratio": designed.ratio,
        "cheapest": float(10.0 ** designed.region.levels[0]),
        "dearest": float(10.0 ** designed.region.levels[-1]),
        "draws": len(designed.trial.constants),
        "questions": [
            {"question": w.name, "at": dict(w.at), "what": w.what, "true": w.central}
            for w in designed.wanted
        ],
        "designs": [
            {
                "design": d.name,
                "n_runs": len(d.sizes),
                "n_different": d.n_different,
                "compute": float(d.costs.sum()),
                "scores": {name: score.to_data() for name, score in d.scores.items()},
                "why_not": dict(d.why_not),
                "held_out_r2": d.held_out_r2,
                "checkable": d.is_checkable,
                "n_outside": designed.n_outside(d),
                "runs": designed.runs_of(d),
            }
            for d in designed.designs
        ],
        "left_out": [{"design": name, "why": why} for name, why in designed.left_out.items()],
        "chosen": {"design": chosen.name, "to_make": designed.runs_of(chosen)},
    }


def _write(path: Path, designed: Designed, chosen: ScoredDesign) -> None:
    """A row a run, the cheapest first; a run that is to be repeated stands there as often."""
    import pandas as pd

    from evolve.files import write_file

    columns = dict(zip(designed.names, chosen.sizes.T, strict=True)) | {"compute": chosen.costs}
    write_file(path, pd.DataFrame(columns).to_csv(index=False, float_format="%.6g"))
