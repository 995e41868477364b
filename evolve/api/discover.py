"""Search a data frame: write the task down, search it, choose the champion."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from joblib import cpu_count

from evolve.api.run import Run, runs_folder
from evolve.api.searching import search_on
from evolve.api.several import axes_asked, listed
from evolve.api.table_warnings import warn_of_table, warn_of_template
from evolve.arguments import checked
from evolve.evaluation.loading import loading_fitter
from evolve.runs.equal import SAME, equal_run
from evolve.runs.folders import new_folder
from evolve.runs.run import create_run, problem_of
from evolve.runs.settings import DEFAULT_EVALUATIONS, RunConfig, whole
from evolve.scoring.objective import SEARCH_ROWS
from evolve.search.machines import Machines, machines_here
from evolve.search.proposers.llm.config import models_of
from evolve.search.proposers.llm.settings import NO_MODELS, ModelConfig
from evolve.search.proposers.registry import DEFAULT, LLM
from evolve.search.proposers.seeds import given_seeds
from evolve.search.rules import FormRules
from evolve.tasks.draft import Draft, Wishes, check_name, plain_name, propose, write_task
from evolve.tasks.readers import raw_of
from evolve.tasks.task import load_task


@checked
def discover(
    df: Any,
    target: str | Sequence[str],
    features: str | Sequence[str] = (),
    groups: str | Sequence[str] = (),
    *,
    extrapolate: str | Sequence[str] | None = None,
    horizon: float | Sequence[float] = (),
    test: str | None = None,
    where: str | None = None,
    derive: str | Sequence[str] = (),
    roles: Mapping[str, str] | None = None,
    run_id: str | None = None,
    step: str | None = None,
    points: str | int | None = None,
    keep_outliers: bool = False,
    evaluations: int = DEFAULT_EVALUATIONS,
    seed: int = 0,
    n_seeds: int = 1,
    n_islands: int = 1,
    search_rows: int = SEARCH_ROWS,
    decreasing: str | Sequence[str] = (),
    increasing: str | Sequence[str] = (),
    floor: float | None = None,
    ceiling: float | None = None,
    bounds: Sequence[float] = (),
    weights: str | None = None,
    sigma: str | None = None,
    proposers: str | Sequence[str] = DEFAULT,
    seeds: Sequence[str | Path] = (),
    template: str = "",
    must_use: str | Sequence[str] = (),
    forbid_operators: str | Sequence[str] = (),
    only_operators: str | Sequence[str] = (),
    models: str | Sequence[str | Mapping[str, Any]] = (),
    idea: str = "",
    llm_calls: int | None = None,
    llm_budget: float | None = None,
    llm_wait: float = 0.0,
    workers: int | None = None,
    executor: str | None = None,
    address: str = "",
    runs_dir: str | Path | None = None,
    name: str | None = None,
    progress: bool = True,
) -> Run:
    """Search a table of training runs for a law that extrapolates.

    Units and scales of the features are guessed, as `python -m evolve new-task` does. They are
    written, with the rows and the reasons, into the run's folder, so that every verb of the
    command line works on the run as well.

    Args:
        df: One row a training run: a data frame of pandas, polars or another library, an Arrow
            table, a DuckDB relation, a mapping of names to columns, or a list of rows.
        target: The column to predict, or several.
        features: The columns to predict from; if not given, every other column of numbers that may
            be an input: no outcomes, errors, copies or bookkeeping.
        groups: Columns whose values divide the rows into groups with constants of their own.
        extrapolate: The features along which the law is to hold beyond the rows, and whose
            largest values are held out to judge it; an empty list holds out random rows; if not
            given, a guess.
        horizon: How many times beyond the largest values forecasts will be asked for, along all
            axes or along each; if not given, where `test` begins.
        test: Condition of rows that are kept for a test, such as ``"params>=4e9"``; the search
            never opens them, `python -m evolve score RUN --split test` does.
        where: Condition of the rows that are used at all, such as ``"state == 'finished'"``. Rows
            without a finite target are left out in any case, with a warning.
        derive: Further columns, such as ``"flops = 6*params*tokens"``.
        roles: What columns are in a scaling law, where a guess from their names is wrong, such as
            ``{"width": "N"}``; `evolve.tasks.roles` lists the roles.
        run_id: The column that names the run of each row, where rows are points of curves, or
            without a step evaluations of runs; random folds then hold out whole runs.
        step: The column of the points' steps. Of a learning rate that changes within runs, its sum
            over them (``lr_sum``) and how far it is annealed (``lr_annealed``) become features.
        points: Which points of a run are used: ``"last"``, ``"all"`` or at most a number; if not
            given, the last where no feature varies within a run, else 20.
        keep_outliers: Use rows that are far from what all others say, too; they are left out, with
            a warning that names them, as of runs that went wrong.
        evaluations: Candidates to evaluate.
        seed: Seed of every random choice; with the rows and `evaluations` it decides the result.
        n_seeds: Independent searches that share the evaluations; the champion is chosen of what
            all of them found, and the verdict says whether they agree.
        n_islands: Islands of each search: parts that begin with some of the first laws each and
            pass their best on to each other from time to time.
        search_rows: Rows of a large table that the search works on, an even share of every group
            and scale; its finalists are fitted to all rows.
        decreasing: The features that the target certainly falls in; if not given, the sizes where
            it is a loss and its rows agree; ``"none"`` for none.
        increasing: The features that it certainly rises in.
        floor: A value that it certainly stays above; if not given, 0 for losses and what falls
            above 0; ``-math.inf`` for none.
        ceiling: A value that it certainly stays below.
        bounds: Lowest and highest value that it can have; if not given, 0 and 1, or 100, for
            accuracies and error rates.
        weights: The column of what each row counts in every fit, fold and estimate of noise.
        sigma: The column of the standard deviation of each row's targets, in place of weights:
            rows then count by its inverse squares, and intervals take it for the noise.
        proposers: What makes candidates after the first ones: names of proposers.
        seeds: Programs of yours to begin with, as files or whole texts.
        template: Form of every law, such as ``"E + A*params^-a + @(tokens)"``; the part after
            ``@`` evolves.
        must_use: Features that every law has.
        forbid_operators: Operations that no law has, such as ``["tanh", "sin"]``.
        only_operators: The only operations that laws have, such as ``["+", "*", "^"]``.
        models: Language models, for ``proposers=["grammar", "llm"]``: names in ``evolve.toml`` or
            at OpenAI's endpoint, or mappings such as
            ``{"model": "qwen3", "base_url": "http://localhost:8000/v1"}``.
        idea: Words of yours that every prompt has.
        llm_calls: Most requests to models in all.
        llm_budget: Most money in all, by the models' prices.
        llm_wait: Seconds that a batch waits for replies that are due; with 0 it never waits.
        workers: Worker processes; if not given, one a core. With 0 everything is done in this
            process, which suits small searches. It changes nothing in the result.
        executor: Where it is searched: ``local``, or ``loky``, ``dask`` or ``ray``, to which
            epochs of islands go as jobs; if not given, the cluster that `joblib.parallel_config`
            names around this call, else ``local``. It changes nothing in the result.
        address: Of a Dask scheduler or a Ray cluster that is there, in place of one started here.
        runs_dir: Where the run is kept; ``EVOLVE_RUNS_DIR``, else ``runs``.
        name: Name of the task, from which the run's is made; else the target's.
        progress: Show where the search stands: a bar in a notebook, a panel on a terminal, else
            lines on stderr.

    What stands out in the table, such as rows that share a result far from all others, is told
    by warnings, as `new-task` notes it.

    Returns:
        The run, with its champion.

    Raises:
        EvolveError: A column is missing, a cell breaks a rule, or the run cannot be written; the
            message names column, row, rule and value.
        KeyboardInterrupt: After an interrupt, when the run is saved: `evolve.load` reads it. A
            second interrupt does not wait for the batch at hand.
    """
    settings = RunConfig(
        whole("seed", seed),
        whole("evaluations", evaluations),
        proposers=listed(proposers),
        rules=FormRules(template, *map(listed, (must_use, forbid_operators, only_operators))),
        seeds=given_seeds(seeds),
        models=_models(listed(proposers), models, (llm_calls, llm_budget, llm_wait), idea),
        n_seeds=whole("n_seeds", n_seeds),
        n_islands=whole("n_islands", n_islands),
        search_rows=whole("search_rows", search_rows),
    )
    wishes = Wishes(
        targets=listed(target),
        features=listed(features),
        groups=listed(groups),
        extrapolate=axes_asked(extrapolate),
        horizon=listed(horizon),
        test=test,
        where=where,
        derive=listed(derive),
        roles=dict(roles or {}),
        decreasing=listed(decreasing),
        increasing=listed(increasing),
        floor=floor,
        ceiling=ceiling,
        bounds=tuple(bounds),
        weights=weights,
        sigma=sigma,
        run_id=run_id,
        step=step,
        points=None if points is None else str(points),
        keep_outliers=keep_outliers,
    )
    called = _called(name, listed(target)[0], runs_folder(runs_dir))
    draft = propose(raw_of(df), called, wishes)
    warn_of_table(draft)
    warn_of_template(draft, template)
    with new_folder(runs_folder(runs_dir), None, called, settings.seed) as run:
        folder = _write(draft, wishes, run)
        return _search(folder, settings, workers, machines_here(executor, address), progress)


def _called(name: str | None, target: str, folder: Path) -> str:
    """The task's name: the one given, else the target's."""
    called = plain_name(target) or "table" if name is None else name
    check_name(called, folder / "new", f"target {target!r}" if name is None else "")
    return called


def _models(
    proposers: Sequence[str],
    models: str | Sequence[str | Mapping[str, Any]],
    limits: tuple[int | None, float | None, float],
    idea: str,
) -> ModelConfig:
    """The language models that are named; those of `evolve.toml` where `llm` alone is."""
    if LLM not in proposers and not models:
        return NO_MODELS
    named = [models] if isinstance(models, str) else list(models)
    return ModelConfig(models_of(named, {}), *limits, idea)


def _write(draft: Draft, wishes: Wishes, run: Path) -> Path:
    """Write a task into the folder of a new run, and return its own."""
    arguments = [
        f"{key.replace('targets', 'target')}={v!r}" for key, v in vars(wishes).items() if v
    ]
    return write_task(draft, run, f"evolve.discover(df, {', '.join(arguments)})")[0].parent


def _search(
    folder: Path, settings: RunConfig, workers: int | None, machines: Machines, progress: bool
) -> Run:
    """Search the task in a run's folder."""
    run = folder.parent
    workers = cpu_count() if workers is None else workers
    with loading_fitter(workers):
        problem = problem_of(load_task(str(folder)), settings)
        if found := equal_run(run.parent, problem, settings):
            known, state = found
            warnings.warn(f"run {known.name!r}, {state}, {SAME}", stacklevel=4)
        with create_run(run, problem, settings) as store:
            reason = search_on(
                store, problem, settings, workers, progress=progress, machines=machines
            )
    if reason:
        warnings.warn(f"run {run.name!r}: {reason}", stacklevel=4)
    return Run(run)
