"""A table is written down in other ways that leave what it says."""

from __future__ import annotations

import numpy as np
import pytest

from evolve.bench.metamorphic import regrouped, scaled, unseeded
from evolve.search.proposers.seeds import own_seed_files, seed_files
from evolve.tasks.task import load_task


@pytest.mark.parametrize("name", ["parallel", "sft"])
def test_groups_get_a_name_for_each_of_their_columns(name: str) -> None:
    task = load_task(name)
    variant = regrouped(task)
    assert len(set(variant.task.group_names)) == task.n_groups
    assert len(variant.task.sldbench_labels) == task.n_groups
    first = task.group_names[task.train.group[0]]
    renamed = variant.task.group_names[variant.task.train.group[0]]
    assert variant.group(first) == renamed


def test_a_part_and_its_whole_stay_in_one_unit() -> None:
    task = load_task("data_constrained")
    names = list(task.feature_names)
    factors = scaled(task).rows(np.ones((1, len(names))))[0]
    assert factors[names.index("unique_tokens")] == factors[names.index("tokens")]
    assert factors[names.index("params")] != factors[names.index("tokens")]


def test_literature_is_left_out_since_it_speaks_of_names_and_units() -> None:
    task = load_task("data_constrained")
    assert seed_files(task.name)
    plain = unseeded(task)
    assert not seed_files(plain.name)
    assert not own_seed_files(plain)
    assert np.array_equal(plain.train.X, task.train.X)
