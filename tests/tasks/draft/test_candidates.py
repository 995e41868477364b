"""What a run resulted in, and what is kept about it, is no input of a law by default."""

from __future__ import annotations

import math
import shlex
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from own_tables import table_of

from evolve.errors import EvolveError
from evolve.tasks.draft import Draft, Wishes, propose


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


N = [1e7 * 3**i for i in range(6) for _ in range(4)]
D = [1e9 * 5**j for _ in range(6) for j in range(4)]
LOSS = [
    1.7 + 400 * n**-0.34 + 410 * d**-0.28 + 0.001 * (k * 7 % 5)
    for k, (n, d) in enumerate(zip(N, D, strict=True))
]


def drafted(columns: dict[str, list[object]], **asked: object) -> Draft:
    """A proposal for N, D and loss with further columns."""
    cells = {"params": [f"{n:g}" for n in N], "tokens": [f"{d:g}" for d in D], **columns}
    cells["loss"] = [f"{y:.5f}" for y in LOSS]
    rows = [",".join(f"{cell}" for cell in row) for row in zip(*cells.values(), strict=True)]
    text = "\n".join([",".join(f'"{name}"' for name in cells), *rows]) + "\n"
    return propose(table_of(text), "x", Wishes(("loss",), **asked))  # type: ignore[arg-type]


def features(draft: Draft) -> list[str]:
    return [feature.name for feature in draft.spec.features]


LEFT_OUT: dict[str, tuple[list[object], str]] = {
    "eval/perplexity": ([f"{math.exp(y):.4f}" for y in LOSS], "loss, no input: an outcome"),
    "arc_acc,none": ([0.2 + k / 99 for k in range(24)], "accuracy, no input: an outcome"),
    "loss_stderr": ([0.01 + k % 3 / 100 for k in range(24)], "error, no input: how uncertain"),
    "seed": ([2**64 - 1 - k % 3 for k in range(24)], "seed, no input: a random seed"),
    "_timestamp": ([1.76e9 + k * k for k in range(24)], "time, no input: when a run was"),
    "run_state": (["finished"] * 23 + ["running"], "state, no input: whether a run is"),
    "quality": ([f"{1 / y:.6f}" for y in LOSS], "rises or falls with loss in every row"),
    "params_label": ([f"{n / 1e6:.1f}M" for n in N], "is params, up to a factor and rounding"),
    "n_params (M)": ([f"{n / 1e6:.2f}" for n in N], "is params, up to a factor and rounding"),
    "flops": ([f"{6 * n * d:.4g}" for n, d in zip(N, D, strict=True)], "is params times tokens"),
    "row": (list(range(24)), "counts the rows"),
}


def test_an_outcome_with_blank_cells_is_left_out_as_a_whole_one_is() -> None:
    draft = drafted({"other run/loss": ["", *(f"{y + 0.1:.4f}" for y in LOSS[1:])]})
    assert features(draft) == ["params", "tokens"]
    assert "loss, no input: an outcome" in draft.reasons["other run/loss"]


@pytest.mark.parametrize("name", LEFT_OUT)
def test_a_column_is_left_out_with_the_reason(name: str) -> None:
    cells, reason = LEFT_OUT[name]
    draft = drafted({name: cells})
    assert features(draft) == ["params", "tokens"]
    assert reason in draft.reasons[name]


@pytest.mark.parametrize("name", [n for n in LEFT_OUT if n not in ("run_state", "row", "seed")])
def test_a_column_that_is_named_is_a_feature_all_the_same(name: str) -> None:
    draft = drafted({name: LEFT_OUT[name][0]}, features=("params", "tokens", name))
    assert features(draft) == ["params", "tokens", name]


def test_a_role_that_is_given_decides() -> None:
    scores: list[object] = [0.5 + k * 7 % 24 / 50 for k in range(24)]
    assert features(drafted({"score": scores})) == ["params", "tokens"]
    draft = drafted({"score": scores}, roles={"score": "other"})
    assert features(draft) == ["params", "tokens", "score"]
    draft = drafted({"depth": scores}, roles={"depth": "outcome"})
    assert draft.reasons["depth"].startswith("was given the role outcome")
    with pytest.raises(EvolveError, match=r"no column 'dept' \(did you mean 'depth'"):
        drafted({"depth": scores}, roles={"dept": "N"})


@pytest.mark.parametrize("wishes", [Wishes(("y",)), Wishes(("y",), features=("a width", "hue"))])
def test_a_feature_with_blank_cells_is_told_with_the_condition_that_leaves_their_rows_out(
    wishes: Wishes,
) -> None:
    cells = ["" if a in (4, 9) else str(a) for a in range(12)]
    rows = [f"{cell},{k * 5 % 7},{k * 7 % 12}" for k, cell in enumerate(cells)]
    table = table_of("\n".join(["a width,hue,y", *rows]) + "\n")
    with pytest.raises(EvolveError, match=r"row 5 holds nothing.* \(2 of 12\) by where '") as told:
        propose(table, "x", wishes)
    condition = shlex.split(str(told.value).partition(" by where ")[2])[0]
    assert condition == '`a width` != ""'
    draft = propose(table, "x", replace(wishes, where=condition))
    assert (draft.raw.n_rows, features(draft)) == (10, ["a width", "hue"])
    other = replace(wishes, where="hue < 6")
    with pytest.raises(EvolveError, match=r"where '\(hue < 6\) and `a width` != \"\"'"):
        propose(table, "x", other)


def test_the_target_under_another_name_is_no_feature_even_if_none_is_left() -> None:
    rows = [f"{a},{a * 5 % 7},{a}" for a in range(3, 9)]
    draft = propose(table_of("\n".join(["width,hue,y", *rows]) + "\n"), "x", Wishes(("y",)))
    assert features(draft) == ["hue"]
    assert draft.reasons["width"] == "is y in every row"
    with pytest.raises(EvolveError, match="no column is left to predict from: width is y in"):
        propose(
            table_of("\n".join(["width,y", *(f"{a},{a}" for a in range(3, 9))]) + "\n"),
            "x",
            Wishes(("y",)),
        )


def test_an_image_of_the_target_is_noted_where_it_may_be_the_only_input() -> None:
    x = np.arange(1.0, 13.0) ** 2
    rows = [f"{a:g},{a * 5 % 12:g},{3 + a**-0.5:.5f}" for a in x]
    draft = propose(table_of("\n".join(["width,hue,y", *rows]) + "\n"), "x", Wishes(("y",)))
    assert features(draft) == ["width", "hue"]
    assert any("width rises or falls with y in every row" in note for note in draft.notes)


def test_tokens_that_follow_the_parameters_stay() -> None:
    rows = [f"{n:g},{20 * n:g},{1.7 + 400 * n**-0.34:.5f}" for n in sorted(set(N)) * 2]
    draft = propose(
        table_of("\n".join(["params,tokens,loss", *rows]) + "\n"), "x", Wishes(("loss",))
    )
    assert features(draft) == ["params", "tokens"]


def test_sizes_and_shares_in_words_are_features_and_said_to_be_read() -> None:
    draft = drafted({"clean share": [f"{10 + k * 7 % 24 * 3}%" for k in range(24)]})
    assert features(draft) == ["params", "tokens", "clean share"]
    assert draft.spec.features[2].role == "share"
    assert "clean share: 10% is read as 0.1" in draft.notes


def test_epochs_are_left_out_where_steps_say_how_far_training_has_come() -> None:
    step = [100 * (k % 4) + 99 for k in range(24)]
    told = {"epoch": [k % 4 for k in range(24)], "step": step}
    draft = drafted({**told})
    assert features(draft) == ["params", "tokens", "step"]
    assert "never falls where step rises" in draft.reasons["epoch"]
    assert features(drafted({**told}, extrapolate=("epoch",))) == ["params", "tokens", "epoch"]
    told["epoch"][3] = 1  # a run whose epochs are longer
    assert features(drafted({**told})) == ["params", "tokens", "epoch", "step"]


@pytest.mark.parametrize("start", [0, 1])
def test_a_column_that_counts_the_rows_is_a_feature_where_no_other_may_be(start: int) -> None:
    rows = [f"{k + start},w{k},{9 / (k + 3):.4f}" for k in range(12)]
    draft = propose(table_of("\n".join(["rank,word,y", *rows]) + "\n"), "x", Wishes(("y",)))
    assert features(draft) == ["rank"]
    assert any("counts the rows, but no other" in decision.why for decision in draft.decisions)


@pytest.mark.parametrize("name", ["epoch", "step", "iteration"])
def test_training_that_is_logged_step_by_step_is_an_input_though_it_counts_the_rows(
    name: str,
) -> None:
    draft = drafted({name: list(range(1, 25)), "row": list(range(1, 25))})
    assert features(draft) == ["params", "tokens", name]
    assert draft.reasons["row"] == "counts the rows"


def test_a_refusal_for_want_of_an_input_says_how_dates_or_an_outcome_become_one() -> None:
    dates = [f"20{k:02d}-03-01,{1.5**k:.4g}" for k in range(10, 22)]
    table = table_of("\n".join(["day of release,flops", *dates]) + "\n")
    with pytest.raises(
        EvolveError, match=r"no column is left .* dates become an input by"
    ) as told:
        propose(table, "x", Wishes(("flops",)))
    derived = shlex.split(str(told.value).partition(" input by derive ")[2])[0]
    assert derived == "year = years(`day of release`)"
    draft = propose(table, "x", Wishes(("flops",), derive=(derived,)))
    assert (features(draft), draft.spec.folds.axes) == (["year"], ["year"])
    losses = table_of(
        "\n".join(["loss,accuracy", *(f"{k},{1 / k:.3f}" for k in range(1, 9))]) + "\n"
    )
    with pytest.raises(EvolveError, match="all the same is named by features loss"):
        propose(losses, "x", Wishes(("accuracy",)))
