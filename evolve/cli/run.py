"""Verbs `run` and `resume`: a task or a run to a champion."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Annotated

import typer

from evolve.cli.app import app
from evolve.cli.machines import (
    LOCAL,
    Address,
    Executor,
    RequireSandbox,
    Scheduler,
    check_sandbox,
    machines_of,
)
from evolve.cli.models import (
    BaseUrl,
    Calls,
    Idea,
    IdeaFile,
    KeyEnv,
    KeyFile,
    Models,
    ModelsFile,
    Money,
    PromptsFolder,
    Temperature,
    Wait,
    model_config,
)
from evolve.cli.options import (
    RUNS,
    Json,
    Quiet,
    RunsDir,
    TasksDirs,
    TrustRun,
    Workers,
    parse_time,
    typed_options,
)
from evolve.cli.output import print_note

if TYPE_CHECKING:
    from evolve.runs.settings import RunConfig
    from evolve.runs.store import Store
    from evolve.sandbox import SandboxReport
    from evolve.search.machines import Machines
    from evolve.search.problem import SearchProblem

MORE = "Evaluations in total"


Time = Annotated[
    str | None,
    typer.Option("--time", help="End after this time (90s, 10m, 1h30m); not repeatable."),
]


@app.command(
    epilog="Example: python -m evolve --task data_constrained --evaluations 6000 --seed 1"
)
def run(
    context: typer.Context,
    task: Annotated[str, typer.Option("--task", help="A task's name or folder.")],
    evaluations: Annotated[
        int | None,
        typer.Option("--evaluations", min=1, envvar="EVOLVE_EVALUATIONS", help=f"{MORE}."),
    ] = None,
    time: Time = None,
    workers: Workers = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Seed of the run.")] = 0,
    n_seeds: Annotated[
        int,
        typer.Option("--seeds", min=1, help="Independent searches that share the evaluations."),
    ] = 1,
    n_islands: Annotated[
        int,
        typer.Option("--islands", min=1, help="Islands of each search, which exchange laws."),
    ] = 1,
    search_rows: Annotated[
        int | None,
        typer.Option("--search-rows", help="Rows of a large table that the search works on."),
    ] = None,
    run_name: Annotated[
        str | None, typer.Option("--run", help="Name of the run [default: task-seed-number].")
    ] = None,
    proposers: Annotated[
        str,
        typer.Option("--proposers", help="What makes candidates, such as grammar,llm."),
    ] = "grammar",
    seed_laws: Annotated[
        list[Path] | None,
        typer.Option("--seed-law", help="A program of yours to begin with (may be repeated)."),
    ] = None,
    template: Annotated[
        str,
        typer.Option(
            "--template", help="Form of every law, such as 'E + A*params^-a + @(tokens)'."
        ),
    ] = "",
    must_use: Annotated[
        list[str] | None,
        typer.Option("--must-use", help="A feature that every law has (may be repeated)."),
    ] = None,
    forbid: Annotated[
        str, typer.Option("--forbid-operator", help="Operations no law has, such as 'tanh sin'.")
    ] = "",
    only: Annotated[
        str, typer.Option("--only-operators", help="The only operations, such as '+ * ^ log'.")
    ] = "",
    model: Models = None,
    base_url: BaseUrl = None,
    temperature: Temperature = None,
    key_env: KeyEnv = None,
    key_file: KeyFile = None,
    models_file: ModelsFile = None,
    llm_calls: Calls = None,
    llm_budget: Money = None,
    llm_wait: Wait = 0.0,
    idea: Idea = "",
    idea_file: IdeaFile = None,
    prompts: PromptsFolder = None,
    runs_dir: RunsDir = RUNS,
    tasks_dirs: TasksDirs = None,
    require_sandbox: RequireSandbox = None,
    executor: Executor = LOCAL,
    scheduler: Scheduler = "",
    address: Address = "",
    quiet: Quiet = False,
    json: Json = False,
) -> None:
    """Search a task's training rows for a law (default verb)."""
    from evolve.cli.options import n_cores
    from evolve.evaluation.loading import loading_fitter

    began = monotonic()
    context.with_resource(loading_fitter(workers or n_cores()))  # it takes longest

    from evolve.cli.next_commands import tell_of_equal
    from evolve.runs.folders import new_folder
    from evolve.runs.run import create_run, problem_of
    from evolve.runs.settings import DEFAULT_EVALUATIONS, RunConfig
    from evolve.scoring.objective import SEARCH_ROWS
    from evolve.search.proposers.seeds import given_seeds
    from evolve.search.rules import FormRules
    from evolve.tasks.task import load_task

    seconds = None if time is None else parse_time(time)
    if evaluations is None and seconds is None:
        evaluations = DEFAULT_EVALUATIONS
    rules = FormRules(template, tuple(must_use or ()), _words(forbid), _words(only))
    seeds, names = given_seeds(seed_laws or ()), _words(proposers)
    fields = {"base_url": base_url, "temperature": temperature}
    fields |= {"key_env": key_env, "key_file": key_file}
    limits = llm_calls, llm_budget, llm_wait
    models = model_config(
        names, model or (), fields, models_file, limits, idea, idea_file, prompts
    )
    sampled = SEARCH_ROWS if search_rows is None else search_rows
    settings = RunConfig(
        seed, evaluations, seconds, names, rules, seeds, models, n_seeds, n_islands, sampled
    )
    problem = problem_of(load_task(task, tasks_dirs or ()), settings)
    sandbox = check_sandbox(require_sandbox)
    machines = machines_of(executor, scheduler, address, require_sandbox or "")
    tell_of_equal(runs_dir, problem, settings)
    with (
        new_folder(runs_dir, run_name, problem.task.name, seed) as folder,
        create_run(folder, problem, settings) as store,
    ):
        _go(store, problem, settings, workers, sandbox, machines, began, quiet=quiet, json=json)


@app.command(epilog="Example: python -m evolve resume data_constrained-0-1 --evaluations 6000")
def resume(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="RUN", help="A run's name or folder.")],
    evaluations: Annotated[
        int | None, typer.Option("--evaluations", min=1, help=f"{MORE} [default: as before].")
    ] = None,
    time: Time = None,
    workers: Workers = None,
    accept_changes: Annotated[
        bool,
        typer.Option("--accept-changes", help="If task or scoring changed: anew from the elites."),
    ] = False,
    llm_calls: Calls = None,
    llm_budget: Money = None,
    runs_dir: RunsDir = RUNS,
    tasks_dirs: TasksDirs = None,
    require_sandbox: RequireSandbox = None,
    executor: Executor = LOCAL,
    scheduler: Scheduler = "",
    address: Address = "",
    trust_run: TrustRun = False,
    quiet: Quiet = False,
    json: Json = False,
) -> None:
    """Go on with a run, or give it a larger budget."""
    from evolve.cli.options import n_cores
    from evolve.evaluation.loading import loading_fitter

    began = monotonic()
    context.with_resource(loading_fitter(workers or n_cores()))  # it takes longest

    from evolve.runs.folders import find_run, new_folder
    from evolve.runs.run import (
        allow_models,
        changes,
        fork_run,
        left_behind,
        require_same,
        require_trust,
        settings_of,
        stored_problem,
    )
    from evolve.runs.settings import with_budget
    from evolve.runs.store import Store

    with ExitStack() as stack:
        sandbox = check_sandbox(require_sandbox)
        machines = machines_of(executor, scheduler, address, require_sandbox or "")
        store = stack.enter_context(Store.open(find_run(name, runs_dir), write=True))
        require_trust(store, trusted=trust_run)
        allow_models(store, llm_calls, llm_budget)
        before, problem = settings_of(store), stored_problem(store, tasks_dirs or ())
        seconds = before.seconds if time is None else parse_time(time)
        anew = accept_changes and bool(changes(store, problem))
        n_done = 0 if anew else len(store)
        settings = replace(with_budget(before, evaluations, n_done), seconds=seconds)
        if anew:
            place = new_folder(runs_dir, None, problem.task.name, before.seed)
            made, problem = fork_run(store, problem, stack.enter_context(place), settings)
            store = stack.enter_context(made)
            for line in left_behind(store, problem):
                print_note(f"evolve: {line}")
        require_same(store, problem, typed_options(context, "name", "runs_dir"))
        _go(store, problem, settings, workers, sandbox, machines, began, quiet=quiet, json=json)


def _words(text: str) -> tuple[str, ...]:
    """Words parted by spaces or commas."""
    return tuple(text.replace(",", " ").split())


def _go(
    store: Store,
    problem: SearchProblem,
    settings: RunConfig,
    workers: int | None,
    sandbox: SandboxReport,
    machines: Machines,
    began: float,
    *,
    quiet: bool,
    json: bool,
) -> None:
    """Search, show, print the end of the run, and exit with a signal's code if one came."""
    from evolve.api.progress import NullProgress, make_display
    from evolve.cli.ending import print_ending
    from evolve.cli.loading import spare_loaded
    from evolve.cli.options import n_cores
    from evolve.cli.stopping import end_now, leave_lost_terminal
    from evolve.runs.session import hold_session, why_no_law
    from evolve.runs.stopping import Stopping
    from evolve.search.problem import remarks

    for line in remarks(problem, settings.rules):
        print_note(f"evolve: {line}")
    display: NullProgress

    def on_signal(name: str) -> None:
        if name == "SIGHUP":
            leave_lost_terminal()
        display.ending(f"{name}: ending after this batch")

    stopping = Stopping(on_signal, end_now)
    display = make_display(stopping.asked, hidden=quiet or json)
    spare_loaded()
    with stopping, display:
        n_workers = workers or n_cores()
        result = hold_session(
            *(store, problem, settings, n_workers, sandbox, stopping, display, machines),
            began=began,
        )
    print_ending(store, problem, settings, result, json=json)
    if stopping.asked():
        raise typer.Exit(stopping.exit_code)
    if reason := why_no_law(store, result):
        print_note(f"evolve: {reason}")
        raise typer.Exit(1)
