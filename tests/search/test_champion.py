"""The champion is simple, chosen without the test rows, and its constants can be found again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_tasks import (
    archive_of,
    entry_of,
    power_task,
    random_candidates,
    task_of,
)

from evolve.errors import EvolveError
from evolve.evaluation.baselines import BASELINES
from evolve.evaluation.evaluator import Evaluator
from evolve.evaluation.fitted import FittedLaw, fit_rows
from evolve.evaluation.problem import EvaluationProblem
from evolve.fitting.fold_fits import Rows, fit_folds
from evolve.law.canonical import key
from evolve.law.graph import Law, call, const, evaluate, feat
from evolve.law.recipe import Recipe
from evolve.sandbox.inprocess import InProcess
from evolve.scoring.fold import Fold, FoldScore
from evolve.scoring.metrics import r2
from evolve.scoring.objective import FINALISTS, PHYSICS_PRICE, UNTOLD, losses_of, refit_loss
from evolve.scoring.row_weights import weights_from_sigma
from evolve.search.archive import Archive, Elite
from evolve.search.champion import (
    Choice,
    choose,
    in_terms_of_noise,
    most_like_forecast,
    outside_bounds,
)
from evolve.search.finalists import Finalist, finalists_of, initial_laws
from evolve.search.loop import entry_of as searched_entry
from evolve.search.memory import search_in_memory
from evolve.search.operators import Candidate
from evolve.search.problem import make_search_problem
from evolve.search.proposers.protocol import Proposal
from evolve.tasks.folds import make_selection_folds
from evolve.tasks.spec import PhysicsSpec
from evolve.tasks.task import Task, load_task

TASKS_DIR = Path(__file__).resolve().parents[2] / "tasks"
N_CANDIDATES = 24
X, C0, C1 = feat(0), const(0), const(1)
POWER = Candidate(Law(call("mul", C0, call("pow", X, C1)), 2), Recipe())
BORROWED = Candidate(Law(call("add", C0, call("pow", X, C1)), 2), Recipe())
NOWHERE = Candidate(Law(call("mul", const(0), call("log", call("neg", feat(0)))), 1), Recipe())


@pytest.fixture(scope="module", autouse=True)
def in_process() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("evolve.evaluation.executor.Worker", InProcess)
        yield


def searched(task: Task, proposals: list[Proposal]) -> Archive:
    """The archive of candidates evaluated on a task's folds."""
    problem = make_search_problem(task, 0)
    with Evaluator(EvaluationProblem(task, problem.folds), 1) as evaluator:
        told = evaluator.evaluate([p.candidate for p in proposals], float("inf"))
    archive = Archive()
    pairs = enumerate(zip(proposals, told, strict=True))
    archive.tell([searched_entry(i, p, "", evaluation) for i, (p, evaluation) in pairs])
    return archive


@pytest.fixture(scope="module")
def task() -> Task:
    return load_task("parallel", [TASKS_DIR])


@pytest.fixture(scope="module")
def archive(task: Task) -> Archive:
    return searched(task, list(make_search_problem(task, 0).starts[:N_CANDIDATES]))


@pytest.fixture(scope="module")
def choice(task: Task, archive: Archive) -> Choice:
    return choose(task, archive, 1)


# the law most like the forecast


def finalist(
    judgement: float,
    distance: float,
    n_constants: int = 3,
    form: Candidate = POWER,
    held_out: float = 1.0,
) -> Finalist:
    """A finalist of whom judgement, distance, size and the error held out are known."""
    evaluation = entry_of(0, None, 0.0).evaluation
    entry = replace(entry_of(0, None, 0.0), evaluation=replace(evaluation, complexity=4.0))
    constants = {"all": np.zeros((1, n_constants))}
    empty: dict[str, Any] = {"errors": {}, "covariance": {}, "priors": None, "train_r2": None}
    empty["n_free"] = n_constants
    fold = FoldScore("one", 3, held_out, 1.0 - held_out)
    fitted = FittedLaw(form, constants, predictions=np.zeros((200, 1)), folds=(fold,), **empty)
    made = Finalist(entry, fitted, distance=distance)
    return replace(made, refit_loss=made.refit_loss + 2.0 * (judgement - made.judgement))


def test_the_law_nearest_to_the_forecast_is_chosen() -> None:
    assert most_like_forecast([finalist(-3.0, 5.0), finalist(-2.8, 0.5)]) == 1


def test_a_law_that_the_folds_tell_from_the_best_is_not_asked() -> None:
    assert most_like_forecast([finalist(-3.0, 5.0), finalist(-3.1 + UNTOLD, 0.5)]) == 1
    assert most_like_forecast([finalist(-3.0, 5.0), finalist(-2.9 + UNTOLD, 0.5)]) == 0


def test_of_two_laws_about_as_near_the_simpler_is_chosen() -> None:
    assert most_like_forecast([finalist(-3.0, 0.5, 5), finalist(-2.9, 0.6, 2)]) == 1
    assert most_like_forecast([finalist(-3.0, 0.5, 5), finalist(-2.9, 6.0, 2)]) == 0


def test_a_law_worse_than_a_baseline_on_held_out_rows_is_asked_last() -> None:
    laws = [finalist(-3.0, 0.5, held_out=0.9), finalist(-2.8, 5.0, held_out=0.2)]
    assert most_like_forecast(laws, np.log(0.5)) == 1
    assert most_like_forecast(laws, np.log(0.1)) == 0


def test_a_law_that_is_the_baseline_but_for_its_recipe_is_asked_like_any_other() -> None:
    laws = [finalist(-3.0, 0.5, held_out=0.102), finalist(-2.8, 5.0, held_out=0.098)]
    assert most_like_forecast(laws, np.log(0.1)) == 0
    laws = [finalist(-3.0, 0.5, held_out=0.12), finalist(-2.8, 5.0, held_out=0.098)]
    assert most_like_forecast(laws, np.log(0.1)) == 1


def test_the_only_law_is_chosen() -> None:
    assert most_like_forecast([finalist(-1.0, np.inf)]) == 0
    assert most_like_forecast([finalist(-1.0, np.inf, form=BORROWED)]) == 0


def test_a_law_whose_amplitude_is_a_scale_of_the_rows_is_asked_last() -> None:
    borrowed = finalist(-3.0, 0.5, 2, BORROWED)
    assert most_like_forecast([borrowed, finalist(-2.8, 0.6, 3)]) == 1
    assert most_like_forecast([borrowed, finalist(-2.8, 5.0, 3)]) == 0
    assert most_like_forecast([borrowed, finalist(-2.9 + UNTOLD, 0.5, 3)]) == 0


def test_a_law_with_a_constant_that_does_nothing_is_asked_last() -> None:
    laws = [finalist(-3.0, 0.5, 2), finalist(-2.8, 0.6, 3), finalist(-2.8, 5.0, 3)]
    assert most_like_forecast(laws) == 0
    assert most_like_forecast(laws, opaque=lambda law: law is laws[0]) == 1
    assert most_like_forecast(laws, opaque=lambda law: law is not laws[2]) == 0


# the finalists


def test_finalists_are_the_best_those_no_smaller_one_beats_and_the_extra_ones_once_each() -> None:
    archive = archive_of(random_candidates(make_search_problem(power_task(), 0).space, 40))
    extra_elite = Elite(entry_of(99, NOWHERE, 7.0), NOWHERE, 7.0)
    finalists = finalists_of(archive, [extra_elite, archive.elites()[0]])
    indices = [e.entry.index for e in finalists]
    assert len(set(indices)) == len(indices)
    assert set(indices) >= {e.entry.index for e in archive.elites()[:FINALISTS]}
    assert set(indices) >= {e.entry.index for e in archive.best_per_size()}
    assert set(indices) >= {e.entry.index for e in archive.pareto_front()}
    assert set(indices) >= {e.entry.index for e in initial_laws(archive).values()}
    assert 99 in indices


def test_a_black_box_is_a_finalist_like_any_other() -> None:
    archive = Archive()
    archive.tell([entry_of(0, None, -9.0), entry_of(1, NOWHERE, -1.0)])
    assert [e.entry.index for e in finalists_of(archive)] == [0, 1]


def test_every_law_that_a_run_began_with_is_a_finalist_and_known_as_established(
    choice: Choice, archive: Archive
) -> None:
    known = initial_laws(archive)
    assert known
    assert {f.entry.index for f in choice.finalists} >= {e.entry.index for e in known.values()}
    for finalist in choice.finalists:
        assert finalist.is_initial == (key(finalist.fitted.candidate.law) in known)


def test_an_elite_of_an_earlier_run_is_not_established() -> None:
    candidate, *_ = random_candidates(make_search_problem(power_task(), 0).space, 1)
    known, inherited = Archive(), Archive()
    known.tell([entry_of(0, candidate, -1.0, operator="sum of powers", origin="initial")])
    inherited.tell([entry_of(0, candidate, -1.0, origin="inherited")])
    assert list(initial_laws(known)) == [key(candidate.law)]
    assert initial_laws(inherited) == {}


# the choice


def test_the_champion_is_one_of_the_finalists_who_come_best_judgement_first(
    choice: Choice, archive: Archive
) -> None:
    judgements = [f.judgement for f in choice.finalists]
    assert judgements == sorted(judgements)
    assert choice.champion in choice.finalists
    allowed = {e.entry.index for e in [*archive.elites(), *archive.starters]}
    assert {f.entry.index for f in choice.finalists} <= allowed


def test_the_champion_is_hardly_told_from_the_best_and_all_weigh_by_their_judgement(
    choice: Choice,
) -> None:
    best = choice.finalists[0]
    assert choice.champion.judgement <= best.judgement + UNTOLD
    assert sum(f.weight for f in choice.finalists) == pytest.approx(1.0)
    weights = [f.weight for f in choice.finalists]
    assert weights == sorted(weights, reverse=True)


def test_a_law_that_leaves_what_a_target_can_be_very_far_out_pays_for_it() -> None:
    x = 2.0 ** np.arange(10)
    rising, bending = 0.3 + 0.02 * np.log(x), 0.9 - 0.6 * x**-0.2
    laws = {
        "log": Law(call("add", const(0), call("mul", const(1), call("log", feat(0)))), 2),
        "power": Law(
            call("sub", const(0), call("mul", const(1), call("pow", feat(0), const(2)))), 3
        ),
    }
    target = {"name": "y0", "bounds": [0.0, 1.0]}
    bounded = task_of(x, rising, folds={"axes": ["a"]}, targets=[target])
    free = task_of(x, rising, folds={"axes": ["a"]})
    log = fit_rows(bounded, Candidate(laws["log"], Recipe()))
    assert outside_bounds(bounded, log) == 0.0
    higher = task_of(x, 5.0 * rising, folds={"axes": ["a"]})
    steep = fit_rows(higher, Candidate(laws["log"], Recipe()))
    assert outside_bounds(bounded, steep) == 1.0
    assert outside_bounds(free, steep) == 0.0
    curved = task_of(x, bending, folds={"axes": ["a"]}, targets=[target])
    assert outside_bounds(curved, fit_rows(curved, Candidate(laws["power"], Recipe()))) == 0.0


def test_next_to_the_smallest_of_positive_rows_no_law_may_be_negative() -> None:
    x = np.geomspace(0.5, 50.0, 20)
    near_0 = task_of(x, x - 0.47, folds={"axes": ["a"]})
    line = call("add", C0, call("mul", C1, X))
    assert outside_bounds(near_0, fit_rows(near_0, Candidate(Law(line, 2), Recipe()))) == 1.0
    well_above = task_of(x, x + 1.0, folds={"axes": ["a"]})
    assert outside_bounds(well_above, fit_rows(well_above, Candidate(Law(line, 2), Recipe()))) == 0
    signed = task_of(x, x - 2.0, folds={"axes": ["a"]})
    assert outside_bounds(signed, fit_rows(signed, Candidate(Law(line, 2), Recipe()))) == 0.0


def test_very_far_out_0_binds_where_it_means_something_though_no_bound_is_declared() -> None:
    x = np.geomspace(0.5, 500.0, 20)
    logarithm = Candidate(Law(call("add", C0, call("mul", C1, call("log", X))), 2), Recipe())
    power = Candidate(Law(call("mul", C0, call("pow", X, C1)), 2), Recipe())
    for sign in (1.0, -1.0):
        decades = task_of(x, sign * 3.0 * x**-0.7, folds={"axes": ["a"]})
        assert decades.frame.natural_zero
        assert outside_bounds(decades, fit_rows(decades, logarithm)) == 1.0
        assert outside_bounds(decades, fit_rows(decades, power)) == 0.0
    anywhere = task_of(x, 5.0 - 0.3 * np.log(x), folds={"axes": ["a"]})
    assert not anywhere.frame.natural_zero
    assert outside_bounds(anywhere, fit_rows(anywhere, logarithm)) == 0.0


def test_next_to_the_smallest_rows_0_binds_where_it_means_something_whatever_the_sign() -> None:
    x = np.geomspace(0.5, 50.0, 20)
    falls = Candidate(Law(call("sub", C0, call("mul", C1, X)), 2), Recipe())
    for y, share in ((0.47 - x, 1.0), (60.0 - (x - 0.47), 0.0), (x - 0.47 - 60.0, 0.0)):
        task = task_of(x, y, folds={"axes": ["a"]})
        assert task.frame.natural_zero == (share == 1.0)
        assert outside_bounds(task, fit_rows(task, falls)) == share


def test_baselines_are_judged_on_the_same_folds(choice: Choice) -> None:
    assert set(choice.baselines) == set(BASELINES)
    for errors in choice.baselines.values():
        assert len(errors) == len(choice.folds) == len(choice.champion.held)
        assert np.isfinite(errors).all()


def test_rows_that_a_fit_leaves_aside_count_against_it() -> None:
    y = np.linspace(1.0, 2.0, 40)[:, None]
    aside = y.copy()
    aside[-8:] -= 0.9
    assert refit_loss(y, aside, 2) > refit_loss(y, y + 0.01, 2) + 2.0
    assert refit_loss(y, y + 0.01, 39) > refit_loss(y, y + 0.01, 2)


def test_of_logarithms_the_small_rows_count_as_much_as_the_large_ones() -> None:
    y = np.geomspace(0.1, 100.0, 40)[:, None]
    twice = np.where(y < 0.3, 2.0 * y, y)
    assert refit_loss(y, twice, 2) < refit_loss(y, 1.01 * y, 2)
    assert refit_loss(y, twice, 2, relative=True) > refit_loss(y, 1.01 * y, 2, relative=True) + 2.0
    assert refit_loss(-y, -twice, 2, relative=True) == refit_loss(y, twice, 2, relative=True)
    assert np.isfinite(refit_loss(y, -y, 2, relative=True))


def rating(noise: np.ndarray) -> Task:
    """Discharges of a river over its stage, counted from an unknown origin."""
    stage = np.linspace(0.55, 4.2, 36)
    return task_of(stage, 7.5 * (stage - 0.41) ** 1.8 * np.exp(noise), folds={"axes": ["a"]})


def test_where_noise_multiplies_laws_that_miss_the_small_rows_hardly_forecast() -> None:
    task = rating(0.03 * np.random.default_rng(8).normal(size=36))
    choice = search_in_memory(make_search_problem(task, 0), 96, 0)
    assert choice is not None
    least = task.train.Y[0, 0]
    said = np.array([f.fitted.predictions[0, 0] for f in choice.finalists])
    weights = np.array([f.weight for f in choice.finalists])
    near = np.abs(said / least - 1.0) < 0.2
    assert weights[near].sum() > 0.9
    assert (~near).sum() >= 5


@pytest.mark.parametrize("given", ["sigma", "another origin"])
def test_amounts_judge_where_deviations_are_given_or_0_means_nothing(given: str) -> None:
    task = rating(np.zeros(36))
    finalist = Finalist(
        entry_of(0, None, 0.0),
        FittedLaw(POWER, {"all": np.ones((1, 2))}, {}, {}, None, 1.05 * task.train.Y, None, 2.0),
        refit_loss=7.0,
    )
    assert in_terms_of_noise(task, [finalist])[0].refit_loss < 0.0
    if given == "sigma":
        weights = weights_from_sigma(0.05 * task.train.Y[:, 0])
        other = replace(task, train=replace(task.train, weights=weights))
    else:
        other = task_of(task.train.X, task.train.Y + 273.0, folds={"axes": ["a"]})
    assert in_terms_of_noise(other, [finalist])[0].refit_loss == 7.0


def test_a_finalist_pays_for_the_declared_physics_that_it_breaks(
    task: Task, archive: Archive, choice: Choice
) -> None:
    assert {f.against_physics for f in choice.finalists} == {0.0}
    wrong = PhysicsSpec(increasing_in=[task.feature_names[0]])
    told = choose(replace(task, spec=task.spec.model_copy(update={"physics": wrong})), archive, 1)
    for finalist in told.finalists:
        kept = replace(finalist, against_physics=0.0)
        extra = PHYSICS_PRICE * finalist.against_physics
        assert finalist.judgement - kept.judgement == pytest.approx(extra)
    assert any(f.against_physics > 0.0 for f in told.finalists)


def test_a_finalist_is_judged_on_the_folds_of_the_search_and_the_further_ones(
    choice: Choice, task: Task
) -> None:
    names = [fold.name for fold in make_selection_folds(task)]
    for finalist in choice.finalists:
        assert [fold.name for fold in finalist.judged] == names
        folds = [*finalist.entry.evaluation.folds, *finalist.judged]
        assert len(finalist.losses) == len(folds)
        assert list(finalist.losses) == list(losses_of(folds))


def test_the_champion_s_constants_are_those_of_a_fit_to_all_training_rows(
    choice: Choice, task: Task
) -> None:
    champion, train = choice.champion, task.train
    every = np.arange(train.n_rows)
    frames = task.frame.targets
    rows = Rows(train.X, train.Y, train.group, (1,), task.constraints, frames)
    whole = Fold("all rows", every, every)
    (fitted,) = fit_folds(
        rows, [whole], champion.fitted.candidate.law, champion.fitted.candidate.recipe
    )
    assert (
        list(champion.fitted.constants) == list(champion.fitted.errors) == list(task.group_names)
    )
    for fit, constants in zip(fitted.fits, champion.fitted.constants.values(), strict=True):
        np.testing.assert_array_equal(constants, [fit.constants])


def test_the_champion_s_constants_predict_what_it_says_and_score_its_r2(
    choice: Choice, task: Task
) -> None:
    champion, train = choice.champion, task.train
    for g, name in enumerate(task.group_names):
        rows = train.group == g
        (constants,) = champion.fitted.constants[name]
        predicted = evaluate(champion.fitted.candidate.law.root, train.X[rows], constants)
        np.testing.assert_allclose(champion.fitted.predictions[rows, 0], predicted, rtol=1e-12)
    assert champion.fitted.train_r2 == r2(train.Y, champion.fitted.predictions)
    assert champion.fitted.train_r2 > 0.9


def test_the_choice_does_not_depend_on_the_number_of_workers(
    choice: Choice, task: Task, archive: Archive
) -> None:
    again = choose(task, archive, 3)
    assert [f.entry.index for f in again.finalists] == [f.entry.index for f in choice.finalists]
    assert [f.judgement for f in again.finalists] == [f.judgement for f in choice.finalists]
    assert again.champion.entry == choice.champion.entry


def test_search_and_choice_never_open_the_test_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuses(*_: Any) -> None:
        raise AssertionError("the test rows were opened")

    opened: list[str] = []
    really_open = Path.open

    def watched(path: Path, *arguments: Any, **named: Any) -> Any:
        opened.append(path.name)
        return really_open(path, *arguments, **named)

    monkeypatch.setattr("evolve.tasks.task.load_test", refuses)
    monkeypatch.setattr(Path, "open", watched)
    task = load_task("parallel", [TASKS_DIR])
    choose(task, searched(task, list(make_search_problem(task, 0).starts[:4])), 1)
    assert "train.csv" in opened
    assert "test.csv" not in opened


def test_a_learnt_prior_comes_with_the_champion() -> None:
    x, group = np.tile(2.0 ** np.arange(8), 4), np.repeat(np.arange(4), 8)
    y = 1.0 + 0.2 * group + (2.0 + 0.1 * group) * x**-0.5
    task = task_of(x, y, group, folds={"axes": ["a"]})
    inside = call("add", const(1), call("mul", const(2), call("log", feat(0))))
    law = Law(call("add", const(0), call("exp", inside)), 3)
    for recipe, has_prior in ((Recipe(), False), (Recipe(shrinkage=1.0), True)):
        proposal = Proposal(Candidate(law, recipe), "key", "a seed", (), "literature")
        champion = choose(task, searched(task, [proposal]), 1).champion
        assert (champion.fitted.priors is not None) == has_prior
        if champion.fitted.priors is not None:
            assert champion.fitted.priors.shape == (1, 2, 3)
            assert (champion.fitted.priors[:, 1] > 0).all()


def test_the_choice_asks_whether_a_law_has_something_that_does_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    task, floored = power_task(), call("add", const(2), POWER.law.root)
    seconds = [
        call("div", const(3), feat(1)),
        call("mul", const(3), call("pow", feat(1), const(4))),
    ]
    laws = [
        Candidate(Law(call("add", floored, second), n), Recipe())
        for n, second in zip((4, 5), seconds, strict=True)
    ]
    proposals = [Proposal(law, key(law.law), "a seed", (), "literature") for law in laws]
    archive = searched(task, proposals)
    chosen = choose(task, archive, 1).champion.fitted.candidate
    monkeypatch.setattr(
        "evolve.search.champion.is_opaque", lambda _, fitted: fitted.candidate == chosen
    )
    assert {chosen, choose(task, archive, 1).champion.fitted.candidate} == set(laws)


# nothing to choose from


def test_an_archive_without_elites_has_no_champion() -> None:
    with pytest.raises(EvolveError, match="small: no candidate could be fitted"):
        choose(power_task(), Archive(), 1)


def test_finalists_that_cannot_be_refitted_give_no_champion() -> None:
    with pytest.raises(EvolveError, match="no finalist could be fitted on all training rows"):
        choose(power_task(), archive_of([NOWHERE]), 1)
