"""What is odd about a table that is taken is told, so that no column is misread in silence."""

from __future__ import annotations

import pytest

from evolve.cli.app import option_of
from evolve.errors import EvolveError, Remark
from evolve.tasks.draft import Draft, Wishes, propose
from evolve.tasks.readers import raw_of

N = [1e7 * 3 ** (i // 5) for i in range(30)]
D = [1e9 * 4 ** (i % 5) for i in range(30)]
LOSS = [1.7 + 400 * n**-0.34 + 410 * d**-0.28 for n, d in zip(N, D, strict=True)]


def drafted(columns: dict[str, list[object]], **asked: object) -> Draft:
    raw = raw_of({**columns, "loss": LOSS})
    return propose(raw, "t", Wishes(("loss",), **asked))  # type: ignore[arg-type]


def notes_of(draft: Draft) -> str:
    notes = draft.notes
    return "\n".join(n.spelled(option_of) if isinstance(n, Remark) else n for n in notes)


def test_numbers_without_a_unit_beside_those_with_one_are_told() -> None:
    mixed = [f"{d / 1e9:g}{'B' * (i % 2)}" for i, d in enumerate(D)]
    told = "tokens: 4B is read as 4e+09, and 1 elsewhere as 1: write all alike"
    assert told in notes_of(drafted({"params": [*N], "tokens": [*mixed]}))
    alike = [f"{d / 1e9:g}B" for d in D]
    assert "write all alike" not in notes_of(drafted({"params": [*N], "tokens": [*alike]}))


@pytest.mark.parametrize(("plain", "is_told"), [("20", True), ("0.2", False)])
def test_percents_beside_numbers_above_1_are_told(plain: str, is_told: bool) -> None:
    rates = ["10%" if i % 2 else plain for i in range(30)]
    told = notes_of(drafted({"params": [*N], "tokens": [*D], "dropout": [*rates]}))
    assert ("10% is read as 0.1, and 20 elsewhere as 20" in told) == is_told


def test_sizes_in_millions_by_their_names_are_told_and_can_be_had_in_ones() -> None:
    columns: dict[str, list[object]] = {"params (M)": [n / 1e6 for n in N], "tokens": [*D]}
    draft = drafted(columns)
    derived = "params = 1e+06*`params (M)`"
    assert "in units of 1e+06, in which formulas, costs and runs" in notes_of(draft)
    assert f"--derive '{derived}'" in notes_of(draft)
    draft = drafted(columns, derive=(derived,))
    assert [f.name for f in draft.spec.features] == ["tokens", "params"]
    assert "in units of" not in notes_of(draft)


def test_sizes_in_ones_are_not_told_to_be_in_millions() -> None:
    assert "in units of" not in notes_of(drafted({"model_B": [*N], "tokens": [*D]}))


@pytest.mark.parametrize("text", ["~{:.0f}", "{:,.0f}"])
def test_a_column_of_texts_that_mean_numbers_is_not_left_out_in_silence(text: str) -> None:
    with pytest.raises(EvolveError, match="column 'params' must hold numbers, .*; write 10000000"):
        drafted({"params": [text.format(n) for n in N], "tokens": [*D]})


@pytest.mark.parametrize("value", [-999.0, 0.0, 1e6])
def test_a_result_far_from_all_others_that_rows_share_is_told(value: float) -> None:
    def told(rows: list[int]) -> str:
        loss = [value if i in rows else y for i, y in enumerate(LOSS)]
        raw = raw_of({"params": N, "tokens": D, "loss": loss})
        wishes = Wishes(("loss",), ("params", "tokens"), keep_outliers=True)
        return notes_of(propose(raw, "t", wishes))

    assert f"loss is {value:g} in 3 rows, far from all others" in told([3, 12, 21])
    assert f"--where 'loss != {value:.15g}'" in told([3, 12, 21])
    assert "stands for no result" not in told([3])
    assert "far from all others" not in told([])


def test_how_long_runs_took_is_not_offered_as_groups() -> None:
    times = [f"{i % 5}:30:00" for i in range(30)]
    assert "named as groups" not in notes_of(drafted({"params": [*N], "train_time": [*times]}))


def test_sizes_in_the_names_of_models_are_offered_as_a_feature() -> None:
    names = [f"pythia-{n / 1e6:.0f}m" for n in N]
    told = notes_of(drafted({"model": [*names], "tokens": [*D]}))
    assert "--derive '`model number` = number(model)'" in told
    assert "named as groups" not in told
    sizes = {"params": [f"{n / 1e6:.0f}M" for n in N], "tokens": [*D]}
    for asked in ({}, {"features": ("tokens",)}):  # whether the sizes are a feature or not
        assert "number(model)" not in notes_of(drafted({"model": [*names], **sizes}, **asked))


@pytest.mark.parametrize("word", ["NA", "None", "?", "#DIV/0!", "missing"])
def test_a_run_whose_result_is_said_to_be_missing_is_left_out_and_told(word: str) -> None:
    raw = raw_of({"n": N, "d": D, "loss": [word, *LOSS[1:]]})
    draft = propose(raw, "t", Wishes(("loss",), ("n", "d")))
    assert draft.raw.n_rows == 29
    (rows,) = [decision for decision in draft.decisions if decision.what == "rows"]
    assert (rows.chosen, "row 1" in rows.why) == ("1 left out", True)


def test_a_table_on_its_side_and_one_parted_by_spaces_are_told() -> None:
    with pytest.raises(EvolveError, match="row 2 is called so: if each column is a run, turn"):
        propose(raw_of({"run": ["n", "loss"], "a": [1, 2]}), "t", Wishes(("loss",)))
    with pytest.raises(EvolveError, match="seems to be separated by spaces"):
        propose(raw_of({"n loss": ["1 2", "2 3"]}), "t", Wishes(("loss",)))


@pytest.mark.parametrize(("below", "is_told"), [([0.0, 0.0], True), ([-15.0, -3.0], False)])
def test_a_size_may_be_kept_linear_by_zeros_and_not_by_values_below_them(
    below: list[float], is_told: bool
) -> None:
    some = [*below, *(0.1 * 1.3**i for i in range(28))]
    told = notes_of(drafted({"params": [*N], "degrees": [*some]}))
    assert ("which keeps it linear" in told) == is_told


def test_the_deviation_of_a_mean_is_told_by_what_the_mean_is_of() -> None:
    raw = raw_of(
        {"params": N, "score_mean": LOSS, "score_std": [0.1 + 0.01 * d for d in range(30)]}
    )
    told = notes_of(propose(raw, "t", Wishes(("score_mean",))))
    assert "score_std is by its name how uncertain score_mean is in each row" in told


@pytest.mark.parametrize("name", ["loss_error", "error", "loss_std", "stderr"])
def test_an_error_beside_what_it_may_be_of_is_no_input_and_told_as_a_deviation(name: str) -> None:
    drawn = drafted({"params": N, name: [0.1 + 0.01 * d for d in range(30)]})
    assert [feature.name for feature in drawn.spec.features] == ["params"]
    assert f"{name} is by its name how uncertain loss is in each row" in notes_of(drawn)


@pytest.mark.parametrize("target", ["test_err", "runtime", "loss_std"])
def test_what_is_to_be_predicted_is_an_outcome_whatever_it_is_called(target: str) -> None:
    raw = raw_of({"params": N, "tokens": D, target: LOSS})
    draft = propose(raw, "t", Wishes((target,)))
    assert [t.role for t in draft.spec.targets] == ["outcome"]
    given = propose(raw, "t", Wishes((target,), roles={target: "loss"}))
    assert [t.role for t in given.spec.targets] == ["loss"]


def test_rows_that_repeat_others_of_another_family_are_told_what_tells_them_apart() -> None:
    columns: dict[str, list[object]] = {"params": [*N], "family": [*"abcde" * 6]}
    told = "24 rows repeat the features of another with another result: noise"
    assert f"{told}, or what family tells apart, which is no feature" in notes_of(drafted(columns))
    assert "repeat the features" not in notes_of(drafted(columns, groups=("family",)))
    shuffled = {**columns, "family": ["ab"[i // 15] for i in range(30)]}
    assert f"{told}\n" in notes_of(drafted(shuffled)) + "\n"


def test_rows_that_differ_in_an_input_that_is_not_used_are_not_told_to_be_noise_alone() -> None:
    columns: dict[str, list[object]] = {"params": [*N], "tokens": [*D], "hours": [*range(30)]}
    told = "24 rows repeat the features of another with another result: noise"
    alone = notes_of(drafted(columns, features=("params",)))
    assert f"{told}, or what tokens tells apart, which is no feature" in alone
    seeds = {"params": [*N], "seed": [i % 5 for i in range(30)]}
    assert f"{told}\n" in notes_of(drafted(seeds, features=("params",))) + "\n"


def test_texts_that_name_sizes_are_offered_as_groups_with_what_these_would_not_show() -> None:
    names = [f"vit-{'TSBLHG'[i // 5]}" for i in range(30)]
    columns: dict[str, list[object]] = {"params": [*N], "tokens": [*D], "model": [*names]}
    offered = "named as groups, model would give each of them constants of its own"
    hidden = ", and show no effect of params, which never varies within one"
    assert offered + hidden in notes_of(drafted(columns))
    assert "named as groups" not in notes_of(drafted(columns, features=("params",)))
    mixed = {n: [cells[7 * i % 30] for i in range(30)] for n, cells in columns.items()}
    loss = [LOSS[7 * i % 30] for i in range(30)]  # its task has the rows in another order
    told = notes_of(propose(raw_of({**mixed, "loss": loss}), "t", Wishes(("loss",))))
    assert offered + hidden in told
    families = drafted({**columns, "family": ["ab"[i // 3 % 2] for i in range(30)]})
    told = "named as groups, family would give each of them constants of its own"
    assert f"{told}\n" in notes_of(families) + "\n"


def test_features_that_never_vary_within_a_group_are_named_together() -> None:
    models = [f"vit-{'TSBLHG'[i // 5]}" for i in range(30)]
    columns: dict[str, list[object]] = {"params": [*N], "tokens": [*D], "model": [*models]}
    one = notes_of(drafted(columns, groups=("model",)))
    assert "params never varies within a group: no group shows its effect" in one
    columns["width"] = [round(float(n) ** 0.5) for n in N]
    both = notes_of(drafted(columns, groups=("model",), features=("params", "width", "tokens")))
    assert "params and width never vary within a group: no group shows their effect" in both
    offered = notes_of(drafted(columns, features=("params", "width", "tokens")))
    assert "no effect of params and width, which never vary within one" in offered


@pytest.mark.parametrize(
    ("names", "is_told"),
    [
        ([f"m{i}" for i in range(30)], False),
        ([f"run-{i + 1}" for i in range(30)], False),
        ([f"d{64 * (1 + i)}" for i in range(30)], True),
        ([f"m{i // 3}" for i in range(30)], True),
    ],
)
def test_names_that_count_the_rows_are_offered_as_no_feature(
    names: list[object], is_told: bool
) -> None:
    notes = notes_of(drafted({"params": [*N], "tokens": [*D], "model": names}))
    assert ("column model holds a number in each text" in notes) == is_told


@pytest.mark.parametrize(("last", "words"), [(2.0, "all rows count alike"), (4.0, "to 1.9 times")])
def test_weights_are_told_by_how_far_they_differ(last: float, words: str) -> None:
    columns: dict[str, list[object]] = {"params": [*N], "tokens": [*D], "w": [*[2.0] * 29, last]}
    (why,) = [d.why for d in drafted(columns, weights="w").decisions if d.what == "weights"]
    assert words in why
