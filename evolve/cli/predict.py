"""Verb `predict`: a run's champion to forecasts with intervals."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from evolve.cli.app import app
from evolve.cli.ends import (
    distance_text,
    ends_text,
    far_out,
    in_groups,
    level_text,
    point_text,
    untested_text,
)
from evolve.cli.options import (
    RUNS,
    EntryNumber,
    Interval,
    Json,
    LawName,
    RunsDir,
    Size,
    TasksDirs,
)
from evolve.cli.output import print_note
from evolve.errors import EvolveError
from evolve.forecast.words import NO_GUIDE

if TYPE_CHECKING:
    from evolve.forecast.interval import Forecast
    from evolve.forecast.model import ForecastModel
    from evolve.forecast.queries import Query
    from evolve.forecast.verdict import Verdict
    from evolve.tasks.readers import RawTable
    from evolve.tasks.task import Task
    from evolve.typing import Ints

MOST_DEPARTURES = 3  # that are written out
MOST_NAMING = 3  # lines of forecasts up to which each names the rivals outside its interval
UNNAMED = "rivals outside are named by --json"
UNLIKE = "unlike every row"
UNLIKE_ROWS = "unlike every training row: {}; nothing shows what happens there"
OUTVOTED = "the champion alone lies outside an interval: its rivals say otherwise together"
IMPOSSIBLE = (
    "the law leaves what the target can be there, and is held to its bound: neither it nor the "
    "interval is a guide to such runs"
)


@app.command(
    epilog="Example: python -m evolve predict data_constrained-0-1 --at params=7e9 tokens=2e12 "
    "unique_tokens=1e11"
)
def predict(
    name: Annotated[str, typer.Argument(metavar="RUN", help="A run's name or folder.")],
    words: Annotated[
        list[str] | None, typer.Argument(metavar="[FEATURE=VALUE]...", help="More of --at.")
    ] = None,
    at: Annotated[
        list[str] | None, typer.Option("--at", help="A value of every feature: params=7e9 …")
    ] = None,
    rows: Annotated[
        Path | None, typer.Option("--rows", help="A CSV or Parquet file of rows to forecast.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="With --rows: CSV to write.")
    ] = None,
    interval: Interval = 0.9,
    group: Annotated[
        str | None, typer.Option("--group", help="The group of the rows [default: every one].")
    ] = None,
    size: Size = None,
    entry: EntryNumber = None,
    law: LawName = None,
    runs_dir: RunsDir = RUNS,
    tasks_dirs: TasksDirs = None,
    json: Json = False,
) -> None:
    """Forecast runs: point, interval, distance from the training rows, rivals that differ.

    The champion and its rivals forecast together; a law that is asked for forecasts alone.
    """
    from evolve.cli.output import print_json
    from evolve.forecast.interval import forecast
    from evolve.forecast.queries import from_table, from_words
    from evolve.forecast.there import verdict_there
    from evolve.runs.choices import load_verdict
    from evolve.runs.folders import find_run
    from evolve.runs.picks import Pick, forecast_model_of_pick
    from evolve.runs.provenance import require_same_rows, task_of
    from evolve.runs.store import Store

    given = [*(at or []), *(words or [])]
    if bool(given) == (rows is not None):
        raise EvolveError("predict: give either --at feature=value … or --rows FILE")
    if output is not None and rows is None:
        raise EvolveError("predict: -o goes with --rows")
    pick = Pick(size, entry, law)
    with Store.open(find_run(name, runs_dir), write=False) as store:
        task = task_of(store, tasks_dirs or ())
        require_same_rows(store, task)
        raw: RawTable | None = None
        if rows is None:
            queries = from_words(task, given, group)
        else:
            raw, queries = from_table(task, rows, group, _tell)
        forecast_model = forecast_model_of_pick(store, task, pick)
        verdict = load_verdict(store) if pick.is_champion else None
    verdict = verdict_there(task, verdict, [(q.group, q.x) for q in queries])
    forecasts = [forecast(task, forecast_model, q.group, q.x, interval) for q in queries]
    if output is not None and raw is not None:
        _write(output, raw, task, queries, forecasts)
    if json:
        data = _numbered(task, raw, queries, forecasts)
        worth = None if verdict is None else verdict.to_data()
        champion = forecast_model.members[0].number
        print_json({"run": name, "champion": champion, "verdict": worth, "rows": data})
    elif output is not None:
        print(output)
    else:
        _print_who(forecast_model, law or "", verdict)
        print_forecasts(task, forecasts, [q.at for q in queries])


def _tell(line: str) -> None:
    """Say what was made of the rows beside the forecasts, which may be a document."""
    print_note(f"predict: {line}")


def _numbered(
    task: Task, raw: RawTable | None, queries: Sequence[Query], forecasts: Sequence[Forecast]
) -> list[dict[str, Any]]:
    """Forecasts as JSON values in the order of their rows in the file, with numbers there."""
    from evolve.forecast.rows import rows_of

    data = [
        {"row": None if raw is None else raw.row_number(int(k) + 1), **row}
        for query, f in zip(queries, forecasts, strict=True)
        for k, row in zip(query.at, rows_of(task, f), strict=True)
    ]
    return [data[i] for i in _order_of([q.at for q in queries])]


def _order_of(at: Sequence[Ints]) -> Ints:
    """The order of the rows that were asked for, of one in several groups that of the groups."""
    import numpy as np

    return np.argsort(np.concatenate(at), kind="stable")


def print_forecasts(
    task: Task, forecasts: list[Forecast], at: Sequence[Ints] | None = None
) -> None:
    """Print a row a forecast: features, point, interval and distance.

    Args:
        task: The task.
        forecasts: Of one group each.
        at: The numbers of their rows, in whose order they are printed; as they stand if None.
    """
    from evolve.cli.output import print_table, print_text
    from evolve.forecast.departures import departures
    from evolve.tasks.symbols import symbols_of

    level = f"{level_text(forecasts[0].level)} interval"
    broken = [departures(task, f.group, f.x) for f in forecasts]
    has_rivals = len(forecasts[0].rivals) > 0
    headings = ["group"] if task.n_groups > 1 else []
    headings += [*task.feature_names, "target", "point", level, "beyond"]
    headings += ["rivals inside"] if has_rivals else []
    place = len(headings) - 4 - has_rivals  # of the target
    names_rivals = sum(f.point.size for f in forecasts) <= MOST_NAMING
    table = [
        (([f.group] if task.n_groups > 1 else []) + row)[: len(headings)]
        for f, words in zip(forecasts, broken, strict=True)
        for row in _lines(task, f, words, names_rivals=names_rivals)
    ]
    if at is not None:
        n = len(task.target_names)  # lines of a row
        table = [line for i in _order_of(at) for line in table[i * n : (i + 1) * n]]
    if not names_rivals and len(task.target_names) == 1:  # said once, lines have room for the rest
        print_text(f"forecasts of {task.target_names[0]}")
        headings = [*headings[:place], *headings[place + 1 :]]
        table = [[*row[:place], *row[place + 1 :]] for row in table]
    symbols = symbols_of(task.feature_names)
    below = () if names_rivals else headings[-1 - has_rivals :]
    print_table(headings, table, names=("group", "target"), symbols=symbols, below=below)
    if not names_rivals and any(not f.agrees().all() for f in forecasts):
        print_text(UNNAMED)
    groups = [f.group for f in forecasts]
    pairs = zip(groups, broken, strict=True)
    unlike = [(g, UNLIKE_ROWS.format(text)) for g, rows in pairs for row in rows for text in row]
    _print_first(in_groups(unlike, groups))
    for text in in_groups(_remarks(task, forecasts), groups):
        print_text(text)


def _remarks(task: Task, forecasts: Sequence[Forecast]) -> list[tuple[str, str]]:
    """Groups with what to say of their forecasts below the table, one kind after the other."""
    from evolve.forecast.tested import untested

    outside = OUTVOTED if len(forecasts[0].rivals) > 0 else IMPOSSIBLE
    ends = {f.group: untested(task, [(f.group, f.x)]) for f in forecasts}
    return [
        *((f.group, outside) for f in forecasts if not f.champion_inside().all()),
        *((f.group, NO_GUIDE) for f in forecasts if f.is_open.any()),
        *((f.group, untested_text(ends[f.group])) for f in forecasts if ends[f.group]),
        *((f.group, far_out(task, f.extrapolation_distance)) for f in forecasts),
    ]


def print_departures(broken: Sequence[str]) -> None:
    """Print what forecasts break that every training row keeps to, each once, the first few."""
    _print_first([UNLIKE_ROWS.format(text) for text in dict.fromkeys(broken)])


def _print_first(said: Sequence[str]) -> None:
    from evolve.cli.output import print_text

    for text in said[:MOST_DEPARTURES]:
        print_text(text)
    if len(said) > MOST_DEPARTURES:
        print(f"and {len(said) - MOST_DEPARTURES} more like it; --json has all")


def _print_who(forecast_model: ForecastModel, law: str, verdict: Verdict | None) -> None:
    """Print which laws forecast, and what their forecasts are worth."""
    from evolve.cli.output import print_text

    print_text(_who(forecast_model, law))
    if verdict is not None:
        print_text(f"verdict: {verdict.line()}")


def _who(forecast_model: ForecastModel, law: str) -> str:
    """Which laws forecast."""
    index, n_rivals = forecast_model.members[0].label, len(forecast_model.members) - 1
    if law or not (forecast_model.chosen or n_rivals):
        return f"{law or f'entry {index}'} alone"
    chosen = "champion" if forecast_model.chosen else "best score so far, no champion chosen yet"
    rivals = "its rival" if n_rivals == 1 else f"{n_rivals} rivals, the other leading laws,"
    return f"entry {index}, the {chosen}; the point is what it and {rivals} say together"


def _lines(
    task: Task, forecast: Forecast, broken: list[list[str]], *, names_rivals: bool
) -> list[list[object]]:
    agrees = forecast.agrees()
    lines: list[list[object]] = []
    for i in range(len(forecast.x)):
        for t, target in enumerate(task.target_names):
            differ = [
                str(k) for k, ok in zip(forecast.rivals, agrees[:, i, t], strict=True) if not ok
            ]
            ends = float(forecast.low[i, t]), float(forecast.high[i, t])
            agreement = f"{len(forecast.rivals) - len(differ)} of {len(forecast.rivals)}"
            entries = "entry" if len(differ) == 1 else "entries"
            agreement += f"; not {entries} {', '.join(differ)}" if differ and names_rivals else ""
            lines.append(
                [
                    *(f"{v:g}" for v in forecast.x[i]),
                    target,
                    point_text(float(forecast.point[i, t]), *ends),
                    ends_text(*ends, is_open=bool(forecast.is_open[i, t])),
                    _beyond_text(task, forecast.extrapolation_distance[i], bool(broken[i])),
                    agreement,
                ]
            )
    return lines


def _beyond_text(task: Task, distance: Any, departs: bool) -> str:
    """How far one row lies outside, or that no feature is but that they are so together."""
    text = distance_text(task, distance)
    if not departs:
        return text
    return UNLIKE if text == "inside" else f"{text}; {UNLIKE}"


def _write(
    path: Path, raw: RawTable, task: Task, queries: list[Query], forecasts: list[Forecast]
) -> None:
    """The table as it was, with point, interval and distance of every row."""
    import pandas as pd

    from evolve.files import write_file
    from evolve.forecast.frame import frame_of

    pairs = [(q.at, f) for q, f in zip(queries, forecasts, strict=True)]
    columns = frame_of(pairs, raw.n_rows, task)
    frame = pd.concat([pd.DataFrame(raw.columns), columns], axis=1)
    write_file(path, frame.to_csv(index=False))
